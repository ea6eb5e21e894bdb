import { afterEach, expect, test, vi } from "vitest";
import { digitalActivityTable, pseudoTable } from "../../src/clever/layout";
import { reports } from "../../src/clever/reports";
import { updateActivityWithoutRun } from "../../src/pipeline/activity/digitalActivity";
import { optimizeLake } from "../../src/pipeline/upkeep/optimizeLake";
import { vacuumLake } from "../../src/pipeline/upkeep/vacuumLake";
import { verifyLake } from "../../src/pipeline/verify/verify";
import type { AdlsEmulator } from "../adls-emulator/emulator";
import { openLake, startEmulator } from "../helpers/adls";
import { runInto, stateOf } from "../helpers/adlsPipeline";
import { lakeRows, sharedDuck } from "../helpers/lakeRows";
import { daily, dailyCsv, dailyPath, PipelineFixture, salt } from "../helpers/pipelineFixture";
import { splitBySource } from "../helpers/splitFiles";

afterEach(() => {
  vi.useRealTimers();
});

const filesOf = (emulator: AdlsEmulator) =>
  ["stage1np", "stage2np", "stage2p"].flatMap((name) =>
    emulator.files(name).map((file) => `${name}/${file}`),
  );

test("a lake in Azure keeps its rows when optimized; vacuum removes only what no version needs", async () => {
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
    after: { files: 2 },
    problem: null,
  });
  const stored = filesOf(emulator);
  vi.useRealTimers();

  expect(await vacuumLake({ lake, olderThanDays: 11, dryRun: true })).toMatchObject({ files: 0 });
  const reported = await vacuumLake({ lake, olderThanDays: 7, dryRun: true });
  expect(reported.files).toBe(12);
  expect(filesOf(emulator)).toEqual(stored);
  const done = await vacuumLake({ lake, olderThanDays: 7, dryRun: false });
  expect({ ...done, dryRun: true, milliseconds: 0 }).toEqual({ ...reported, milliseconds: 0 });
  const gone = done.tables.flatMap(({ files }) => files.map(({ path }) => path));
  expect(filesOf(emulator)).toEqual(stored.filter((file) => !gone.includes(file)));
  expect(await stateOf(lake)).toEqual(before);
  expect(await verifyLake(lake, salt)).toMatchObject({ problems: [], leftovers: [] });
});

test("the Digital Engagement table in Azure follows a correction and leaves nothing behind", async () => {
  const emulator = await startEmulator();
  const fixture = await PipelineFixture.create();
  await fixture.put(dailyPath(), dailyCsv(daily("amy"), daily("bo")));
  await fixture.put(dailyPath("2024-10-01"), dailyCsv(daily("amy", "2024-10-01")));
  const lake = openLake(emulator);
  await runInto(lake, fixture.source);
  expect(await updateActivityWithoutRun(lake)).toEqual({ months: ["2024-09", "2024-10"], rows: 3 });
  await fixture.put(dailyPath("2024-10-01"), dailyCsv(daily("amy", "2024-10-01", 7)));
  await runInto(lake, fixture.source);
  expect(await updateActivityWithoutRun(lake)).toEqual({ months: ["2024-10"], rows: 1 });
  expect(await updateActivityWithoutRun(lake)).toEqual({ months: [], rows: 0 });
  const accesses = (await lakeRows(lake, digitalActivityTable)).map(
    (row) => row.generated_aggregateMeasure_metric_numAccess,
  );
  expect(accesses.sort()).toEqual([1, 1, 7]);
  expect(await verifyLake(lake, salt)).toMatchObject({ problems: [], leftovers: [] });
});
