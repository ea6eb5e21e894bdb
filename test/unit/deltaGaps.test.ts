import { rename, rm } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeError } from "../../src/basics/errors";
import { ingestLogTable, lookupTable, pseudoTable } from "../../src/clever/layout";
import { reports } from "../../src/clever/reports";
import { type Action, formatCommit } from "../../src/delta/log/actions";
import { writeCheckpoint } from "../../src/delta/log/checkpoint";
import { commit } from "../../src/delta/log/commit";
import { checkpointPaths, commitPath, lastCheckpointPath, logFolder } from "../../src/delta/paths";
import { readCheckedSnapshot, readSnapshot } from "../../src/delta/snapshot";
import { tableActions } from "../../src/delta/tableActions";
import { Duck } from "../../src/duck/duck";
import { lakeTemplate } from "../helpers/lakeTemplate";
import { MemoryLake } from "../helpers/memoryLake";
import { daily, dailyCsv, dailyPath } from "../helpers/pipelineFixture";

/** Nothing is committed after a gap in a Delta log, and implausible values in a log give a clear error. */

const table = "stage2p/clever/t";
let duck: Duck;
beforeAll(async () => {
  duck = await Duck.open({ threads: 1 });
});
afterAll(() => duck.close());

const add = (name: string): Action => ({
  add: { path: name, partitionValues: {}, size: 1, modificationTime: 1, dataChange: true },
});

/** A table of 26 versions with checkpoints at 10 and 20. */
async function longLog(): Promise<MemoryLake> {
  const lake = new MemoryLake();
  const creation = tableActions({ columns: [{ name: "x", type: "string" }] });
  for (let version = 0; version <= 25; version++) {
    const actions = version === 0 ? creation : [add(`f${version}`)];
    await lake.putIfAbsent(commitPath(table, version), Buffer.from(formatCommit(actions)));
    if (version === 0 || version % 10 !== 0) continue;
    const snapshot = await readSnapshot({ lake, duck }, table);
    if (snapshot) await writeCheckpoint({ lake, duck }, snapshot);
  }
  return lake;
}

const lose = (lake: MemoryLake, from: number, to: number) => {
  for (let version = from; version <= to; version++) lake.files.delete(commitPath(table, version));
};
const loseCheckpoint = (lake: MemoryLake, version: number) => {
  for (const file of checkpointPaths(table, version)) lake.files.delete(file);
};
const note = (lake: MemoryLake, text: string) => lake.files.set(lastCheckpointPath(table), Buffer.from(text));

const commitOne = (lake: MemoryLake, snapshot?: Parameters<typeof commit>[0]["snapshot"]) =>
  commit({
    lake,
    duck,
    tablePath: table,
    snapshot,
    operation: { name: "WRITE" },
    attempt: async () => ({ actions: [add("new")] }),
  });

const logOf = (lake: MemoryLake) =>
  [...lake.files.keys()].filter((file) => file.startsWith(logFolder(table)));

