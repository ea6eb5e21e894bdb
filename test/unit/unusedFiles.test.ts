import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { unusedFiles } from "../../src/delta/files/unusedFiles";
import type { Action, AddFile } from "../../src/delta/log/actions";
import { writeCheckpoint } from "../../src/delta/log/checkpoint";
import { commit } from "../../src/delta/log/commit";
import { encodePath } from "../../src/delta/paths";
import type { Snapshot } from "../../src/delta/snapshot";
import { removeFile, tableActions } from "../../src/delta/tableActions";
import { columns, table } from "../helpers/deltaTable";
import { sharedDuck } from "../helpers/lakeRows";
import { MemoryLake } from "../helpers/memoryLake";

const day = 86_400_000;
const start = Date.UTC(2024, 0, 1);

/** A lake that sets the times of written files. */
class DatedLake extends MemoryLake {
  override async importFile(local: string, file: string): Promise<void> {
    await super.importFile(local, file);
    this.modified.set(file, new Date());
  }
  override async write(file: string, data: AsyncIterable<Uint8Array>): Promise<void> {
    await super.write(file, data);
    this.modified.set(file, new Date());
  }
  override async putIfAbsent(file: string, data: Uint8Array): Promise<boolean> {
    const isNew = await super.putIfAbsent(file, data);
    if (isNew) this.modified.set(file, new Date());
    return isNew;
  }
  /** Puts a file at a path in the table. */
  put(name: string): void {
    this.files.set(`${table}/${name}`, Buffer.from("data"));
    this.modified.set(`${table}/${name}`, new Date());
  }
}

