import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CleverLakeError, type ErrorCode } from "../../src/basics/errors";
import { hashTag } from "../../src/delta/files/dataFile";
import { fileStatistics, numRecords } from "../../src/delta/files/statistics";
import type { AddFile, PartitionValues, Tags } from "../../src/delta/log/actions";
import { Replay, type Snapshot } from "../../src/delta/log/replay";
import { filesByPartition, type MergePolicy, planMerges } from "../../src/delta/merging/mergePlan";
import { type MergeRequest, mergeSmallFiles } from "../../src/delta/merging/optimize";
import { readSnapshot } from "../../src/delta/snapshot";
import { removeFile, tableActions } from "../../src/delta/tableActions";
import { FolderLake } from "../../src/lake/folder";
import type { Lake } from "../../src/lake/lake";
import { contentsOf, contentTags, mergedTags } from "../../src/pipeline/write/fileContents";
import { columns, committed, type Part, row, rowsOf, table, tableOf, write } from "../helpers/deltaTable";
import { sharedDuck } from "../helpers/lakeRows";
import { MemoryLake } from "../helpers/memoryLake";
import { temporaryFolder } from "../helpers/temporaryFolder";

const megabyte = 1024 * 1024;

describe("which files are merged", () => {
  let made = 0;
  const file = (size: number, more: Partial<AddFile> = {}): AddFile => ({
    path: `part-${made++}`,
    partitionValues: {},
    size,
    modificationTime: 0,
    dataChange: true,
    ...more,
  });
  function tableWith(files: readonly AddFile[], partitionColumns: readonly string[] = []): Snapshot {
    const replay = new Replay(table);
    replay.apply([...tableActions({ columns, partitionColumns }), ...files.map((add) => ({ add }))], "test");
    return replay.snapshot(0, "test");
  }
  const planned = (files: readonly AddFile[], policy: Partial<MergePolicy> = {}) =>
    planMerges(tableWith(files), { maxFiles: 8, ...policy }).map((merge) =>
      merge.files.map(({ size }) => size),
    );

  test("none if there are few", () => {
    expect(planned(Array.from({ length: 8 }, () => file(1)))).toEqual([]);
    expect(planned([])).toEqual([]);
  });

  test("the smallest, so that half of the allowed number remain", () => {
    expect(planned([9, 1, 8, 2, 7, 3, 6, 4, 5].map((size) => file(size)))).toEqual([[1, 2, 3, 4, 5, 6]]);
    expect(planned(Array.from({ length: 1000 }, () => file(10)))).toEqual([Array(997).fill(10)]);
    expect(
      planned(
        Array.from({ length: 4 }, () => file(10)),
        { maxFiles: 2 },
      ),
    ).toEqual([[10, 10, 10, 10]]);
    expect(
      planned(
        Array.from({ length: 2 }, () => file(10)),
        { maxFiles: 1 },
      ),
    ).toEqual([[10, 10]]);
  });

  test("never one that is far larger than the others together, except with others of its size", () => {
    expect(planned([1, 1, 1, 1, 1, 1000, 1000, 1000, 1000].map((size) => file(size)))).toEqual([
      [1, 1, 1, 1, 1],
    ]);
    expect(planned([1, 100, 100, 100, 100, 100, 100, 100, 100].map((size) => file(size)))).toEqual([
      [100, 100, 100, 100, 100, 100],
    ]);
    expect(planned([1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8].map((size) => file(size)))).toEqual([]);
  });

  test("never one of more than 64 MB, and never to more than 128 MB", () => {
    const large = Array.from({ length: 6 }, () => file(65 * megabyte));
    expect(planned([...large, ...[1, 1, 1, 1].map((size) => file(size))])).toEqual([]);
    expect(planned([...large, ...[1, 1, 1, 1, 1].map((size) => file(size))])).toEqual([[1, 1, 1, 1]]);
    const many = planned(Array.from({ length: 20 }, () => file(50 * megabyte)));
    expect(many).toEqual(Array.from({ length: 10 }, () => [50 * megabyte, 50 * megabyte]));
  });

  test("partition by partition", () => {
    const values = (month: number): PartitionValues => ({ year: "2024", month: String(month) });
    const files = [8, 9, 10].flatMap((month) =>
      Array.from({ length: 9 }, () => file(1, { partitionValues: values(month) })),
    );
    const snapshot = tableWith(files, ["year", "month"]);
    const months = planMerges(snapshot, { maxFiles: 8 }).map(
      (merge) => new Set(merge.files.map(({ partitionValues }) => partitionValues.month)),
    );
    expect(months).toEqual([new Set(["8"]), new Set(["9"]), new Set(["10"])]);
    expect([...filesByPartition(snapshot).keys()]).toEqual([
      "year=2024, month=8",
      "year=2024, month=9",
      "year=2024, month=10",
    ]);
  });

  test("those without tags only with each other", () => {
    const tags = contentTags({ sources: new Map([["a", 1]]), days: new Map() });
    const tagged = Array.from({ length: 6 }, () => file(2, { tags }));
    const others = (length: number) => Array.from({ length }, () => file(1));
    expect(planned([...tagged, ...others(6)], { tagsOf: mergedTags })).toEqual([Array(6).fill(2)]);
    expect(planned([...tagged, ...others(12)], { tagsOf: mergedTags })).toEqual([
      Array(6).fill(2),
      Array(10).fill(1),
    ]);
  });

  test.each([1, 6])(
    "a month of %d files a day ends with few files, each byte written few times",
    (filesADay) => {
      fc.assert(
        fc.property(fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 31, maxLength: 31 }), (days) => {
          let sizes: number[] = [];
          let rewritten = 0;
          let appended = 0;
          for (const day of days) {
            const added = Array.from({ length: filesADay }, (_, index) => day * 100_000 * (1 + (index % 3)));
            appended += added.reduce((sum, size) => sum + size, 0);
            sizes.push(...added);
            for (const merge of planned(sizes.map((size) => file(size)))) {
              for (const size of merge) sizes.splice(sizes.indexOf(size), 1);
              const bytes = merge.reduce((sum, size) => sum + size, 0);
              sizes = [...sizes, bytes];
              rewritten += bytes;
            }
            expect(sizes.length).toBeLessThanOrEqual(8);
          }
          expect(rewritten).toBeLessThan(appended * (filesADay === 1 ? 2 : 4));
        }),
      );
    },
  );
});

