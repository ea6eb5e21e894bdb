import { readdir, rm } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import * as z from "zod";
import { writeDataFile } from "../../src/delta/files/dataFile";
import { fileStatistics } from "../../src/delta/files/statistics";
import type { Action } from "../../src/delta/log/actions";
import { writeCheckpoint } from "../../src/delta/log/checkpoint";
import { commit } from "../../src/delta/log/commit";
import { mergeSmallFiles } from "../../src/delta/merging/optimize";
import { readQuery } from "../../src/delta/readQuery";
import type { Column } from "../../src/delta/schema";
import { readSnapshot, type Snapshot } from "../../src/delta/snapshot";
import { removeFile, tableActions } from "../../src/delta/tableActions";
import { Duck, sqlName } from "../../src/duck/duck";
import { FolderLake } from "../../src/lake/folder";
import { pythonWithDelta, runPython } from "../helpers/python";
import { temporaryFolder } from "../helpers/temporaryFolder";

/** Every table of this program against delta-rs, an implementation of Delta that shares nothing with ours. */

const table = "stage2p/clever/t";
const columns: Column[] = [
  { name: "date", type: "date" },
  { name: "pseudonym", type: "string" },
  { name: "active", type: "boolean" },
  { name: "n", type: "integer" },
  { name: "year", type: "integer" },
  { name: "month", type: "integer" },
  { name: "total", type: "long" },
  { name: "at", type: "timestamp" },
  { name: "share", type: "double" },
];
const python = await pythonWithDelta();

const answer = z.object({
  version: z.number(),
  schema: z.array(z.tuple([z.string(), z.string()])),
  partitionColumns: z.array(z.string()),
  description: z.string().nullable(),
  protocol: z.array(z.number()),
  rows: z.array(z.record(z.string(), z.unknown())),
  files: z.number(),
  filesInPartition: z.number().nullable(),
  statistics: z.array(z.record(z.string(), z.unknown())),
  transaction: z.number().nullable(),
  history: z.array(z.string().nullable()),
});

