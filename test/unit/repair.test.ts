import { readFile, rm, truncate, writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import {
  digitalActivityTable,
  landedFolder,
  lookupTable,
  pseudoTable,
  runsFolder,
  saltFingerprintPath,
} from "../../src/clever/layout";
import { reports } from "../../src/clever/reports";
import { removeFile } from "../../src/delta/tableActions";
import { repairLake } from "../../src/pipeline/repair/repair";
import { needsAttention } from "../../src/pipeline/runSummary";
import { FaultyLake } from "../helpers/faultyLake";
import { ForeignWriter } from "../helpers/foreignWriter";
import { lakeRows } from "../helpers/lakeRows";
import { lakeTemplate } from "../helpers/lakeTemplate";
import {
  daily,
  dailyCsv,
  dailyHeader,
  dailyPath,
  PipelineFixture,
  salt,
  usage,
  usageCsv,
  usageHeader,
  usagePath,
} from "../helpers/pipelineFixture";

/** Changes of other programs to our tables: run and status report them, and they are repaired from the landed files. */

const table = pseudoTable(reports.daily_participation);
const lookup = lookupTable(reports.daily_participation);
const september = { year: 2024, month: 9 };
const vectors = ["deletionVectors"];
const protocol = {
  protocol: { minReaderVersion: 3, minWriterVersion: 7, readerFeatures: vectors, writerFeatures: vectors },
};
const rowsOfTable = ["amy 2024-09-03 1", "amy 2024-09-04 2", "amy 2024-10-01 1", "ben 2024-09-03 1"];

const lake = lakeTemplate(async (fixture) => {
  await fixture.put(dailyPath(), dailyCsv(daily("amy"), daily("ben")));
  await fixture.put(dailyPath("2024-09-04"), dailyCsv(daily("amy", "2024-09-04", 2)));
  await fixture.put(dailyPath("2024-10-01"), dailyCsv(daily("amy", "2024-10-01")));
  await fixture.put(usagePath(), usageCsv(usage("amy", "Maths")));
  await fixture.run();
});

async function lakeWithRows(): Promise<{ fixture: PipelineFixture; other: ForeignWriter }> {
  const fixture = await lake();
  return { fixture, other: new ForeignWriter(fixture.lake, table) };
}

const repair = (fixture: PipelineFixture, dryRun = false) => repairLake({ lake: fixture.lake, salt, dryRun });

/** What run and status report, which must be the same. */
async function reported(fixture: PipelineFixture): Promise<unknown> {
  const { changedByOthers } = await fixture.lakeStatus();
  const summary = await fixture.run();
  expect(summary.changedByOthers).toEqual(changedByOthers);
  expect(needsAttention(summary)).toBe(changedByOthers.length > 0);
  return changedByOthers;
}

/** Repairs, and checks that verification then finds no discrepancies. */
async function requireRepaired(fixture: PipelineFixture, expected: object): Promise<void> {
  const before = await fixture.tree();
  const planned = await repair(fixture, true);
  expect(await fixture.tree()).toEqual(before);
  const done = await repair(fixture);
  expect(done.tables).toMatchObject([expected]);
  const facts = ({ table: of, months, rowsBefore, rowsAfter }: (typeof done.tables)[number]) => ({
    of,
    months,
    rowsBefore,
    rowsAfter,
  });
  expect(planned.tables.map(facts)).toEqual(done.tables.map(facts));
  expect(await fixture.logins("amy", "ben")).toEqual(rowsOfTable);
  expect(await reported(fixture)).toEqual([]);
  expect((await fixture.verify()).problems).toEqual([]);
  expect(await repair(fixture)).toMatchObject({ tables: [] });
}

/** Damages the data files of a table; with a month, only those of that month. */
async function damageFiles(
  fixture: PipelineFixture,
  path: string,
  damage: (place: string) => Promise<void>,
  month?: string,
): Promise<void> {
  const snapshot = await new ForeignWriter(fixture.lake, path).snapshot();
  for (const file of snapshot.files.values()) {
    if (month === undefined || file.partitionValues.month === month)
      await damage(fixture.lake.localPath(`${path}/${file.path}`));
  }
}

describe("another program's changes", () => {
  test("are not reported if nobody wrote or files were only rearranged", async () => {
    const { fixture, other } = await lakeWithRows();
    expect(await reported(fixture)).toEqual([]);
    await other.rewrite("OPTIMIZE", september, { dataChange: false });
    expect(await reported(fixture)).toEqual([]);
    expect(await repair(fixture)).toMatchObject({ tables: [] });
  });

  test("rows without source_file are reported and removed, as when OEA's notebook appends every row again", async () => {
    const { fixture, other } = await lakeWithRows();
    const add = await other.file(
      (rows) => `SELECT * REPLACE (NULL AS source_file, NULL AS user_type) FROM ${rows} WHERE month = 9`,
      september,
    );
    await other.commit("WRITE", [{ add }]);
    expect(await reported(fixture)).toEqual([
      {
        table,
        months: ["2024-09"],
        problem:
          "Another program (Apache-Spark/3.5.3) changed its rows: WRITE. The table has 3 rows that the ingest log does not have.",
      },
    ]);
    await requireRepaired(fixture, {
      table,
      rebuilt: "months",
      months: [{ month: "2024-09", rowsBefore: 6, rowsAfter: 3 }],
      problem: null,
    });
  });

  test("changed values are reported and restored, even if a run has rewritten the file since", async () => {
    const { fixture, other } = await lakeWithRows();
    await other.rewrite("UPDATE", september, { select: "SELECT * REPLACE (99::INTEGER AS num_logins)" });
    expect(await reported(fixture)).toMatchObject([
      { months: ["2024-09"], problem: expect.stringMatching(/UPDATE\. Values may have changed/) },
    ]);
    await fixture.put(dailyPath("2024-09-04"), dailyCsv(daily("amy", "2024-09-04", 2), ""));
    expect(await fixture.run()).toMatchObject({ landed: 1, changedByOthers: [{ months: ["2024-09"] }] });
    expect(await reported(fixture)).toMatchObject([{ months: ["2024-09"] }]);
    await requireRepaired(fixture, {
      rebuilt: "months",
      months: [{ month: "2024-09", rowsBefore: 3, rowsAfter: 3 }],
    });
  });

  test("missing rows that the log records as applied are restored", async () => {
    const { fixture, other } = await lakeWithRows();
    const gone = [...(await other.snapshot()).files.values()];
    await other.commit(
      "RESTORE",
      gone.map((file) => removeFile(file, { dataChange: true })),
    );
    expect(await reported(fixture)).toMatchObject([
      {
        months: ["2024-09", "2024-10"],
        problem: expect.stringMatching(/RESTORE\. 4 rows are missing, from 3 files\.$/),
      },
    ]);
    await requireRepaired(fixture, { rebuilt: "months", rowsBefore: 0, rowsAfter: 4 });
  });

  test("duplicate lookups and pseudonyms without one are reported and repaired", async () => {
    const { fixture } = await lakeWithRows();
    const other = new ForeignWriter(fixture.lake, lookup);
    const files = [...(await other.snapshot()).files.values()];
    const add = await other.file(
      (rows) => `FROM ${rows} WHERE sis_id = 'sis-amy' UNION ALL FROM ${rows} WHERE sis_id = 'sis-amy'`,
    );
    await other.commit("MERGE", [...files.map((file) => removeFile(file, { dataChange: true })), { add }]);
    expect(await reported(fixture)).toEqual([
      {
        table: lookup,
        months: [],
        problem:
          "Another program (Apache-Spark/3.5.3) changed its rows: MERGE. 1 row too many: pairs of ids occur more than once. 2 pseudonyms of the table have no pair in it.",
      },
    ]);
    await requireRepaired(fixture, { table: lookup, rebuilt: "pairs", rowsBefore: 2, rowsAfter: 2 });
    expect(await fixture.lookup()).toHaveLength(2);
  });

  test("missing rows are detected by the counts if the log was cleaned up", async () => {
    const { fixture, other } = await lakeWithRows();
    const gone = [...(await other.snapshot()).files.values()].filter(
      ({ partitionValues }) => partitionValues.month === "10",
    );
    await other.commit(
      "DELETE",
      gone.map((file) => removeFile(file, { dataChange: true })),
    );
    await other.cleanUp();
    expect(await reported(fixture)).toEqual([
      { table, months: ["2024-10"], problem: "1 row is missing, from 1 file." },
    ]);
    await requireRepaired(fixture, { rebuilt: "months", rowsBefore: 0, rowsAfter: 1 });
  });

  test("rows that cannot be rebuilt stay if a landed file is missing", async () => {
    const { fixture, other } = await lakeWithRows();
    const add = await other.file(
      (rows) => `SELECT * REPLACE (NULL AS source_file) FROM ${rows} WHERE month = 9`,
      september,
    );
    await other.commit("WRITE", [{ add }]);
    const entry = (await fixture.lastLog()).get(dailyPath("2024-09-04"));
    await fixture.lake.delete(entry?.landedPath ?? "");
    expect(entry?.landedPath).toContain(landedFolder(reports.daily_participation));
    expect((await repair(fixture)).tables).toMatchObject([
      { kept: [dailyPath("2024-09-04")], months: [{ rowsBefore: 6, rowsAfter: 3 }], problem: null },
    ]);
    expect(await fixture.logins("amy", "ben")).toEqual(rowsOfTable);
  });
});

describe("a table with features that we cannot read or maintain", () => {
  test("is the only one refused, and rebuilt next to the old one, which is kept", async () => {
    const { fixture, other } = await lakeWithRows();
    const [first] = (await other.snapshot()).files.values();
    if (first === undefined) throw new Error("the table is empty");
    await other.commit("DELETE", [
      protocol,
      removeFile(first, { dataChange: true }),
      { add: { ...first, deletionVector: { storageType: "i", pathOrInlineDv: "x", offset: 1 } } },
    ]);
    await fixture.put(dailyPath("2024-09-05"), dailyCsv(daily("amy", "2024-09-05")));
    await fixture.put(usagePath("2024-09-05"), usageCsv(usage("amy", "Maths", "2024-09-05")));
    const summary = await fixture.run();
    expect(summary).toMatchObject({
      landed: 2,
      anonymized: 1,
      failed: [{ path: dailyPath("2024-09-05"), reason: expect.stringContaining("clever-lake repair") }],
      changedByOthers: [{ table, months: [], problem: expect.stringContaining("deletionVectors") }],
    });
    expect(await fixture.rows("resource_usage")).toHaveLength(2);
    const { tables } = await repair(fixture);
    expect(tables).toMatchObject([{ table, rebuilt: "table", rowsAfter: 4, kept: [], problem: null }]);
    expect(tables[0]?.replaced).toMatch(/^stage2p\/_replaced\/clever\/daily_participation_pseudo-2/);
    expect((await other.snapshot()).protocol).toEqual({ minReaderVersion: 1, minWriterVersion: 2 });
    expect(await fixture.logins("amy", "ben")).toEqual(rowsOfTable);
    expect(await fixture.run()).toMatchObject({ anonymized: 1, failed: [], changedByOthers: [] });
    expect(await fixture.rows()).toHaveLength(5);
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("may be a lookup table, which is rebuilt from the people in the landed files", async () => {
    const { fixture } = await lakeWithRows();
    const other = new ForeignWriter(fixture.lake, lookup);
    const [first] = (await other.snapshot()).files.values();
    if (first === undefined) throw new Error("the table is empty");
    await other.commit("DELETE", [protocol, { add: { ...first, deletionVector: { storageType: "i" } } }]);
    expect(await reported(fixture)).toMatchObject([{ table: lookup, months: [] }]);
    await requireRepaired(fixture, { table: lookup, rebuilt: "table", rowsAfter: 2, problem: null });
    expect(await fixture.lookup()).toHaveLength(2);
  });

  test("is unchanged if a landed file is missing, since rows would be lost", async () => {
    const { fixture, other } = await lakeWithRows();
    const [first] = (await other.snapshot()).files.values();
    if (first === undefined) throw new Error("the table is empty");
    await other.commit("DELETE", [protocol, { add: { ...first, deletionVector: { storageType: "i" } } }]);
    await fixture.lake.delete((await fixture.lastLog()).get(dailyPath())?.landedPath ?? "");
    const before = await fixture.tree();
    expect((await repair(fixture)).tables).toMatchObject([
      { problem: expect.stringContaining("would lack rows"), replaced: null },
    ]);
    expect(await fixture.tree()).toEqual(before);
  });
});

describe("a lookup table that is gone", () => {
  const withId = usageCsv(usage("amy", "https://x.org/sis-ben/page", "2024-09-05"));

  test("blocks both reports, so that no id of its people stays in a text, until it is rebuilt", async () => {
    const { fixture } = await lakeWithRows();
    const before = await fixture.lookup();
    await fixture.lose(lookup);
    await fixture.put(usagePath("2024-09-05"), withId);
    const [finding] = (await fixture.lakeStatus()).changedByOthers;
    expect(finding).toMatchObject({
      table: lookup,
      problem: expect.stringContaining("lookup table is gone"),
    });
    expect(await fixture.run()).toMatchObject({
      landed: 1,
      anonymized: 0,
      failed: [{ reason: expect.stringContaining("clever-lake repair") }],
      changedByOthers: [finding],
    });
    await requireRepaired(fixture, { table: lookup, rebuilt: "table", replaced: null, problem: null });
    expect(await fixture.lookup()).toEqual(before);
    const texts = (await fixture.rows("resource_usage")).map((row) => JSON.stringify(row));
    expect(texts).toHaveLength(2);
    expect(texts.join()).not.toContain("sis-ben");
  });
});

/** Ways to damage a file. */
const damages: Record<string, (place: string) => Promise<void>> = {
  gone: (place) => rm(place),
  "cut off": (place) => truncate(place, 100),
  flipped: async (place) => {
    const bytes = await readFile(place);
    bytes[20] = (bytes[20] ?? 0) ^ 1;
    await writeFile(place, bytes);
  },
};

/** Flips a bit of the writer's name: the file stays readable. */
async function flipName(place: string): Promise<void> {
  const bytes = await readFile(place);
  bytes[bytes.lastIndexOf("DuckDB")] = "d".charCodeAt(0);
  await writeFile(place, bytes);
}

describe("a damaged data file", () => {
  test.each(Object.keys(damages))(
    "of rows that is %s is rebuilt with the rows of its month",
    async (kind) => {
      const { fixture } = await lakeWithRows();
      await damageFiles(fixture, table, damages[kind] ?? rm, "9");
      expect((await fixture.verify()).problems).toHaveLength(1);
      await requireRepaired(fixture, {
        table,
        found: expect.stringMatching(/^1 data file gone or damaged: .*month=9.*\.parquet\.$/),
        rebuilt: "months",
        months: [{ month: "2024-09", rowsBefore: 3, rowsAfter: 3 }],
        problem: null,
      });
    },
  );

  test("of lookups is rebuilt also if the salt's fingerprint is lost", async () => {
    const { fixture } = await lakeWithRows();
    const before = await fixture.lookup();
    await damageFiles(fixture, lookup, flipName);
    await fixture.lake.delete(saltFingerprintPath);
    expect((await repair(fixture)).tables).toMatchObject([{ table: lookup, problem: null }]);
    expect(await fixture.lookup()).toEqual(before);
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("of lookups is rebuilt before the rows, which may be damaged too", async () => {
    const { fixture } = await lakeWithRows();
    const before = await fixture.lookup();
    await damageFiles(fixture, lookup, rm);
    await damageFiles(fixture, table, rm);
    const planned = await repair(fixture, true);
    const { tables } = await repair(fixture);
    expect(tables).toMatchObject([
      { table: lookup, rebuilt: "pairs", rowsBefore: 2, rowsAfter: 2, problem: null },
      { table, rebuilt: "months", rowsBefore: 4, rowsAfter: 4, problem: null },
    ]);
    expect(planned.tables).toEqual(tables);
    expect(await fixture.lookup()).toEqual(before);
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("of both reports' lookups is rebuilt, also if files have an unknown column", async () => {
    const fixture = await PipelineFixture.create();
    const withColumn = (header: string, row: string) => `${header},homeroom\n${row},7b\n`;
    await fixture.put(dailyPath(), withColumn(dailyHeader, daily("amy")));
    await fixture.put(usagePath(), withColumn(usageHeader, usage("amy", "Maths")));
    await fixture.run();
    for (const report of Object.values(reports)) await damageFiles(fixture, lookupTable(report), rm);
    const { tables } = await repair(fixture);
    expect(tables.map(({ problem }) => problem)).toEqual([null, null]);
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("of rows stays if a landed file is missing, since rows would be lost", async () => {
    const { fixture } = await lakeWithRows();
    await damageFiles(fixture, table, rm, "9");
    await fixture.lake.delete((await fixture.lastLog()).get(dailyPath())?.landedPath ?? "");
    const before = await fixture.tree();
    expect((await repair(fixture)).tables).toMatchObject([
      { table, problem: expect.stringContaining(`The landed file of ${dailyPath()} is gone`) },
    ]);
    expect(await fixture.tree()).toEqual(before);
  });

  test("of the Digital Engagement table is rebuilt", async () => {
    const { fixture } = await lakeWithRows();
    await fixture.run({ digitalActivity: true });
    const before = await lakeRows(fixture.lake, digitalActivityTable);
    await damageFiles(fixture, digitalActivityTable, rm, "9");
    expect(await repair(fixture)).toMatchObject({ tables: [{ table: digitalActivityTable, problem: null }] });
    expect((await lakeRows(fixture.lake, digitalActivityTable)).length).toBe(before.length);
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test.each([
    ["gone", "The table's data file is gone."],
    ["flipped", "The table's data file has changed since it was written."],
  ])("that is %s is named by a run that needs it", async (kind, problem) => {
    const { fixture } = await lakeWithRows();
    await damageFiles(fixture, table, damages[kind] ?? rm, "9");
    await fixture.put(dailyPath("2024-09-04"), dailyCsv(daily("amy", "2024-09-04", 5)));
    expect(await fixture.run()).toMatchObject({
      anonymized: 0,
      failed: [
        {
          path: dailyPath("2024-09-04"),
          reason: expect.stringMatching(new RegExp(`month=9.*\\.parquet: ${problem} .*clever-lake repair`)),
        },
      ],
    });
    expect((await repair(fixture)).tables).toMatchObject([{ table, problem: null }]);
    expect(await fixture.run()).toMatchObject({ anonymized: 1, failed: [] });
    expect((await fixture.verify()).problems).toEqual([]);
  });
});

test("lookups with flipped bytes are not used by a run, which would take their people for others", async () => {
  const { fixture } = await lakeWithRows();
  await damageFiles(fixture, lookup, flipName);
  await fixture.put(dailyPath("2024-09-05"), dailyCsv(daily("amy", "2024-09-05")));
  expect(await fixture.run()).toMatchObject({
    anonymized: 0,
    failed: [
      { reason: expect.stringMatching(/The table's data file has changed since .*clever-lake repair/) },
    ],
  });
  expect((await repair(fixture)).tables).toMatchObject([{ table: lookup, problem: null }]);
  expect(await fixture.run()).toMatchObject({ anonymized: 1, failed: [] });
  expect((await fixture.verify()).problems).toEqual([]);
});

test("flipped bytes are not rewritten by a run, which would hide them from a repair", async () => {
  const { fixture } = await lakeWithRows();
  await damageFiles(fixture, table, flipName, "9");
  // Replaces a row in that file.
  await fixture.put(dailyPath(), dailyCsv(daily("amy", "2024-09-03", 9), daily("ben")));
  expect(await fixture.run()).toMatchObject({
    anonymized: 0,
    failed: [
      { reason: expect.stringMatching(/The table's data file has changed since .*clever-lake repair/) },
    ],
  });
  expect((await repair(fixture)).tables).toMatchObject([{ table, problem: null }]);
  expect(await fixture.run()).toMatchObject({ anonymized: 1, failed: [] });
  expect((await fixture.verify()).problems).toEqual([]);
});

test("a damaged data file is repaired in one step, also if a run was interrupted after a file landed", async () => {
  const { fixture, other } = await lakeWithRows();
  await fixture.put(dailyPath("2024-10-02"), dailyCsv(daily("cat", "2024-10-02")));
  const { version } = await other.snapshot();
  const landed = await fixture.landedFiles();
  for (let at = 1; (await fixture.landedFiles()).length === landed.length; at++)
    await fixture.run({ lake: new FaultyLake(fixture.lake, "dead", at) }).catch(() => undefined);
  expect((await other.snapshot()).version).toBe(version);
  await damageFiles(fixture, table, rm, "9");
  const expected = [
    { table: fixture.logFolder, found: expect.stringMatching(/completes them\.$/) as unknown, problem: null },
    { table, problem: null, rowsAfter: 3 },
  ];
  expect((await repair(fixture, true)).tables).toMatchObject(expected);
  expect((await repair(fixture)).tables).toMatchObject(expected);
  expect((await repair(fixture)).tables).toEqual([]);
  expect(await fixture.run()).toMatchObject({ landed: 0, anonymized: 1, failed: [], changedByOthers: [] });
  expect((await fixture.verify()).problems).toEqual([]);
  expect(await fixture.logins("amy", "ben", "cat")).toEqual([...rowsOfTable, "cat 2024-10-02 1"]);
});

describe("an ingest log that is gone or damaged", () => {
  const losses: Record<string, (fixture: PipelineFixture) => Promise<void>> = {
    "without its data files": (fixture) => damageFiles(fixture, fixture.logFolder, rm),
    "with flipped bytes": (fixture) => damageFiles(fixture, fixture.logFolder, damages.flipped ?? rm),
    "without its newest data file": async (fixture) => {
      const snapshot = await new ForeignWriter(fixture.lake, fixture.logFolder).snapshot();
      const newest = [...snapshot.files.values()].at(-1);
      await fixture.lose(`${fixture.logFolder}/${newest?.path}`);
    },
    "that is gone": (fixture) => fixture.lose(fixture.logFolder),
  };

  test.each(Object.keys(losses))(
    "%s is restored from the records of runs, and no file lands twice",
    async (loss) => {
      const { fixture } = await lakeWithRows();
      await fixture.put(dailyPath("2024-09-04"), dailyCsv(daily("amy", "2024-09-04", 3)));
      await fixture.put(dailyPath("2024-09-05"), dailyCsv(daily("amy", "2024-09-05", "x" as never)));
      await fixture.run();
      const before = { rows: await fixture.logins("amy", "ben"), landed: await fixture.landedFiles() };
      expect(before.landed).toHaveLength(6);
      await losses[loss]?.(fixture);
      const tree = await fixture.tree();
      expect(await repair(fixture, true)).toMatchObject({ tables: [{ table: fixture.logFolder }] });
      expect(await fixture.tree()).toEqual(tree);
      expect(await repair(fixture)).toMatchObject({ tables: [{ table: fixture.logFolder, problem: null }] });
      expect(await fixture.run()).toMatchObject({ landed: 0, failed: [], changedByOthers: [] });
      expect(await fixture.state(dailyPath("2024-09-05"))).toBe("quarantined");
      expect({ rows: await fixture.logins("amy", "ben"), landed: await fixture.landedFiles() }).toEqual(
        before,
      );
      expect((await fixture.verify()).problems).toEqual([]);
      expect(await repair(fixture)).toMatchObject({ tables: [] });
    },
  );

  test("also knows the copies that landed before it was lost, if a run ingested the reports again", async () => {
    const { fixture } = await lakeWithRows();
    await fixture.lose(fixture.logFolder);
    expect(await fixture.run()).toMatchObject({ landed: 4, failed: [] });
    expect((await fixture.verify()).problems).toMatchObject(
      Array(4).fill({ problem: expect.stringContaining("`clever-lake repair` adds it") as unknown }),
    );
    expect(await repair(fixture)).toMatchObject({ tables: [{ table: fixture.logFolder, problem: null }] });
    expect(await fixture.run()).toMatchObject({ landed: 0, anonymized: 0, changedByOthers: [] });
    expect((await fixture.verify()).problems).toEqual([]);
    expect(await repair(fixture)).toMatchObject({ tables: [] });
    expect(await fixture.logins("amy", "ben")).toEqual(rowsOfTable);
  });

  test("knows a delivery that was applied again for its new time", async () => {
    const fixture = await PipelineFixture.create();
    const [first, second] = [dailyPath("2024-09-03"), dailyPath("2024-09-04")];
    await fixture.put(first, dailyCsv(daily("amy", "2024-09-03", 1), daily("ben", "2024-09-03", 1)));
    await fixture.put(second, dailyCsv(daily("amy", "2024-09-03", 1), daily("cat", "2024-09-04", 1)));
    await fixture.run();
    await fixture.touch(first);
    await fixture.run();
    expect((await fixture.verify()).problems).toEqual([]);
    const before = await fixture.logins("amy", "ben", "cat");
    await fixture.lose(fixture.logFolder);
    await repair(fixture);
    expect(await fixture.run()).toMatchObject({ landed: 0, failed: [] });
    expect((await fixture.verify()).problems).toEqual([]);
    // The first file's row of Amy is the newer one.
    await fixture.put(second, dailyCsv(daily("amy", "2024-09-03", 1), daily("dan", "2024-09-04", 1)));
    await fixture.run();
    await fixture.touch(first);
    await fixture.run();
    expect(await fixture.logins("amy", "ben", "dan")).toEqual(before.map((row) => row.replace("cat", "dan")));
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("empties no table: one that cannot be read stays as it is", async () => {
    const { fixture, other } = await lakeWithRows();
    const [first] = (await other.snapshot()).files.values();
    if (first === undefined) throw new Error("the table is empty");
    await other.commit("DELETE", [protocol, { add: { ...first, deletionVector: { storageType: "i" } } }]);
    await fixture.lose(fixture.logFolder);
    await fixture.lose(runsFolder);
    const before = await fixture.tree();
    expect((await repair(fixture)).tables).toMatchObject([
      { table, problem: expect.stringContaining("has no entry for any of its files"), replaced: null },
    ]);
    expect(await fixture.tree()).toEqual(before);
  });

  test("builds no lookup table without people, which would no longer block a run", async () => {
    const { fixture } = await lakeWithRows();
    await fixture.lose(fixture.logFolder);
    await fixture.lose(runsFolder);
    await fixture.lose(lookup);
    const before = await fixture.tree();
    expect((await repair(fixture)).tables).toMatchObject([
      { table: lookup, problem: expect.stringMatching(/has no entry for .*and 2 more of its files/) },
    ]);
    expect(await fixture.tree()).toEqual(before);
  });

  test("removes no rows from a month that another program changed", async () => {
    const { fixture, other } = await lakeWithRows();
    const add = await other.file(
      (rows) => `SELECT * REPLACE (NULL AS source_file) FROM ${rows} WHERE month = 9`,
      september,
    );
    await other.commit("WRITE", [{ add }]);
    await fixture.lose(fixture.logFolder);
    await fixture.lose(runsFolder);
    expect((await repair(fixture)).tables).toMatchObject([
      {
        table,
        months: [{ month: "2024-09", rowsBefore: 6, rowsAfter: 3 }],
        kept: [dailyPath(), dailyPath("2024-09-04"), dailyPath("2024-10-01")],
        problem: null,
      },
    ]);
    expect(await fixture.logins("amy", "ben")).toEqual(rowsOfTable);
  });
});

test("a table that is gone is named, and left to the next run", async () => {
  const { fixture } = await lakeWithRows();
  await fixture.lose(table);
  const problem = "The next run rebuilds it from the landed files.";
  expect((await repair(fixture)).tables).toMatchObject([
    { table, found: expect.stringContaining("gone"), problem },
  ]);
  await fixture.run();
  expect((await repair(fixture)).tables).toEqual([]);
});
