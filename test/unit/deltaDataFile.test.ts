import { writeFile } from "node:fs/promises";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { writeDataFile } from "../../src/delta/files/dataFile";
import { withLocalFiles } from "../../src/delta/files/localFiles";
import { fileStatistics, lacksBounds, mayHaveText, numRecords } from "../../src/delta/files/statistics";
import type { Action, AddFile } from "../../src/delta/log/actions";
import { lakePathOf, readQuery } from "../../src/delta/readQuery";
import { tableActions } from "../../src/delta/tableActions";
import { type Duck, sqlString } from "../../src/duck/duck";
import { FolderLake } from "../../src/lake/folder";
import { columns, committed, type Part, row, rowsOf, table, tableOf, write } from "../helpers/deltaTable";
import { sharedDuck } from "../helpers/lakeRows";
import { MemoryLake } from "../helpers/memoryLake";
import { temporaryFolder } from "../helpers/temporaryFolder";

let duck: Duck;
beforeAll(async () => {
  duck = await sharedDuck();
});

describe("a data file", () => {
  const part: Part = {
    query: `SELECT $1 || i AS source_file, i AS n, DATE '2022-01-01' + (i::INTEGER - 1) AS date FROM range(1, 4) r(i)`,
    parameters: ["f"],
    partitionValues: { year: 2022, school: "A 'b'" },
    tags: { file: "f" },
  };

  test.each([["a folder"], ["memory"]])("is written and read in %s", async (kind) => {
    const lake = kind === "memory" ? new MemoryLake() : await FolderLake.open(await temporaryFolder());
    const snapshot = await tableOf(lake, ["year", "school"], [part]);
    const [file] = snapshot.files.values();
    expect(file?.path).toMatch(/^year=2022\/school=A%2520'b'\/part-[0-9a-f-]{36}\.snappy\.parquet$/);
    expect(file).toMatchObject({
      partitionValues: { year: "2022", school: "A 'b'" },
      dataChange: true,
      tags: { file: "f" },
    });
    expect(JSON.parse(file?.stats ?? "")).toEqual({
      numRecords: 3,
      minValues: { date: "2022-01-01", n: 1, source_file: "f1" },
      maxValues: { date: "2022-01-03", n: 3, source_file: "f3" },
      nullCount: { date: 0, n: 0, source_file: 0 },
    });
    const [lakePath] = [...snapshot.files.values()].map((file) => lakePathOf(snapshot, file));
    expect((await lake.stat(lakePath ?? ""))?.size).toBe(file?.size);
    expect(await rowsOf(lake, snapshot)).toEqual([row(1), row(2), row(3)]);
    expect(numRecords(snapshot.files.values())).toBe(3);
  });

  test("has bounds of texts that are too long for DuckDB's", async () => {
    const texts = ["a", "é".repeat(200)];
    const file = await write(new MemoryLake(), {
      ...part,
      query: "SELECT unnest([$1, $2]) AS source_file, 1 AS n, DATE '2022-01-01' AS date",
      parameters: texts,
    });
    const { minValues, maxValues } = (file && fileStatistics(file)) ?? {};
    expect(minValues?.source_file).toBe("a");
    expect(maxValues?.source_file).toBe(`${"é".repeat(32)}\u{10ffff}`);
  });

  test("has bounds of columns that have no value in one of its row groups", async () => {
    const written = [
      { name: "used", type: "boolean" },
      { name: "n", type: "integer" },
      { name: "name", type: "string" },
    ] as const;
    const lake = new MemoryLake();
    const file = await duck.session((session) =>
      writeDataFile({
        session,
        lake,
        tablePath: "stage2p/t",
        columns: written,
        query: `SELECT CASE WHEN i < 60000 THEN i % 2 = 0 END AS used, CASE WHEN i < 60000 THEN i::INTEGER END AS n,
          CASE WHEN i < 60000 THEN 'a' || i END AS name FROM range(150000) r(i)`,
      }),
    );
    if (file === undefined) throw new Error("there is no file");
    expect(lacksBounds(file, written)).toBe(false);
    const { minValues, maxValues } = fileStatistics(file) ?? {};
    expect(minValues).toEqual({ used: false, n: 0, name: "a0" });
    expect(maxValues).toEqual({ used: true, n: 59999, name: "a9999" });
  });

  test("has only the table's columns, in the table's types", async () => {
    const lake = await FolderLake.open(await temporaryFolder());
    const snapshot = await tableOf(lake, ["year", "school"], [part]);
    const [local = ""] = [...snapshot.files.values()].map((file) =>
      lake.localPath(lakePathOf(snapshot, file)),
    );
    const described = await duck.session((session) =>
      session.query(`DESCRIBE FROM read_parquet(${sqlString(local)}, hive_partitioning = false)`),
    );
    expect(described.map(({ column_name, column_type }) => [column_name, column_type])).toEqual([
      ["date", "DATE"],
      ["n", "INTEGER"],
      ["source_file", "VARCHAR"],
    ]);
  });

  test("without rows is not written", async () => {
    const lake = new MemoryLake();
    expect(await write(lake, { ...part, query: `${part.query} WHERE false` })).toBeUndefined();
    expect(lake.files.size).toBe(0);
  });

  test("that cannot be written leaves nothing behind", async () => {
    const lake = new MemoryLake();
    const query = "SELECT NULL AS date, 'x' AS n, $1 AS source_file";
    await expect(write(lake, { ...part, query })).rejects.toMatchObject({ code: "engine" });
    expect(lake.files.size).toBe(0);
  });
});

