import { compareGrades } from "../../clever/grades";
import { userTypes } from "../../clever/reports";
import type {
  Card,
  Cards,
  DashboardAnswer,
  FilterOptions,
  Licence,
  NoAnswer,
  People,
  ReportKind,
  Shown,
} from "../answer";
import { countDays, isoDate } from "../calendar";
import type { DashboardFilter } from "../filter";
import { factsOf, groupsOf } from "../groups/groups";
import { compareNames } from "../groups/names";
import type { ParticipationIndex } from "../index/participationIndex";
import type { KeepWhole } from "../opening";
import { type LevelsByName, schoolsByLevel } from "../schoolLevels";
import { breaksIn } from "./breaks";
import { comparisonOf } from "./comparison";
import {
  comparedPlaces,
  dayEntries,
  gradeEntries,
  isThere,
  neverActive,
  resourceEntries,
  schoolEntries,
  schoolResourceEntries,
  unlessAbsent,
  weekdayEntries,
} from "./entries";
import { type Found, find } from "./found";
import { licenceEntries } from "./licences";
import { choosesResources, inRange, otherRange, schoolDaysIn, schoolYearStart, scopeOf } from "./scope";
import { whatChanged } from "./whatChanged";
import { missingReports, withheldIn } from "./withheld";

/**
 * Rows of both tables with which `bench/README.md` (f) measured the dashboard: 180 days of 70,000 students. Memory
 * grows with the rows and was near its limit there.
 */
export const measuredRows = 33_000_000;

export interface AnswerOptions {
  readonly minimumGroupSize: number;
  readonly keepWhole: KeepWhole;
  /** The first day of the school year, `MM-dd`. */
  readonly schoolYearStart: string;
  readonly now: Date;
  /** Levels of schools that cannot be derived from their names. */
  readonly levels?: LevelsByName | undefined;
  /** The paid resources. */
  readonly licences?: readonly Licence[] | undefined;
}

/**
 * Everything that the dashboard shows for a filter. Throws the signal's reason when aborted.
 *
 * @param index undefined if the tables are empty
 */
export async function answer(
  index: ParticipationIndex | undefined,
  filter: DashboardFilter,
  options: AnswerOptions,
  signal?: AbortSignal,
): Promise<DashboardAnswer | NoAnswer> {
  signal?.throwIfAborted();
  if (index === undefined) return { empty: true };
  const facts = factsOf(index);
  const { minimumGroupSize, keepWhole } = options;
  const groups = groupsOf(facts, minimumGroupSize, keepWhole);
  const scope = scopeOf(facts, groups, filter, options.schoolYearStart);
  const found = await find(scope, signal);
  const other = otherRange(scope, filter.compare);
  const range = other && inRange(scope, other);
  const before = range && (await find(range, signal));
  const { entries: resources, order } = resourceEntries(found);
  return {
    filter,
    from: isoDate(scope.from),
    to: isoDate(scope.to),
    minimumGroupSize,
    keepWhole,
    withheld: withheldIn(scope),
    periods: {
      schoolDays: countDays(schoolDaysIn(scope)),
      before: range ? { from: isoDate(range.from), to: isoDate(range.to) } : null,
    },
    rows: found.attendance.total.isWithheld ? "withheld" : isThere(found.attendance.total) ? "some" : "none",
    absent: scope.absent,
    missing: missingReports(scope),
    computed: options.now.toISOString(),
    versions: index.versions,
    beyondMeasured: index.rows > measuredRows ? { rows: index.rows, measured: measuredRows } : null,
    options: optionsOf(index, options.schoolYearStart, options.levels),
    cards: cardsOf(found, before),
    neverActive: unlessAbsent(scope, ["dailyParticipation"], neverActive(found.attendance.total)),
    bySchool: schoolEntries(found),
    byGrade: gradeEntries(found),
    byDay: dayEntries(found),
    byWeekday: weekdayEntries(found),
    resources,
    resourcesBySchool: schoolResourceEntries(found, order),
    licences: options.licences ? licenceEntries(found, options.licences) : null,
    changes: await whatChanged(found, signal),
    comparison:
      range && (filter.compare || choosesResources(scope))
        ? await comparisonOf(scope, range, filter.compare, signal)
        : null,
  };
}

