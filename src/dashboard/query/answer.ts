import { isoDate } from "../../basics/calendar";
import { compareGrades } from "../../clever/grades";
import { userTypes } from "../../clever/reports";
import type { Cards, DashboardAnswer, FilterOptions, NoAnswer, People, ReportKind, Shown } from "../answer";
import { countDays } from "../calendar";
import { currentSchool, withCurrentSchools } from "../currentSchools";
import type { Licence } from "../districtFiles";
import type { DashboardFilter } from "../filter";
import { factsOf, groupsOf } from "../groups/groups";
import { compareNames } from "../groups/names";
import type { ParticipationIndex } from "../index/participationIndex";
import type { Counting } from "../opening";
import { type LevelsByName, schoolsByLevel } from "../schoolLevels";
import { breaksIn } from "./breaks";
import { comparisonOf } from "./comparison";
import {
  comparedPlaces,
  dayEntries,
  gradeEntries,
  hasRows,
  neverActive,
  nullIfAbsent,
  resourceEntries,
  schoolEntries,
  schoolResourceEntries,
  weekdayEntries,
} from "./entries";
import { licenceEntries } from "./licences";
import {
  choosesResources,
  comparisonRange,
  inRange,
  type Scope,
  schoolDaysIn,
  schoolYearStart,
  scopeOf,
} from "./scope";
import { computeOverallTotals, computeTotals, type Totals } from "./totals";
import { whatChanged } from "./whatChanged";
import { missingReports, withheldIn } from "./withheld";

/**
 * Rows of both tables with which `bench/README.md` (f) measured the dashboard: 180 days of 70,000 students. Memory
 * grows with the rows and was near its limit there.
 */
export const measuredRows = 33_000_000;

export interface AnswerOptions extends Counting {
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
  asked: DashboardFilter,
  options: AnswerOptions,
  signal?: AbortSignal,
): Promise<DashboardAnswer | NoAnswer> {
  signal?.throwIfAborted();
  if (index === undefined) return { empty: true };
  const filter = withCurrentSchools(asked, index.renamedSchools);
  const { minimumGroupSize, keepWhole } = options;
  const scope = scopeOf(index, filter, options);
  const totals = await computeTotals(scope, signal);
  const other = comparisonRange(scope, filter.compare);
  const range = other && inRange(scope, other);
  const before = range && (await computeOverallTotals(range, signal));
  const { entries: resources, order } = resourceEntries(totals);
  return {
    filter,
    ...scope.told,
    minimumGroupSize,
    keepWhole,
    withheld: withheldIn(scope),
    periods: {
      schoolDays: countDays(schoolDaysIn(scope)),
      before: range?.told ?? null,
    },
    rows: totals.attendance.total.isSuppressed
      ? "withheld"
      : hasRows(totals.attendance.total)
        ? "some"
        : "none",
    absent: scope.absent,
    missing: missingReports(scope),
    computed: options.now.toISOString(),
    versions: index.versions,
    beyondMeasured: index.rows > measuredRows ? { rows: index.rows, measured: measuredRows } : null,
    options: optionsOf(index, options),
    cards: cardsOf(totals, before),
    neverActive: nullIfAbsent(scope, ["dailyParticipation"], neverActive(totals.attendance.total)),
    bySchool: schoolEntries(totals),
    byGrade: gradeEntries(totals),
    byDay: dayEntries(totals),
    byWeekday: weekdayEntries(totals),
    resources,
    resourcesBySchool: schoolResourceEntries(totals, order),
    licences: options.licences ? licenceEntries(totals, options.licences) : null,
    changes: await whatChanged(totals, signal),
    comparison:
      other && (filter.compare || choosesResources(scope))
        ? await comparisonOf(scope, other, filter.compare, signal)
        : null,
  };
}