describe("reading", () => {
  test("a table without files has no rows but all columns", async () => {
    const lake = new MemoryLake();
    const snapshot = await tableOf(lake, [], []);
    const described = await duck.session((session) =>
      session.query(`DESCRIBE ${readQuery(snapshot, [], String)}`),
    );
    expect(described.map(({ column_name }) => column_name)).toEqual(columns.map(({ name }) => name));
  });

  test("accepts files of other writers: different column order and types, missing or unknown columns, null partitions", async () => {
    const lake = await FolderLake.open(await temporaryFolder());
    const folder = await temporaryFolder();
    const foreign = async (name: string, query: string, partitionValues: AddFile["partitionValues"]) => {
      const local = path.join(folder, "x.parquet");
      await duck.session((session) =>
        session.query(`COPY (${query}) TO ${sqlString(local)} (FORMAT parquet)`),
      );
      await lake.importFile(local, `${table}/${name}`);
      return {
        add: { path: encodeURI(name), partitionValues, size: 1, modificationTime: 1, dataChange: true },
      };
    };
    // Windows has no files with an asterisk.
    const oddName = process.platform === "win32" ? "odd [1].parquet" : "odd [1]*.parquet";
    const snapshot = await committed(lake, [
      ...tableActions({ columns, partitionColumns: ["year", "school"] }),
      await foreign(`year=1999/${oddName}`, "SELECT 7 AS extra, 1::BIGINT AS n, DATE '2022-01-01' AS date", {
        year: "2022",
        school: null,
      }),
      await foreign("b.parquet", "SELECT 's' AS source_file, 2 AS n", { year: "", school: "A" }),
    ]);
    expect(await rowsOf(lake, snapshot)).toEqual([
      row(1, { school: null, source_file: null }),
      row(2, { date: null, year: null, school: "A", source_file: "s" }),
    ]);
    expect(numRecords(snapshot.files.values())).toBeUndefined();
  });

  test("thousands of files are read in one statement of few branches", async () => {
    const lake = new MemoryLake();
    const add = (i: number): Action => ({
      add: {
        path: `${i}.parquet`,
        partitionValues: { year: String(2020 + (i % 3)), school: "A" },
        size: 1,
        modificationTime: 1,
        dataChange: true,
      },
    });
    const snapshot = await committed(lake, [
      ...tableActions({ columns, partitionColumns: ["year", "school"] }),
      ...Array.from({ length: 5000 }, (_, i) => add(i)),
    ]);
    const query = readQuery(snapshot, [...snapshot.files.values()], String);
    expect(query.match(/read_parquet/g)).toHaveLength(3);
  });
});

describe("skipping files", () => {
  test("by the bounds of a source's name, only if these prove it", async () => {
    const lake = new MemoryLake();
    const part = (source: string, exactStatistics: readonly string[] = []): Part => ({
      query: `SELECT DATE '2022-03-01' AS date, 1 AS n, 2022 AS year, 's' AS school, ${source} AS source_file`,
      exactStatistics,
    });
    const long = "daily-participation/2022-01-01-daily-participation-students";
    await tableOf(
      lake,
      [],
      [
        part("'a'"),
        part(`'${long}.csv'`, ["source_file"]),
        part(`'${long} (1).csv'`),
        part("NULL"),
        part("'\uffff'", ["source_file"]),
      ],
    );
    const foreign = { path: "x", partitionValues: {}, size: 1, modificationTime: 1, dataChange: true };
    const snapshot = await committed(lake, [
      { add: { ...foreign } },
      { add: { ...foreign, path: "y", stats: "{" } },
    ]);
    const files = [...snapshot.files.values()];
    const holders = (source: string) =>
      files
        .filter((file) => mayHaveText(file, "source_file", source))
        .map((file) => String(fileStatistics(file)?.minValues.source_file ?? "?"))
        .sort();
    const unknown = ["?", "?"];
    const cut = long.slice(0, 32);

    expect(files).toHaveLength(7);
    // Exact bounds select one file, truncated ones keep all with the same prefix, nulls alone match nothing.
    expect(holders("a")).toEqual([...unknown, "a"]);
    expect(holders(`${long}.csv`)).toEqual([...unknown, `${long}.csv`, cut].sort());
    expect(holders(`${long} (1).csv`)).toEqual([...unknown, cut]);
    // Bounds are compared in Delta's order.
    expect(holders("\uffff")).toEqual([...unknown, "\uffff"]);
    expect(holders("😀")).toEqual(unknown);
  });
});

describe("local files", () => {
  test("are the lake's own files in a folder lake, and otherwise copies that are removed", async () => {
    const folder = await FolderLake.open(await temporaryFolder());
    const memory = new MemoryLake();
    memory.files.set("stage2p/a", Buffer.from("a"));
    const local = path.join(await folder.scratch(), "a");
    await writeFile(local, "a");
    await folder.importFile(local, "stage2p/a");
    await withLocalFiles(folder, ["stage2p/a"], {}, async (paths) => {
      expect(paths).toEqual([folder.localPath("stage2p/a")]);
    });
    await expect(withLocalFiles(memory, ["stage2p/b"], {}, async () => 0)).rejects.toMatchObject({
      code: "notFound",
    });
  });
});
