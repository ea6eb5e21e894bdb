import { allSettledOrThrow } from "../../basics/allSettledOrThrow";
import { isDamage, isForbidden } from "../../basics/errors";
import { isPseudoTable } from "../../clever/layout";
import type { UserType } from "../../clever/reports";
import { Duck } from "../../duck/duck";
import type { Lake } from "../../lake/lake";
import { IngestLog } from "../log/logTable";
import type { Finding } from "../log/runRecord";
import { inspectTables } from "../repair/inspectTables";
import { readTables, stateOf } from "../write/tables";
import type { PlannedFile } from "./plan";
import { waitingInQuarantine } from "./quarantine";

/** What readers of a lake's numbers must know. */
export interface Caveats {
  /** The files in quarantine, as `quarantinedIn` takes them. */
  readonly waiting: readonly Pick<PlannedFile, "path" | "state">[];
  /** Tables of rows that another program changed: numbers may be wrong. */
  readonly changedByOthers: readonly Finding[];
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
    const { findings } = await inspectTables(open, tables, state);
    return { waiting, changedByOthers: findings.filter(({ table }) => isPseudoTable(table)) };
  } catch (error) {
    if (isDamage(error)) onDamage(error);
    else if (!isForbidden(error)) throw error;
    return undefined;
  }
}
