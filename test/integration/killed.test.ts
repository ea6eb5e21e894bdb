import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { randomStream } from "../../src/sample/random";
import { KilledRuns } from "../helpers/killedRuns";

const kills = 20;

test(`a run killed at ${kills} moments of its course is completed by the next`, {
  timeout: 900_000,
}, async () => {
  await using runs = await KilledRuns.create();
  const random = randomStream(kills, "moments");
  let running = 0;
  for (let kill = 0; kill < kills; kill++) {
    const moment = Math.round(((kill + random()) / kills) * runs.duration);
    await runs.withLake(async (cli) => {
      if (await runs.kill(cli, () => sleep(moment))) running++;
      await runs.complete(cli, `killed after ${moment} of ${runs.duration} ms`);
    });
  }
  // Were the machine slow for the undisturbed run alone, the later moments would find a run that is done.
  expect(running).toBeGreaterThan(kills / 2);
});
