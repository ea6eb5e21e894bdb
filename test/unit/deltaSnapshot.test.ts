import { readFile, writeFile } from "node:fs/promises";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Action, type AddFile, formatCommit } from "../../src/delta/log/actions";
import { checkpointActions, writeCheckpoint } from "../../src/delta/log/checkpoint";
import { checkpointPaths, commitPath, lastCheckpointPath } from "../../src/delta/paths";
import { readSnapshot, type Snapshot, updateSnapshot } from "../../src/delta/snapshot";
import { tableActions } from "../../src/delta/tableActions";
import { Duck, sqlString } from "../../src/duck/duck";
import { MemoryLake } from "../helpers/memoryLake";
import { temporaryFolder } from "../helpers/temporaryFolder";

const table = "stage2p/clever/t";

let duck: Duck;
beforeAll(async () => {
  duck = await Duck.open({ threads: 1 });
});
afterAll(() => duck.close());

const file = (path: string, more: Partial<AddFile> = {}): AddFile => ({
  path,
  partitionValues: { year: "2022", month: null },
  size: 10,
  modificationTime: 1,
  dataChange: true,
  stats: '{"numRecords":2}',
  ...more,
});
const add = (path: string): Action => ({ add: file(path) });
const remove = (path: string, deletionTimestamp = Date.now()): Action => ({
  remove: { path, dataChange: true, deletionTimestamp },
});
const txn = (appId: string, version: number): Action => ({ txn: { appId, version } });
const creation = tableActions({
  columns: [
    { name: "x", type: "string" },
    { name: "year", type: "integer" },
    { name: "month", type: "integer" },
  ],
  partitionColumns: ["year", "month"],
  description: "a table",
});

async function put(lake: MemoryLake, version: number, actions: readonly Action[]) {
  await lake.putIfAbsent(commitPath(table, version), Buffer.from(formatCommit(actions)));
}

async function present(lake: MemoryLake): Promise<Snapshot> {
  const snapshot = await readSnapshot({ lake, duck }, table);
  if (snapshot === undefined) throw new Error("there is no table");
  return snapshot;
}

/** A snapshot without anything that a checkpoint may drop or change. */
function state({ version, protocol, metadata, files, tombstones, transactions }: Snapshot) {
  return {
    version,
    protocol,
    metadata,
    files: [...files].map(([path, { dataChange: _, ...rest }]) => [path, rest]).sort(),
    tombstones: [...tombstones.keys()].sort(),
    transactions: [...transactions].sort(),
  };
}

describe("reading a snapshot", () => {
  test("without a log there is no table", async () => {
    const lake = new MemoryLake();
    expect(await readSnapshot({ lake, duck }, table)).toBeUndefined();
    lake.files.set(`${table}/part.parquet`, Buffer.from("x"));
    expect(await readSnapshot({ lake, duck }, table)).toBeUndefined();
  });

  test("paths are compared decoded, and the latest action counts", async () => {
    const lake = new MemoryLake();
    await put(lake, 0, [...creation, add("year%3D2022/a%20b"), add("c"), txn("s", 1)]);
    await put(lake, 1, [remove("year=2022/a b"), txn("s", 2), add("d")]);
    await put(lake, 2, [remove("c"), { add: file("d", { size: 11 }) }]);
    await put(lake, 3, [add("c")]);
    const snapshot = await present(lake);
    expect([...snapshot.files.keys()].sort()).toEqual(["c", "d"]);
    expect(snapshot.files.get("d")?.size).toBe(11);
    expect([...snapshot.tombstones.keys()]).toEqual(["year=2022/a b"]);
    expect(snapshot.transactions.get("s")?.version).toBe(2);
    expect(snapshot.metadata.columns.map(({ name }) => name)).toEqual(["x", "year", "month"]);
  });

  test("an update does not change the older snapshot, and returns the same one if nothing is new", async () => {
    const lake = new MemoryLake();
    await put(lake, 0, [...creation, add("a")]);
    const first = await present(lake);
    expect(await updateSnapshot({ lake }, first)).toBe(first);
    await put(lake, 1, [remove("a"), add("b")]);
    const second = await updateSnapshot({ lake }, first);
    expect([...first.files.keys()]).toEqual(["a"]);
    expect([...second.files.keys()]).toEqual(["b"]);
    expect(second.transactions).toBe(first.transactions);
  });

  test("replay equals a simple model, with and without checkpoints at any version", async () => {
    const step = fc.record({
      kind: fc.constantFrom("add", "remove", "txn", "checkpoint"),
      name: fc.constantFrom("a", "b", "c d", "é"),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const lake = new MemoryLake();
        const files = new Set<string>();
        const transactions = new Map<string, number>();
        await put(lake, 0, creation);
        let version = 0;
        for (const { kind, name } of steps) {
          if (kind === "checkpoint") {
            await writeCheckpoint({ lake, duck }, await present(lake));
            continue;
          }
          version++;
          if (kind === "add") files.add(name);
          if (kind === "remove") files.delete(name);
          if (kind === "txn") transactions.set(name, version);
          const action = kind === "add" ? add(name) : kind === "remove" ? remove(name) : txn(name, version);
          await put(lake, version, [action]);
        }
        const snapshot = await present(lake);
        expect(snapshot.version).toBe(version);
        expect(new Set(snapshot.files.keys())).toEqual(files);
        expect(new Map([...snapshot.transactions].map(([id, { version }]) => [id, version]))).toEqual(
          transactions,
        );
        for (const path of [...lake.files.keys()]) if (/checkpoint/.test(path)) lake.files.delete(path);
        expect(state(await present(lake))).toEqual(state(snapshot));
      }),
      { numRuns: 25 },
    );
  });
});

