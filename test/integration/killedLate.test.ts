import { expect, test } from "vitest";
import { KilledRuns, twentyMoments } from "../helpers/killedRuns";

// The other half of the twenty moments is in a separate file, so that both run concurrently.
test("a run killed in its second half is completed by the next", { timeout: 600_000 }, async () => {
  await using runs = await KilledRuns.create();
  // If the machine was slower during the uninterrupted run than now, the run is done before the last moments.
  expect(await runs.killAt(twentyMoments.slice(10))).toBeGreaterThan(4);
});