describe("nothing is committed after a gap", () => {
  const gaps: [string, number | undefined, (lake: MemoryLake) => void][] = [
    ["of one version", 22, (lake) => lose(lake, 22, 22)],
    ["of several versions after the last checkpoint", 22, (lake) => lose(lake, 22, 24)],
    ["directly after the last checkpoint", 21, (lake) => lose(lake, 21, 23)],
    [
      "at the log's beginning, without a checkpoint",
      0,
      (lake) => {
        lose(lake, 0, 12);
        for (const version of [10, 20]) loseCheckpoint(lake, version);
        lake.files.delete(lastCheckpointPath(table));
      },
    ],
    [
      "before an unreadable checkpoint",
      16,
      (lake) => {
        lose(lake, 16, 25);
        lake.files.set(checkpointPaths(table, 20)[0] ?? "", Buffer.from("PAR1 no"));
      },
    ],
    [
      "before one part of a checkpoint whose other parts are missing",
      16,
      (lake) => {
        lose(lake, 16, 25);
        loseCheckpoint(lake, 20);
        lake.files.set(checkpointPaths(table, 20, 3)[1] ?? "", Buffer.from("PAR1"));
        note(lake, '{"version":10,"size":12}');
      },
    ],
    [
      "before the version of a lost checkpoint in _last_checkpoint",
      undefined,
      (lake) => {
        lose(lake, 16, 25);
        loseCheckpoint(lake, 20);
      },
    ],
    [
      "if only _last_checkpoint is left of the whole log",
      undefined,
      (lake) => {
        for (const file of logOf(lake)) if (file !== lastCheckpointPath(table)) lake.files.delete(file);
      },
    ],
  ];

  test.each(gaps)("%s", async (_, version, damage) => {
    const lake = await longLog();
    const known = await readSnapshot({ lake, duck }, table);
    damage(lake);
    const before = logOf(lake);
    const subject = version === undefined ? lastCheckpointPath(table) : commitPath(table, version);
    const error = {
      code: "corrupt",
      subject,
      hint: expect.stringContaining("move the table's whole folder"),
    };
    await expect(commitOne(lake)).rejects.toMatchObject(error);
    // A writer that knows the table's newest state detects the gap, but not its position.
    if (known) lose(lake, 25, 25);
    await expect(commitOne(lake, known)).rejects.toMatchObject({ code: "corrupt" });
    expect(logOf(lake)).toEqual(before.filter((file) => file !== commitPath(table, 25)));
  });

  test("that appeared after the version that a writer knows", async () => {
    const lake = await longLog();
    const newest = lake.files.get(commitPath(table, 25)) ?? new Uint8Array();
    lose(lake, 22, 25);
    const known = await readSnapshot({ lake, duck }, table);
    expect(known?.version).toBe(21);
    await lake.putIfAbsent(commitPath(table, 25), newest);
    await expect(commitOne(lake, known)).rejects.toMatchObject({ subject: commitPath(table, 22) });
  });

  test("if the whole log disappeared during a run", async () => {
    const lake = await longLog();
    const known = await readSnapshot({ lake, duck }, table);
    for (const file of logOf(lake)) lake.files.delete(file);
    await expect(commitOne(lake, known)).rejects.toMatchObject({ code: "corrupt" });
    expect(logOf(lake)).toEqual([]);
  });
});

describe("not a gap", () => {
  test("versions that a newer checkpoint replaces, even if _last_checkpoint does not name it", async () => {
    const lake = await longLog();
    note(lake, '{"version":10,"size":12}');
    lose(lake, 12, 12);
    expect((await readSnapshot({ lake, duck }, table))?.files.size).toBe(25);
    lose(lake, 11, 19);
    expect((await readCheckedSnapshot({ lake, duck }, table, undefined))?.version).toBe(25);
    expect(await commitOne(lake)).toMatchObject({ committed: true, snapshot: { version: 26 } });
  });

  test("versions that a listing does not show yet, and a concurrent commit", async () => {
    const lake = await longLog();
    const list = lake.list.bind(lake);
    lake.list = async function* (folder, options) {
      for await (const entry of list(folder, options)) if (!/2[234]\.json$/.test(entry.path)) yield entry;
    };
    lake.files.delete(lastCheckpointPath(table));
    expect((await readSnapshot({ lake, duck }, table))?.version).toBe(25);
    expect(await commitOne(lake)).toMatchObject({ snapshot: { version: 26 } });
  });

  test("files with other names, or with impossibly high versions", async () => {
    const lake = await longLog();
    for (const name of ["99999999999999999999.json", "00000000000000000030.crc", "notes.json"]) {
      lake.files.set(`${logFolder(table)}/${name}`, Buffer.from("{}"));
    }
    const part = "00000000000000000030.checkpoint.0000000007.0000000002.parquet";
    lake.files.set(`${logFolder(table)}/${part}`, Buffer.from("x"));
    expect(await commitOne(lake)).toMatchObject({ snapshot: { version: 26 } });
  });
});

