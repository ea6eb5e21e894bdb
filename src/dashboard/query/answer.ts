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
import { isoDate } from "../calendar";
import type { DashboardFilter } from "../filter";
import { type Facts, factsOf, type Groups, groupsOf } from "../groups";
import type { ParticipationIndex } from "../index/participationIndex";
import { compareNames } from "../names";
import type { KeepWhole } from "../opening";
import { type LevelsByName, schoolsByLevel } from "../schoolLevels";
import { attendanceTotals } from "./attendance";
import { breaksIn } from "./breaks";
import { chosenUse } from "./chosenUse";
import { comparisonOf } from "./comparison";
import { missingReports } from "./completeness";
import {
  dayEntries,
  type Found,
  gradeEntries,
  kindOf,
  neverActive,
  resourceEntries,
  schoolEntries,
  schoolResourceEntries,
  weekdayEntries,
} from "./entries";
import { licenceEntries } from "./licences";
import { people, shown } from "./parts";
import {
  type DataRange,
  dataRange,
  inRange,
  isIn,
  otherRange,
  type Scope,
  schoolDaysIn,
  schoolYearStart,
  scopeOf,
} from "./scope";
import { usageTotals } from "./usage";
import { whatChanged } from "./whatChanged";
import { withheldIn } from "./withheld";

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
 * Everything that the dashboard shows for a filter. Throws the signal's reason when aborted. `{ empty: true }` where
 * the tables are empty.
 */
export async function answer(
  index: ParticipationIndex,
  filter: DashboardFilter,
  options: AnswerOptions,
  signal?: AbortSignal,
): Promise<DashboardAnswer | NoAnswer> {
  signal?.throwIfAborted();
  const facts = factsOf(index);
  const data = dataRange(facts.days);
  if (data === undefined) return { empty: true };
  const { minimumGroupSize, keepWhole } = options;
  const groups = groupsOf(facts, minimumGroupSize, keepWhole);
  const scope = scopeOf(facts, groups, filter, data, options.schoolYearStart);
  const found = await find(facts, groups, scope, signal);
  const range = otherRange(facts.days, filter, scope, data);
  const before = range && (await find(facts, groups, inRange(facts, groups, scope, range), signal));
  const { entries: resources, order } = resourceEntries(found);
  return {
    filter,
    from: isoDate(scope.from),
    to: isoDate(scope.to),
    minimumGroupSize,
    keepWhole,
    withheld: withheldIn(facts, groups, scope),
    periods: {
      schoolDays: schoolDaysIn(facts.days, scope),
      before: range ? { from: isoDate(range.from), to: isoDate(range.to) } : null,
    },
    missing: missingReports(facts, scope),
    computed: options.now.toISOString(),
    versions: index.versions,
    beyondMeasured: index.rows > measuredRows ? { rows: index.rows, measured: measuredRows } : null,
    options: filterOptions(facts, data, options.schoolYearStart, options.levels),
    cards: cardsOf(found, before),
    neverActive: neverActive(found.attendance.total, minimumGroupSize),
    bySchool: schoolEntries(found),
    byGrade: gradeEntries(found),
    byDay: dayEntries(found),
    byWeekday: weekdayEntries(found),
    resources,
    resourcesBySchool: schoolResourceEntries(found, order),
    licences: options.licences ? licenceEntries(found, groups, options.licences) : null,
    changes: await whatChanged(found, groups, data, signal),
    comparison:
      range && (filter.compare || found.chosen)
        ? await comparisonOf(facts, groups, scope, range, filter.compare, signal)
        : null,
  };
}

/** All facts about the groups of a scope. */
export async function find(
  facts: Facts,
  groups: Groups,
  scope: Scope,
  signal: AbortSignal | undefined,
): Promise<Found> {
  const attendance = attendanceTotals(facts, groups, scope);
  const choosesResources = scope.resources.includes(0);
  return {
    facts,
    minimum: groups.minimumGroupSize,
    scope,
    attendance,
    usage: await usageTotals(facts, groups, scope, signal),
    chosen: choosesResources ? await chosenUse(facts, groups, scope, attendance, signal) : undefined,
  };
}

