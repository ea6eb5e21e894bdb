import { expect, test } from "vitest";
import { dataFilesAmong } from "../../src/delta/files/tableFiles";
import { filesBelow } from "../../src/lake/filesBelow";
import { MemoryLake } from "../helpers/memoryLake";

test("a table's data files leave out hidden files, its log and the tables below its folder", async () => {
  const lake = new MemoryLake();
  const names = [
    "part-2.parquet",
    "year=2024/part-1.parquet",
    "_delta_log/00000000000000000000.json",
    "_delta_log/00000000000000000010.checkpoint.parquet",
    ".part-3.parquet.crc",
    ".spark-staging/part-4.parquet",
    "notes.txt",
    "copy/part-5.parquet",
    "copy/_delta_log/00000000000000000000.json",
    "copies/part-6.parquet",
  ];
  for (const name of names) lake.files.set(`table/${name}`, Buffer.from(name));
  const files = await filesBelow(lake, "table", {});
  expect(files.map(({ path }) => path).sort()).toEqual(names.map((name) => `table/${name}`).sort());
  expect(dataFilesAmong(files, "table").map(({ path }) => path)).toEqual([
    "table/copies/part-6.parquet",
    "table/part-2.parquet",
    "table/year=2024/part-1.parquet",
  ]);
});