function cardsOf(totals: Totals, totalsBefore: Totals | undefined): Cards {
  const now = numbersOf(totals, totalsBefore?.scope);
  const before = totalsBefore && numbersOf(totalsBefore, totals.scope);
  const card = <Value extends People>(is: PeriodNumber<Value>, was: PeriodNumber<Value> | undefined) => {
    return {
      value: is.value,
      before: was ? was.value : (null as Value),
      compared:
        was && is.days === was.days && is.comparable !== undefined && was.comparable !== undefined
          ? { now: is.comparable, before: was.comparable }
          : null,
    };
  };
  return {
    users: card(now.users, before?.users),
    activeUsers: card(now.activeUsers, before?.activeUsers),
    days: card(now.days, before?.days),
    logins: card(now.logins, before?.logins),
    accesses: card(now.accesses, before?.accesses),
    resources: card(now.resources, before?.resources),
    resourceUsers: card(now.resourceUsers, before?.resourceUsers),
  };
}

/** A card's number of one period. */
interface PeriodNumber<Value extends People> {
  readonly value: Value;
  /** What is compared with the other period; undefined if nothing can be. */
  readonly comparable?: number | undefined;
  /** How many school days both periods must have for that. */
  readonly days?: number;
}

/** @param other the scope of the period that this one is compared with */
function numbersOf(totals: Totals, other: Scope | undefined) {
  const { scope, attendance, usage } = totals;
  const { total } = attendance;
  const ofReport = (report: ReportKind) => {
    const known = <Value extends People>(value: Value) => nullIfAbsent(scope, [report], value) as Value;
    const places = total.isSuppressed ? [] : comparedPlaces(totals, report, other);
    const days = places.length;
    return {
      /** Distinct people or things grow with the days: they are compared only over equally many. */
      distinct: <Value extends People>(count: Value): PeriodNumber<Value> => {
        const value = known(count);
        return { value, days, comparable: days > 0 && typeof value === "number" ? value : undefined };
      },
      /** Sums are compared by their averages per school day. */
      sum: (value: Shown, daily: (place: number) => number): PeriodNumber<Shown> => {
        const ofPlaces = places.reduce((sum, place) => sum + daily(place), 0);
        return { value: known(value), comparable: days > 0 ? ofPlaces / days : undefined };
      },
    };
  };
  const [participation, use] = [ofReport("dailyParticipation"), ofReport("resourceUsage")];
  // How many days have the report is known even if none has.
  const days: PeriodNumber<Shown> = { value: total.shown(attendance.countedDays) };
  return {
    users: participation.distinct(total.people(total.users)),
    activeUsers: participation.distinct(total.people(total.activeUsers)),
    days,
    logins: participation.sum(total.shown(total.logins), (place) => attendance.days[place]?.logins ?? 0),
    accesses: use.sum(total.shown(usage.total.accesses), (place) => usage.days[place]?.accesses ?? 0),
    resources: use.distinct(total.shown(usage.total.resources)),
    resourceUsers: use.distinct(total.people(usage.total.users)),
  };
}

/** The filter options, whatever is chosen now. */
export function optionsOf(
  index: ParticipationIndex,
  options: Omit<AnswerOptions, "now" | "licences">,
): FilterOptions {
  const facts = factsOf(index);
  const { kinds, usedResources } = groupsOf(facts, options);
  const { names, days } = facts;
  const { renamedSchools } = index;
  const current = currentSchool(renamedSchools);
  const listed = [...(options.levels ?? [])];
  // A level that is listed for the current name counts.
  const levels = new Map([...listed.map(([school, level]) => [current(school), level] as const), ...listed]);
  const { span } = kinds;
  const resources = names.shown.filter((_, number) => usedResources[number] === 1);
  const types = new Set(index.cohorts.map(({ userType }) => userType));
  return {
    firstDay: isoDate(span.first),
    lastDay: isoDate(span.last),
    schoolYearStart: isoDate(schoolYearStart(span, options.schoolYearStart)),
    breaks: breaksIn(kinds, days),
    schools: names.schools,
    renamedSchools,
    schoolLevels: schoolsByLevel(names.schools, levels),
    unknownSchools: listed.flatMap(([school]) => (names.schools.includes(current(school)) ? [] : [school])),
    resources,
    resourceTypes: [...new Set(resources.map(({ type }) => type))].sort(compareNames),
    userTypes: userTypes.filter((type) => types.has(type)),
    grades: index.hasGrades ? [...names.grades].sort(compareGrades) : [],
  };
}