describe("unused data files", () => {
  let lake: DatedLake;
  let made: number;
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date"], now: start });
    lake = new DatedLake();
    made = 0;
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const passes = (days: number) => vi.setSystemTime(Date.now() + days * day);
  async function committed(...actions: Action[]): Promise<Snapshot> {
    const { snapshot } = await commit({
      lake,
      duck: await sharedDuck(),
      tablePath: table,
      operation: { name: "WRITE" },
      attempt: (current) =>
        Promise.resolve({ actions: current ? actions : [...tableActions({ columns }), ...actions] }),
    });
    if (snapshot === undefined) throw new Error("there is no table");
    return snapshot;
  }
  function written(name = `part-${made++}.parquet`): AddFile {
    lake.put(name);
    return {
      path: encodePath(name),
      partitionValues: {},
      size: 4,
      modificationTime: Date.now(),
      dataChange: true,
    };
  }
  async function found(days = 7): Promise<string[]> {
    const files = await unusedFiles({ lake, duck: await sharedDuck() }, table, Date.now() - days * day);
    return files.map(({ path }) => path.slice(table.length + 1));
  }

  test("are those replaced before the retention, and those never committed", async () => {
    const [old, replaced, kept] = [
      written("old.parquet"),
      written("replaced.parquet"),
      written("kept.parquet"),
    ];
    await committed({ add: old }, { add: replaced }, { add: kept });
    lake.put("year=2024/never committed.parquet");
    await committed(removeFile(old, { dataChange: true }));
    passes(5);
    lake.put("new, not yet committed.parquet");
    await committed(removeFile(replaced, { dataChange: false }));
    expect(await found()).toEqual([]);
    passes(2.1);
    expect(await found()).toEqual(["old.parquet", "year=2024/never committed.parquet"]);
    passes(5);
    expect(await found()).toEqual([
      "new, not yet committed.parquet",
      "old.parquet",
      "replaced.parquet",
      "year=2024/never committed.parquet",
    ]);
    expect(await found(12.5)).toEqual([]);
  });

  test("do not exist without a table, however old the files are", async () => {
    lake.put("part.parquet");
    passes(100);
    expect(await found()).toEqual([]);
  });

  test("exclude hidden files, files other than Parquet, and those of a nested table", async () => {
    await committed({ add: written() });
    for (const name of [
      "_delta_log/00000000000000000000.checkpoint.parquet",
      "_change_data/cdc.parquet",
      ".part-0.parquet.crc",
      ".hidden/part.parquet",
      "notes.txt",
      "deletion_vector.bin",
      "below/_delta_log/00000000000000000000.json",
      "below/year=2024/part.parquet",
    ]) {
      lake.put(name);
    }
    lake.put("year=2024/part.parquet");
    passes(100);
    expect(await found()).toEqual(["year=2024/part.parquet"]);
  });

  test("exclude those whose path has another form in the log", async () => {
    const strange = "year=2024/a%20b c.parquet";
    lake.put("year=2024/a%20b.parquet");
    await committed({ add: written(strange) }, { add: { ...written(), path: "year=2024/a%20b.parquet" } });
    passes(100);
    expect(await found()).toEqual(["part-0.parquet"]);
  });

  test("are not determined for a table with absolute paths, or one that we may not write", async () => {
    const add = written();
    await committed({ add: { ...add, path: `file:///lake/${table}/${add.path}` } });
    passes(100);
    await expect(found()).rejects.toMatchObject({ code: "unsupportedTable" });
    lake = new DatedLake();
    await committed({ add: written() });
    await committed({
      protocol: { minReaderVersion: 1, minWriterVersion: 7, writerFeatures: ["rowTracking"] },
    });
    await expect(found()).rejects.toMatchObject({ code: "unsupportedTable" });
  });

  test("are kept if a remove action has no time", async () => {
    const add = written();
    await committed({ add });
    await committed({ remove: { path: add.path, dataChange: true } });
    passes(100);
    expect(await found()).toEqual([]);
  });

  test("are kept for longer than checkpoints keep tombstones, if requested", async () => {
    const add = written();
    await committed({ add });
    passes(60);
    await committed(removeFile(add, { dataChange: true }));
    passes(20);
    await writeCheckpoint({ lake, duck: await sharedDuck() }, await committed({ add: written() }));
    expect(await found(30)).toEqual([]);
    expect(await found(19)).toEqual(["part-0.parquet"]);
  });

  test("never include files of a version within the retention", async () => {
    type Step = "add" | "replace" | "merge" | "restore" | "crash" | "checkpoint";
    const step = fc.constantFrom<Step>("add", "replace", "merge", "restore", "crash", "checkpoint");
    const history = fc.array(fc.tuple(step, fc.double({ min: 0.1, max: 4, noNaN: true }), fc.nat()), {
      minLength: 1,
      maxLength: 14,
    });
    await fc.assert(
      fc.asyncProperty(history, fc.integer({ min: 7, max: 12 }), async (steps, retention) => {
        vi.setSystemTime(start);
        lake = new DatedLake();
        const versions: { readonly time: number; readonly files: readonly AddFile[] }[] = [];
        const crashed: { readonly time: number; readonly path: string }[] = [];
        let now = await committed({ add: written() });
        const note = () => versions.push({ time: Date.now(), files: [...now.files.values()] });
        note();
        for (const [what, days, chosen] of steps) {
          passes(days);
          const active = [...now.files.values()];
          const one = active[chosen % Math.max(1, active.length)];
          if (what === "add") now = await committed({ add: written() });
          else if (what === "replace" && one) {
            now = await committed({ add: written() }, removeFile(one, { dataChange: true }));
          } else if (what === "merge" && active.length > 1) {
            const removes = active.map((file) => removeFile(file, { dataChange: false }));
            now = await committed({ add: written() }, ...removes);
          } else if (what === "restore") {
            const before = versions[chosen % versions.length]?.files ?? [];
            const isThere = (file: AddFile) => lake.files.has(`${table}/${file.path}`);
            if (!before.every(isThere)) continue;
            const gone = active.filter((file) => !before.some(({ path }) => path === file.path));
            const back = before.filter((file) => !now.files.has(file.path));
            now = await committed(
              ...gone.map((file) => removeFile(file, { dataChange: true })),
              ...back.map((add) => ({ add })),
            );
          } else if (what === "crash") crashed.push({ time: Date.now(), path: `${table}/${written().path}` });
          else if (what === "checkpoint") await writeCheckpoint({ lake, duck: await sharedDuck() }, now);
          note();
          const since = Date.now() - retention * day;
          for (const { path } of await unusedFiles({ lake, duck: await sharedDuck() }, table, since))
            lake.files.delete(path);
          const kept = versions.filter((_, index) => (versions[index + 1]?.time ?? Date.now()) >= since);
          const needed = kept.flatMap(({ files }) => files.map(({ path }) => `${table}/${path}`));
          expect(needed.filter((path) => !lake.files.has(path))).toEqual([]);
          const due = crashed.filter(({ time }) => time < since);
          expect(due.filter(({ path }) => lake.files.has(path))).toEqual([]);
        }
      }),
      { numRuns: 60 },
    );
  });
});
