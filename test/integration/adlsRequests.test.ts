import { expect, test } from "vitest";
import type { AdlsEmulator } from "../adls-emulator/emulator";
import { openLake, startEmulator } from "../helpers/adls";
import { runInto } from "../helpers/adlsPipeline";
import {
  daily,
  dailyCsv,
  dailyPath,
  PipelineFixture,
  usage,
  usageCsv,
  usagePath,
} from "../helpers/pipelineFixture";

const stages = { fileSystems: ["stage1np", "stage2np", "stage2p"] };

/** The number of requests by operation since the last call. */
function countsOf(emulator: AdlsEmulator, pathIncludes = ""): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { operation, path } of emulator.requests) {
    if (path.includes(pathIncludes)) counts[operation] = (counts[operation] ?? 0) + 1;
  }
  return counts;
}

test("a file is written with three requests, with or without put-if-absent", async () => {
  const emulator = await startEmulator(stages);
  const lake = openLake(emulator);
  await lake.putIfAbsent("stage1np/clever/first", Buffer.from("1"));
  emulator.clearLog();
  await lake.putIfAbsent("stage1np/clever/second", Buffer.from("2"));
  expect(countsOf(emulator)).toEqual({ "Path.Create": 1, "Path.Append": 1, "Path.Rename": 1 });
  emulator.clearLog();
  await lake.write("stage1np/clever/second", [Buffer.from("3")] as never);
  expect(countsOf(emulator)).toEqual({ "Path.Create": 1, "Path.Append": 1, "Path.Rename": 1 });
  emulator.clearLog();
  // The writer that comes too late removes its temporary file.
  await lake.putIfAbsent("stage1np/clever/second", Buffer.from("4"));
  expect(countsOf(emulator)).toEqual({
    "Path.Create": 1,
    "Path.Append": 1,
    "Path.Rename": 1,
    "Path.Delete": 1,
  });
});

test("each further file of a run costs only landing and reading; a month has one data file", async () => {
  const requestsFor = async (files: number) => {
    const emulator = await startEmulator(stages);
    const fixture = await PipelineFixture.create();
    for (let day = 10; day < 10 + files; day++) {
      await fixture.put(dailyPath(`2024-09-${day}`), dailyCsv(daily("amy", `2024-09-${day}`)));
    }
    await runInto(openLake(emulator), fixture.source);
    // Folders are created on the way, by the first file that finds one missing.
    const isFolder = (path: string) => !path.includes(".clever-lake-tmp");
    return emulator.requests.filter(
      ({ status, operation, path }) => status < 400 && !(operation === "Path.Create" && isFolder(path)),
    ).length;
  };
  const [few, more] = [await requestsFor(4), await requestsFor(14)];
  // Create, append, rename; read.
  expect((more - few) / 10).toBe(4);
});

test("a run with one new file commits twice, and takes few requests", async () => {
  const emulator = await startEmulator(stages);
  const fixture = await PipelineFixture.create();
  for (const day of ["2024-09-10", "2024-09-11"]) {
    await fixture.put(dailyPath(day), dailyCsv(daily("amy", day)));
    emulator.clearLog();
    await runInto(openLake(emulator), fixture.source);
  }
  const created = emulator.requests
    .filter(({ operation }) => operation === "Path.Rename")
    .map(({ path }) => path);
  const commits = created.filter((path) => path.includes("/_delta_log/"));
  const dataFiles = created.filter((path) => path.endsWith(".parquet"));
  // The report's table and the ingest log: one data file and one version each. The only person is known already.
  expect(commits.map((path) => path.split("/")[1])).toEqual(["daily_participation_pseudo", "_ingest_log"]);
  expect(dataFiles).toHaveLength(2);
  // A commit takes six requests, and up to two that look for other writers' versions. The others are the listings, the
  // lock, the run's record, landing, the tables' newest states, and some forty for tables that this lake lacks.
  expect(emulator.requests.length).toBeLessThanOrEqual(100);
  console.log(`Requests of a run with one new file: ${emulator.requests.length}`);
});

/** School weeks of a year, of five days with two reports each. */
const weeksOfYear = 36;
/**
 * The most requests that a run with nothing new may take: a dozen and a half of its own, up to 20 files of the ingest log,
 * and for each of its five tables a checkpoint, up to 9 later commits, two checks that find no newer one, a third check
 * under the lock, and a commit that merged data files.
 */
const maxBetweenMerges = 18 + 20 + 5 * (1 + 9 + 2 + 1 + 1);
/** Weeks at the end that are ingested one by one: enough for the ingest log's files to be merged once. */
const weeksLookedAt = 21;

test("a run with nothing new takes no more requests after three years than after some weeks", {
  timeout: 900_000,
}, async () => {
  const emulator = await startEmulator(stages);
  const fixture = await PipelineFixture.create();
  const atNothingNew: number[] = [];
  const weeks = 3 * weeksOfYear;
  for (let week = 0; week < weeks; week++) {
    for (let weekday = 0; weekday < 5; weekday++) {
      const day = new Date(Date.UTC(2022, 8, 5 + 7 * week + weekday)).toISOString().slice(0, 10);
      await fixture.put(dailyPath(day), dailyCsv(daily("amy", day)));
      await fixture.put(usagePath(day), usageCsv(usage("amy", "Maths", day)));
    }
    const isLookedAt = week >= weeks - weeksLookedAt;
    // The weeks before are ingested in groups of four.
    if (!isLookedAt && week % 4 !== 3) continue;
    await runInto(openLake(emulator), fixture.source);
    if (!isLookedAt) continue;
    emulator.clearLog();
    const summary = await runInto(openLake(emulator), fixture.source);
    expect(summary).toMatchObject({ landed: 0, unchanged: 10 * (week + 1) });
    expect(countsOf(emulator, "_runs")).toEqual({ "Path.Read": 1 });
    atNothingNew.push(emulator.requests.length);
  }
  console.log(`Requests of a run with nothing new after three years: ${atNothingNew.join(", ")}`);
  // They vary: the ingest log's files are merged at the twenty-first, and a table has a checkpoint at every tenth
  // version. The limit counts both, and does not depend on how many weeks there are.
  expect(atNothingNew).toHaveLength(weeksLookedAt);
  expect(Math.max(...atNothingNew)).toBeLessThanOrEqual(maxBetweenMerges);
});
