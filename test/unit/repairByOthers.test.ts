import { rm } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { digitalActivityTable, lookupTable, pseudoTable } from "../../src/clever/layout";
import { reports } from "../../src/clever/reports";
import { removeFile } from "../../src/delta/tableActions";
import { repairLake } from "../../src/pipeline/repair/repair";
import { FaultyLake } from "../helpers/faultyLake";
import { ForeignWriter } from "../helpers/foreignWriter";
import { lakeTemplate } from "../helpers/lakeTemplate";
import {
  daily,
  dailyCsv,
  dailyPath,
  PipelineFixture,
  salt,
  usage,
  usageCsv,
  usagePath,
} from "../helpers/pipelineFixture";

/** Several changes of other programs at once, and what a repair must not do then. */

const dailyTable = pseudoTable(reports.daily_participation);
const usageTable = pseudoTable(reports.resource_usage);
const lookup = lookupTable(reports.daily_participation);
/** A resource whose name has Ben's id. */
const named = "https://example.org/sis-ben/page";
const masked = expect.stringMatching(/^https:\/\/example\.org\/\[pseudonym\]\/page$/);

async function fill(fixture: PipelineFixture, resource: string): Promise<void> {
  await fixture.put(dailyPath(), dailyCsv(daily("amy"), daily("ben")));
  await fixture.put(dailyPath("2024-10-01"), dailyCsv(daily("amy", "2024-10-01")));
  await fixture.put(usagePath(), usageCsv(usage("amy", resource)));
  await fixture.run();
}

const lakeWithRows = lakeTemplate((fixture) => fill(fixture, "Maths"));
const lakeWithNamed = lakeTemplate((fixture) => fill(fixture, named));

const repair = ({ lake }: PipelineFixture) => repairLake({ lake, salt, dryRun: false });

/** Deletes all rows of a table, as `DELETE FROM` does. */
async function empty({ lake }: PipelineFixture, table: string, month?: string): Promise<void> {
  const writer = new ForeignWriter(lake, table);
  const files = [...(await writer.snapshot()).files.values()].filter(
    ({ partitionValues }) => month === undefined || partitionValues.month === month,
  );
  await writer.commit(
    "DELETE",
    files.map((file) => removeFile(file, { dataChange: true })),
  );
}

async function resourceNames(fixture: PipelineFixture): Promise<unknown[]> {
  return (await fixture.rows("resource_usage")).map((row) => row.resource_name).sort();
}

