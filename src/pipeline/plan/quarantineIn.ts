import { allSettledOrThrow } from "../../basics/allSettledOrThrow";
import type { UserType } from "../../clever/reports";
import { Duck } from "../../duck/duck";
import type { Lake } from "../../lake/lake";
import type { LogEntry } from "../log/ingestLog";
import { IngestLog } from "../log/logTable";
import { readTables, stateOf } from "../write/tables";
import { waitingInQuarantine } from "./quarantine";

/** The newest deliveries in quarantine, from the lake alone. Rejects as reading its tables does. */
export async function quarantineIn(
  lake: Lake,
  userTypes: readonly UserType[],
  signal: AbortSignal,
): Promise<LogEntry[]> {
  await using duck = await Duck.open();
  const [log, tables] = await allSettledOrThrow([
    new IngestLog(lake, duck).sources(signal),
    readTables({ lake, duck, signal }),
  ]);
  return waitingInQuarantine(stateOf(tables, log), userTypes);
}
