import { afterAll, beforeAll, expect, test } from "vitest";
import { groupViews } from "../../src/assets/sql/groupViews";
import { personColumn } from "../../src/clever/person";
import { Duck } from "../../src/duck/duck";

let duck: Duck;
beforeAll(async () => {
  duck = await Duck.open({ threads: 1 });
  // Two cohorts whose names differ by a space at the end, one of teachers, one without a name; the third group is not
  // counted on September 4. The division knows the days from September 2 to 5.
  await duck.session((session) =>
    session.query(`CREATE SCHEMA lake; CREATE SCHEMA people;
CREATE TABLE lake.groups (cohort INT, school_name VARCHAR, user_type VARCHAR, grade VARCHAR, group_number INT,
  cohorts_in_group INT, minimum_group_size INT, day_left_out DATE);
INSERT INTO lake.groups VALUES
  (1, 'North', 'student', '3', 1, 1, 5, NULL),
  (2, 'North ', 'student', '3', 2, 1, 5, NULL),
  (3, 'North', 'teacher', NULL, 3, 1, 5, NULL),
  (4, NULL, 'student', NULL, 4, 1, 5, NULL),
  (NULL, NULL, NULL, NULL, 3, NULL, 5, '2024-09-04'),
  (NULL, NULL, NULL, NULL, NULL, NULL, 5, '2024-09-02'),
  (NULL, NULL, NULL, NULL, NULL, NULL, 5, '2024-09-06');
CREATE TABLE people.grade_of_person (${personColumn} VARCHAR, grade VARCHAR);
INSERT INTO people.grade_of_person VALUES ('amy', '3'), ('tom', '3');
CREATE TABLE people.daily_participation (${personColumn} VARCHAR, school_name VARCHAR, user_type VARCHAR, date DATE,
  reported_school_name VARCHAR);`),
  );
});
afterAll(() => duck.close());

/** `person cohort counts` of rows (person, school, user type, date). */
async function grouped(
  rows: readonly (readonly (string | null)[])[],
  asWritten = (sql: string) => sql,
): Promise<string[]> {
  const body = (name: string) => groupViews.find((view) => view.name === name)?.body ?? "";
  return duck.session(async (session) => {
    await session.query("DELETE FROM people.daily_participation");
    for (const row of rows)
      await session.query(
        "INSERT INTO people.daily_participation VALUES ($1, $2, $3, $4, coalesce($5, $2))",
        [...row, null].slice(0, 5),
      );
    await session.query(`CREATE OR REPLACE VIEW people.cohorts AS ${body("cohorts")}`);
    const found = await session.query(`FROM (${asWritten(body("grouped_participation"))}) ORDER BY ALL`);
    return found.map((row) => `${row[personColumn]} ${row.cohort} ${row.counts}`);
  });
}

const row = (person: string, school: string | null, date: string, userType = "student") => [
  person,
  school,
  userType,
  date,
];

test("rows count on the days of their group that the division knows and has not suppressed", async () => {
  expect(
    await grouped([
      row("amy", "North", "2024-09-01"),
      row("amy", "North", "2024-09-05"),
      row("amy", "North", "2024-09-06"),
      row("amy", "South", "2024-09-05"),
      row("kim", null, "2024-09-04"),
    ]),
  ).toEqual(["amy 1 0", "amy 1 1", "amy 1 0", "amy null 0", "kim 4 1"]);
});

test("a renamed school has the name of the division, whenever that was made", async () => {
  const renamed = (reported: string, current: string) => [...row("amy", current, "2024-09-03"), reported];
  expect(
    await grouped([
      renamed("Old North", "North"),
      renamed("North", "New North"),
      renamed("Old North", "New North"),
    ]),
  ).toEqual(["amy 1 1", "amy null 0", "amy 1 1"]);
});

test("a teacher has no grade, even with the number of a student", async () => {
  expect(
    await grouped([
      row("tom", "North", "2024-09-03", "teacher"),
      row("tom", "North", "2024-09-04", "teacher"),
    ]),
  ).toEqual(["tom 3 1", "tom 3 0"]);
});

test("names that differ only by a space at the end give a row one cohort, as T-SQL compares", async () => {
  const inTSql = (sql: string) => {
    const compared = sql.replaceAll(
      /(CONCAT\([^()]*\)|[\w.]+) = (CONCAT\([^()]*\)|[\w.]+)/g,
      "rtrim(($1)::VARCHAR) = rtrim(($2)::VARCHAR)",
    );
    expect(compared).not.toBe(sql);
    return compared;
  };
  const rows = [row("amy", "North", "2024-09-03"), row("amy", "North ", "2024-09-03")];
  expect(await grouped(rows, inTSql)).toEqual(["amy 1 1", "amy 2 1"]);
});

test.each([
  ["no", "AND 1 = 0"],
  ["only the last", "AND day_left_out > '2024-09-02'"],
])(
  "no row counts with a table of an earlier version, which says %s days of those it knows",
  async (_, rows) => {
    const without = (sql: string) => sql.replace("FROM lake.groups WHERE group_number IS NULL", `$& ${rows}`);
    expect(await grouped([row("amy", "North", "2024-09-03")], without)).toEqual(["amy 1 0"]);
  },
);
