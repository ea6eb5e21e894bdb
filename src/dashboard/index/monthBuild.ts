import { personColumn, withCleverPerson, withPerson } from "../../clever/person";
import { pseudonymName, userTypes, userTypeValue } from "../../clever/reports";
import { type DuckSession, sqlString } from "../../duck/duck";
import type { ReportKind } from "../answer";
import type { DictionaryTables } from "./dictionary";
import type { MonthSegment } from "./participationIndex";
import { segmentOf, segmentShape } from "./segment";

/**
 * Builds a month's segment; memory use depends on the month alone. Assigns numbers to new people and so on. The
 * session tables from `preparePeople` identify the people of the rows.
 *
 * @param month `yyyy-MM`
 * @param rows SELECTs of all columns of the two tables; the rows may include other months too
 * @param ids a SELECT of the ids in these rows, as `MonthIds` returns it
 */
export async function buildMonth(
  session: DuckSession,
  tables: DictionaryTables,
  month: string,
  rows: Readonly<Record<ReportKind, string>>,
  ids: string,
): Promise<MonthSegment> {
  const run = (sql: string) => session.query(sql);
  const { lacking } = await session.one(
    `SELECT EXISTS (FROM (${ids}) WHERE ${pseudonymName("clever_user_id")} IS NULL) AS lacking`,
  );
  const withPeople = (select: string) =>
    lacking === true ? withPerson(select, "joined_ids") : withCleverPerson(select);
  const participation = `(FROM (${withPeople(rows.dailyParticipation)}) WHERE ${inMonthSql(month)})`;
  const usage = `(FROM (${withPeople(rows.resourceUsage)}) WHERE ${inMonthSql(month)})`;
  const resource = "resource_id AS id, resource_name AS name, resource_type AS type";
  await run(
    `CREATE OR REPLACE TEMP TABLE seen AS SELECT DISTINCT ${personColumn} AS pseudonym, school_name, user_type
     FROM (${withPeople(`FROM (${ids}) WHERE counts`)})`,
  );
  await run(
    `CREATE OR REPLACE TEMP TABLE used AS SELECT DISTINCT ${resource} FROM (${rows.resourceUsage}) WHERE ${inMonthSql(month)}`,
  );
  await tables.add("seen", "used");
  await run(`CREATE OR REPLACE TEMP TABLE numbered AS ${tables.numbered("seen")}`);
  await run(
    `CREATE OR REPLACE TEMP TABLE attended AS SELECT cohort, member, ${dayOfMonth}, active, num_logins, num_resources_accessed
     FROM ${participation} found JOIN numbered ON ${isSamePerson}`,
  );
  await run(
    `CREATE OR REPLACE TEMP TABLE accessed AS SELECT cohort, member, resource, ${dayOfMonth}, num_access
     FROM ${usage} found JOIN numbered ON ${isSamePerson} JOIN resources ON ${isSameResource}`,
  );
  await run(`CREATE OR REPLACE TEMP TABLE users AS ${memberUsage}`);
  await run(`CREATE OR REPLACE TEMP TABLE cells AS ${usageCells}`);
  const segment = segmentOf(month, {
    attendance: await session.columns(attendance, segmentShape.attendance),
    attendanceCells: await session.columns(attendanceCells, segmentShape.attendanceCells),
    usageRuns: await session.columns(usageRuns, segmentShape.usageRuns),
    usage: await session.columns(
      "SELECT member, days FROM users ORDER BY resource, cohort, member",
      segmentShape.usage,
    ),
    usageCells: await session.columns(
      "SELECT day, rows, accesses FROM cells ORDER BY resource, cohort, day",
      segmentShape.usageCells,
    ),
  });
  // A failed build leaves them to the next one, or to the end of the session.
  for (const table of ["seen", "used", "numbered", "attended", "accessed", "users", "cells"]) {
    await run(`DROP TABLE ${table}`);
  }
  return segment;
}

/** Rows without a date belong to no month; rows whose user type is not one of Clever's are left out. */
export function inMonthSql(month: string): string {
  const types = userTypes.map((userType) => sqlString(userTypeValue[userType]));
  const first = `DATE ${sqlString(`${month}-01`)}`;
  return `date BETWEEN ${first} AND last_day(${first}) AND user_type IN (${types.join(", ")})`;
}

const dayOfMonth = "(day(date) - 1)::UTINYINT AS day";

const isSamePerson = `found.${personColumn} IS NOT DISTINCT FROM numbered.pseudonym
  AND found.school_name IS NOT DISTINCT FROM numbered.school_name AND found.user_type = numbered.user_type`;

const isSameResource = `found.resource_id IS NOT DISTINCT FROM resources.id
  AND found.resource_name IS NOT DISTINCT FROM resources.name AND found.resource_type IS NOT DISTINCT FROM resources.type`;

const days = (condition = "true") =>
  `coalesce(bit_or(1::UINTEGER << day::UINTEGER) FILTER (${condition}), 0)::UINTEGER`;

const attendance = `SELECT member, ${days()}, ${days("active")} FROM attended
  WHERE member IS NOT NULL GROUP BY member ORDER BY member`;

const attendanceCells = `SELECT cohort, day,
    coalesce(sum(num_logins), 0)::DOUBLE, count(num_logins)::UINTEGER,
    coalesce(sum(num_resources_accessed), 0)::DOUBLE, count(num_resources_accessed)::UINTEGER
  FROM attended GROUP BY cohort, day ORDER BY cohort, day`;

const memberUsage = `SELECT resource, cohort, member, ${days()} AS days FROM accessed
  WHERE member IS NOT NULL GROUP BY resource, cohort, member`;

const usageCells = `SELECT resource, cohort, day, count(member)::UINTEGER AS rows,
    coalesce(sum(num_access), 0)::DOUBLE AS accesses
  FROM accessed GROUP BY resource, cohort, day`;

const usageRuns = `SELECT resource, cohort, ${days()}, coalesce(any_value(people), 0)::UINTEGER, count(*)::UINTEGER
  FROM cells LEFT JOIN (SELECT resource, cohort, count(*) AS people FROM users GROUP BY resource, cohort) counted
    USING (resource, cohort)
  GROUP BY resource, cohort ORDER BY resource, cohort`;
