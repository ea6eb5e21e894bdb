import type { Lake } from "../../lake/lake";
import { runIds } from "../log/runRecord";
import { type Lock, readLock } from "./lease";
import { requireNoRun, type WatchOptions } from "./runLock";

/**
 * Detects whether a run has been active on a lake since a first check: one that is active, one that took the lock or
 * renewed it, or one that began and ended in between.
 */
export class RunWatch {
  private constructor(
    private readonly lake: Lake,
    private readonly lock: Lock | "unreadable" | undefined,
    private readonly newest: string | undefined,
  ) {}

  /** Rejects with `busy` if a run is active. */
  static async start(lake: Lake, options: WatchOptions = {}): Promise<RunWatch> {
    // The lock that was judged, not a later one: a run that began since then is recognized as a different one.
    const lock = await requireNoRun(lake, options);
    return new RunWatch(lake, lock, (await runIds(lake, options.signal))[0]);
  }

  async sawRun(signal?: AbortSignal): Promise<boolean> {
    const isOtherLock = JSON.stringify(await readLock(this.lake)) !== JSON.stringify(this.lock);
    return isOtherLock || (await runIds(this.lake, signal))[0] !== this.newest;
  }
}
