import { expect, test } from "vitest";
import { KilledRuns, twentyMoments } from "../helpers/killedRuns";

// The other half of the twenty moments has a file of its own, so that both run concurrently.
test("a run killed in its second half is completed by the next", { timeout: 600_000 }, async () => {
  await using runs = await KilledRuns.create();
  // Where the machine was slower for the undisturbed run than now, the last moments find a run that is done.
  expect(await runs.killAt(twentyMoments.slice(10))).toBeGreaterThan(4);
});
