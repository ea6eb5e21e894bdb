import { expect, test } from "vitest";
import { KilledRuns, twentyMoments } from "../helpers/killedRuns";

// The other half of the twenty moments is in a separate file, so that both run concurrently.
test("a run killed in its first half is completed by the next", { timeout: 600_000 }, async () => {
  await using runs = await KilledRuns.create();
  expect(await runs.killAt(twentyMoments.slice(0, 10))).toBe(10);
});
