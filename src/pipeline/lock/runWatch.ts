import type { Lake } from "../../lake/lake";
import { runIds } from "../log/runRecord";
import { readLock } from "./lease";
import { requireNoRun, type WatchOptions } from "./runLock";

/**
 * Resolves to a function that tells whether a run has been active on a lake since: one that is active, one that took the
 * lock or renewed it, or one that began and ended in between. Rejects with `busy` if a run is active.
 */
export async function watchForRuns(lake: Lake, options: WatchOptions = {}): Promise<() => Promise<boolean>> {
  // The lock that was judged, not a later one: a run that began since then is recognized as a different one.
  const lock = await requireNoRun(lake, options);
  const [newest] = await runIds(lake, options.signal);
  return async () => {
    const isOtherLock = JSON.stringify(await readLock(lake)) !== JSON.stringify(lock);
    return isOtherLock || (await runIds(lake, options.signal))[0] !== newest;
  };
}