function cardsOf(now: Found, before: Found | undefined): Cards {
  const card = <Value extends People>(
    report: ReportKind,
    number: (found: Found) => Value,
    compared: (value: (found: Found) => Value, before: Found) => Card["compared"],
  ): Card<Value> => {
    const value = (found: Found) => unlessAbsent(found.scope, [report], number(found)) as Value;
    return {
      value: value(now),
      before: before ? value(before) : (null as Value),
      compared: before ? compared(value, before) : null,
    };
  };
  /** Distinct people or things grow with the days: they are compared only over equally many. */
  const distinct = <Value extends People>(report: ReportKind, number: (found: Found) => Value) =>
    card(report, number, (value, earlier) => {
      const [is, was] = [value(now), value(earlier)];
      const days = daysToCompare(now, report).length;
      const areAlike = days > 0 && days === daysToCompare(earlier, report).length;
      return areAlike && typeof is === "number" && typeof was === "number" ? { now: is, before: was } : null;
    });
  const sum = (
    report: ReportKind,
    number: (found: Found) => Shown,
    daily: (found: Found, place: number) => number,
  ) =>
    card(report, number, (_, earlier) => {
      const [is, was] = [perSchoolDay(now, report, daily), perSchoolDay(earlier, report, daily)];
      return is === undefined || was === undefined ? null : { now: is, before: was };
    });
  const [dailyParticipation, resourceUsage] = ["dailyParticipation", "resourceUsage"] as const;
  return {
    users: distinct(dailyParticipation, ({ attendance: { total } }) => total.people(total.users)),
    activeUsers: distinct(dailyParticipation, ({ attendance: { total } }) => total.people(total.activeUsers)),
    // How many days have the report is known even if none has.
    days: {
      value: now.attendance.total.shown(now.attendance.countedDays),
      before: before ? before.attendance.total.shown(before.attendance.countedDays) : null,
      compared: null,
    },
    logins: sum(
      dailyParticipation,
      ({ attendance: { total } }) => total.shown(total.logins),
      ({ attendance }, place) => attendance.days[place]?.logins ?? 0,
    ),
    accesses: sum(
      resourceUsage,
      ({ attendance: { total }, usage }) => total.shown(usage.total.accesses),
      ({ usage }, place) => usage.days[place]?.accesses ?? 0,
    ),
    resources: distinct(resourceUsage, ({ attendance: { total }, usage }) =>
      total.shown(usage.total.resources),
    ),
    resourceUsers: distinct(resourceUsage, ({ attendance: { total }, usage }) =>
      total.people(usage.total.users),
    ),
  };
}

/** The days that averages per school day cover; none if nothing is known. */
function daysToCompare(found: Found, report: ReportKind): readonly number[] {
  return found.attendance.total.isWithheld ? [] : comparedPlaces(found, report);
}

/** The average over the compared days; undefined if there are none. */
function perSchoolDay(
  found: Found,
  report: ReportKind,
  daily: (found: Found, place: number) => number,
): number | undefined {
  const places = daysToCompare(found, report);
  if (places.length === 0) return undefined;
  return places.reduce((total, place) => total + daily(found, place), 0) / places.length;
}

/** The filter options, whatever is chosen now. */
export function optionsOf(
  index: ParticipationIndex,
  yearStart: string,
  levels?: LevelsByName,
): FilterOptions {
  const { names, days } = factsOf(index);
  const { data } = days;
  const types = new Set(index.cohorts.map(({ userType }) => userType));
  return {
    firstDay: isoDate(data.first),
    lastDay: isoDate(data.last),
    schoolYearStart: isoDate(schoolYearStart(data.lastParticipation, yearStart)),
    breaks: breaksIn(days),
    schools: names.schools,
    schoolLevels: schoolsByLevel(names.schools, levels),
    resources: names.shown,
    resourceTypes: [...new Set(names.shown.map(({ type }) => type))].sort(compareNames),
    userTypes: userTypes.filter((type) => types.has(type)),
    grades: index.hasGrades ? [...names.grades].sort(compareGrades) : [],
  };
}