function cardsOf(now: Found, before: Found | undefined): Cards {
  const card = <Value extends People>(
    value: (found: Found) => Value,
    compared: (found: Found) => number | undefined,
  ): Card<Value> => {
    const numbers = { now: compared(now), before: before && compared(before) };
    return {
      value: value(now),
      before: before ? value(before) : (null as Value),
      compared:
        numbers.now === undefined || numbers.before === undefined
          ? null
          : { now: numbers.now, before: numbers.before },
    };
  };
  /** Counts of distinct things and people have no per-day value: they are compared where all reports are present. */
  const whole = (value: (found: Found) => People, report: ReportKind) => (found: Found) => {
    const isComplete = found.scope.missing[report].every((days) => days === 0);
    const number = value(found);
    return isComplete && typeof number === "number" ? number : undefined;
  };
  const things = (of: (found: Found) => number, report: ReportKind): Card => {
    const value = (found: Found): Shown => shown(of(found), found.attendance.total);
    return card(value, whole(value, report));
  };
  const persons = (of: (found: Found) => number, report: ReportKind): Card<People> => {
    const value = (found: Found): People => people(of(found), found.attendance.total, found.minimum);
    return card(value, whole(value, report));
  };
  const sums = (
    of: (found: Found) => number,
    daily: (found: Found, day: number) => number,
    report: ReportKind,
  ) =>
    card<Shown>(
      (found) => shown(of(found), found.attendance.total),
      (found) => perSchoolDay(found, (day) => daily(found, day), report),
    );
  return {
    users: persons(({ attendance }) => attendance.total.users, "dailyParticipation"),
    activeUsers: persons(({ attendance }) => attendance.total.activeUsers, "dailyParticipation"),
    days: card<Shown>(
      ({ attendance }) => shown(attendance.countedDays, attendance.total),
      () => undefined,
    ),
    logins: sums(
      ({ attendance }) => attendance.total.logins,
      ({ attendance }, day) => attendance.days[day]?.logins ?? 0,
      "dailyParticipation",
    ),
    accesses: sums(
      ({ usage }) => usage.accesses,
      ({ usage }, day) => usage.accessesByDay[day] ?? 0,
      "resourceUsage",
    ),
    resources: things(({ usage }) => usage.resources, "resourceUsage"),
    resourceUsers: persons(({ usage }) => usage.users, "resourceUsage"),
  };
}

/** The average over the school days that have the report and are not withheld; undefined where there are none. */
function perSchoolDay(
  { facts, scope, attendance }: Found,
  daily: (day: number) => number,
  report: ReportKind,
): number | undefined {
  let [sum, count] = [0, 0];
  for (let place = 0; place <= scope.to - scope.from; place++) {
    const day = scope.from + place;
    if (kindOf(facts.days, day) !== "school" || isIn(scope.missing[report], facts.days, day)) continue;
    if (attendance.days[place]?.isWithheld) continue;
    sum += daily(place);
    count++;
  }
  return count === 0 || attendance.total.isWithheld ? undefined : sum / count;
}

/** The filter options of an index; undefined where the tables are empty. */
export function optionsOf(
  index: ParticipationIndex,
  yearStart: string,
  levels?: LevelsByName,
): FilterOptions | undefined {
  const facts = factsOf(index);
  const data = dataRange(facts.days);
  return data && filterOptions(facts, data, yearStart, levels);
}

/** The filter options, whatever is chosen now. */
export function filterOptions(
  { index, names, days }: Facts,
  data: DataRange,
  yearStart: string,
  levels?: LevelsByName,
): FilterOptions {
  const types = new Set(index.cohorts.map(({ userType }) => userType));
  return {
    firstDay: isoDate(data.first),
    lastDay: isoDate(data.last),
    schoolYearStart: isoDate(schoolYearStart(data.lastParticipation, yearStart)),
    breaks: breaksIn(days, data),
    schools: names.schools,
    schoolLevels: schoolsByLevel(names.schools, levels),
    resources: names.shown,
    resourceTypes: [...new Set(names.shown.map(({ type }) => type))].sort(compareNames),
    userTypes: userTypes.filter((type) => types.has(type)),
    grades: index.hasGrades ? [...names.grades].sort(compareGrades) : [],
  };
}
