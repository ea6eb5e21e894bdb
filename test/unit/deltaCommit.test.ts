import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CleverLakeError } from "../../src/basics/errors";
import { type Action, type AddFile, formatCommit, parseCommit } from "../../src/delta/log/actions";
import { type CommitRequest, commit } from "../../src/delta/log/commit";
import { type Attempt, conflicts, isBlindAppend } from "../../src/delta/log/conflict";
import { commitPath, lastCheckpointPath } from "../../src/delta/paths";
import { readSnapshot } from "../../src/delta/snapshot";
import { type NewTable, removeFile, tableActions } from "../../src/delta/tableActions";
import { Duck } from "../../src/duck/duck";
import type { LakeOptions } from "../../src/lake/lake";
import { MemoryLake } from "../helpers/memoryLake";

const table = "stage2p/clever/t";
const shape: NewTable = { columns: [{ name: "x", type: "string" }] };

let duck: Duck;
beforeAll(async () => {
  duck = await Duck.open({ threads: 1 });
});
afterAll(() => duck.close());

const file = (path: string): AddFile => ({
  path,
  partitionValues: {},
  size: 1,
  modificationTime: 1,
  dataChange: true,
});
const add = (path: string): Action => ({ add: file(path) });
const remove = (path: string, dataChange = true): Action => removeFile(file(path), { dataChange });
const txn = (appId: string): Action => ({ txn: { appId, version: 1 } });

function request(
  lake: MemoryLake,
  attempt: CommitRequest["attempt"],
  more: Partial<CommitRequest> = {},
): CommitRequest {
  return {
    lake,
    duck,
    tablePath: table,
    operation: { name: "WRITE", parameters: { mode: "Append" } },
    attempt,
    ...more,
  };
}

async function newTable(...actions: Action[]): Promise<MemoryLake> {
  const lake = new MemoryLake();
  await commit(request(lake, async () => ({ actions: [...tableActions(shape), ...actions] })));
  return lake;
}

/** The actions that create the table with these properties. */
function tableWith(configuration: Readonly<Record<string, string>>): Action[] {
  return tableActions(shape).map((action) =>
    "metaData" in action ? { metaData: { ...action.metaData, configuration } } : action,
  );
}

/** What another writer commits during an attempt. */
async function meanwhile(lake: MemoryLake, version: number, ...actions: Action[]) {
  expect(await lake.putIfAbsent(commitPath(table, version), Buffer.from(formatCommit(actions)))).toBe(true);
}

const actionsOf = (lake: MemoryLake, version: number) =>
  parseCommit(String(lake.files.get(commitPath(table, version))), "");

describe("a commit", () => {
  test("creates the table with its first rows, and records its origin", async () => {
    const lake = new MemoryLake();
    const outcome = await commit(
      request(lake, async (snapshot) => {
        expect(snapshot).toBeUndefined();
        return { actions: [...tableActions(shape), add("a")] };
      }),
    );
    expect(outcome).toMatchObject({ committed: true, snapshot: { version: 0 } });
    const [info, protocol, metaData] = actionsOf(lake, 0);
    expect(info).toMatchObject({
      commitInfo: { operation: "WRITE", operationParameters: { mode: "Append" }, isBlindAppend: false },
    });
    expect(String(lake.files.get(commitPath(table, 0)))).toMatch(/"engineInfo":"clever-lake\/\d+\.\d+\.\d+"/);
    expect(protocol).toEqual({ protocol: { minReaderVersion: 1, minWriterVersion: 2 } });
    expect(metaData).toHaveProperty("metaData.schemaString");
    const read = await readSnapshot({ lake, duck }, table);
    expect(read).toEqual(outcome.snapshot);
  });

  test("with nothing to do writes nothing", async () => {
    const lake = await newTable();
    const outcome = await commit(request(lake, async () => undefined));
    expect(outcome).toMatchObject({ committed: false, snapshot: { version: 0 } });
    expect(lake.files.has(commitPath(table, 1))).toBe(false);
  });

  test("continues from an existing snapshot by reading only newer commits", async () => {
    const lake = await newTable();
    const { snapshot } = await commit(request(lake, async () => ({ actions: [add("a")] })));
    lake.calls.length = 0;
    await commit(request(lake, async () => ({ actions: [add("b")] }), { snapshot }));
    expect(lake.calls.map((call) => call.replace(`${table}/_delta_log/`, ""))).toEqual([
      `list ${table}/_delta_log`,
      "read 00000000000000000002.json",
      "stat 00000000000000000003.json",
      "putIfAbsent 00000000000000000002.json",
    ]);
  });

  test("writes a checkpoint every ten versions, or at the table's own interval", async () => {
    const lake = await newTable();
    for (let i = 1; i <= 20; i++) await commit(request(lake, async () => ({ actions: [add(`${i}`)] })));
    const checkpoints = [...lake.files.keys()].filter((path) => path.endsWith(".checkpoint.parquet"));
    expect(checkpoints.map((path) => Number(/(\d+)\.checkpoint/.exec(path)?.[1]))).toEqual([10, 20]);
    expect(JSON.parse(String(lake.files.get(lastCheckpointPath(table))))).toMatchObject({
      version: 20,
      size: 22,
      numOfAddFiles: 20,
    });
  });

  test("succeeds even if its checkpoint cannot be written", async () => {
    class FullLake extends MemoryLake {
      override importFile(): Promise<void> {
        return Promise.reject(new CleverLakeError("io", "full"));
      }
    }
    const lake = new FullLake();
    const actions = tableWith({ "delta.checkpointInterval": "1" });
    await commit(request(lake, async () => ({ actions })));
    const outcome = await commit(request(lake, async () => ({ actions: [add("a")] })));
    expect(outcome).toMatchObject({ committed: true, snapshot: { version: 1 } });
    expect([...lake.files.keys()].filter((path) => path.includes("checkpoint"))).toEqual([]);
  });
});