describe("the work of reading", () => {
  async function longLog(): Promise<MemoryLake> {
    const lake = new MemoryLake();
    await put(lake, 0, creation);
    for (let version = 1; version <= 25; version++) {
      await put(lake, version, [add(`f${version}`), txn("s", version)]);
      if (version % 10 === 0) await writeCheckpoint({ lake, duck }, await present(lake));
    }
    return lake;
  }

  test("is limited to the last checkpoint and newer commits, without listing", async () => {
    const lake = await longLog();
    lake.calls.length = 0;
    expect((await present(lake)).files.size).toBe(25);
    expect(lake.calls.map((call) => call.replace(`${table}/_delta_log/000000000000000000`, ""))).toEqual([
      `read ${lastCheckpointPath(table)}`,
      "read 20.checkpoint.parquet",
      ...[21, 22, 23, 24, 25, 26].map((version) => `read ${version}.json`),
      "stat 27.json",
    ]);
  });

  test("commits and older checkpoints before the last checkpoint are not needed", async () => {
    const lake = await longLog();
    const expected = state(await present(lake));
    for (let version = 0; version < 20; version++) lake.files.delete(commitPath(table, version));
    expect(state(await present(lake))).toEqual(expected);
    lake.files.delete(lastCheckpointPath(table));
    expect(state(await present(lake))).toEqual(expected);
  });

  test.each(["{", "null", '{"version":20,"size":1,"parts":2}'])(
    "a _last_checkpoint that says %s is ignored",
    async (note) => {
      const lake = await longLog();
      const expected = state(await present(lake));
      lake.files.set(lastCheckpointPath(table), Buffer.from(note));
      expect(state(await present(lake))).toEqual(expected);
    },
  );

  test("a damaged checkpoint is skipped in favour of an older one, or of the log from its start", async () => {
    const lake = await longLog();
    const expected = state(await present(lake));
    for (const version of [20, 10]) {
      for (const path of checkpointPaths(table, version)) lake.files.set(path, Buffer.from("PAR1 no"));
      expect(state(await present(lake))).toEqual(expected);
    }
    lake.files.delete(commitPath(table, 3));
    await expect(present(lake)).rejects.toMatchObject({ code: "corrupt" });
  });

  test("an outdated _last_checkpoint whose commits were cleaned up does not restore an old state", async () => {
    const lake = await longLog();
    const expected = state(await present(lake));
    lake.files.set(lastCheckpointPath(table), Buffer.from('{"version":10,"size":12}'));
    for (let version = 0; version < 20; version++) lake.files.delete(commitPath(table, version));
    expect(state(await present(lake))).toEqual(expected);
  });

  test("a multi-part checkpoint is read, and skipped if a part is missing", async () => {
    const lake = await longLog();
    const expected = state(await present(lake));
    const folder = await temporaryFolder();
    const [single = ""] = checkpointPaths(table, 20);
    await writeFile(`${folder}/all.parquet`, lake.files.get(single) ?? "");
    for (const [index, part] of checkpointPaths(table, 20, 2).entries()) {
      const target = `${folder}/${index}.parquet`;
      await duck.session((session) =>
        session.query(
          `COPY (SELECT * EXCLUDE (n) FROM (SELECT *, row_number() OVER () n FROM read_parquet(${sqlString(`${folder}/all.parquet`)})) WHERE n % 2 = ${index})
           TO ${sqlString(target)} (FORMAT parquet)`,
        ),
      );
      lake.files.set(part, await readFile(target));
    }
    lake.files.delete(single);
    lake.files.set(lastCheckpointPath(table), Buffer.from('{"version":20,"size":23,"parts":2}'));
    expect(state(await present(lake))).toEqual(expected);
    lake.files.delete(checkpointPaths(table, 20, 2)[1] ?? "");
    expect(state(await present(lake))).toEqual(expected);
  });

  test("another writer's checkpoint may have other columns, parsed statistics and NaN", async () => {
    const lake = await longLog();
    const expected = state(await present(lake));
    const folder = await temporaryFolder();
    const [checkpoint = ""] = checkpointPaths(table, 20);
    await writeFile(`${folder}/ours.parquet`, lake.files.get(checkpoint) ?? "");
    await duck.session((session) =>
      session.query(
        `COPY (
           SELECT 1 AS unknown, protocol, "metaData", txn, CASE WHEN add IS NOT NULL THEN {
             stats_parsed: {numRecords: 2, maxValues: {x: 'NaN'::DOUBLE}}, dataChange: add.dataChange, path: add.path,
             size: add.size::INTEGER, partitionValues: add.partitionValues, stats: add.stats,
             modificationTime: add.modificationTime
           } END AS add FROM read_parquet(${sqlString(`${folder}/ours.parquet`)})
         ) TO ${sqlString(`${folder}/theirs.parquet`)} (FORMAT parquet)`,
      ),
    );
    lake.files.set(checkpoint, await readFile(`${folder}/theirs.parquet`));
    lake.files.delete(commitPath(table, 0));
    for (const path of checkpointPaths(table, 10)) lake.files.delete(path);
    expect(state(await present(lake))).toEqual(expected);
  });

  test("a checkpoint keeps tombstones for the table's retention, and _last_checkpoint never goes back", async () => {
    const lake = new MemoryLake();
    const day = 86_400_000;
    await put(lake, 0, [...creation, add("a")]);
    await put(lake, 1, [remove("old", Date.now() - 8 * day), remove("a", Date.now() - 6 * day)]);
    const snapshot = await present(lake);
    const kept = (now: number, retention?: string) => {
      const configuration: Record<string, string> = retention
        ? { "delta.deletedFileRetentionDuration": retention }
        : {};
      const table = { ...snapshot, metadata: { ...snapshot.metadata, configuration } };
      return [...checkpointActions(table, now)].flatMap((action) =>
        "remove" in action ? [action.remove.path] : [],
      );
    };
    expect(kept(Date.now())).toEqual(["a"]);
    expect(kept(Date.now(), "interval 2 weeks")).toEqual(["old", "a"]);
    expect(kept(Date.now(), "interval 24 hours")).toEqual([]);

    await put(lake, 2, [add("b")]);
    await writeCheckpoint({ lake, duck }, await present(lake));
    await writeCheckpoint({ lake, duck }, snapshot);
    expect(JSON.parse(String(lake.files.get(lastCheckpointPath(table))))).toMatchObject({
      version: 2,
      numOfAddFiles: 1,
    });
  });
});

