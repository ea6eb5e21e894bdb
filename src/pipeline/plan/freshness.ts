import { dayNumber, dayOf, isoDate, weekdayOf } from "../../basics/calendar";
import { recognizeReport } from "../../clever/fileNames";
import { type UserType, userTypes } from "../../clever/reports";
import type { Snapshot } from "../../delta/snapshot";
import type { RunSummary } from "../log/runRecord";
import { listCells } from "../write/cells";
import { contentsOf } from "../write/fileContents";
import { type PseudoTables, sourcesIn } from "../write/tables";

/** How fresh the rows of a kind of report are. */
export type Freshness = RunSummary["overdue"][number];

/** A kind of report: Clever publishes each report by user type. */
export type ReportKind = Pick<Freshness, "report" | "userType">;

/** Days before the newest one from which school days are inferred. */
const lookBackDays = 56;
/** With fewer known days, Monday to Friday are taken as school days. */
const minKnownDays = 10;
/** Upper limit of the count. */
const maxDays = 1000;

/**
 * The freshness of each kind of report that has rows in the tables. School days are the weekdays for which at least
 * half of the dates in the eight weeks up to the newest day have rows; holidays cannot be known. Days come from the
 * data files' tags, so no row is read. If another program merged files and dropped the tags, a kind can look fresher
 * than it is.
 */
export function freshnessOf(tables: PseudoTables, now: Date): Freshness[] {
  const kinds = new Set([...sourcesIn(tables)].map((source) => nameOf(recognizeReport(source))));
  return [...tables].flatMap(([report, snapshot]) =>
    userTypes.flatMap((userType) => {
      const days = kinds.has(`${report}/${userType}`) ? daysOf(snapshot, userType, now) : new Set<number>();
      const newest = Math.max(...days);
      if (days.size === 0) return [];
      return [
        { report, userType, newestDay: isoDate(newest), schoolDays: schoolDaysSince(newest, days, now) },
      ];
    }),
  );
}

/**
 * The kinds that are older than `within` school days; none if it is 0.
 *
 * @param waiting kinds with files whose rows are not in the tables yet, so nothing can be said about them
 */
export function overdue(
  freshness: readonly Freshness[],
  within: number,
  expected: readonly UserType[],
  waiting: readonly ReportKind[],
): Freshness[] {
  return freshness.filter(
    ({ report, userType, schoolDays }) =>
      within > 0 &&
      schoolDays > within &&
      expected.includes(userType) &&
      !waiting.some((kind) => kind.report === report && kind.userType === userType),
  );
}

function nameOf(recognized: ReturnType<typeof recognizeReport>): string {
  return recognized === undefined ? "" : `${recognized.report.name}/${recognized.userType}`;
}

/** Days since 1970 on which a user type has rows, without future days, which are errors. */
function daysOf(snapshot: Snapshot, userType: UserType, now: Date): Set<number> {
  const days = new Set<number>();
  for (const file of snapshot.files.values()) {
    const { year, month } = file.partitionValues;
    const bits = contentsOf(file).days.get(userType) ?? 0;
    for (const { date } of listCells(new Map([[userType, bits]]), {
      year: Number(year),
      month: Number(month),
    })) {
      const day = dayNumber(date);
      if (day <= todayNumber(now) + 1) days.add(day);
    }
  }
  return days;
}

function schoolDaysSince(newest: number, days: ReadonlySet<number>, now: Date): number {
  const isSchoolDay = schoolWeekdays(newest, days);
  const end = Math.min(todayNumber(now), newest + maxDays);
  let count = 0;
  for (let day = newest + 1; day < end; day++) if (isSchoolDay(weekdayOf(day))) count++;
  return count;
}

function schoolWeekdays(newest: number, days: ReadonlySet<number>): (weekday: number) => boolean {
  const recent = [...days].filter((day) => day > newest - lookBackDays);
  if (recent.length < minKnownDays) return (each) => each >= 1 && each <= 5;
  const dates: number[] = [];
  const withRows: number[] = [];
  for (let day = Math.min(...recent); day <= newest; day++) {
    const at = weekdayOf(day);
    dates[at] = (dates[at] ?? 0) + 1;
    if (days.has(day)) withRows[at] = (withRows[at] ?? 0) + 1;
  }
  return (each) => 2 * (withRows[each] ?? 0) >= Math.max(dates[each] ?? 0, 1);
}

/** Today by the machine's time zone: Clever's days are the district's, and in its evening UTC has the next day. */
function todayNumber(now: Date): number {
  return dayOf(new Date(Date.UTC(now.getFullYear(), now.getMonth(), now.getDate())));
}