describe("racing writers", () => {
  test("all commit exactly once: 8 writers with 20 commits each, on a table that all of them create", async () => {
    const lake = new MemoryLake();
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let i = 0; i < 20; i++) {
        await commit(
          request(
            lake,
            async (snapshot) => ({
              actions: [
                ...(snapshot ? [] : tableActions(shape)),
                add(`${writer}-${i}`),
                txn(`${writer}-${i}`),
              ],
            }),
            { maxRaces: 1000 },
          ),
        );
      }
    });
    await Promise.all(writers);
    const snapshot = await readSnapshot({ lake, duck }, table);
    expect(snapshot?.version).toBe(159);
    expect(snapshot?.files.size).toBe(160);
    expect(snapshot?.transactions.size).toBe(160);
    const added = Array.from({ length: 160 }, (_, v) => actionsOf(lake, v))
      .flat()
      .filter((action) => "add" in action);
    expect(added).toHaveLength(160);
  });

  test("a blind append is retried on top unchanged", async () => {
    const lake = await newTable(add("a"));
    let attempts = 0;
    const outcome = await commit(
      request(lake, async () => {
        attempts++;
        await meanwhile(lake, 1, remove("a"), add("b"));
        await meanwhile(lake, 2, add("c"));
        return { actions: [add("d"), txn("mine")] };
      }),
    );
    expect(outcome).toMatchObject({ committed: true, snapshot: { version: 3 } });
    expect([...(outcome.snapshot?.files.keys() ?? [])]).toEqual(["b", "c", "d"]);
    expect(attempts).toBe(1);
    expect(actionsOf(lake, 3)[0]).toMatchObject({ commitInfo: { readVersion: 2, isBlindAppend: true } });
  });

  test("a conflicting attempt is repeated on the new snapshot, and its data files are removed", async () => {
    const lake = await newTable(add("a"));
    const seen: (number | undefined)[] = [];
    const outcome = await commit(
      request(lake, async (snapshot, number) => {
        seen.push(snapshot?.version);
        lake.files.set(`${table}/mine ${number}`, Buffer.from("rows"));
        if (number === 1) await meanwhile(lake, 1, remove("a"), add("b"));
        const [path = ""] = snapshot?.files.keys() ?? [];
        return { actions: [remove(path), add(`mine%20${number}`), add("both")] };
      }),
    );
    expect(seen).toEqual([0, 1]);
    expect([...(outcome.snapshot?.files.keys() ?? [])]).toEqual(["mine 2", "both"]);
    expect(lake.files.has(`${table}/mine 1`)).toBe(false);
    expect(lake.files.has(`${table}/mine 2`)).toBe(true);
  });

  test("a writer that always loses gives up with a conflict", async () => {
    const lake = await newTable();
    let version = 1;
    const losing = commit(
      request(
        lake,
        async () => {
          await meanwhile(lake, version++, txn("same"));
          return { actions: [add("a"), txn("same")] };
        },
        { maxRaces: 2 },
      ),
    );
    await expect(losing).rejects.toMatchObject({ code: "conflict", subject: table });
    expect(version).toBe(4);
  });

  test("an abort ends it", async () => {
    const lake = await newTable();
    const abort = new AbortController();
    const aborted = commit(
      request(
        lake,
        async () => {
          abort.abort(new Error("stop"));
          return { actions: [add("a")] };
        },
        { signal: abort.signal },
      ),
    );
    await expect(aborted).rejects.toThrow("stop");
    expect(lake.files.has(commitPath(table, 1))).toBe(false);
  });
});