describe("people whose lookups are gone are not known", () => {
  test("if a program deleted them from the table, nothing is pseudonymized until it is repaired", async () => {
    const fixture = await lakeWithRows();
    await empty(fixture, lookup);
    await fixture.put(usagePath("2024-09-05"), usageCsv(usage("amy", named, "2024-09-05")));
    const { anonymized, failed } = await fixture.run();
    expect(anonymized).toBe(0);
    expect(failed).toMatchObject([{ reason: expect.stringMatching(/gone or lacks people/) }]);
    expect(await resourceNames(fixture)).toEqual(["Maths"]);
    await repair(fixture);
    expect(await fixture.run()).toMatchObject({ anonymized: 1, failed: [] });
    expect(await resourceNames(fixture)).toEqual(["Maths", masked]);
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("a rebuilt table has those of replaced deliveries too, whose ids may still be in texts", async () => {
    const fixture = await lakeWithRows();
    await fixture.put(dailyPath(), dailyCsv(daily("amy")));
    await fixture.run();
    await fixture.lose(lookup);
    await repair(fixture);
    await fixture.put(usagePath("2024-09-05"), usageCsv(usage("amy", named, "2024-09-05")));
    expect(await fixture.run()).toMatchObject({ anonymized: 1, failed: [] });
    expect(await resourceNames(fixture)).toEqual(["Maths", masked]);
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("if a program deleted one who has no row any more, nothing is pseudonymized either", async () => {
    const fixture = await lakeWithRows();
    await fixture.put(dailyPath(), dailyCsv(daily("amy")));
    await fixture.run();
    const writer = new ForeignWriter(fixture.lake, lookup);
    const files = [...(await writer.snapshot()).files.values()];
    const add = await writer.file((rows) => `FROM ${rows} WHERE sis_id <> 'sis-ben'`);
    await writer.commit("DELETE", [...files.map((file) => removeFile(file, { dataChange: true })), { add }]);
    await fixture.put(usagePath("2024-09-05"), usageCsv(usage("amy", named, "2024-09-05")));
    expect(await fixture.run()).toMatchObject({ anonymized: 0, failed: [expect.anything()] });
    await repair(fixture);
    expect(await fixture.run()).toMatchObject({ anonymized: 1, failed: [] });
    expect(await resourceNames(fixture)).toEqual(["Maths", masked]);
  });

  test("nor if the table of rows cannot be read either", async () => {
    const fixture = await lakeWithRows();
    await new ForeignWriter(fixture.lake, dailyTable).requireFeature("aFutureFeature");
    await fixture.lose(lookup);
    await fixture.put(usagePath("2024-09-05"), usageCsv(usage("amy", named, "2024-09-05")));
    const { anonymized, failed } = await fixture.run();
    expect(anonymized).toBe(0);
    expect(failed).toMatchObject([{ reason: expect.stringMatching(/gone or lacks people/) }]);
    expect(await resourceNames(fixture)).toEqual(["Maths"]);
  });

  test.each([
    ["of the other report", usageTable, undefined],
    ["of their own report", dailyTable, "10"],
  ])("so no rows %s are rebuilt while the lookups cannot be", async (_name, table, month) => {
    const fixture = await lakeWithNamed();
    await fixture.lose(lookup);
    const landed = (await fixture.lastLog()).get(dailyPath())?.landedPath ?? "";
    await fixture.lake.delete(landed);
    await empty(fixture, table, month);
    const { tables } = await repair(fixture);
    expect(tables).toMatchObject([
      { table: lookup, problem: expect.stringMatching(/lack people/) },
      { table, problem: expect.stringMatching(/once the lookup tables are/) },
    ]);
    // A new lookup table with some of the people would no longer block a run.
    expect(await fixture.lake.stat(`${lookup}/_delta_log`)).toBeUndefined();
    expect((await fixture.run()).changedByOthers.map((each) => each.table)).toContain(table);
  });
});

describe("while another program's deletion is not repaired", () => {
  const people = ["amy", "ben", "cat", "dan"];

  /** A file of two months, the rows of one of which were deleted. */
  const withoutSeptember = lakeTemplate(async (fixture) => {
    const october = people.map((person) => daily(person, "2024-10-01"));
    await fixture.put(dailyPath(), dailyCsv(...people.map((person) => daily(person)), ...october));
    await fixture.run({ accept: [dailyPath()] });
    expect(await fixture.rows()).toHaveLength(8);
    await empty(fixture, dailyTable, "9");
  });

  async function expectIntact(fixture: PipelineFixture): Promise<void> {
    await repair(fixture);
    expect(await fixture.rows()).toHaveLength(8);
    expect((await fixture.verify()).problems).toEqual([]);
  }

  test.each([
    ["truncated", [daily("amy")]],
    ["without the deleted month", people.map((person) => daily(person, "2024-10-01", 3))],
  ])("a redelivery, %s, waits: it cannot be compared with all rows that it replaces", async (_how, lines) => {
    const fixture = await withoutSeptember();
    await fixture.put(dailyPath(), dailyCsv(...lines));
    const reason = expect.stringMatching(
      /removed 4 of the rows that the file replaces.*Run clever-lake repair/,
    );
    const waiting = { anonymized: 0, quarantined: [], failed: [{ path: dailyPath(), reason }] };
    expect(await fixture.run()).toMatchObject(waiting);
    expect(await fixture.run()).toMatchObject(waiting);
    await expectIntact(fixture);
    expect(await fixture.run()).toMatchObject({
      anonymized: 0,
      failed: [],
      quarantined: [{ path: dailyPath() }],
    });
    await expectIntact(fixture);
  });

  test("a new file that contradicts the deleted rows is held back", async () => {
    const fixture = await withoutSeptember();
    const contradicting = dailyPath("2024-09-04");
    await fixture.put(contradicting, dailyCsv(daily("amy", "2024-09-03", 7)));
    expect(await fixture.run()).toMatchObject({ failed: [], quarantined: [{ path: contradicting }] });
    await expectIntact(fixture);
  });

  test("other files are ingested", async () => {
    const fixture = await withoutSeptember();
    await fixture.put(dailyPath("2024-09-04"), dailyCsv(daily("amy", "2024-09-04")));
    expect(await fixture.run()).toMatchObject({ anonymized: 1, failed: [], quarantined: [] });
  });
});

test("a damaged log gets back the delivery whose rows count, if a newer one is in quarantine", async () => {
  const fixture = await PipelineFixture.create();
  const [older, newer] = [dailyPath("2024-09-03"), dailyPath("2024-09-04")];
  const others = [daily("ben", "2024-09-04"), daily("dan", "2024-09-04")];
  await fixture.put(older, dailyCsv(daily("amy"), daily("cat")));
  await fixture.put(newer, dailyCsv(daily("amy", "2024-09-03", 7), ...others));
  await fixture.run({ accept: [older, newer] });
  const first = [...(await new ForeignWriter(fixture.lake, fixture.logFolder).snapshot()).files.keys()];
  await fixture.put(newer, dailyCsv("2024-13-99,sis-amy,clever-amy,school-1,North High,true,7,2", ...others));
  expect((await fixture.run()).quarantined).toHaveLength(1);
  for (const file of first) await rm(fixture.lake.localPath(`${fixture.logFolder}/${file}`));

  await repair(fixture);
  await fixture.run();
  expect((await fixture.verify()).problems).toEqual([]);
  // The older file is delivered again, and must not take the newer one's row.
  await fixture.put(
    older,
    dailyCsv(daily("amy"), daily("cat", "2024-09-03", 3)),
    new Date(Date.UTC(2024, 10, 5, 0, 1, 30)),
  );
  await fixture.run();
  await fixture.run({ accept: [older] });
  expect(await fixture.logins("amy", "cat")).toEqual(
    expect.arrayContaining(["amy 2024-09-03 7", "cat 2024-09-03 3"]),
  );
  expect(await fixture.state(newer)).toBe("quarantined");
});

describe("what another program did before its commits were cleaned up", () => {
  const september = { year: 2024, month: 9 };

  /** Appends September's rows again, without their file. */
  async function appendRows(fixture: PipelineFixture): Promise<void> {
    const writer = new ForeignWriter(fixture.lake, dailyTable);
    const add = await writer.file(
      (rows) => `SELECT * REPLACE (NULL AS source_file) FROM ${rows} WHERE month = 9`,
      september,
    );
    await writer.commit("WRITE", [{ add }]);
    await writer.cleanUp();
  }

  const found = [
    { table: dailyTable, months: ["2024-09"], problem: expect.stringMatching(/^The table has 2 rows that/) },
  ];

  async function expectRepaired(fixture: PipelineFixture, rows: number): Promise<void> {
    await repair(fixture);
    expect(await fixture.rows()).toHaveLength(rows);
    expect((await fixture.run()).changedByOthers).toEqual([]);
    expect((await fixture.verify()).problems).toEqual([]);
    expect((await repair(fixture)).tables).toEqual([]);
  }

  test("is found by the counts if it appended rows", async () => {
    const fixture = await lakeWithRows();
    await appendRows(fixture);
    expect((await fixture.lakeStatus()).changedByOthers).toMatchObject(found);
    await fixture.put(dailyPath("2024-10-02"), dailyCsv(daily("amy", "2024-10-02")));
    expect((await fixture.run()).changedByOthers).toMatchObject(found);
    await expectRepaired(fixture, 4);
  });

  test("is found as soon as an interrupted run is completed", async () => {
    const fixture = await lakeWithRows();
    await fixture.put(dailyPath("2024-10-02"), dailyCsv(daily("amy", "2024-10-02")));
    const before = await fixture.version(dailyTable);
    for (let at = 1; (await fixture.version(dailyTable)) === before; at++)
      await fixture.run({ lake: new FaultyLake(fixture.lake, "dead", at) }).catch(() => undefined);
    await appendRows(fixture);
    expect((await fixture.run()).changedByOthers).toEqual([]);
    expect((await fixture.run()).changedByOthers).toMatchObject(found);
    await expectRepaired(fixture, 4);
  });

  test("is repaired if it changed values, which no count shows", async () => {
    const fixture = await lakeWithRows();
    const writer = new ForeignWriter(fixture.lake, dailyTable);
    await writer.rewrite("UPDATE", september, { select: "SELECT * REPLACE (99::INTEGER AS num_logins)" });
    await writer.cleanUp();
    await fixture.put(dailyPath("2024-10-02"), dailyCsv(daily("amy", "2024-10-02")));
    await fixture.run();
    expect((await fixture.verify()).problems).toHaveLength(1);
    const preview = await repairLake({ lake: fixture.lake, salt, dryRun: true });
    expect(preview.tables).toMatchObject([
      { table: dailyTable, found: "The rows of 1 file differ from the landed files." },
    ]);
    await expectRepaired(fixture, 4);
    expect(await fixture.logins("amy")).toContain("amy 2024-09-03 1");
  });

  test("needs no repair if it only rearranged data files", async () => {
    const fixture = await lakeWithRows();
    const writer = new ForeignWriter(fixture.lake, dailyTable);
    await writer.rewrite("OPTIMIZE", september, { dataChange: false });
    await writer.cleanUp();
    expect((await repair(fixture)).tables).toEqual([]);
  });
});

test("rows of a partition without a month are removed", async () => {
  const fixture = await lakeWithRows();
  const writer = new ForeignWriter(fixture.lake, dailyTable);
  const add = await writer.file((rows) => `SELECT * REPLACE (NULL AS source_file) FROM ${rows} LIMIT 1`, {
    year: null,
    month: null,
  });
  await writer.commit("WRITE", [{ add }]);
  expect((await fixture.run()).changedByOthers).toHaveLength(1);
  const { tables } = await repair(fixture);
  expect(tables).toMatchObject([{ table: dailyTable, rowsBefore: 4, rowsAfter: 3, problem: null }]);
  expect(tables[0]?.months.at(-1)).toEqual({ month: null, rowsBefore: 1, rowsAfter: 0 });
  expect((await fixture.run()).changedByOthers).toEqual([]);
  expect((await fixture.verify()).problems).toEqual([]);
});

test("nothing lands and no table changes while the ingest log has a feature with which we cannot append to it", async () => {
  const fixture = await lakeWithRows();
  await new ForeignWriter(fixture.lake, fixture.logFolder).turnChangeFeedOn();
  await fixture.put(dailyPath("2024-10-02"), dailyCsv(daily("amy", "2024-10-02")));
  const before = await fixture.tree();
  const refusal = {
    code: "unsupportedTable",
    subject: fixture.logFolder,
    message: expect.stringMatching(/changeDataFeed/) as unknown,
  };
  await expect(fixture.run()).rejects.toMatchObject(refusal);
  await expect(repair(fixture)).rejects.toMatchObject(refusal);
  expect(await fixture.tree()).toEqual(before);
  expect((await fixture.verify()).problems).toEqual([]);
});

test("a table of other modules that cannot be read does not block the repair of ours", async () => {
  const fixture = await lakeWithRows();
  await fixture.run({ digitalActivity: true });
  await new ForeignWriter(fixture.lake, digitalActivityTable).requireFeature("aFutureFeature");
  await empty(fixture, dailyTable, "10");
  const { tables } = await repair(fixture);
  expect(tables).toMatchObject([
    { table: dailyTable, problem: null },
    { table: digitalActivityTable, problem: expect.stringMatching(/aFutureFeature/) },
  ]);
  expect(await fixture.rows()).toHaveLength(3);
});
