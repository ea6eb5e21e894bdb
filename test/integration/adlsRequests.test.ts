import { expect, test } from "vitest";
import type { AdlsEmulator } from "../adls-emulator/emulator";
import { openLake, startEmulator } from "../helpers/adls";
import { runInto } from "../helpers/adlsPipeline";
import { daily, dailyCsv, dailyPath, PipelineFixture } from "../helpers/pipelineFixture";

const stages = { fileSystems: ["stage1np", "stage2np", "stage2p"] };

/** How often each operation was asked for since the last look. */
function countsOf(emulator: AdlsEmulator, pathIncludes = ""): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { operation, path } of emulator.requests) {
    if (path.includes(pathIncludes)) counts[operation] = (counts[operation] ?? 0) + 1;
  }
  return counts;
}

test("a file is written with three requests, and put in place only where nothing is with as many", async () => {
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
  // The one that comes too late takes its temporary file away.
  await lake.putIfAbsent("stage1np/clever/second", Buffer.from("4"));
  expect(countsOf(emulator)).toEqual({
    "Path.Create": 1,
    "Path.Append": 1,
    "Path.Rename": 1,
    "Path.Delete": 1,
  });
});

test("each further file of a run takes its landing, its reading and its data file", async () => {
  const requestsFor = async (files: number) => {
    const emulator = await startEmulator(stages);
    const fixture = await PipelineFixture.create();
    for (let day = 10; day < 10 + files; day++) {
      await fixture.put(dailyPath(`2024-09-${day}`), dailyCsv(daily("amy", `2024-09-${day}`)));
    }
    await runInto(openLake(emulator), fixture.source);
    // Folders are made on the way, by whichever file finds one missing first.
    const isFolder = (path: string) => !path.includes(".clever-lake-tmp");
    return emulator.requests.filter(
      ({ status, operation, path }) => status < 400 && !(operation === "Path.Create" && isFolder(path)),
    ).length;
  };
  const [few, more] = [await requestsFor(4), await requestsFor(14)];
  // Create, append, rename; read; create, append, rename.
  expect((more - few) / 10).toBe(7);
});

test("a run with nothing new takes as many requests however many runs there were", async () => {
  const emulator = await startEmulator(stages);
  const fixture = await PipelineFixture.create();
  const atNothingNew: number[] = [];
  for (let run = 1; run <= 45; run++) {
    const day = new Date(Date.UTC(2024, 8, run)).toISOString().slice(0, 10);
    await fixture.put(dailyPath(day), dailyCsv(daily("amy", day)));
    await runInto(openLake(emulator), fixture.source);
    // Tables have a checkpoint at every tenth version, so the counts of runs at the same place between two compare.
    if (run < 5 || run % 5 !== 0) continue;
    emulator.clearLog();
    expect(await runInto(openLake(emulator), fixture.source)).toMatchObject({ landed: 0, unchanged: run });
    expect(countsOf(emulator, "_runs")).toEqual({ "Path.Read": 1 });
    atNothingNew.push(emulator.requests.length);
  }
  console.log(`Requests of a run with nothing new, after every fifth of 45 runs: ${atNothingNew.join(", ")}`);
  expect(Math.max(...atNothingNew)).toBeLessThan(80);
});
