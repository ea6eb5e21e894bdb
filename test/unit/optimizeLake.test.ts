import { cp, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { ingestLogTable, lookupTable, pseudoTable, rosterTable, runLockPath } from "../../src/clever/layout";
import { reports } from "../../src/clever/reports";
import { fileStatistics, lacksBounds, numRecords } from "../../src/delta/files/statistics";
import { commit } from "../../src/delta/log/commit";
import { filesByPartition } from "../../src/delta/merging/mergePlan";
import { commitPath } from "../../src/delta/paths";
import { readSnapshot, type Snapshot } from "../../src/delta/snapshot";
import { FolderLake } from "../../src/lake/folder";
import { RunLock } from "../../src/pipeline/lock/runLock";
import { optimizeLake } from "../../src/pipeline/upkeep/optimizeLake";
import { hasUpkeepProblems } from "../../src/pipeline/upkeep/upkeepTables";
import { contentsOf } from "../../src/pipeline/write/fileContents";
import { FaultyLake } from "../helpers/faultyLake";
import { ForeignWriter } from "../helpers/foreignWriter";
import { lakeRows, sharedDuck } from "../helpers/lakeRows";
import { lakeTemplate } from "../helpers/lakeTemplate";
import { landAsOea, runOeaNotebook } from "../helpers/oeaLake";
import {
  daily,
  dailyCsv,
  dailyPath,
  PipelineFixture,
  usage,
  usageCsv,
  usagePath,
} from "../helpers/pipelineFixture";
import { splitBySource } from "../helpers/splitFiles";
import { temporaryFolder } from "../helpers/temporaryFolder";

const dailyTable = pseudoTable(reports.daily_participation);
const usageTable = pseudoTable(reports.resource_usage);
const tables = [
  ingestLogTable,
  lookupTable(reports.daily_participation),
  lookupTable(reports.resource_usage),
  dailyTable,
  usageTable,
];

describe("a lake of many small files", () => {
  let fixture: PipelineFixture;
  const lake = lakeTemplate(async (made) => {
    const days = (month: string, count: number) =>
      Array.from({ length: count }, (_, index) => `2024-${month}-${String(index + 1).padStart(2, "0")}`);
    for (const day of [...days("09", 12), ...days("10", 2)]) {
      await made.put(dailyPath(day), dailyCsv(daily("a", day), daily("b", day, 3)));
      await made.put(dailyPath(day, "teachers"), dailyCsv(daily("t", day)));
      await made.put(usagePath(day), usageCsv(usage("a", "maths", day)));
    }
    await made.run();
    // One run writes all files together; a lake that was filled day by day has a data file for each.
    for (const table of [dailyTable, usageTable]) {
      await splitBySource(made.lake, await sharedDuck(), table);
    }
  });
  beforeEach(async () => {
    fixture = await lake();
  });

  async function tableOf(path: string): Promise<Snapshot> {
    const snapshot = await readSnapshot({ lake: fixture.lake, duck: await sharedDuck() }, path);
    if (snapshot === undefined) throw new Error("there is no table");
    return snapshot;
  }
  /** By partition: rows by source, days by user type. */
  async function contents(path: string) {
    const partitions = filesByPartition(await tableOf(path));
    return [...partitions].map(([partition, files]) => {
      const sources = new Map<string, number>();
      const days = new Map<string, number>();
      for (const file of files.map(contentsOf)) {
        for (const [source, rows] of file.sources ?? [])
          sources.set(source, (sources.get(source) ?? 0) + rows);
        for (const [type, bits] of file.days) days.set(type, (days.get(type) ?? 0) | bits);
      }
      return { partition, sources: [...sources].sort(), days: [...days].sort() };
    });
  }
  const rows = () => Promise.all(tables.map((path) => lakeRows(fixture.lake, path)));

  test("has the same rows, sources and days afterwards, in few files; a dry run lists them", async () => {
    const before = {
      rows: await rows(),
      daily: await contents(dailyTable),
      usage: await contents(usageTable),
    };
    const tree = await fixture.tree();
    const reported = await optimizeLake({ lake: fixture.lake, dryRun: true });
    expect(await fixture.tree()).toEqual(tree);

    const progress: number[] = [];
    const done = await optimizeLake({
      lake: fixture.lake,
      dryRun: false,
      onProgress: ({ done, all }) => progress.push(done / all),
    });
    expect(await rows()).toEqual(before.rows);
    expect(await contents(dailyTable)).toEqual(before.daily);
    expect(await contents(usageTable)).toEqual(before.usage);
    expect(progress.at(-1)).toBe(1);
    expect([hasUpkeepProblems(reported), hasUpkeepProblems(done)]).toEqual([false, false]);

    const files = ({ tables: all }: typeof reported) =>
      all.map(({ table, before: were, after: are, partitions }) => ({
        table,
        files: [were.files, are.files],
        partitions: partitions.map((each) => [each.partition, each.before.files, each.after.files]),
      }));
    expect(files(done)).toEqual(files(reported));
    expect(files(done).find(({ table }) => table === dailyTable)).toEqual({
      table: dailyTable,
      files: [28, 6],
      partitions: [
        ["year=2024, month=9", 24, 2],
        ["year=2024, month=10", 4, 4],
      ],
    });
    for (const { table, after, before: were, rewritten } of done.tables) {
      const snapshot = await tableOf(table);
      expect(after.files).toBe(snapshot.files.size);
      expect(after.bytes).toBe([...snapshot.files.values()].reduce((sum, { size }) => sum + size, 0));
      expect(rewritten > 0).toBe(were.files > after.files);
    }
    for (const path of [dailyTable, usageTable]) {
      for (const file of (await tableOf(path)).files.values()) {
        const { sources } = contentsOf(file);
        expect([...(sources?.values() ?? [])].reduce((sum, count) => sum + count, 0)).toBe(
          numRecords([file]),
        );
      }
    }
    expect(await fixture.lake.stat(runLockPath)).toBeUndefined();
    expect(
      (await optimizeLake({ lake: fixture.lake, dryRun: false })).tables.map(({ rewritten }) => rewritten),
    ).toEqual(tables.map(() => 0));
  });

  test("has bounds of every text and boolean afterwards, even if a file of an earlier version is merged with no other", async () => {
    await optimizeLake({ lake: fixture.lake, dryRun: false });
    const before = await rows();
    const [october] = filesByPartition(await tableOf(dailyTable)).get("year=2024, month=10") ?? [];
    if (october?.stats === undefined) throw new Error("there is no file");
    const { active: _, ...minValues } = fileStatistics(october)?.minValues ?? {};
    const stats = JSON.stringify({ ...JSON.parse(october.stats), minValues });
    await commit({
      lake: fixture.lake,
      duck: await sharedDuck(),
      tablePath: dailyTable,
      operation: { name: "COMPUTE STATS" },
      attempt: () => Promise.resolve({ actions: [{ add: { ...october, stats, dataChange: false } }] }),
    });
    const lacking = async () => {
      const { files, metadata } = await tableOf(dailyTable);
      const columns = metadata.columns.filter(({ name }) => name !== "year" && name !== "month");
      return [...files.values()].filter((file) => lacksBounds(file, columns)).length;
    };
    expect(await lacking()).toBe(1);
    const { tables: optimized } = await optimizeLake({ lake: fixture.lake, dryRun: false });
    expect(optimized.flatMap(({ table, rewritten }) => (rewritten > 0 ? [table] : []))).toEqual([dailyTable]);
    expect(await lacking()).toBe(0);
    expect(await rows()).toEqual(before);
    expect((await fixture.verify()).problems).toEqual([]);
    const again = await optimizeLake({ lake: fixture.lake, dryRun: false });
    expect(again.tables.some(({ rewritten }) => rewritten > 0)).toBe(false);
  });

  test("is also merged by the next run that writes to its tables, as after an interrupted run", async () => {
    const before = await rows();
    const day = "2024-11-01";
    await fixture.put(dailyPath(day), dailyCsv(daily("a", day)));
    await fixture.run();
    for (const files of filesByPartition(await tableOf(dailyTable)).values())
      expect(files.length).toBeLessThanOrEqual(4);
    expect((await fixture.verify()).problems).toEqual([]);
    expect((await lakeRows(fixture.lake, dailyTable)).slice(0, before[3]?.length)).toEqual(before[3]);
  });

  test("is merged by a run except for months with a damaged data file, which the run reports", async () => {
    const [damaged] = filesByPartition(await tableOf(dailyTable)).get("year=2024, month=9") ?? [];
    await writeFile(fixture.lake.localPath(`${dailyTable}/${damaged?.path}`), "no Parquet");
    for (const day of ["2024-10-03", "2024-10-04"]) {
      await fixture.put(dailyPath(day), dailyCsv(daily("a", day)));
      await fixture.put(usagePath(day), usageCsv(usage("a", "maths", day)));
      const { failed, notes } = await fixture.run();
      expect(failed).toEqual([]);
      const left = notes.filter(({ note }) => note.startsWith("Small data files were not merged: "));
      expect(left.map(({ path: table }) => table)).toEqual([dailyTable]);
      expect(left[0]?.note).toContain(decodeURIComponent(damaged?.path ?? "?"));
    }
    const files = async (table: string) =>
      [...filesByPartition(await tableOf(table))].map(([, each]) => each.length);
    expect((await files(dailyTable))[0]).toBe(24);
    expect((await files(dailyTable))[1]).toBeLessThanOrEqual(4);
    expect(Math.max(...(await files(usageTable)))).toBeLessThanOrEqual(4);
  });

  test("can be verified and continued as before", async () => {
    await optimizeLake({ lake: fixture.lake, dryRun: false });
    expect((await fixture.verify()).problems).toEqual([]);
    await fixture.put(
      dailyPath("2024-09-05"),
      dailyCsv(daily("a", "2024-09-05", 9), daily("c", "2024-09-05")),
    );
    await fixture.put(dailyPath("2024-09-13"), dailyCsv(daily("a", "2024-09-13", 7)));
    expect(await fixture.run()).toMatchObject({ landed: 2, anonymized: 2, quarantined: [], failed: [] });
    const logins = (await fixture.logins("a", "c")).filter((line) => /2024-09-(05|13)/.test(line));
    expect(logins).toEqual(["? 2024-09-05 1", "a 2024-09-05 9", "a 2024-09-13 7", "c 2024-09-05 1"]);
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("is not changed during a run, except that a dry run is allowed", async () => {
    await using _lock = await RunLock.acquire(fixture.lake, "2024-11-05T00-00-00-0000");
    await expect(optimizeLake({ lake: fixture.lake, dryRun: false })).rejects.toMatchObject({ code: "busy" });
    expect((await optimizeLake({ lake: fixture.lake, dryRun: true })).tables).toHaveLength(tables.length);
  });

  test("reports a table that cannot be optimized, and merges the others", async () => {
    await fixture.lake.putIfAbsent(
      `${rosterTable}/_delta_log/00000000000000000000.json`,
      Buffer.from("no JSON\n"),
    );
    const { tables: done } = await optimizeLake({ lake: fixture.lake, dryRun: false });
    const problems = done.filter(({ problem }) => problem !== null);
    expect(problems.map(({ table }) => table)).toEqual([rosterTable]);
    expect(done.find(({ table }) => table === dailyTable)?.after.files).toBe(6);
  });

  test("leaves the data files of a table whose columns another program changed: they have the values", async () => {
    const writer = new ForeignWriter(fixture.lake, dailyTable);
    await writer.dropColumn("num_logins");
    const files = [...(await writer.snapshot()).files.keys()];
    const { tables: done } = await optimizeLake({ lake: fixture.lake, dryRun: false });
    const [found, ...others] = done.filter(({ problem }) => problem !== null);
    expect(others).toEqual([]);
    const problem = expect.stringMatching(/lacks the column num_logins.*clever-lake repair/) as unknown;
    expect(found).toMatchObject({ table: dailyTable, problem, rewritten: 0 });
    expect([...(await writer.snapshot()).files.keys()]).toEqual(files);
  });

  test("takes the tables of OEA's notebook as they are", async () => {
    const { lake } = await PipelineFixture.create();
    const content = dailyCsv(daily("amy"), daily("ben"));
    await landAsOea(lake, reports.daily_participation, "2024-09-04T09-00-00/Students/Students.csv", content);
    await runOeaNotebook(lake, await sharedDuck());
    const { tables: done } = await optimizeLake({ lake, dryRun: false });
    expect(done.map(({ table, problem }) => ({ table, problem }))).toContainEqual({
      table: dailyTable,
      problem: null,
    });
  });

  test("stays consistent if cancelled between two tables", async () => {
    const before = await rows();
    const abort = new AbortController();
    const call = optimizeLake({
      lake: fixture.lake,
      dryRun: false,
      signal: abort.signal,
      onProgress: () => abort.abort(new Error("called off")),
    });
    await expect(call).rejects.toThrow("called off");
    expect(await rows()).toEqual(before);
    expect(await fixture.lake.stat(runLockPath)).toBeUndefined();
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test.each(["before", "after", "dead"] as const)(
    "keeps its rows whichever operation fails (%s), and the next call completes it",
    async (fault) => {
      const dailyRows = await lakeRows(fixture.lake, dailyTable);
      const folder = path.dirname(fixture.lake.localPath("stage2p"));
      const failed: string[] = [];
      for (const at of [1, 2, 3, 4, 5, 6, 7, 9, 12, 15]) {
        const copy = await temporaryFolder();
        await cp(folder, copy, { recursive: true });
        const lake = await FolderLake.open(copy);
        const faulty = new FaultyLake(lake, fault, at);
        await optimizeLake({ lake: faulty, dryRun: false }).catch(() => undefined);
        if (faulty.failed !== undefined) failed.push(faulty.failed);
        expect(await lakeRows(lake, dailyTable), `${fault} ${at}`).toEqual(dailyRows);
        const { tables: done } = await optimizeLake({ lake, dryRun: false });
        expect(done.find(({ table }) => table === dailyTable)?.after.files, faulty.failed).toBe(6);
        expect(done.map(({ problem }) => problem)).toEqual(tables.map(() => null));
        expect(await lakeRows(lake, dailyTable), `${fault} ${at}, again`).toEqual(dailyRows);
      }
      for (const words of [
        /^putIfAbsent .*_run\.lock/,
        /^importFile .*parquet/,
        /^putIfAbsent .*_delta_log/,
      ]) {
        expect(failed).toContainEqual(expect.stringMatching(words));
      }
    },
  );
});

test.each([
  ["a lookup table", lookupTable(reports.daily_participation)],
  ["the ingest log", ingestLogTable],
])("a run notes why small data files of %s were not merged", async (_, table) => {
  const fixture = await PipelineFixture.create();
  const { lake } = fixture;
  const duck = await sharedDuck();
  const filesOfTable = async () => [...((await readSnapshot({ lake, duck }, table))?.files.values() ?? [])];
  const runDay = async (number: number) => {
    const day = `2024-09-${String(number).padStart(2, "0")}`;
    await fixture.put(dailyPath(day), dailyCsv(daily(`p${number}`, day)));
    return fixture.run();
  };
  await runDay(1);
  // The log says one row more than the file has, which only a merge notices.
  const log = lake.localPath(commitPath(table, 0));
  const commit = await readFile(log, "utf8");
  await writeFile(
    log,
    commit.replace(/numRecords\\":(\d+)/, (_, rows) => `numRecords\\":${Number(rows) + 1}`),
  );
  for (let number = 2; number <= 20; number++) await runDay(number);
  const { failed, notes } = await runDay(21);
  expect(failed).toEqual([]);
  expect(notes).toEqual([
    { path: table, note: expect.stringContaining("Small data files were not merged: ") },
  ]);
  expect(await filesOfTable()).toHaveLength(21);
});
