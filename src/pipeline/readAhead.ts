import { allSettledOrThrow } from "../allSettledOrThrow";
import { Duck } from "../duck/duck";
import { CleverLakeError } from "../errors";
import type { Lake } from "../lake/lake";
import { IngestLog } from "./log/logTable";
import { type LakeTables, readTables } from "./write/tables";

/**
 * The engine, and the lake's state before the run holds the lock. It is read while we wait for the server, because that
 * takes longer; nothing is written. Decisions use the state under the lock, which is the same if no table has a newer
 * version by then: checking this takes one request per table.
 */
export class ReadAhead implements AsyncDisposable {
  /**
   * Resolves when all is read. Rejects if the engine cannot be opened; what cannot be read is read, and its error
   * reported, later.
   */
  readonly ready: Promise<void>;
  private opened: { readonly duck: Duck; readonly log: IngestLog } | undefined;
  private read: LakeTables | undefined;

  constructor(lake: Lake, signal: AbortSignal | undefined) {
    this.ready = this.begin(lake, signal);
    // There may be nobody left to handle it.
    this.ready.catch(() => undefined);
  }

  get duck(): Duck {
    return this.known().duck;
  }

  get log(): IngestLog {
    return this.known().log;
  }

  /** Undefined if they could not be read. */
  get tables(): LakeTables | undefined {
    return this.read;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.ready.catch(() => undefined);
    this.opened?.duck.close();
  }

  private async begin(lake: Lake, signal: AbortSignal | undefined): Promise<void> {
    // The run names the spill folder when it holds the lock: there is none before.
    const duck = await Duck.open({ temporaryFolder: "" });
    const log = new IngestLog(lake, duck);
    this.opened = { duck, log };
    try {
      [this.read] = await allSettledOrThrow([readTables(lake, duck, signal), log.sources(signal)]);
    } catch {
      // As above.
    }
  }

  private known(): { readonly duck: Duck; readonly log: IngestLog } {
    if (this.opened !== undefined) return this.opened;
    throw new CleverLakeError("internal", "The lake was used before it was read.");
  }
}