describe("conflicts", () => {
  const replacing: Attempt = { actions: [remove("a"), add("b"), txn("mine")] };
  const cases: [string, Attempt, Action[], boolean][] = [
    ["a changed schema", { actions: [add("b")] }, tableActions(shape).slice(1), true],
    ["a changed protocol", { actions: [add("b")] }, tableActions(shape).slice(0, 1), true],
    ["the same transaction", replacing, [txn("mine")], true],
    ["another transaction", replacing, [txn("other"), add("c")], false],
    ["a removed file that is removed here too", replacing, [remove("%61", false)], true],
    ["another removed file", replacing, [remove("z")], false],
    ["new rows, if all rows were read", { actions: [add("b")], readsTable: true }, [add("c")], true],
    ["removed rows, if all rows were read", { actions: [add("b")], readsTable: true }, [remove("c")], true],
    [
      "rearranged rows, if all rows were read",
      { actions: [add("b")], readsTable: true },
      [remove("c", false)],
      false,
    ],
  ];
  test.each(cases)("%s", (_, attempt, winner, isConflict) => {
    expect(conflicts(attempt, winner)).toBe(isConflict);
  });

  test("a blind append only adds", () => {
    expect(isBlindAppend({ actions: [add("b"), txn("mine")] })).toBe(true);
    expect(isBlindAppend(replacing)).toBe(false);
    expect(isBlindAppend({ actions: [add("b")], readsTable: true })).toBe(false);
  });
});

describe("a lake whose response is lost", () => {
  /** Writes the file or not, and fails; or writes it and, when the adapter retries, reports that it exists. */
  class FlakyLake extends MemoryLake {
    failures: ("takes it" | "does not" | "denies")[] = [];
    code: "network" | "io" = "network";

    override async putIfAbsent(path: string, data: Uint8Array, options?: LakeOptions): Promise<boolean> {
      const failure = this.failures.shift();
      const put = failure === "does not" ? false : await super.putIfAbsent(path, data, options);
      if (failure === "denies") return false;
      if (failure !== undefined) throw new CleverLakeError(this.code, "connection lost");
      return put;
    }
  }

  test.each([["takes it"], ["does not"], ["denies"], ["does not", "does not", "takes it"]] as const)(
    "never makes a commit happen twice (%s, %s, %s)",
    async (...failures) => {
      const lake = new FlakyLake();
      await commit(request(lake, async () => ({ actions: tableActions(shape) })));
      lake.failures = [...failures].filter((failure) => failure !== undefined);
      const outcome = await commit(request(lake, async () => ({ actions: [add("a")] })));
      expect(outcome).toMatchObject({ committed: true, snapshot: { version: 1 } });
      const next = await commit(request(lake, async () => ({ actions: [add("b")] })));
      expect(next).toMatchObject({ snapshot: { version: 2 } });
      expect([...(next.snapshot?.files.keys() ?? [])]).toEqual(["a", "b"]);
    },
  );

  test("is reported with its own error", async () => {
    const lake = new FlakyLake();
    lake.failures = ["does not", "does not", "does not"];
    const attempt = async () => ({ actions: tableActions(shape) });
    await expect(commit(request(lake, attempt, { maxRaces: 2 }))).rejects.toMatchObject({ code: "network" });
    lake.failures = ["does not"];
    lake.code = "io";
    await expect(commit(request(lake, attempt))).rejects.toMatchObject({ code: "io" });
    expect(lake.files.size).toBe(0);
  });

  test("keeps the data files of a commit that may still be executed", async () => {
    const lake = new FlakyLake();
    lake.files.set(`${table}/a`, Buffer.from("rows"));
    lake.failures = ["does not", "does not"];
    const attempt = async () => ({ actions: [...tableActions(shape), add("a")] });
    await expect(commit(request(lake, attempt, { maxRaces: 1 }))).rejects.toMatchObject({ code: "network" });
    expect(lake.files.has(`${table}/a`)).toBe(true);
  });
});

