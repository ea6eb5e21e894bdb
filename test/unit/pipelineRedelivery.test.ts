import { randomUUID } from "node:crypto";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test, vi } from "vitest";
import { pseudoTable } from "../../src/clever/layout";
import { reports } from "../../src/clever/reports";
import { formatCommit, type Metadata } from "../../src/delta/log/actions";
import { commitPath } from "../../src/delta/paths";
import { lakePathOf, readQuery } from "../../src/delta/readQuery";
import { readSnapshot } from "../../src/delta/snapshot";
import { Duck, sqlString } from "../../src/duck/duck";
import { IngestLog } from "../../src/pipeline/log/logTable";
import { sharedDuck } from "../helpers/lakeRows";
import { lakeTemplate } from "../helpers/lakeTemplate";
import { daily, dailyCsv, dailyPath, PipelineFixture, usageCsv, usagePath } from "../helpers/pipelineFixture";

const table = pseudoTable(reports.daily_participation);
const amysDay = dailyPath("2024-09-03");
const bensDay = dailyPath("2024-09-04");

/** A lake with two days: one of Amy and one of Ben. */
const twoDays = lakeTemplate(async (fixture) => {
  await fixture.put(amysDay, dailyCsv(daily("amy", "2024-09-03")));
  await fixture.put(bensDay, dailyCsv(daily("ben", "2024-09-04")));
  await fixture.run();
});

test("a second run ingests nothing and changes nothing", async () => {
  const fixture = await twoDays();
  const before = await fixture.tree();
  expect(await fixture.run()).toMatchObject({ landed: 0, anonymized: 0, unchanged: 2, failed: [] });
  expect(await fixture.tree()).toEqual(before);
});

test("a file whose server time alone changed is not ingested again", async () => {
  const fixture = await twoDays();
  await fixture.touch(amysDay);
  expect(await fixture.state(amysDay)).toBe("changed");
  const version = await fixture.version(table);
  expect(await fixture.run()).toMatchObject({ landed: 0, anonymized: 0, unchanged: 2 });
  expect(await fixture.version(table)).toBe(version);
  expect(await fixture.state(amysDay)).toBe("anonymized");
});

