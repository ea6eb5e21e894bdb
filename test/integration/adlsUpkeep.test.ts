import { afterEach, expect, test, vi } from "vitest";
import { pseudoTable } from "../../src/clever/layout";
import { reports } from "../../src/clever/reports";
import { optimizeLake } from "../../src/pipeline/upkeep/optimizeLake";
import { vacuumLake } from "../../src/pipeline/upkeep/vacuumLake";
import { verifyLake } from "../../src/pipeline/verify/verify";
import type { AdlsEmulator } from "../adls-emulator/emulator";
import { openLake, startEmulator } from "../helpers/adls";
import { runInto, stateOf } from "../helpers/adlsPipeline";
import { sharedDuck } from "../helpers/lakeRows";
import { daily, dailyCsv, dailyPath, PipelineFixture, salt } from "../helpers/pipelineFixture";
import { splitBySource } from "../helpers/splitFiles";

afterEach(() => {
  vi.useRealTimers();
});

const filesOf = (emulator: AdlsEmulator) =>
  ["stage1np", "stage2np", "stage2p"].flatMap((name) =>
    emulator.files(name).map((file) => `${name}/${file}`),
  );

test("a lake in Azure keeps its rows when it is optimized, and loses only what no version needs", async () => {
  const emulator = await startEmulator({ now: () => Date.now() });
  const fixture = await PipelineFixture.create();
  for (let day = 10; day < 22; day++) {
    await fixture.put(dailyPath(`2024-09-${day}`), dailyCsv(daily("amy", `2024-09-${day}`)));
  }
  const lake = openLake(emulator);
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() - 10 * 86_400_000 });
  await runInto(lake, fixture.source);
  const table = pseudoTable(reports.daily_participation);
  await splitBySource(lake, await sharedDuck(), table);
  const before = await stateOf(lake);
  const { tables } = await optimizeLake({ lake, dryRun: false });
  expect(tables.find((each) => each.table === table)).toMatchObject({
    before: { files: 12 },
    after: { files: 4 },
    problem: null,
  });
  const stored = filesOf(emulator);
  vi.useRealTimers();

  expect(await vacuumLake({ lake, olderThanDays: 11, dryRun: true })).toMatchObject({ files: 0 });
  const told = await vacuumLake({ lake, olderThanDays: 7, dryRun: true });
  expect(told.files).toBe(10);
  expect(filesOf(emulator)).toEqual(stored);
  const done = await vacuumLake({ lake, olderThanDays: 7, dryRun: false });
  expect({ ...done, dryRun: true, milliseconds: 0 }).toEqual({ ...told, milliseconds: 0 });
  const gone = done.tables.flatMap(({ files }) => files.map(({ path }) => path));
  expect(filesOf(emulator)).toEqual(stored.filter((file) => !gone.includes(file)));
  expect(await stateOf(lake)).toEqual(before);
  expect(await verifyLake(lake, salt)).toMatchObject({ problems: [], leftovers: [] });
});
