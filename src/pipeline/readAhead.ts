import { allSettledOrThrow } from "../allSettledOrThrow";
import { Duck } from "../duck/duck";
import { CleverLakeError } from "../errors";
import type { Lake } from "../lake/lake";
import { IngestLog } from "./log/logTable";
import { type LakeTables, readTables } from "./write/tables";

/**
 * The engine, and the lake's state as it is before the run holds the lock: read while the server is waited for, since
 * that takes longer. It writes nothing. What is decided is decided from the state under the lock, which is this one
 * wherever no table has a newer version by then: that takes one request for each table.
 */
export class ReadAhead implements AsyncDisposable {
  /** When all is read. Rejects where the engine cannot be opened; what cannot be read is read, and told, later. */
  readonly ready: Promise<void>;
  private opened: { readonly duck: Duck; readonly log: IngestLog } | undefined;
  private read: LakeTables | undefined;

  constructor(lake: Lake, signal: AbortSignal | undefined) {
    this.ready = this.begin(lake, signal);
    // Nobody may be left to hear of it.
    this.ready.catch(() => undefined);
  }

  get duck(): Duck {
    return this.known().duck;
  }

  get log(): IngestLog {
    return this.known().log;
  }

  /** Undefined where they could not be read. */
  get tables(): LakeTables | undefined {
    return this.read;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.ready.catch(() => undefined);
    this.opened?.duck.close();
  }

  private async begin(lake: Lake, signal: AbortSignal | undefined): Promise<void> {
    // Where to spill, the run says when it holds the lock: until then there is no folder for it.
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
