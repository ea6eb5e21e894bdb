import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { CleverLakeError } from "../../src/basics/errors";
import { userTypes } from "../../src/clever/reports";
import { run } from "../../src/pipeline/run";
import { FolderSource } from "../helpers/folderSource";
import { MemoryLake } from "../helpers/memoryLake";
import {
  daily,
  dailyCsv,
  dailyPath,
  PipelineFixture,
  salt,
  usage,
  usageCsv,
  usagePath,
} from "../helpers/pipelineFixture";

const first = dailyPath("2024-09-03");
const second = dailyPath("2024-09-04");

async function oneDay(): Promise<PipelineFixture> {
  const fixture = await PipelineFixture.create();
  await fixture.put(first, dailyCsv(daily("amy", "2024-09-03")));
  return fixture;
}

test("what another run writes during the wait for the server is known under the lock", async () => {
  const fixture = await oneDay();
  await fixture.run();
  await fixture.put(second, dailyCsv(daily("ben", "2024-09-04")));
  const listing = await fixture.source.list();
  fixture.source.list = async () => {
    // Enough time to read the lake's earlier state.
    await sleep(300);
    expect(await fixture.run({ source: new FolderSource(fixture.server) })).toMatchObject({ anonymized: 1 });
    return listing;
  };

  expect(await fixture.run()).toMatchObject({ landed: 0, anonymized: 0, unchanged: 2 });
  expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-03 1", "ben 2024-09-04 1"]);
  expect((await fixture.verify()).problems).toEqual([]);
});

test("a run with nothing new reads each version of a table once, and writes nothing but its lock", async () => {
  const fixture = await oneDay();
  await fixture.put(usagePath("2024-09-03"), usageCsv(usage("amy", "Maths", "2024-09-03")));
  const { source } = fixture;
  const lake = new MemoryLake();
  const request = { command: "run", lake, source, salt, userTypes } as const;
  await run(request);
  const files = [...lake.files.keys()];
  lake.calls.length = 0;

  expect(await run(request)).toMatchObject({ landed: 0, unchanged: 2 });
  const versions = lake.calls.filter((call) => /^read .*_delta_log\/0+0\.json$/.test(call));
  expect(versions.length).toBeGreaterThan(1);
  expect(new Set(versions).size).toBe(versions.length);
  expect([...lake.files.keys()]).toEqual(files);
});

test("if the server refuses and the salt is wrong, the server's refusal is reported and nothing is written", async () => {
  const { source } = await oneDay();
  const lake = new MemoryLake();
  await run({ command: "run", lake, source, salt, userTypes });
  const before = new Map(lake.files);
  source.list = () => Promise.reject(new CleverLakeError("auth", "The server lets nobody in."));

  const refused = run({ command: "run", lake, source, salt: "another salt of these tests", userTypes });
  await expect(refused).rejects.toMatchObject({ code: "auth" });
  expect(lake.files).toEqual(before);
});
