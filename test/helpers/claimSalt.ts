import type { Lake } from "../../src/lake/lake";
import { type CheckedSalt, checkedSaltFor, claimCheckedSalt } from "../../src/pipeline/salt/salt";

/** Checks a salt and makes it the lake's, as a run does. */
export async function claimSalt(lake: Lake, given: string): Promise<CheckedSalt> {
  const checkedSalt = await checkedSaltFor(lake, given);
  await claimCheckedSalt(lake, checkedSalt);
  return checkedSalt;
}
