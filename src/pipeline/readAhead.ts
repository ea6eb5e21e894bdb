import { allSettledOrThrow } from "../basics/allSettledOrThrow";
import { Duck } from "../duck/duck";
import type { Lake } from "../lake/lake";
import { IngestLog } from "./log/logTable";
import { type LakeTables, readTables } from "./write/tables";

/** The engine, and the lake's state before the run holds the lock. */
export interface ReadAhead {
  /** The caller closes it. */
  readonly duck: Duck;
  readonly log: IngestLog;
  /** Undefined if they could not be read. */
  readonly tables: LakeTables | undefined;
}

/**
 * Opens the engine and reads the lake's state while we wait for the server, because that takes longer; nothing is
 * written. Decisions use the state under the lock, which is the same if no table has a newer version by then: checking
 * this takes one request per table. Rejects if the engine cannot be opened; what cannot be read is read, and its error
 * reported, later.
 */
export async function readAhead(lake: Lake, signal: AbortSignal | undefined): Promise<ReadAhead> {
  // The run names the spill folder when it holds the lock: there is none before.
  const duck = await Duck.open({ temporaryFolder: "" });
  const log = new IngestLog(lake, duck);
  const read = await allSettledOrThrow([readTables({ lake, duck, signal }), log.sources(signal)]).catch(
    () => undefined,
  );
  return { duck, log, tables: read?.[0] };
}
