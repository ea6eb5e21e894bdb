import { readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { lookupTable, pseudoTable, rosterTable } from "../../src/clever/layout";
import { reports, userTypes } from "../../src/clever/reports";
import type { AddFile } from "../../src/delta/log/actions";
import { formatCommit } from "../../src/delta/log/actions";
import { commitPath } from "../../src/delta/paths";
import { readQuery } from "../../src/delta/readQuery";
import { readSnapshot } from "../../src/delta/snapshot";
import { removeFile } from "../../src/delta/tableActions";
import { sqlString } from "../../src/duck/duck";
import { updateActivityWithoutRun } from "../../src/pipeline/activity/digitalActivity";
import { exportEngagement } from "../../src/pipeline/activity/exportEngagement";
import { caveatsOf } from "../../src/pipeline/plan/caveats";
import { repairLake } from "../../src/pipeline/repair/repair";
import { ForeignWriter, type SchemaChange } from "../helpers/foreignWriter";
import { lakeMetrics } from "../helpers/lakeMetrics";
import { sharedDuck } from "../helpers/lakeRows";
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
import { PseudoTables } from "../helpers/pseudoTables";
import { temporaryFolder } from "../helpers/temporaryFolder";

/** `verify` recomputes the rows that count, and reports another program's changes by source. */

const participation = pseudoTable(reports.daily_participation);
const lookup = lookupTable(reports.daily_participation);
const [older, newer] = [dailyPath("2024-09-03"), dailyPath("2024-09-04")];
const differing = "Its rows in the table differ from its landed file.";

let fixture: PipelineFixture;
beforeEach(async () => {
  fixture = await PipelineFixture.create();
  await fixture.put(older, dailyCsv(daily("amy"), daily("ben")));
  await fixture.put(newer, dailyCsv(daily("amy"), daily("cat")));
  await fixture.run();
  expect(await fixture.logins("amy", "ben", "cat")).toHaveLength(3);
  expect((await fixture.verify()).problems).toEqual([]);
});

test("files whose transactions another program let expire are named once, and the next run applies them again", async () => {
  const writer = new ForeignWriter(fixture.lake, participation);
  await writer.cleanUp({ withTransactions: false });
  const problem =
    "It is anonymized according to the log, but not according to the table. The next run reads it again.";
  const expected = [newer, older].map((subject) => ({ subject, problem }));
  const { problems } = await fixture.verify();
  expect(problems).toHaveLength(2);
  expect(problems).toEqual(expect.arrayContaining(expected));
  expect(await fixture.run()).toMatchObject({ landed: 0, anonymized: 2, failed: [] });
  expect(await fixture.logins("amy", "ben", "cat")).toHaveLength(3);
  expect((await fixture.verify()).problems).toEqual([]);
});

test("a table from which another program dropped a column is named, with what to do", async () => {
  await new ForeignWriter(fixture.lake, participation).dropColumn("source_file");
  const problem = expect.stringMatching(/lacks the column source_file\. clever-lake repair/) as unknown;
  expect((await fixture.verify()).problems).toEqual([{ subject: participation, problem }]);
});

test.each([
  [
    "dropped",
    "it lacks the column num_logins",
    (fields) => fields.filter(({ name }) => name !== "num_logins"),
  ],
  [
    "retyped",
    "the column num_logins is of type string, not integer",
    (fields) => fields.map((field) => (field.name === "num_logins" ? { ...field, type: "string" } : field)),
  ],
] satisfies readonly (readonly [string, string, SchemaChange])[])(
  "a number column that another program %s is named by all that reads the rows, with what to do",
  async (_, difference, change) => {
    const { lake } = fixture;
    await new ForeignWriter(lake, participation).changeColumns(change);
    const refusal = {
      code: "unsupportedTable",
      subject: participation,
      message: expect.stringContaining(difference) as unknown,
      hint: expect.stringContaining("clever-lake repair") as unknown,
    };
    const place = path.join(await temporaryFolder(), "events.parquet");
    await expect(lakeMetrics(lake, {}, { minimumGroupSize: 1 })).rejects.toMatchObject(refusal);
    await expect(exportEngagement(lake, await sharedDuck(), place)).rejects.toMatchObject(refusal);
    await expect(updateActivityWithoutRun(lake)).rejects.toMatchObject(refusal);
    await repairLake({ lake, salt, dryRun: false });
    await lakeMetrics(lake, {}, { minimumGroupSize: 1 });
    expect((await fixture.verify()).problems).toEqual([]);
  },
);

test.each([
  ["another order", (fields) => fields.toReversed()],
  [
    "wider numbers, and without a column that no question reads",
    (fields) =>
      fields.flatMap((field) =>
        field.name === "source_file"
          ? []
          : [field.name === "num_logins" ? { ...field, type: "long" } : field],
      ),
  ],
] satisfies readonly (readonly [string, SchemaChange])[])(
  "numbers are still read from a table whose columns have %s",
  async (_, change) => {
    const { lake } = fixture;
    const before = await lakeMetrics(lake, {}, { minimumGroupSize: 1 });
    await new ForeignWriter(lake, participation).changeColumns(change);
    expect(await lakeMetrics(lake, {}, { minimumGroupSize: 1 })).toEqual(before);
  },
);

test("only changes of rows are caveats of the numbers, and no row is read for them", async () => {
  const { lake } = fixture;
  const caveats = async () => {
    const onlyLogs = new Proxy(lake, {
      get: (target, name) =>
        name === "localPath"
          ? (file: string) => (file.includes("_pseudo/year=") ? undefined : target.localPath(file))
          : (Reflect.get(target, name) as unknown),
    });
    return (await caveatsOf(onlyLogs, userTypes, new AbortController().signal, () => undefined))
      .changedByOthers;
  };
  const writer = new ForeignWriter(lake, participation);
  await writer.changeColumns((fields) => fields.toReversed());
  expect(await caveats()).toEqual(new Map());
  const [file] = (await writer.snapshot()).files.values();
  if (file === undefined) throw new Error("the table is empty");
  await writer.commit("DELETE", [removeFile(file, { dataChange: true })]);
  expect(await caveats()).toEqual(
    new Map([[participation, "Another program (Apache-Spark/3.5.3) changed its rows: DELETE."]]),
  );
});

test("a data file of another program that has other types than the table is named by all that reads the rows", async () => {
  const { lake } = fixture;
  const writer = new ForeignWriter(lake, participation);
  const [file] = (await writer.snapshot()).files.values();
  if (file === undefined) throw new Error("the table is empty");
  const other = {
    ...file,
    path: file.path.replace(/[^/]*$/, "other.parquet"),
    stats: undefined,
    tags: undefined,
  };
  const [from = "", to = ""] = [file, other].map((each) => lake.localPath(`${participation}/${each.path}`));
  const rows = `SELECT * REPLACE ('many' AS num_logins) FROM read_parquet(${sqlString(from)}, hive_partitioning = false)`;
  await (await sharedDuck()).session((session) =>
    session.query(`COPY (${rows}) TO ${sqlString(to)} (FORMAT parquet)`),
  );
  const { size } = await stat(to);
  await writer.commit("UPDATE", [removeFile(file, { dataChange: true }), { add: { ...other, size } }]);
  const damage = {
    code: "corrupt",
    subject: participation,
    message: expect.stringContaining("data file that another program wrote") as unknown,
    hint: expect.stringContaining("clever-lake repair") as unknown,
  };
  await expect(lakeMetrics(lake, {}, { minimumGroupSize: 1 })).rejects.toMatchObject(damage);
  await expect(updateActivityWithoutRun(lake)).rejects.toMatchObject(damage);
  expect((await fixture.verify()).problems).toMatchObject([{ subject: participation }]);
  await repairLake({ lake, salt, dryRun: false });
  expect((await fixture.verify()).problems).toEqual([]);
});

test("a column that another program dropped from a lookup table is named, and repair rebuilds the table", async () => {
  await new ForeignWriter(fixture.lake, lookup).dropColumn("sis_id");
  const problem = expect.stringMatching(/lacks the column sis_id\. clever-lake repair/) as unknown;
  expect((await fixture.verify()).problems).toEqual([{ subject: lookup, problem }]);
  await repairLake({ lake: fixture.lake, salt, dryRun: false });
  expect((await fixture.verify()).problems).toEqual([]);
});

test("a column that another program dropped from the roster's table is named by verify and the dashboard", async () => {
  const { lake } = fixture;
  await new PseudoTables(lake).putRoster(new Map([["amy", "9"]]));
  await new ForeignWriter(lake, rosterTable).dropColumn("grade");
  const problem = expect.stringMatching(/lacks the column grade/) as unknown;
  expect((await fixture.verify()).problems).toEqual([{ subject: rosterTable, problem }]);
  await expect(lakeMetrics(lake, {}, { minimumGroupSize: 1 })).rejects.toMatchObject({
    code: "unsupportedTable",
    subject: rosterTable,
  });
});

/**
 * Commits to a table like another program: the result of `select` on its rows, in a file in addition to the others or in
 * their place.
 *
 * @param select what follows FROM, on the relation `rows_`
 */
async function commitRows(table: string, select: string, isInPlace = false): Promise<void> {
  const duck = await sharedDuck();
  const { lake } = fixture;
  const snapshot = await readSnapshot({ lake, duck }, table);
  const files: AddFile[] = [...(snapshot?.files.values() ?? [])];
  const [first] = files;
  if (!snapshot || !first) throw new Error("There is no table.");
  const added = first.path.replace(/[^/]+$/, "added.parquet");
  const place = path.join(lake.localPath(table), added);
  const rows = readQuery(snapshot, files, (file) => lake.localPath(file));
  await duck.session((session) =>
    session.query(
      `COPY (WITH rows_ AS (${rows}) SELECT * EXCLUDE (year, month) FROM (${select})) TO ${sqlString(place)}`,
    ),
  );
  const { size = 0 } = (await lake.stat(`${table}/${added}`)) ?? {};
  const { partitionValues, modificationTime } = first;
  const add = { path: added, partitionValues, size, modificationTime, dataChange: true };
  const removed = isInPlace ? files.map((file) => removeFile(file, { dataChange: true })) : [];
  await lake.putIfAbsent(
    commitPath(table, snapshot.version + 1),
    Buffer.from(formatCommit([...removed, { add }])),
  );
}

const problems = async () => (await fixture.verify()).problems;

describe("among rows that another program added", () => {
  test("those of a source that is not in the log are reported", async () => {
    await commitRows(participation, "SELECT * REPLACE ('elsewhere.csv' AS source_file) FROM rows_");
    expect(await problems()).toContainEqual({
      subject: "elsewhere.csv",
      problem:
        "The table has 3 rows from it that are not in the ingest log. If a run was interrupted, the next one adds the entry.",
    });
  });

  test("those without a source are reported", async () => {
    await commitRows(participation, "SELECT * REPLACE (NULL::VARCHAR AS source_file) FROM rows_");
    expect(await problems()).toContainEqual({
      subject: participation,
      problem:
        "The table has 3 rows from it that are not in the ingest log. If a run was interrupted, the next one adds the entry.",
    });
  });

  test("those that a newer file has superseded are reported for the older one", async () => {
    const taken = `SELECT * REPLACE (${sqlString(older)} AS source_file) FROM rows_
      WHERE source_file = ${sqlString(newer)} ORDER BY sis_id_pseudonym LIMIT 1`;
    await commitRows(participation, taken);
    expect(await problems()).toContainEqual({
      subject: older,
      problem: "1 row written, but 2 in the table.",
    });
  });
});

describe("among rows that another program rewrote", () => {
  test("the same ones in one file, without tags, are correct", async () => {
    await commitRows(participation, "FROM rows_ ORDER BY sis_id_pseudonym", true);
    expect(await problems()).toEqual([]);
  });

  test("a lost one is reported", async () => {
    await commitRows(participation, `FROM rows_ WHERE source_file <> ${sqlString(older)}`, true);
    expect(await problems()).toContainEqual({
      subject: older,
      problem: "1 row written, but 0 in the table.",
    });
  });

  test("one attributed to the wrong file is reported, even if all counts are right", async () => {
    // Ben's row is attributed to the newer file, and one of the newer file's rows to the older one.
    const swapped = `SELECT * REPLACE (CASE WHEN source_file = ${sqlString(older)} THEN ${sqlString(newer)}
      WHEN row_number() OVER (PARTITION BY source_file ORDER BY sis_id_pseudonym) = 1 THEN ${sqlString(older)}
      ELSE source_file END AS source_file) FROM rows_`;
    await commitRows(participation, swapped, true);
    const reported = await problems();
    for (const source of [older, newer]) {
      expect(reported).toContainEqual({
        subject: expect.stringContaining(path.posix.basename(source)),
        problem: differing,
      });
    }
  });
});

test("a missing value of a required column is reported with the column", async () => {
  await commitRows(participation, "SELECT * REPLACE (NULL::BOOLEAN AS active) FROM rows_ LIMIT 1");
  expect(await problems()).toContainEqual({
    subject: participation,
    problem: "1 row without a value in active, which every row of a report has.",
  });
});

test("rows of one day with different resources, people and user types coexist", async () => {
  await fixture.put(usagePath("2024-09-03"), usageCsv(usage("amy", "Maths"), usage("ben", "Maths")));
  await fixture.put(usagePath("2024-09-04"), usageCsv(usage("amy", "Art"), usage("cat", "Maths")));
  await fixture.put(usagePath("2024-09-04", "staff"), usageCsv(usage("amy", "Maths"), usage("dan", "Art")));
  expect(await fixture.run()).toMatchObject({ anonymized: 3, superseded: 0, quarantined: [] });
  expect(await fixture.rows("resource_usage")).toHaveLength(6);
  expect(await problems()).toEqual([]);
});

test("a fully superseded file still supersedes rows of older ones", async () => {
  fixture = await PipelineFixture.create();
  const row = (sis: string, clever: string) => `2024-09-03,${sis},${clever},school-1,North High,true,1,2`;
  await fixture.put(dailyPath("2024-09-03"), dailyCsv(row("s1", "")));
  await fixture.put(dailyPath("2024-09-04"), dailyCsv(row("s1", "c1")));
  await fixture.put(dailyPath("2024-09-05"), dailyCsv(row("", "c1")));
  await fixture.run();
  expect(await fixture.rows()).toMatchObject([{ source_file: dailyPath("2024-09-05") }]);
  expect(await problems()).toEqual([]);
});

test("the landed file of rows in the tables is checked, even if a newer delivery is in quarantine", async () => {
  const landed = (await fixture.lastLog()).get(older)?.landedPath ?? "";
  await fixture.put(older, dailyCsv(daily("amy"), "not a row"));
  expect((await fixture.run()).quarantined).toMatchObject([{ path: older, hasEarlierRows: true }]);
  expect((await fixture.verify()).problems).toEqual([]);
  const place = fixture.lake.localPath(landed);
  await writeFile(place, `${await readFile(place, "utf8")}\n`);
  expect((await fixture.verify()).problems).toContainEqual({
    subject: landed,
    problem: expect.stringMatching(/bytes are not those that were ingested\. Restore it from a backup/),
  });
});
