import { allSettledOrThrow } from "../../basics/allSettledOrThrow";
import { isDamage, isForbidden } from "../../basics/errors";
import type { UserType } from "../../clever/reports";
import type { OpenLake } from "../../delta/openLake";
import { Duck } from "../../duck/duck";
import type { Lake } from "../../lake/lake";
import { IngestLog } from "../log/logTable";
import { changeSentences, foreignChanges } from "../repair/foreignCommits";
import { type PseudoTables, readTables, stateOf } from "../write/tables";
import type { PlannedFile } from "./plan";
import { waitingInQuarantine } from "./quarantine";

/** What readers of a lake's numbers must know. */
export interface Caveats {
  /** The files in quarantine, as `quarantinedIn` takes them. */
  readonly waiting: readonly Pick<PlannedFile, "path" | "state">[];
  /** By table, how other programs changed rows, as sentences: numbers may be wrong. */
  readonly changedByOthers: ReadonlyMap<string, string>;
}

/**
 * The caveats, from the lake alone; undefined for users who must not see the ingest log, and if it is damaged: no number
 * depends on it. Rejects as reading the lake's tables does.
 *
 * @param onDamage receives what is damaged
 */
export async function caveatsOf(
  lake: Lake,
  userTypes: readonly UserType[],
  signal: AbortSignal,
  onDamage: (error: unknown) => void,
): Promise<Caveats | undefined> {
  await using duck = await Duck.open();
  const open = { lake, duck, signal };
  try {
    const [log, tables] = await allSettledOrThrow([
      new IngestLog(lake, duck).sources(signal),
      readTables(open),
    ]);
    const state = stateOf(tables, log);
    const waiting = waitingInQuarantine(state, userTypes).map(
      ({ path }) => ({ path, state: "quarantined" }) as const,
    );
    return { waiting, changedByOthers: await changedTables(open, tables.pseudo) };
  } catch (error) {
    if (isDamage(error)) onDamage(error);
    else if (!isForbidden(error)) throw error;
    return undefined;
  }
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