describe("unreadable tables", () => {
  test("a gap in the log is reported as corrupt", async () => {
    const lake = new MemoryLake();
    await put(lake, 0, creation);
    await put(lake, 2, [add("a")]);
    const error = { code: "corrupt", subject: commitPath(table, 1) };
    await expect(present(lake)).rejects.toMatchObject(error);
    await put(lake, 1, [add("b")]);
    const snapshot = await present(lake);
    await put(lake, 4, [add("c")]);
    await expect(updateSnapshot({ lake }, snapshot)).rejects.toMatchObject({
      ...error,
      subject: commitPath(table, 3),
    });
  });

  test.each([
    ["no schema", [{ protocol: { minReaderVersion: 1, minWriterVersion: 2 } }]],
    ["no protocol", creation.slice(1)],
    ["two schemas", [...creation, ...creation.slice(1)]],
    ["a file added twice", [...creation, add("a"), add("%61")]],
    ["a file added and removed", [...creation, add("a"), remove("a")]],
  ] as const)("a log with %s is contradictory", async (_, actions) => {
    const lake = new MemoryLake();
    await put(lake, 0, actions);
    await expect(present(lake)).rejects.toMatchObject({ code: "corrupt", subject: commitPath(table, 0) });
  });

  test("a table that requires a newer reader is refused with its version and features", async () => {
    const lake = new MemoryLake();
    await put(lake, 0, [...creation, add("a")]);
    await put(lake, 1, [
      { add: file("b", { deletionVector: { storageType: "u" } }) },
      {
        protocol: {
          minReaderVersion: 3,
          minWriterVersion: 7,
          readerFeatures: ["deletionVectors"],
          writerFeatures: [],
        },
      },
    ]);
    await expect(present(lake)).rejects.toMatchObject({
      code: "unsupportedTable",
      message: expect.stringMatching(/reader version 3 \(deletionVectors\)/),
    });
  });

  test("deletion vectors and v2 checkpoints are refused, however they were enabled", async () => {
    const lake = new MemoryLake();
    await put(lake, 0, [...creation, { add: file("b", { deletionVector: { storageType: "u" } }) }]);
    await expect(present(lake)).rejects.toMatchObject({ code: "unsupportedTable" });

    lake.files.clear();
    const uuid = "80a083e8-7026-4e79-81be-64bd76c43a11";
    lake.files.set(`${table}/_delta_log/00000000000000000007.checkpoint.${uuid}.parquet`, Buffer.from("x"));
    await expect(present(lake)).rejects.toMatchObject({
      code: "unsupportedTable",
      message: expect.stringMatching(/v2 checkpoints/),
    });
  });

  test("past deletion vectors are no reason to refuse, nor is a file that replaces one", async () => {
    const lake = new MemoryLake();
    const features = ["deletionVectors"];
    const protocol = {
      minReaderVersion: 3,
      minWriterVersion: 7,
      readerFeatures: features,
      writerFeatures: features,
    };
    const vector = (pathOrInlineDv: string) => ({ storageType: "i", pathOrInlineDv, offset: 1 });
    await put(lake, 0, [{ protocol }, ...creation.slice(1), add("a")]);
    const gone = (deletionVector?: unknown) => ({ remove: { path: "a", dataChange: true, deletionVector } });
    await put(lake, 1, [gone(), { add: file("a", { deletionVector: vector("1") }) }]);
    await put(lake, 2, [gone(vector("1")), { add: file("a", { deletionVector: vector("2") }) }]);
    await expect(present(lake)).rejects.toMatchObject({ code: "unsupportedTable" });
    await put(lake, 3, [gone(vector("2")), add("b")]);
    const snapshot = await present(lake);
    expect([...snapshot.files.keys()]).toEqual(["b"]);
    await writeCheckpoint({ lake, duck }, snapshot);
    for (let version = 0; version < 3; version++) lake.files.delete(commitPath(table, version));
    expect((await present(lake)).protocol).toEqual(protocol);
  });

  test("an abort ends reading", async () => {
    const lake = new MemoryLake();
    await put(lake, 0, creation);
    const reason = new Error("stop");
    await expect(readSnapshot({ lake, duck, signal: AbortSignal.abort(reason) }, table)).rejects.toBe(reason);
  });
});
