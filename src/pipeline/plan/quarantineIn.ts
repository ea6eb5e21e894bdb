import { allSettledOrThrow } from "../../basics/allSettledOrThrow";
import { isDamage, isForbidden } from "../../basics/errors";
import type { UserType } from "../../clever/reports";
import { Duck } from "../../duck/duck";
import type { Lake } from "../../lake/lake";
import { IngestLog } from "../log/logTable";
import { readTables, stateOf } from "../write/tables";
import type { PlannedFile } from "./plan";
import { waitingInQuarantine } from "./quarantine";

/** A file in quarantine, as `quarantinedIn` takes it. */
type Waiting = Pick<PlannedFile, "path" | "state">;

/**
 * The files in quarantine, from the lake alone; undefined for users who must not see the ingest log, and if it is
 * damaged: no number depends on it. Rejects as reading the lake's tables does.
 *
 * @param onDamage receives what is damaged
 */
export async function quarantineIn(
  lake: Lake,
  userTypes: readonly UserType[],
  signal: AbortSignal,
  onDamage: (error: unknown) => void,
): Promise<Waiting[] | undefined> {
  await using duck = await Duck.open();
  try {
    const [log, tables] = await allSettledOrThrow([
      new IngestLog(lake, duck).sources(signal),
      readTables({ lake, duck, signal }),
    ]);
    const waiting = waitingInQuarantine(stateOf(tables, log), userTypes);
    return waiting.map(({ path }) => ({ path, state: "quarantined" }));
  } catch (error) {
    if (isDamage(error)) onDamage(error);
    else if (!isForbidden(error)) throw error;
    return undefined;
  }
}