describe("a redelivered file", () => {
  test("replaces only its own rows, in one commit", async () => {
    const fixture = await twoDays();
    const version = await fixture.version(table);
    await fixture.put(amysDay, dailyCsv(daily("amy", "2024-09-03", 7), daily("cat", "2024-09-03")));
    expect(await fixture.run()).toMatchObject({ landed: 1, anonymized: 1, unchanged: 1 });
    expect(await fixture.version(table)).toBe(version + 1);
    expect(await fixture.logins("amy", "ben", "cat")).toEqual([
      "amy 2024-09-03 7",
      "ben 2024-09-04 1",
      "cat 2024-09-03 1",
    ]);
    expect(await fixture.landedFiles()).toHaveLength(3);
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("replaces them each time", async () => {
    const fixture = await twoDays();
    for (const logins of [7, 8]) {
      await fixture.put(amysDay, dailyCsv(daily("amy", "2024-09-03", logins)));
      await fixture.run();
    }
    expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-03 8", "ben 2024-09-04 1"]);
  });

  test("removes them if it has no rows, once a person accepts it", async () => {
    const fixture = await twoDays();
    await fixture.put(amysDay, dailyCsv());
    expect(await fixture.run()).toMatchObject({
      anonymized: 0,
      quarantined: [
        {
          path: amysDay,
          reason:
            "It has no rows; the previous delivery had 1. The earlier rows stay until the file is accepted.",
          acceptable: true,
          hasEarlierRows: true,
        },
      ],
    });
    expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-03 1", "ben 2024-09-04 1"]);
    expect((await fixture.verify()).problems).toEqual([]);
    expect(await fixture.run({ accept: [amysDay] })).toMatchObject({
      anonymized: 1,
      rows: { daily_participation: 0 },
    });
    expect(await fixture.logins("amy", "ben")).toEqual(["ben 2024-09-04 1"]);
    expect(await fixture.state(amysDay)).toBe("anonymized");
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("that lacks more than half of them is held back until a person accepts it, unless a run allows more", async () => {
    const day = dailyPath("2024-09-05");
    const five = ["amy", "ben", "cat", "dan", "eve"].map((person) => daily(person, "2024-09-05"));
    const fixture = await PipelineFixture.create();
    await fixture.put(day, dailyCsv(...five));
    await fixture.run();
    await fixture.put(day, dailyCsv(...five.slice(0, 3)));
    expect(await fixture.run()).toMatchObject({
      anonymized: 1,
      quarantined: [],
      notes: [{ path: day, note: "Replaces 5 rows with 3." }],
    });
    expect(await fixture.rows()).toHaveLength(3);
    await fixture.put(day, dailyCsv(...five.slice(0, 1)));
    const held = {
      path: day,
      reason: "It has 1 row; the previous delivery had 3. The earlier rows stay until the file is accepted.",
      acceptable: true,
      hasEarlierRows: true,
    };
    expect(await fixture.run()).toMatchObject({ anonymized: 0, quarantined: [held] });
    expect(await fixture.rows()).toHaveLength(3);
    expect((await fixture.verify()).problems).toEqual([]);
    // The next delivery is compared with the one whose rows are in the table.
    await fixture.put(day, dailyCsv(...five.slice(4)));
    expect(await fixture.run()).toMatchObject({ anonymized: 0, quarantined: [held] });
    expect(await fixture.run({ accept: [day] })).toMatchObject({ anonymized: 1, quarantined: [] });
    expect(await fixture.rows()).toHaveLength(1);
    expect((await fixture.lastLog()).get(day)).toMatchObject({ rowsReplaced: 3, accepted: true });

    await fixture.put(day, dailyCsv(...five));
    await fixture.run();
    await fixture.put(day, dailyCsv(...five.slice(0, 1)));
    expect(await fixture.run({ maxShrink: 80 })).toMatchObject({ anonymized: 1, quarantined: [] });
    expect(await fixture.rows()).toHaveLength(1);
    expect((await fixture.verify()).problems).toEqual([]);
  });

  describe("with as many rows as before", () => {
    const people = ["amy", "ben", "cat", "dan"];
    const staying = "The earlier rows stay until the file is accepted.";
    const linesOf = (day: string) => people.map((person) => daily(person, day));
    const one = linesOf("2024-09-03");
    const two = linesOf("2024-09-04");

    /** Delivers a file twice; resolves to why the second delivery was held back, after checking that nothing is lost. */
    async function reasonAfter(first: string, second: string, path = amysDay): Promise<string | undefined> {
      const fixture = await PipelineFixture.create();
      await fixture.put(path, first);
      await fixture.run();
      const before = await fixture.rows();
      await fixture.put(path, second);
      const { anonymized, quarantined } = await fixture.run();
      expect((await fixture.verify()).problems).toEqual([]);
      const [held] = quarantined;
      if (held === undefined) {
        expect(anonymized).toBe(1);
        return undefined;
      }
      expect(await fixture.rows()).toEqual(before);
      expect(held).toMatchObject({ path, acceptable: true, hasEarlierRows: true });
      expect(await fixture.run({ accept: [path] })).toMatchObject({ anonymized: 1, quarantined: [] });
      expect((await fixture.verify()).problems).toEqual([]);
      return held.reason;
    }

    test("but with the bytes of another day is held back until a person accepts it", async () => {
      expect(await reasonAfter(dailyCsv(...one), dailyCsv(...two))).toBe(
        `It has no rows for 2024-09-03; the previous delivery has 4 in the table. ${staying}`,
      );
      const october = linesOf("2024-10-03");
      expect(await reasonAfter(dailyCsv(...one, ...two), dailyCsv(...october, ...october))).toBe(
        `It has no rows for 2024-09-03 and 1 other day; the previous delivery has 8 in the table. ${staying}`,
      );
      expect(await reasonAfter(dailyCsv(...one), dailyCsv(...one.slice(0, 1), ...two))).toBe(
        `It has 1 row for 2024-09-03; the previous delivery has 4 in the table. ${staying}`,
      );
    });

    test("but with other days under a name without a date is held back too", async () => {
      const path = "daily-participation/Students.csv";
      expect(await reasonAfter(dailyCsv(...one), dailyCsv(...two), path)).toContain("no rows for 2024-09-03");
      expect(await reasonAfter(dailyCsv(...one), dailyCsv(...one, ...two), path)).toBeUndefined();
    });

    test("but without the people's ids is held back", async () => {
      const blank = one.map((line) => line.replace(/sis-\w+,clever-\w+/, ","));
      expect(await reasonAfter(dailyCsv(...one), dailyCsv(...blank))).toBe(
        `It has no values in the column sis_id; the previous delivery has 4 in the table. ${staying}`,
      );
    });

    test("but without an optional column is held back", async () => {
      const without = dailyCsv(...one)
        .replace("school_name,", "")
        .replaceAll("North High,", "");
      expect(await reasonAfter(dailyCsv(...one), without)).toBe(
        `It has no values in the column school_name; the previous delivery has 4 in the table. ${staying}`,
      );
    });

    test("and other values, or a few of them missing, replaces them", async () => {
      const corrected = one.map((line, index) => (index > 1 ? line : line.replace("North High", "")));
      expect(await reasonAfter(dailyCsv(...one), dailyCsv(...corrected))).toBeUndefined();
      expect(await reasonAfter(dailyCsv(...one, ...two), dailyCsv(...one, ...two.slice(2)))).toBeUndefined();
    });

    test("does not lose a day whose rows move to another file, or come back from one", async () => {
      const fixture = await PipelineFixture.create();
      await fixture.put(amysDay, dailyCsv(...one, ...two));
      await fixture.run();
      await fixture.put(amysDay, dailyCsv(...one, daily("eve"), daily("fay")));
      await fixture.put(bensDay, dailyCsv(...two));
      expect(await fixture.run()).toMatchObject({ anonymized: 2, quarantined: [] });
      expect(await fixture.rows()).toHaveLength(10);
      await fixture.put(amysDay, dailyCsv(...one, ...two));
      expect(await fixture.run()).toMatchObject({ anonymized: 1, quarantined: [] });
      await fixture.put(amysDay, dailyCsv(...one));
      expect(await fixture.run()).toMatchObject({ anonymized: 1, quarantined: [] });
      expect(await fixture.rows()).toHaveLength(8);
      expect((await fixture.verify()).problems).toEqual([]);
    });

    test("does not lose those that a newer file has", async () => {
      const fixture = await PipelineFixture.create();
      await fixture.put(amysDay, dailyCsv(...one, ...two));
      await fixture.put(bensDay, dailyCsv(...two));
      await fixture.run();
      await fixture.put(amysDay, dailyCsv(...one), new Date(Date.UTC(2024, 10, 5)));
      expect(await fixture.run()).toMatchObject({ anonymized: 1, quarantined: [] });
      expect(await fixture.rows()).toHaveLength(8);
      expect((await fixture.verify()).problems).toEqual([]);
    });
  });

  test("replaces them even if the rows move to other months", async () => {
    const fixture = await twoDays();
    await fixture.put(amysDay, dailyCsv(daily("amy", "2024-10-01"), daily("amy", "2023-12-31")));
    await fixture.run();
    expect(await fixture.run({ accept: [amysDay] })).toMatchObject({ anonymized: 1 });
    expect(await fixture.logins("amy", "ben")).toEqual([
      "amy 2023-12-31 1",
      "amy 2024-10-01 1",
      "ben 2024-09-04 1",
    ]);
  });

  test("that is bad leaves the old rows in place", async () => {
    const fixture = await twoDays();
    const version = await fixture.version(table);
    await fixture.put(amysDay, dailyCsv(daily("amy", "yesterday")));
    expect(await fixture.run()).toMatchObject({
      landed: 1,
      anonymized: 0,
      quarantined: [{ path: amysDay, line: 2, column: "date" }],
      inQuarantine: [],
    });
    expect(await fixture.version(table)).toBe(version);
    expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-03 1", "ben 2024-09-04 1"]);
    expect(await fixture.state(amysDay)).toBe("quarantined");
    expect((await fixture.verify()).problems).toEqual([]);

    expect(await fixture.run()).toMatchObject({ quarantined: [], inQuarantine: [amysDay] });
    await fixture.put(amysDay, dailyCsv(daily("amy", "2024-09-03", 9)));
    expect(await fixture.run()).toMatchObject({ anonymized: 1, inQuarantine: [] });
    expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-03 9", "ben 2024-09-04 1"]);
  });

  test("that is bad again is reported once", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(amysDay, dailyCsv(daily("amy", "yesterday")));
    await fixture.run();
    await fixture.put(amysDay, dailyCsv(daily("amy", "tomorrow")));
    expect(await fixture.run()).toMatchObject({ quarantined: [{ path: amysDay }], inQuarantine: [] });
  });

  test("replaces its rows after another program merged data files", async () => {
    const fixture = await twoDays();
    await optimize(fixture);
    await fixture.put(amysDay, dailyCsv(daily("amy", "2024-09-03", 7)));
    await fixture.run();
    expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-03 7", "ben 2024-09-04 1"]);
    expect((await fixture.verify()).problems).toEqual([]);

    await fixture.put(bensDay, dailyCsv(daily("ben", "2024-09-04", 5)));
    await fixture.run();
    expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-03 7", "ben 2024-09-04 5"]);
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("landed by `ingest` in two versions has the rows of the newer one", async () => {
    const fixture = await PipelineFixture.create();
    for (const logins of [1, 2]) {
      await fixture.put(amysDay, dailyCsv(daily("amy", "2024-09-03", logins)));
      await fixture.run({ command: "ingest" });
    }
    await fixture.run({ command: "anonymize", source: undefined });
    expect(await fixture.logins("amy")).toEqual(["amy 2024-09-03 2"]);
  });
});

describe("a delivery that only landed is judged before the next one of its source:", () => {
  const people = ["amy", "ben", "cay"];
  const day = (logins: number, who = people) =>
    dailyCsv(...who.map((each) => daily(each, "2024-09-03", logins)));
  const rows = (logins: number) => people.map((each) => `${each} 2024-09-03 ${logins}`);
  const bad = dailyCsv(daily("amy", "yesterday"));

  async function landed(...contents: readonly string[]): Promise<PipelineFixture> {
    const fixture = await PipelineFixture.create();
    for (const content of contents) {
      await fixture.put(amysDay, content);
      await fixture.run({ command: "ingest", salt: undefined });
    }
    return fixture;
  }

  async function expectSettled(fixture: PipelineFixture, logins: number): Promise<void> {
    expect(await fixture.logins(...people)).toEqual(rows(logins));
    expect(await fixture.state(amysDay)).toBe("quarantined");
    const again = await fixture.run();
    expect(again).toMatchObject({ landed: 0, anonymized: 0, quarantined: [], inQuarantine: [amysDay] });
    expect(await fixture.logins(...people)).toEqual(rows(logins));
    expect((await fixture.verify()).problems).toEqual([]);
  }

  test("if the next one is bad, its rows are in the table", async () => {
    const fixture = await landed(day(1));
    await fixture.put(amysDay, bad);
    expect(await fixture.run()).toMatchObject({
      landed: 1,
      anonymized: 1,
      quarantined: [{ path: amysDay, hasEarlierRows: true }],
      failed: [],
    });
    await expectSettled(fixture, 1);
  });

  test("if the next one has landed too, and a source's first rows are in the table", async () => {
    const fixture = await landed(day(1));
    await fixture.run();
    for (const content of [day(2), bad]) {
      await fixture.put(amysDay, content);
      await fixture.run({ command: "ingest", salt: undefined });
    }
    expect(await fixture.run()).toMatchObject({
      anonymized: 1,
      quarantined: [{ path: amysDay }],
      failed: [],
    });
    await expectSettled(fixture, 2);
  });

  test("if an earlier version of this program passed over it", async () => {
    const fixture = await landed(day(1), bad);
    const log = new IngestLog(fixture.lake, await sharedDuck());
    const newest = (await log.sources()).last.get(amysDay);
    if (newest === undefined) throw new Error("not landed");
    const reason = "The date is not one.";
    await log.append([{ ...newest, outcome: "quarantined", line: 2, reason, acceptable: true }]);
    const summary = await fixture.run({ command: "anonymize", source: undefined });
    expect(summary).toMatchObject({ anonymized: 1, quarantined: [], inQuarantine: [amysDay] });
    await expectSettled(fixture, 1);
  });

  test("if the next one lacks most of its rows, that one waits for a person", async () => {
    const fixture = await landed(day(1));
    await fixture.put(amysDay, day(2, ["amy"]));
    expect(await fixture.run()).toMatchObject({
      anonymized: 1,
      quarantined: [{ path: amysDay, acceptable: true, hasEarlierRows: true }],
    });
    await expectSettled(fixture, 1);
    await fixture.run({ accept: [amysDay] });
    expect(await fixture.logins("amy")).toEqual(["amy 2024-09-03 2"]);
  });

  test("if it is bad too, only the next one is in quarantine", async () => {
    const fixture = await landed(bad);
    await fixture.put(amysDay, dailyCsv(daily("amy", "tomorrow")));
    expect(await fixture.run()).toMatchObject({ anonymized: 0, failed: [] });
    expect(await fixture.run()).toMatchObject({ quarantined: [], inQuarantine: [amysDay] });
  });

  test("if the next one has the same bytes, they are judged once", async () => {
    for (const [content, outcome] of [
      [day(1), { anonymized: 1, quarantined: [] }],
      [bad, { anonymized: 0, quarantined: [{ path: amysDay }] }],
    ] as const) {
      const fixture = await landed(content);
      await fixture.touch(amysDay);
      expect(await fixture.run()).toMatchObject({ landed: 0, ...outcome, failed: [] });
      const { modified } = (await fixture.lastLog()).get(amysDay) ?? {};
      expect(modified).toEqual((await stat(path.join(fixture.server, amysDay))).mtime);
      expect(await fixture.run()).toMatchObject({ landed: 0, anonymized: 0, quarantined: [], failed: [] });
    }
  });

  test("unless its landed file is gone", async () => {
    const fixture = await landed(day(1));
    for (const copy of await fixture.landedFiles()) await fixture.lose(copy);
    await fixture.put(amysDay, day(2));
    expect(await fixture.run()).toMatchObject({ landed: 1, anonymized: 1, failed: [] });
    expect(await fixture.logins(...people)).toEqual(rows(2));
  });
});

describe("if another program removed the applied deliveries from the log", () => {
  /** As `delta.setTransactionRetentionDuration`, a checkpoint and a clean-up of the log do. */
  async function forget({ lake }: PipelineFixture): Promise<void> {
    const log = lake.localPath(commitPath(table, 0));
    const lines = (await readFile(log, "utf8")).split("\n");
    await writeFile(log, lines.filter((line) => !line.includes('"txn"')).join("\n"));
  }

  test("each row is still in the table once", async () => {
    const fixture = await twoDays();
    await forget(fixture);
    expect(await fixture.run()).toMatchObject({ anonymized: 2, quarantined: [], failed: [] });
    expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-03 1", "ben 2024-09-04 1"]);
    expect((await fixture.verify()).problems).toEqual([]);
    expect(await fixture.run()).toMatchObject({ anonymized: 0 });
  });

  test("each row is still in the table once if it also merged data files", async () => {
    const fixture = await twoDays();
    await forget(fixture);
    await optimize(fixture);
    expect(await fixture.run()).toMatchObject({ anonymized: 2, quarantined: [], failed: [] });
    expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-03 1", "ben 2024-09-04 1"]);
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("files that had each other's rows can still be redelivered", async () => {
    const fixture = await twoDays();
    await forget(fixture);
    await fixture.put(amysDay, dailyCsv(daily("ben", "2024-09-04", 7)));
    await fixture.put(bensDay, dailyCsv(daily("amy", "2024-09-03", 8)));
    // The forgotten deliveries are applied again before the new ones.
    expect(await fixture.run()).toMatchObject({ anonymized: 4, quarantined: [], failed: [] });
    expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-03 8", "ben 2024-09-04 7"]);
  });
});

describe("a table changed by another program", () => {
  /** Gives the table another schema or other partitions, as its next commit. */
  async function alter({ lake }: PipelineFixture, change: (metadata: Metadata) => Partial<Metadata>) {
    await using duck = await Duck.open({ threads: 1 });
    const snapshot = await readSnapshot({ lake, duck }, table);
    if (!snapshot) throw new Error("There is no table.");
    const { columns: _columns, ...metadata } = snapshot.metadata;
    const action = { metaData: { ...metadata, ...change(metadata) } };
    const commit = commitPath(table, snapshot.version + 1);
    expect(await lake.putIfAbsent(commit, Buffer.from(formatCommit([action])))).toBe(true);
  }

  test("to different partitions gets no rows, and the files wait", async () => {
    const fixture = await twoDays();
    await alter(fixture, () => ({ partitionColumns: ["user_type"] }));
    const version = await fixture.version(table);
    const dataFiles = async () =>
      [...(await fixture.tree())].filter(([file]) => file.startsWith(`${table}/year=`));
    const before = await dataFiles();
    expect(before.length).toBeGreaterThan(0);
    await fixture.put(dailyPath("2024-09-05"), dailyCsv(daily("amy", "2024-09-05")));
    const { anonymized, failed } = await fixture.run();
    expect({ anonymized, failed }).toEqual({
      anonymized: 0,
      failed: [
        {
          path: dailyPath("2024-09-05"),
          reason: expect.stringContaining("it is partitioned by user_type, not by year, month"),
        },
      ],
    });
    expect(await fixture.version(table)).toBe(version);
    expect(await dataFiles()).toEqual(before);
  });

  test("with an additional column gets rows as before", async () => {
    const fixture = await twoDays();
    await alter(fixture, ({ schemaString }) => {
      const schema = JSON.parse(schemaString) as { fields: unknown[] };
      const further = { name: "region", type: "string", nullable: true, metadata: {} };
      return { schemaString: JSON.stringify({ ...schema, fields: [...schema.fields, further] }) };
    });
    await fixture.put(dailyPath("2024-09-05"), dailyCsv(daily("amy", "2024-09-05")));
    await fixture.put(amysDay, dailyCsv(daily("amy", "2024-09-03", 7)));
    expect(await fixture.run()).toMatchObject({ anonymized: 2, failed: [] });
    expect(await fixture.logins("amy", "ben")).toEqual([
      "amy 2024-09-03 7",
      "amy 2024-09-05 1",
      "ben 2024-09-04 1",
    ]);
  });
});

test("another day is added without reading the data files of other days", async () => {
  const fixture = await twoDays();
  await fixture.put(dailyPath("2024-09-05"), dailyCsv(daily("amy", "2024-09-05")));
  const read = vi.spyOn(fixture.lake, "localPath");
  expect(await fixture.run()).toMatchObject({ anonymized: 1 });
  const files = read.mock.calls.map(([file]) => file);
  expect(files.filter((file) => file.startsWith(`${table}/year=`))).toEqual([]);
});

/** Merges all data files into one, without tags and statistics, as Spark's OPTIMIZE may. */
async function optimize({ lake }: PipelineFixture): Promise<void> {
  await using duck = await Duck.open({ threads: 1 });
  const snapshot = await readSnapshot({ lake, duck }, table);
  if (!snapshot) throw new Error("There is no table.");
  const files = [...snapshot.files.values()];
  expect(new Set(files.map(({ partitionValues }) => JSON.stringify(partitionValues))).size).toBe(1);
  const merged = `year=2024/month=9/part-${randomUUID()}.c000.snappy.parquet`;
  const place = lake.localPath(`${table}/${merged}`);
  await mkdir(path.dirname(place), { recursive: true });
  const rows = readQuery(snapshot, files, (file) => lake.localPath(file));
  await duck.session((session) =>
    session.query(
      `COPY (SELECT * EXCLUDE (year, month) FROM (${rows})) TO ${sqlString(place)} (FORMAT parquet)`,
    ),
  );
  const size = (await lake.stat(`${table}/${merged}`))?.size ?? 0;
  const actions = [
    ...files.map((file) => ({
      remove: { path: file.path, dataChange: false, deletionTimestamp: Date.now() },
    })),
    {
      add: {
        path: merged,
        partitionValues: files[0]?.partitionValues ?? {},
        size,
        modificationTime: Date.now(),
        dataChange: false,
      },
    },
  ];
  expect(files.every((file) => lakePathOf(snapshot, file).startsWith(table))).toBe(true);
  const commit = commitPath(table, snapshot.version + 1);
  expect(await lake.putIfAbsent(commit, Buffer.from(formatCommit(actions)))).toBe(true);
}

test("superseded rows come back even after another program merged the data files", async () => {
  const fixture = await twoDays();
  await fixture.put(
    dailyPath("2024-09-05"),
    dailyCsv(daily("amy", "2024-09-03"), daily("cat", "2024-09-05")),
  );
  expect(await fixture.run()).toMatchObject({ anonymized: 1, quarantined: [] });
  await optimize(fixture);
  expect(await fixture.rows()).toHaveLength(3);
  await fixture.put(dailyPath("2024-09-05"), dailyCsv(daily("cat", "2024-09-05", 2)));
  expect(await fixture.run()).toMatchObject({ anonymized: 1, quarantined: [], failed: [] });
  expect(await fixture.logins("amy", "ben", "cat")).toEqual([
    "amy 2024-09-03 1",
    "ben 2024-09-04 1",
    "cat 2024-09-05 2",
  ]);
  expect((await fixture.lastLog()).get(amysDay)).toMatchObject({ rowsWritten: 1, rowsSuperseded: 0 });
  expect((await fixture.verify()).problems).toEqual([]);
});

describe("a manually re-uploaded copy, `… (1).csv`,", () => {
  const copy = amysDay.replace(".csv", " (1).csv");

  test("is the same delivery if its bytes are the same", async () => {
    const fixture = await twoDays();
    await fixture.put(copy, dailyCsv(daily("amy", "2024-09-03")));
    expect(await fixture.run()).toMatchObject({ landed: 0, anonymized: 0, superseded: 0 });
    expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-03 1", "ben 2024-09-04 1"]);
  });

  test("counts once even if it arrives together with the original", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(amysDay, dailyCsv(daily("amy")));
    await fixture.put(copy, dailyCsv(daily("amy")));
    expect(await fixture.run()).toMatchObject({ landed: 1, anonymized: 1, quarantined: [] });
    expect(await fixture.logins("amy")).toEqual(["amy 2024-09-03 1"]);
    expect(await fixture.state(amysDay)).toBe("ignored");
  });

  test("replaces the original's rows if it is newer and different", async () => {
    const fixture = await twoDays();
    await fixture.put(copy, dailyCsv(daily("amy", "2024-09-03", 5)));
    expect(await fixture.run()).toMatchObject({ landed: 1, anonymized: 1 });
    expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-03 5", "ben 2024-09-04 1"]);
  });

  test("is ignored, with the reason, if it is older", async () => {
    const fixture = await twoDays();
    await fixture.put(copy, dailyCsv(daily("amy", "2024-09-03", 5)), new Date("2024-01-01T00:00:00Z"));
    expect(await fixture.run()).toMatchObject({ landed: 0, anonymized: 0 });
    expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-03 1", "ben 2024-09-04 1"]);
    expect((await fixture.status()).find(({ path }) => path === copy)).toMatchObject({
      state: "ignored",
      reason: `An older copy of ${amysDay}.`,
    });
  });

  test("that is newer but bad is reported under its own path until it is good", async () => {
    const fixture = await twoDays();
    await fixture.put(copy, dailyCsv(daily("amy", "yesterday")));
    expect(await fixture.run()).toMatchObject({ quarantined: [{ path: copy }] });
    await fixture.put(amysDay, dailyCsv(daily("amy", "2024-09-03", 3)));
    expect(await fixture.run()).toMatchObject({ anonymized: 1, inQuarantine: [] });
  });
});

test("a redelivery of one report does not change the other's table", async () => {
  const fixture = await twoDays();
  await fixture.put(usagePath(), usageCsv());
  await fixture.run();
  const usageTable = pseudoTable(reports.resource_usage);
  const version = await fixture.version(usageTable);
  await fixture.put(amysDay, dailyCsv(daily("amy", "2024-09-03", 2)));
  await fixture.run();
  expect(await fixture.version(usageTable)).toBe(version);
});