describe("merging", () => {
  const part = (n: number, more: Partial<Part> = {}): Part => ({
    query: `SELECT DATE '2022-01-01' + ${n - 1} AS date, ${n} AS n, 2022 AS year, 'A ''b''' AS school, 'f${n}' AS source_file`,
    ...more,
  });
  const partition = { year: 2022, school: "A 'b'" };

  async function merged(lake: Lake, snapshot: Snapshot, more: Partial<MergeRequest> = {}): Promise<Snapshot> {
    return mergeSmallFiles({
      lake,
      duck: await sharedDuck(),
      tablePath: table,
      snapshot,
      maxFiles: 1,
      ...more,
    });
  }
  const dataFiles = (lake: MemoryLake) =>
    [...lake.files.keys()].filter((name) => name.endsWith(".snappy.parquet"));

  test.each([["a folder"], ["memory"]])(
    "merges many files into one in %s, and keeps the rows",
    async (kind) => {
      const lake = kind === "memory" ? new MemoryLake() : await FolderLake.open(await temporaryFolder());
      const snapshot = await tableOf(lake, [], [part(1), part(2), part(3), part(4)]);
      expect(await merged(lake, snapshot, { maxFiles: 4 })).toBe(snapshot);
      const after = await merged(lake, snapshot, { maxFiles: 3 });
      expect(after.files.size).toBe(1);
      expect(after.tombstones.size).toBe(4);
      const changes = [...after.files.values(), ...after.tombstones.values()];
      expect(changes.every(({ dataChange }) => !dataChange)).toBe(true);
      expect(await rowsOf(lake, after)).toEqual([row(1), row(2), row(3), row(4)]);
      expect(await merged(lake, after)).toBe(after);
    },
  );

  test("of several partitions is one commit, with tags and exact statistics", async () => {
    const lake = new MemoryLake();
    const tags = (n: number): Tags =>
      contentTags({ sources: new Map([[`f${n}`, 1]]), days: new Map([["students", 1 << (n - 1)]]) });
    const long = "x".repeat(100);
    const parts = [1, 2, 3, 4].map((n) => ({
      query: `SELECT DATE '2022-01-01' + ${n - 1} AS date, ${n} AS n, 'f${n}${long}' AS source_file`,
      partitionValues: { school: n < 3 ? "A" : "B", year: 2022 },
      exactStatistics: ["source_file"],
      tags: tags(n),
    }));
    const snapshot = await tableOf(lake, ["year", "school"], parts);
    const before = await rowsOf(lake, snapshot);
    const after = await merged(lake, snapshot, { tagsOf: mergedTags, exactStatistics: ["source_file"] });
    expect(after?.version).toBe(snapshot.version + 1);
    expect(after && (await rowsOf(lake, after))).toEqual(before);
    const files = [...(after?.files.values() ?? [])];
    expect(files.map(({ partitionValues }) => partitionValues)).toEqual([
      { year: "2022", school: "A" },
      { year: "2022", school: "B" },
    ]);
    const [first] = files;
    if (first === undefined) throw new Error("there is no file");
    expect(first.path).toMatch(/^year=2022\/school=A\/part-/);
    expect(contentsOf(first)).toEqual({
      sources: new Map([
        ["f1", 1],
        ["f2", 1],
      ]),
      days: new Map([["students", 0b11]]),
    });
    expect(first.tags?.[hashTag]).toMatch(/^[0-9a-f]{64}$/);
    expect(fileStatistics(first)?.maxValues.source_file).toBe(`f2${long}`);
    const read = await readSnapshot({ lake, duck: await sharedDuck() }, table);
    expect(read?.files).toEqual(after?.files);
  });

  test("omits tags if one file has none", async () => {
    const lake = new MemoryLake();
    const snapshot = await tableOf(lake, [], [part(1), part(2)]);
    const after = await merged(lake, snapshot, { tagsOf: mergedTags });
    expect(after && [...after.files.values()].map(({ tags }) => Object.keys(tags ?? {}))).toEqual([
      [hashTag],
    ]);
  });

  test("yields to another writer, and leaves nothing behind", async () => {
    class BusyLake extends MemoryLake {
      race: (() => Promise<void>) | undefined;
      override async importFile(local: string, file: string): Promise<void> {
        await super.importFile(local, file);
        await this.race?.();
      }
    }
    const lake = new BusyLake();
    const snapshot = await tableOf(lake, [], [part(1), part(2)]);
    const [victim] = snapshot.files.values();
    lake.race = async () => {
      lake.race = undefined;
      if (victim) await committed(lake, [removeFile(victim, { dataChange: true })]);
    };
    expect(await merged(lake, snapshot)).toBe(snapshot);
    expect(dataFiles(lake)).toHaveLength(2);
  });

  test("is committed on top of another writer's additions", async () => {
    const lake = new MemoryLake();
    const snapshot = await tableOf(lake, [], [part(1), part(2)]);
    const add = await write(lake, part(3));
    await committed(lake, add ? [{ add }] : []);
    const after = await merged(lake, snapshot);
    expect(after?.files.size).toBe(2);
    expect(after && (await rowsOf(lake, after))).toEqual([row(1), row(2), row(3)]);
  });

  test("ends if the lock is lost or it is cancelled; nothing is left behind", async () => {
    const lake = new MemoryLake();
    const snapshot = await tableOf(lake, [], [part(1), part(2)]);
    const lost = new Error("the lock is lost");
    await expect(merged(lake, snapshot, { requireHeld: () => Promise.reject(lost) })).rejects.toBe(lost);
    const abort = new AbortController();
    const reason = new Error("called off");
    const call = merged(lake, snapshot, {
      signal: abort.signal,
      requireHeld: () => Promise.resolve(abort.abort(reason)).then(() => abort.signal.throwIfAborted()),
    });
    await expect(call).rejects.toBe(reason);
    expect(dataFiles(lake)).toHaveLength(2);
    expect((await readSnapshot({ lake, duck: await sharedDuck() }, table))?.version).toBe(snapshot.version);
  });

  test("ends the run if its lock is lost, and may fail otherwise", async () => {
    const lake = new MemoryLake();
    const snapshot = await tableOf(lake, [], [part(1), part(2)]);
    const request = { lake, duck: await sharedDuck(), tablePath: table, snapshot, maxFiles: 1 };
    const failsWith = (code: ErrorCode) =>
      mergeSmallFiles({
        ...request,
        requireHeld: () => Promise.reject(new CleverLakeError(code, "The test wants it.")),
        onSkipped: ({ code: reason }) => left.push(reason),
      });
    const left: ErrorCode[] = [];
    await expect(failsWith("conflict")).rejects.toMatchObject({ code: "conflict" });
    expect(await failsWith("io")).toBe(snapshot);
    expect(left).toEqual(["io"]);
    expect(dataFiles(lake)).toHaveLength(2);
  });

  test.each(["flipped", "gone", "no Parquet", "other rows"])(
    "skips a partition in which a file is %s, and merges the others",
    async (what) => {
      const lake = new MemoryLake();
      const parts = [1, 2, 3, 4].map((n) =>
        part(n, { partitionValues: { ...partition, year: 2020 + (n % 2) } }),
      );
      const snapshot = await tableOf(lake, ["year", "school"], parts);
      const [broken] = filesByPartition(snapshot).get("year=2020, school=A 'b'") ?? [];
      if (broken === undefined) throw new Error("there is no file");
      const place = `${table}/${decodeURIComponent(broken.path)}`;
      const bytes = Buffer.from(lake.files.get(place) ?? "");
      const changed = (change: Partial<AddFile>) => committed(lake, [{ add: { ...broken, ...change } }]);
      if (what === "gone") lake.files.delete(place);
      else if (what === "flipped") {
        bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
        lake.files.set(place, bytes);
      } else if (what === "no Parquet") {
        lake.files.set(place, Buffer.from("no Parquet"));
        await changed({ tags: {} });
      } else await changed({ stats: JSON.stringify({ ...fileStatistics(broken), numRecords: 7 }) });
      const left: CleverLakeError[] = [];
      const now = await readSnapshot({ lake, duck: await sharedDuck() }, table);
      const after = now && (await merged(lake, now, { onSkipped: (reason) => left.push(reason) }));
      expect([...filesByPartition(after ?? snapshot)].map(([name, its]) => [name, its.length])).toEqual([
        ["year=2020, school=A 'b'", 2],
        ["year=2021, school=A 'b'", 1],
      ]);
      expect(left).toEqual([expect.objectContaining({ code: "corrupt" })]);
      expect(dataFiles(lake)).toHaveLength(what === "gone" ? 4 : 5);
      expect(numRecords(filesByPartition(after ?? snapshot).get("year=2021, school=A 'b'") ?? [])).toBe(2);
    },
  );

  test("a table with constraints that we do not check is refused before anything is written", async () => {
    const lake = new MemoryLake();
    const snapshot = await tableOf(lake, [], [part(1), part(2)]);
    await committed(lake, [
      { protocol: { minReaderVersion: 1, minWriterVersion: 7, writerFeatures: ["rowTracking"] } },
    ]);
    const left: ErrorCode[] = [];
    expect(await merged(lake, snapshot, { onSkipped: ({ code }) => left.push(code) })).toBe(snapshot);
    expect(left).toEqual(["unsupportedTable"]);
    expect(dataFiles(lake)).toHaveLength(2);
  });
});
