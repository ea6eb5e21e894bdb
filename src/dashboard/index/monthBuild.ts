import { personColumn, withCleverPerson, withPerson } from "../../clever/person";
import { pseudonymName, userTypes, userTypeValue } from "../../clever/reports";
import { type DuckSession, sqlString } from "../../duck/duck";
import type { ReportKind } from "../answer";
import type { Dictionary, DictionaryTables, Seats } from "./dictionary";
import { attendanceSums, onlyUsage, usageSums } from "./monthSums";
import type { MonthSegment, MonthUse } from "./participationIndex";

/** What a month is built from. */
export interface MonthBuild {
  readonly tables: DictionaryTables;
  /** Those of the tables, which include everybody who has rows in the month. */
  readonly seats: Seats;
  /** `yyyy-MM` */
  readonly month: string;
  /** SELECTs of all columns of the two tables; the rows may include other months too. */
  readonly rows: Readonly<Record<ReportKind, string>>;
  /** A SELECT of the ids in these rows, as `MonthIds` returns it. */
  readonly ids: string;
}

export interface BuiltMonth {
  readonly columns: Omit<MonthSegment, "month" | "use">;
  readonly use: MonthUse;
  readonly dictionary: Dictionary;
}

/**
 * Builds a month's segment, and the dictionary with its resources; memory use depends on the month alone. The session
 * tables from `preparePeople` identify the people of the rows.
 */
export async function buildMonth(
  session: DuckSession,
  { tables, seats, month, rows, ids }: MonthBuild,
): Promise<BuiltMonth> {
  const { lacking } = await session.one(
    `SELECT EXISTS (FROM (${ids}) WHERE ${pseudonymName("clever_user_id")} IS NULL) AS lacking`,
  );
  const withPeople = (select: string) =>
    lacking === true ? withPerson(select, "joined_ids") : withCleverPerson(select);
  const inMonth = (select: string) => `(FROM (${select}) WHERE ${inMonthSql(month)})`;
  const found = (select: string): FoundRows => ({ rows: inMonth(withPeople(select)), source: `(${select})` });
  const resource = "resource_id AS id, resource_name AS name, resource_type AS type";
  await tables.addResources(`SELECT ${resource} FROM ${inMonth(rows.resourceUsage)}`);
  const dictionary = await tables.read();
  // One after the other, each in a function of its own: then the rows of the first are no longer in memory.
  const attendance = await attendanceOf(session, found(rows.dailyParticipation), seats, dictionary);
  const { usageRuns, use } = await usageOf(session, found(rows.resourceUsage), seats, dictionary);
  const alone = onlyUsage(attendance.attendanceCells, use, dictionary);
  return { columns: { ...attendance, usageRuns, onlyUsage: alone }, use, dictionary };
}

/** The rows of a month with their people, and the rows that they come from; both for a FROM clause. */
interface FoundRows {
  readonly rows: string;
  readonly source: string;
}

async function attendanceOf(
  session: DuckSession,
  { rows, source }: FoundRows,
  seats: Seats,
  dictionary: Dictionary,
) {
  const attended = await session.columns(
    `SELECT seat, ${dayOfMonth}, coalesce(active, false)::UTINYINT,
       coalesce(num_logins, 0)::DOUBLE, (num_logins IS NOT NULL)::UTINYINT,
       coalesce(num_resources_accessed, 0)::DOUBLE, (num_resources_accessed IS NOT NULL)::UTINYINT
     FROM ${rows} found JOIN seats ON ${isSameSeat}`,
    {
      seat: "UINTEGER",
      day: "UTINYINT",
      active: "UTINYINT",
      logins: "DOUBLE",
      hasLogins: "UTINYINT",
      resources: "DOUBLE",
      hasResources: "UTINYINT",
    },
    source,
  );
  return attendanceSums(attended, seats, dictionary);
}

async function usageOf(
  session: DuckSession,
  { rows, source }: FoundRows,
  seats: Seats,
  dictionary: Dictionary,
) {
  const accessed = await session.columns(
    `SELECT seat, resource, ${dayOfMonth}, coalesce(num_access, 0)::DOUBLE
     FROM ${rows} found JOIN seats ON ${isSameSeat} JOIN resources ON ${isSameResource}`,
    { seat: "UINTEGER", resource: "UINTEGER", day: "UTINYINT", accesses: "DOUBLE" },
    source,
  );
  return usageSums(accessed, seats, dictionary);
}

/** Rows without a date belong to no month; rows whose user type is not one of Clever's are left out. */
export function inMonthSql(month: string): string {
  const types = userTypes.map((userType) => sqlString(userTypeValue[userType]));
  const first = `DATE ${sqlString(`${month}-01`)}`;
  return `date BETWEEN ${first} AND last_day(${first}) AND user_type IN (${types.join(", ")})`;
}

const dayOfMonth = "(day(date) - 1)::UTINYINT";

const isSameSeat = `found.${personColumn} IS NOT DISTINCT FROM seats.pseudonym
  AND found.school_name IS NOT DISTINCT FROM seats.school_name AND found.user_type = seats.user_type`;

const isSameResource = `found.resource_id IS NOT DISTINCT FROM resources.id
  AND found.resource_name IS NOT DISTINCT FROM resources.name AND found.resource_type IS NOT DISTINCT FROM resources.type`;