describe.skipIf(python === undefined)("delta-rs", () => {
  let duck: Duck;
  let lake: FolderLake;
  beforeAll(async () => {
    duck = await Duck.open({ threads: 1 });
  });
  afterAll(() => duck.close());
  beforeEach(async () => {
    lake = await FolderLake.open(await temporaryFolder());
  });

  const deltaRs = (command: string, request: object = {}) =>
    runPython(python ?? "", "delta.py", { command, table: lake.localPath(table), ...request });
  const theirs = async (request: object = {}) => answer.parse(await deltaRs("read", request));

  async function ours(): Promise<Snapshot> {
    const snapshot = await readSnapshot({ lake, duck }, table);
    if (snapshot === undefined) throw new Error("there is no table");
    return snapshot;
  }

  /** Rows as delta.py prints them. */
  function ourRows(snapshot: Snapshot, files = [...snapshot.files.values()]) {
    const query = readQuery(snapshot, files, (lakePath) => lake.localPath(lakePath));
    const list = snapshot.metadata.columns.map(({ name, type }) => {
      const column = sqlName(name);
      const texts: Readonly<Record<string, string>> = {
        date: `CAST(${column} AS VARCHAR)`,
        long: `CAST(${column} AS DOUBLE)`,
        timestamp: `strftime(${column} AT TIME ZONE 'UTC', '%Y-%m-%d %H:%M:%S.%f+00:00')`,
      };
      return `${texts[type] ?? column} AS ${column}`;
    });
    return duck.session((session) => session.query(`SELECT ${list.join(", ")} FROM (${query})`));
  }

  const sorted = (rows: readonly Readonly<Record<string, unknown>>[]) =>
    rows.map((row) => JSON.stringify(row)).sort();

  /** `count` rows of a month; in nullable columns one value in seven is null. */
  const monthFile = (month: number, count = 50) =>
    duck.session((session) =>
      writeDataFile({
        session,
        lake,
        tablePath: table,
        columns,
        partitionValues: { year: 2022, month },
        query: `SELECT make_date(2022, ${month}, 1 + (i % 28)::INTEGER) AS date,
              CASE WHEN i % 7 > 0 THEN repeat('é😀', i::INTEGER % 30) || i END AS pseudonym, i % 2 = 0 AS active,
              i::INTEGER - 3 AS n, i * 10000000000 AS total,
              TIMESTAMPTZ '2022-01-01 00:00:00.123456+00' + to_seconds(i) AS "at",
              CASE WHEN i % 7 > 0 THEN i / 4 END AS share FROM range(${count}) r(i)`,
      }),
    );

  async function append(month: number, ...more: Action[]): Promise<Snapshot> {
    const add = await monthFile(month);
    const outcome = await commit({
      lake,
      duck,
      tablePath: table,
      operation: { name: "WRITE", parameters: { mode: "Append", partitionBy: '["year","month"]' } },
      attempt: async (snapshot) => ({
        actions: [
          ...(snapshot
            ? []
            : tableActions({ columns, partitionColumns: ["year", "month"], description: "a table" })),
          ...(add ? [{ add }] : []),
          ...more,
        ],
      }),
    });
    if (!outcome.committed) throw new Error("nothing was committed");
    return outcome.snapshot;
  }

  const foreignColumns = (rows: number) => ({
    year: { type: "integer", values: Array(rows).fill(2023) },
    n: { type: "integer", values: Array.from({ length: rows }, (_, i) => i) },
    month: { type: "integer", values: Array.from({ length: rows }, (_, i) => 1 + (i % 2)) },
    date: { type: "date", values: Array.from({ length: rows }, (_, i) => i) },
    pseudonym: { type: "string", values: Array.from({ length: rows }, (_, i) => (i % 3 ? `p ${i}` : null)) },
  });

  test("opens our table: schema, rows, types, statistics, partitions, transactions, history", async () => {
    await append(1, { txn: { appId: "file a", version: 3 } });
    const snapshot = await append(2);
    const read = await theirs({ appId: "file a" });
    expect(read).toMatchObject({
      version: 1,
      schema: columns.map(({ name, type }) => [name, type]),
      partitionColumns: ["year", "month"],
      description: "a table",
      protocol: [1, 2],
      files: 2,
      transaction: 3,
      history: ["WRITE", "WRITE"],
    });
    expect(read.rows).toHaveLength(100);
    expect(sorted(read.rows)).toEqual(sorted(await ourRows(snapshot)));
    expect(
      read.statistics.map((file) => [
        file.num_records,
        file["null_count.pseudonym"],
        file["min.n"],
        file["max.n"],
      ]),
    ).toEqual([1, 2].map(() => [50, 8, -3, 46]));

    const filters = [["month", "=", 2]];
    const pruned = await theirs({ filters });
    expect(pruned.filesInPartition).toBe(1);
    const files = [...snapshot.files.values()].filter(({ partitionValues }) => partitionValues.month === "2");
    expect(files).toHaveLength(1);
    expect(sorted(pruned.rows)).toEqual(sorted(await ourRows(snapshot, files)));
    // There, filters on columns use our statistics.
    const filtered = await theirs({ filters: [["n", ">=", 40]] });
    expect(filtered.rows).toHaveLength(14);
  });

  test("reads our checkpoint, even if the commits before it are deleted", async () => {
    for (let version = 0; version < 10; version++) await append(1 + (version % 3));
    const snapshot = await append(4, { txn: { appId: "a", version: 1 } });
    const [victim] = snapshot.files.values();
    if (victim === undefined) throw new Error("the table is empty");
    await append(5, removeFile(victim, { dataChange: true }));
    const log = path.join(lake.localPath(table), "_delta_log");
    expect(await readdir(log)).toContain("00000000000000000010.checkpoint.parquet");
    for (let version = 0; version < 10; version++)
      await rm(path.join(log, `${version}`.padStart(20, "0").concat(".json")));

    const read = await theirs({ appId: "a" });
    const newest = await ours();
    expect(read).toMatchObject({ version: 11, files: 11, transaction: 1, description: "a table" });
    expect(sorted(read.rows)).toEqual(sorted(await ourRows(newest)));
    await deltaRs("write", { mode: "append", columns: foreignColumns(4) });
    expect((await theirs()).version).toBe(12);
    expect((await ours()).files.size).toBe(13);
  });

  test("reads our checkpoints with tombstones, and without partitions, tags or files", async () => {
    const made = await append(1);
    const [only] = made.files.values();
    if (only === undefined) throw new Error("the table is empty");
    const { snapshot } = await commit({
      lake,
      duck,
      tablePath: table,
      operation: { name: "DELETE" },
      attempt: async () => ({ actions: [removeFile(only, { dataChange: true })] }),
    });
    if (snapshot === undefined) throw new Error("there is no table");
    await writeCheckpoint({ lake, duck }, snapshot);
    await rm(path.join(lake.localPath(table), "_delta_log", "00000000000000000000.json"));
    await rm(path.join(lake.localPath(table), "_delta_log", "00000000000000000001.json"));
    expect(await theirs()).toMatchObject({ version: 1, rows: [], files: 0 });
    expect([...(await ours()).tombstones.keys()]).toEqual([...snapshot.tombstones.keys()]);
  });

  test("appends to our table; we read its commit and build on it", async () => {
    await append(1);
    await deltaRs("write", { mode: "append", columns: foreignColumns(6), appId: "theirs", appVersion: 7 });
    const snapshot = await ours();
    expect(snapshot.version).toBe(1);
    expect(snapshot.transactions.get("theirs")?.version).toBe(7);
    expect([...snapshot.files.values()].every((file) => fileStatistics(file) !== undefined)).toBe(true);
    expect(await ourRows(snapshot)).toHaveLength(56);
    const built = await append(3);
    expect(built.version).toBe(2);
    const read = await theirs();
    expect(read.version).toBe(2);
    expect(sorted(read.rows)).toEqual(sorted(await ourRows(built)));
    const firstDays = [...built.files.values()].map((file) => String(fileStatistics(file)?.minValues.date));
    expect(firstDays.filter((day) => day <= "1970-01-31")).toHaveLength(2);
  });

  test("appends while we append; no commit of either is lost", async () => {
    await append(1);
    await Promise.all([
      deltaRs("race", { mode: "append", columns: foreignColumns(1), times: 12 }),
      (async () => {
        for (let i = 0; i < 25; i++) await append(2, { txn: { appId: `ours ${i}`, version: 1 } });
      })(),
    ]);
    const snapshot = await ours();
    expect(snapshot.version).toBe(37);
    expect(snapshot.files.size).toBe(38);
    expect(snapshot.transactions.size).toBe(25);
    const read = await theirs();
    expect(read.rows).toHaveLength(26 * 50 + 12);
    expect(sorted(read.rows)).toEqual(sorted(await ourRows(snapshot)));
  });

  test("creates a table, deletes, overwrites, compacts and writes checkpoints; we read all of it and continue writing", async () => {
    const write = { columns: foreignColumns(8), partitionBy: ["year", "month"] };
    await deltaRs("write", { ...write, mode: "error" });
    const same = async () => {
      const snapshot = await ours();
      const read = await theirs();
      expect(snapshot.version).toBe(read.version);
      expect(snapshot.files.size).toBe(read.files);
      expect(sorted(await ourRows(snapshot))).toEqual(sorted(read.rows));
      return snapshot;
    };
    await same();
    await deltaRs("delete", { predicate: "n >= 6" });
    expect((await same()).tombstones.size).toBe(2);
    await deltaRs("write", { ...write, mode: "append" });
    await deltaRs("optimize");
    await deltaRs("checkpoint");
    const log = path.join(lake.localPath(table), "_delta_log");
    const beforeDeletion = await same();
    for (let version = 0; version < beforeDeletion.version; version++) {
      await rm(path.join(log, `${version}`.padStart(20, "0").concat(".json")));
    }
    expect((await same()).tombstones.size).toBe(beforeDeletion.tombstones.size);
    await deltaRs("write", { ...write, mode: "overwrite" });
    const overwritten = await same();
    const [victim] = overwritten.files.values();
    if (victim === undefined) throw new Error("the table is empty");
    const outcome = await commit({
      lake,
      duck,
      tablePath: table,
      operation: { name: "DELETE" },
      attempt: async () => ({ actions: [removeFile(victim, { dataChange: true })] }),
    });
    if (!outcome.committed) throw new Error("nothing was committed");
    await writeCheckpoint({ lake, duck }, outcome.snapshot);
    expect((await same()).files.size).toBe(overwritten.files.size - 1);
  });

  test("a table that both sides compacted has the same rows", async () => {
    await deltaRs("write", { columns: foreignColumns(5), mode: "error" });
    for (let i = 0; i < 3; i++) await deltaRs("write", { columns: foreignColumns(5), mode: "append" });
    const before = sorted((await theirs()).rows);
    const merged = await mergeSmallFiles({
      lake,
      duck,
      tablePath: table,
      snapshot: await ours(),
      maxFiles: 2,
    });
    expect(merged.files.size).toBe(1);
    const read = await theirs();
    expect(read.files).toBe(1);
    expect(sorted(read.rows)).toEqual(before);
  });

  test("a table that it creates with column mapping is refused, with the required versions", async () => {
    const configuration = { "delta.columnMapping.mode": "name" };
    await deltaRs("write", { columns: foreignColumns(2), mode: "error", configuration });
    await expect(ours()).rejects.toMatchObject({
      code: "unsupportedTable",
      message: expect.stringMatching(/reader version [23] \(columnMapping\)/),
    });
  });

  test("a table that it creates with deletion vectors enabled is read and written while no file has one", async () => {
    const configuration = { "delta.enableDeletionVectors": "true" };
    await deltaRs("write", { columns: foreignColumns(2), mode: "error", configuration });
    const snapshot = await ours();
    expect(snapshot.protocol.minReaderVersion).toBe(3);
    const [only] = snapshot.files.values();
    if (only === undefined) throw new Error("the table is empty");
    const attempt = async () => ({ actions: [removeFile(only, { dataChange: true })] });
    const outcome = await commit({ lake, duck, tablePath: table, operation: { name: "DELETE" }, attempt });
    if (!outcome.committed) throw new Error("nothing was committed");
    await writeCheckpoint({ lake, duck }, outcome.snapshot);
    // delta-rs reads no rows of such a table itself; Spark does (`otherWriters.test.ts`).
    const after = await ours();
    expect([after.version, after.files.size, after.protocol]).toEqual([1, 0, snapshot.protocol]);
  });
});
