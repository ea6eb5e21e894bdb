import { utimes } from "node:fs/promises";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { CleverLakeError } from "../../src/basics/errors";
import { pseudoTable } from "../../src/clever/layout";
import { reports } from "../../src/clever/reports";
import type { Lake } from "../../src/lake/lake";
import { RunLock } from "../../src/pipeline/lock/runLock";
import { optimizeLake } from "../../src/pipeline/upkeep/optimizeLake";
import { vacuumLake } from "../../src/pipeline/upkeep/vacuumLake";
import { agedBy } from "../helpers/agedLake";
import { sharedDuck } from "../helpers/lakeRows";
import { daily, dailyCsv, dailyPath, PipelineFixture } from "../helpers/pipelineFixture";
import { splitBySource } from "../helpers/splitFiles";

const dailyTable = pseudoTable(reports.daily_participation);

describe("a maintained lake", () => {
  let fixture: PipelineFixture;
  let left: string;
  beforeEach(async () => {
    fixture = await PipelineFixture.create();
    for (let day = 1; day < 15; day++) {
      const date = `2024-09-${String(day).padStart(2, "0")}`;
      await fixture.put(dailyPath(date), dailyCsv(daily("a", date)));
    }
    await fixture.run();
    await splitBySource(fixture.lake, await sharedDuck(), dailyTable);
    await optimizeLake({ lake: fixture.lake, dryRun: false });
    // What a killed run left.
    left = `${dailyTable}/year=2024/month=9/part-killed.snappy.parquet`;
    await fixture.lake.putIfAbsent(left, Buffer.from("PAR1"));
  });

  const names = async () => [...(await fixture.tree()).keys()];

  test("keeps all files for a week, then loses only those that no version needs", async () => {
    const { lake } = fixture;
    expect(await vacuumLake({ lake, olderThanDays: 7, dryRun: false })).toMatchObject({ files: 0, bytes: 0 });
    await agedBy(lake, 8);
    expect(await vacuumLake({ lake, olderThanDays: 9, dryRun: true })).toMatchObject({ files: 0 });

    const before = await names();
    const rows = await fixture.rows();
    const reported = await vacuumLake({ lake, olderThanDays: 7, dryRun: true });
    expect(await names()).toEqual(before);
    expect(reported.tables.find(({ table }) => table === dailyTable)?.files).toHaveLength(15);
    const counts: number[] = [];
    const done = await vacuumLake({
      lake,
      olderThanDays: 7,
      dryRun: false,
      onProgress: ({ done }) => counts.push(done),
    });
    expect({ ...done, dryRun: true, milliseconds: 0 }).toEqual({ ...reported, milliseconds: 0 });
    expect(counts.at(-1)).toBe(done.files);
    const gone = done.tables.flatMap(({ files }) => files.map(({ path }) => path));
    expect(gone).toContain(left);
    expect(gone.every((path) => path.endsWith(".parquet") && !path.includes("_delta_log"))).toBe(true);
    expect((await names()).sort()).toEqual(before.filter((name) => !gone.includes(name)).sort());
    expect(await fixture.rows()).toEqual(rows);
    expect(await fixture.verify()).toMatchObject({ problems: [], leftovers: [] });
    expect(await fixture.run()).toMatchObject({ landed: 0, anonymized: 0 });
  });

  test("keeps them if this machine's clock is ahead", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 10 * 86_400_000 });
    try {
      const done = await vacuumLake({ lake: fixture.lake, olderThanDays: 7, dryRun: false });
      expect(done).toMatchObject({ files: 0, bytes: 0 });
    } finally {
      vi.useRealTimers();
    }
    expect(await names()).toContain(left);
  });

  test("accepts no fewer than seven days", async () => {
    for (const olderThanDays of [6, 0, -1, Number.NaN]) {
      await expect(vacuumLake({ lake: fixture.lake, olderThanDays, dryRun: true })).rejects.toMatchObject({
        code: "config",
      });
    }
  });

  test("is not changed during a run", async () => {
    await using _lock = await RunLock.acquire(fixture.lake, "2024-11-05T00-00-00-0000");
    await expect(vacuumLake({ lake: fixture.lake, olderThanDays: 7, dryRun: false })).rejects.toMatchObject({
      code: "busy",
    });
  });

  test("reports files that could not be removed, and counts the others", async () => {
    await agedBy(fixture.lake, 8);
    const held = new CleverLakeError("io", "The file is held.", { subject: left });
    const refusing: Lake = Object.create(fixture.lake, {
      delete: {
        value: (path: string) => (path === left ? Promise.reject(held) : fixture.lake.delete(path)),
      },
    });
    const done = await vacuumLake({ lake: refusing, olderThanDays: 7, dryRun: false });
    const itsTable = done.tables.find(({ table }) => table === dailyTable);
    expect(itsTable).toMatchObject({ problem: `${left}: The file is held.` });
    expect(itsTable?.files).toHaveLength(14);
    expect(await names()).toContain(left);
    const abort = new AbortController();
    abort.abort(new Error("called off"));
    await expect(
      vacuumLake({ lake: fixture.lake, olderThanDays: 7, dryRun: false, signal: abort.signal }),
    ).rejects.toThrow("called off");
    const old = new Date(Date.now() - 30 * 86_400_000);
    await utimes(fixture.lake.localPath(left), old, old);
    expect(await vacuumLake({ lake: fixture.lake, olderThanDays: 29, dryRun: false })).toMatchObject({
      files: 1,
    });
  });
});
