import { allSettledOrThrow } from "../../basics/allSettledOrThrow";
import { isDamage, isForbidden, undefinedIf } from "../../basics/errors";
import type { UserType } from "../../clever/reports";
import type { OpenLake } from "../../delta/openLake";
import { Duck } from "../../duck/duck";
import type { Lake } from "../../lake/lake";
import { IngestLog } from "../log/logTable";
import { changeSentences, foreignChanges } from "../repair/foreignCommits";
import { type PseudoTables, readPseudoTables, stateOf } from "../write/tables";
import type { PlannedFile } from "./plan";
import { waitingInQuarantine } from "./quarantine";

/** What readers of a lake's numbers must know; undefined what is unknown. */
export interface Caveats {
  /** The files in quarantine, as `quarantinedIn` takes them. */
  readonly waiting: readonly Pick<PlannedFile, "path" | "state">[] | undefined;
  /** By table, how other programs changed rows, as sentences: numbers may be wrong. */
  readonly changedByOthers: ReadonlyMap<string, string> | undefined;
}

/**
 * The caveats, from the lake alone; without what is damaged, or what this user must not see, as the ingest log: no number
 * depends on them. Rejects as reading the lake's tables does.
 *
 * @param onDamage receives what is damaged
 */
export async function caveatsOf(
  lake: Lake,
  userTypes: readonly UserType[],
  signal: AbortSignal,
  onDamage: (error: unknown) => void,
): Promise<Caveats> {
  await using duck = await Duck.open();
  const open = { lake, duck, signal };
  const ifKnown = <T>(work: Promise<T>) =>
    undefinedIf((error) => {
      if (isDamage(error)) onDamage(error);
      return isDamage(error) || isForbidden(error);
    }, work);
  const [log, tables] = await allSettledOrThrow([
    ifKnown(new IngestLog(lake, duck).sources(signal)),
    ifKnown(readPseudoTables(open)),
  ]);
  const waiting = log && tables && waitingInQuarantine(stateOf(tables, log), userTypes);
  return {
    waiting: waiting?.map(({ path }) => ({ path, state: "quarantined" })),
    changedByOthers: tables && (await ifKnown(changedTables(open, tables.pseudo))),
  };
}

/** How other programs changed rows of reports, as sentences by table. Rejects as reading the lake's tables does. */
export async function rowsChangedByOthers(
  lake: Lake,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  await using duck = await Duck.open();
  const open = { lake, duck, signal };
  return changedTables(open, (await readPseudoTables(open)).pseudo);
}

/** What the tables' logs say of other programs. Reads no rows, and so less than the inspection by a run. */
async function changedTables(open: OpenLake, tables: PseudoTables): Promise<Map<string, string>> {
  const changed = new Map<string, string>();
  for (const snapshot of tables.values()) {
    const sentences = changeSentences((await foreignChanges(open, snapshot)).changes);
    if (sentences.length > 0) changed.set(snapshot.tablePath, sentences.join(" "));
  }
  return changed;
}