describe("tables that require more than this program supports", () => {
  const writing = async (protocol: Action[], properties: Record<string, string>, ...actions: Action[]) => {
    const lake = new MemoryLake();
    await meanwhile(lake, 0, ...tableWith(properties).slice(1), ...protocol, add("a"));
    return commit(request(lake, async () => ({ actions })));
  };
  const ours = tableActions(shape).slice(0, 1);
  const writer7 = (...writerFeatures: string[]): Action[] => [
    { protocol: { minReaderVersion: 1, minWriterVersion: 7, writerFeatures } },
  ];

  test("an append-only table accepts rows but no removals; files may be rearranged", async () => {
    const appendOnly = { "delta.appendOnly": "true" };
    await expect(writing(ours, appendOnly, remove("a"))).rejects.toMatchObject({
      code: "unsupportedTable",
      message: expect.stringMatching(/append-only/),
    });
    await expect(writing(ours, appendOnly, add("b"))).resolves.toMatchObject({ committed: true });
    await expect(writing(ours, appendOnly, remove("a", false), add("b"))).resolves.toMatchObject({
      committed: true,
    });
  });

  test("tables with supported writer features are written to, others are refused with the feature", async () => {
    await expect(writing(writer7("appendOnly", "invariants"), {}, add("b"))).resolves.toMatchObject({
      snapshot: { version: 1 },
    });
    await expect(writing(writer7("appendOnly", "rowTracking"), {}, add("b"))).rejects.toMatchObject({
      code: "unsupportedTable",
      message: expect.stringMatching(/writer version 7 \(rowTracking\)/),
    });
  });

  test("a table is not refused for features that it enables but does not use", async () => {
    const old = (minWriterVersion: number): Action[] => [
      { protocol: { minReaderVersion: 1, minWriterVersion } },
    ];
    const named = (...names: string[]): Action[] => [
      {
        protocol: { minReaderVersion: 3, minWriterVersion: 7, readerFeatures: names, writerFeatures: names },
      },
    ];
    const isWritten = { committed: true };
    const isRefused = { code: "unsupportedTable", hint: expect.stringContaining("clever-lake repair") };
    for (const version of [3, 4, 5, 6]) {
      await expect(writing(old(version), {}, add("b"))).resolves.toMatchObject(isWritten);
    }
    await expect(writing(old(3), { "delta.constraints.positive": "n > 0" }, add("b"))).rejects.toMatchObject(
      isRefused,
    );
    await expect(writing(old(4), { "delta.enableChangeDataFeed": "false" }, add("b"))).resolves.toMatchObject(
      isWritten,
    );
    await expect(writing(old(4), { "delta.enableChangeDataFeed": "true" }, add("b"))).rejects.toMatchObject(
      isRefused,
    );
    const all = named("deletionVectors", "columnMapping", "v2Checkpoint", "timestampNtz", "typeWidening");
    await expect(writing(all, {}, add("b"))).resolves.toMatchObject(isWritten);
    await expect(writing(all, { "delta.enableDeletionVectors": "true" }, add("b"))).resolves.toMatchObject(
      isWritten,
    );
    await expect(writing(all, { "delta.columnMapping.mode": "name" }, add("b"))).rejects.toMatchObject(
      isRefused,
    );
    const domain = { domainMetadata: { domain: "delta.clustering", removed: false } };
    const clustered = writer7("domainMetadata", "clustering");
    await expect(writing(clustered, {}, add("b"))).resolves.toMatchObject(isWritten);
    await expect(writing([...clustered, domain], {}, add("b"))).rejects.toMatchObject(isRefused);
    await expect(writing(writer7("checkpointProtection"), {}, add("b"))).resolves.toMatchObject(isWritten);
    await expect(writing(named("featureOfTomorrow"), {}, add("b"))).rejects.toMatchObject(isRefused);
  });

  test.each([{ nullable: false }, { metadata: { "delta.invariants": "{}" } }])(
    "constraints on rows are not ignored: %o",
    async (constraint) => {
      const lake = new MemoryLake();
      const field = { name: "x", type: "string", nullable: true, metadata: {}, ...constraint };
      const actions = tableActions(shape).map((action) =>
        "metaData" in action
          ? {
              metaData: {
                ...action.metaData,
                schemaString: JSON.stringify({ type: "struct", fields: [field] }),
              },
            }
          : action,
      );
      await meanwhile(lake, 0, ...actions);
      await expect(commit(request(lake, async () => ({ actions: [add("b")] })))).rejects.toMatchObject({
        code: "unsupportedTable",
        message: expect.stringMatching(/column x/),
      });
    },
  );
});
