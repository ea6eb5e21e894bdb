import path from "node:path";
import { describe, expect, test } from "vitest";
import { pseudoTable } from "../../src/clever/layout";
import { type ReportName, reports } from "../../src/clever/reports";
import { formatCommit } from "../../src/delta/actions";
import { commitPath } from "../../src/delta/paths";
import { lakePathOf, readQuery } from "../../src/delta/readQuery";
import { readSnapshot } from "../../src/delta/snapshot";
import { sqlString } from "../../src/duck/duck";
import { checkRows } from "../../src/pipeline/verifyRows";
import { sharedDuck } from "../helpers/lakeRows";
import { daily, dailyCsv, dailyPath, PipelineFixture } from "../helpers/pipelineFixture";

type Cells = Readonly<Record<string, string | number | boolean | null>>;

const someone: Cells = {
  date: "2024-09-03",
  sis_id_pseudonym: "s1",
  clever_user_id_pseudonym: "c1",
  user_type: "student",
  source_file: "a.csv",
};
const attendance: Cells = { ...someone, active: true, num_logins: 1, num_resources_accessed: 2 };
const use: Cells = { ...someone, resource_id: "r1", resource_name: "Maths", num_access: 1 };

/** What is told of a table of these rows. */
async function told(name: ReportName, ...rows: Cells[]): Promise<string[]> {
  const duck = await sharedDuck();
  return duck.session(async (session) => {
    const values = rows.map(
      (row) => `SELECT * FROM (SELECT unnest(from_json(${sqlString(JSON.stringify(row))}, '{
      "date":"DATE","sis_id_pseudonym":"VARCHAR","clever_user_id_pseudonym":"VARCHAR","user_type":"VARCHAR",
      "source_file":"VARCHAR","active":"BOOLEAN","num_logins":"INTEGER","num_resources_accessed":"INTEGER",
      "resource_id":"VARCHAR","resource_name":"VARCHAR","num_access":"INTEGER"}'), recursive := true))`,
    );
    const found = await checkRows(session, reports[name], values.join(" UNION ALL "), undefined);
    return found.map(({ subject, problem }) => `${subject}: ${problem}`);
  });
}

describe("of rows that two files have brought in", () => {
  test("the later file is told, with how many and whose they are", async () => {
    const other = { ...attendance, source_file: "b.csv", num_logins: 5 };
    const next = { date: "2024-09-04" };
    expect(
      await told("daily_participation", attendance, other, { ...attendance, ...next }, { ...other, ...next }),
    ).toEqual(["b.csv: The table has 2 days of people from it that it also has from a.csv."]);
  });

  test.each([
    ["of another day", { date: "2024-09-04" }],
    ["of another person", { clever_user_id_pseudonym: "c2" }],
    ["of another user type", { user_type: "staff" }],
    ["of nobody", { sis_id_pseudonym: null, clever_user_id_pseudonym: null }],
    ["of the same file", { source_file: "a.csv" }],
  ])("those %s are none", async (_, change) => {
    const other = { ...attendance, source_file: "b.csv", ...change };
    const before = "sis_id_pseudonym" in change ? { ...attendance, ...change } : attendance;
    expect(await told("daily_participation", before, other)).toEqual([]);
  });

  test("resource usage has one for each resource", async () => {
    const other = { ...use, source_file: "b.csv" };
    expect(await told("resource_usage", use, { ...other, resource_id: "r2" })).toEqual([]);
    expect(await told("resource_usage", use, { ...other, resource_name: "Algebra" })).toEqual([
      "b.csv: The table has a day of a person with a resource from it that it also has from a.csv.",
    ]);
  });
});

test("a value that every row has and one lacks is told by its column", async () => {
  expect(
    await told("daily_participation", attendance, { ...attendance, active: null, sis_id_pseudonym: null }),
  ).toEqual([
    `${pseudoTable(reports.daily_participation)}: 1 row without a value in active, which every row of a report has.`,
  ]);
});

test("verify looks at what another program has added too", async () => {
  const fixture = await PipelineFixture.create();
  await fixture.put(dailyPath("2024-09-03"), dailyCsv(daily("amy"), daily("ben")));
  await fixture.run();
  const table = pseudoTable(reports.daily_participation);
  const duck = await sharedDuck();
  const snapshot = await readSnapshot(fixture.lake, table, duck);
  const [file] = snapshot?.files.values() ?? [];
  if (!snapshot || !file) throw new Error("There is no table.");
  const added = file.path.replace(/[^/]+$/, "added.parquet");
  const place = path.join(fixture.lake.localPath(table), added);
  const rows = readQuery(snapshot, [file], () => fixture.lake.localPath(lakePathOf(snapshot, file)));
  await duck.session((session) =>
    session.query(
      `COPY (SELECT * EXCLUDE (year, month) REPLACE ('elsewhere.csv' AS source_file) FROM (${rows})) TO ${sqlString(place)}`,
    ),
  );
  const { size = 0 } = (await fixture.lake.stat(`${table}/${added}`)) ?? {};
  const { partitionValues, modificationTime } = file;
  const add = { path: added, partitionValues, size, modificationTime, dataChange: true };
  await fixture.lake.putIfAbsent(
    commitPath(table, snapshot.version + 1),
    Buffer.from(formatCommit([{ add }])),
  );
  expect((await fixture.verify()).problems).toContainEqual({
    subject: "elsewhere.csv",
    problem: `The table has 2 days of people from it that it also has from ${dailyPath("2024-09-03")}.`,
  });
});