describe("implausible values in a log", () => {
  test.each([
    '{"version":20,"size":1,"parts":4000000000}',
    '{"version":20,"size":1e999,"parts":9007199254740991}',
    '{"version":1e300,"size":1}',
    '{"version":-1,"size":1}',
    `${"[".repeat(1_000_000)}`,
    `${"[".repeat(500_000)}${"]".repeat(500_000)}`,
    `{"version":20,"size":1,"x":"${"x".repeat(2_000_000)}"}`,
  ])("an invalid _last_checkpoint is ignored (%#)", async (text) => {
    const lake = await longLog();
    note(lake, text);
    expect((await readSnapshot({ lake, duck }, table))?.files.size).toBe(25);
  });

  test("an oversized commit is not read to its end", async () => {
    const lake = await longLog();
    const most = 128 * 1024 * 1024 + 1;
    const asked: number[] = [];
    const readRange = lake.readRange.bind(lake);
    lake.readRange = (file, start, length, options) => {
      if (file !== commitPath(table, 25)) return readRange(file, start, length, options);
      asked.push(length);
      return Promise.resolve(Buffer.alloc(Math.min(length, 2 * most), "x"));
    };
    await expect(readSnapshot({ lake, duck }, table)).rejects.toMatchObject({
      code: "corrupt",
      subject: commitPath(table, 25),
      message: expect.stringContaining("128 MiB"),
    });
    // Through _last_checkpoint and through the listing.
    expect(asked).toEqual([most, most]);
  });

  test("a schema with a million levels is refused", async () => {
    const lake = new MemoryLake();
    const [protocol, metaData] = tableActions({ columns: [{ name: "x", type: "string" }] });
    if (!protocol || !metaData || !("metaData" in metaData)) throw new Error("There is no schema.");
    const levels = 200_000;
    const type = `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;
    const schemaString = `{"type":"struct","fields":[{"name":"x","type":${type},"nullable":true,"metadata":{}}]}`;
    const actions = [protocol, { metaData: { ...metaData.metaData, schemaString } }];
    lake.files.set(commitPath(table, 0), Buffer.from(formatCommit(actions)));
    await expect(readSnapshot({ lake, duck }, table)).rejects.toMatchObject({ code: "corrupt" });
  });
});

describe("the repair that the hint names duplicates no row", () => {
  const first = dailyPath("2024-09-03");
  const days = Array.from({ length: 14 }, (_, index) => `2024-09-${String(index + 3).padStart(2, "0")}`);
  const rows = days.flatMap((day) => [`amy ${day} 1`, `? ${day} 1`]);

  /** A lake with a commit for each day. */
  const lakeOfDays = lakeTemplate(async (fixture) => {
    for (const day of days) {
      await fixture.put(dailyPath(day), dailyCsv(daily("amy", day), daily(`other-${day}`, day)));
      await fixture.run();
    }
  });
  const participation = pseudoTable(reports.daily_participation);
  const lookups = lookupTable(reports.daily_participation);

  /** Deletes versions of a table, checks that a new delivery is refused, and moves the folders away. */
  async function repaired(lost: string, versions: readonly number[], moved: readonly string[]) {
    const fixture = await lakeOfDays();
    const { lake } = fixture;
    for (const version of versions) await rm(lake.localPath(commitPath(lost, version)));
    await fixture.put(first, dailyCsv(daily("amy", "2024-09-03"), daily("ben", "2024-09-03")));
    const refused = await fixture.run().then(
      ({ failed }) => failed.map(({ reason }) => reason),
      (error: unknown) => [describeError(error)],
    );
    expect(refused).not.toEqual([]);
    for (const reason of refused) expect(reason).toContain("move the table's whole folder away");
    for (const folder of moved) await rename(lake.localPath(folder), `${lake.localPath(folder)}.away`);
    await fixture.run();
    expect(await fixture.logins("amy", "ben")).toEqual(
      [...rows.filter((row) => row !== "? 2024-09-03 1"), "ben 2024-09-03 1"].sort(),
    );
    return fixture;
  }

  test("for a report's table", async () => {
    const fixture = await repaired(participation, [11, 12], [participation]);
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("for a lookup, whose report table is removed with it", async () => {
    const fixture = await repaired(lookups, [11, 12], [lookups, participation]);
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("for the ingest log, after which the files are ingested again", async () => {
    await repaired(ingestLogTable, [11, 12], [ingestLogTable]);
  });
});
