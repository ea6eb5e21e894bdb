import type { Lake } from "../../src/lake/lake";
import { RunLock } from "../../src/pipeline/lock/runLock";
import { newRunId } from "../../src/pipeline/log/runRecord";
import { type CheckedSalt, checkedSaltFor, claimCheckedSalt } from "../../src/pipeline/salt/salt";

/** Checks a salt and makes it the lake's, as a run does. */
export async function claimSalt(lake: Lake, given: string): Promise<CheckedSalt> {
  const checkedSalt = await checkedSaltFor(lake, given);
  await using lock = await RunLock.acquire(lake, newRunId(new Date(), undefined));
  await claimCheckedSalt(lake, checkedSalt, { requireHeld: () => lock.requireHeld() });
  return checkedSalt;
}
