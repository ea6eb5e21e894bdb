import { readFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, test } from "vitest";
import { appears, KilledRuns } from "../helpers/killedRuns";
import { runTables } from "../helpers/lakeFiles";

describe("a killed run is completed by the next", () => {
  let runs: KilledRuns;
  beforeAll(async () => {
    runs = await KilledRuns.create();
  });
  afterAll(() => runs[Symbol.asyncDispose]());

  const commit = (table: string, version: number) =>
    `${table}/_delta_log/${String(version).padStart(20, "0")}.json`;
  const files = [
    "stage1np/clever/_salt_fingerprint.json",
    "stage1np/clever/_run.lock",
    ...runTables.map((table) => commit(table, 0)),
    commit("stage1np/clever/_ingest_log", 0),
    commit("stage2p/clever/resource_usage_pseudo", 1),
  ];

  test.each(files)("if it died as soon as %s existed", async (file) => {
    await runs.withLake(async (cli) => {
      await runs.kill(cli, (run) => appears(path.join(cli.lakeFolder, file), run));
      await runs.complete(cli, `killed at ${file}`);
    });
  });

  test("if the following runs also died while they cleaned up after it", async () => {
    await runs.withLake(async (cli) => {
      const landings = path.join(cli.lakeFolder, "stage1np/clever/daily-participation");
      await runs.kill(cli, async (run) => {
        await appears(landings, run);
        await sleep(runs.duration / 8);
      });
      // When the next run has just taken the lock, it has not yet checked what was left.
      const lock = path.join(cli.lakeFolder, "stage1np/clever/_run.lock");
      const before = await readFile(lock, "utf8");
      await runs.kill(cli, async (run) => {
        while ((await readFile(lock, "utf8").catch(() => before)) === before) {
          if (run.process.exitCode !== null) return;
          await sleep(1);
        }
      });
      for (const share of [0.15, 0.25, 0.5]) await runs.kill(cli, () => sleep(share * runs.duration));
      await runs.complete(cli, "killed five times");
    });
  });
});
