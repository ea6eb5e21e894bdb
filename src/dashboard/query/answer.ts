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
  Shown,
} from "../answer";
import { isoDate } from "../calendar";
import type { DashboardFilter } from "../filter";
import { type Facts, factsOf, type Groups, groupsOf } from "../groups";
import type { ParticipationIndex } from "../index/participationIndex";
import { compareNames } from "../names";
import type { KeepWhole } from "../opening";
import { type LevelsByName, schoolsByLevel } from "../schoolLevels";
import { attendanceFacts } from "./attendance";
import {
  dayEntries,
  type Found,
  gradeEntries,
  neverActive,
  people,
  resourceEntries,
  schoolEntries,
  schoolResourceEntries,
  shown,
  weekdayEntries,
} from "./entries";
import { licenceEntries } from "./licences";
import {
  type DataRange,
  dataRange,
  inRange,
  rangeBefore,
  type Scope,
  schoolYearStart,
  scopeOf,
} from "./scope";
import { usageFacts } from "./usage";
import { whatChanged } from "./whatChanged";
import { withheldIn } from "./withheld";

export interface AnswerOptions {
  readonly minimumGroupSize: number;
  readonly keepWhole: KeepWhole;
  /** The first day of the school year, `MM-dd`. */
  readonly schoolYearStart: string;
  readonly now: Date;
  /** Levels of schools that are not to be told by their names. */
  readonly levels?: LevelsByName | undefined;
  /** What is paid for. */
  readonly licences?: readonly Licence[] | undefined;
}

/**
 * Everything that the dashboard shows for a filter. Throws the signal's reason when aborted. `{ empty: true }` where the
 * tables hold no row.
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
  const range = rangeBefore(scope, data);
  const before = range && (await find(facts, groups, inRange(facts, groups, scope, range), signal));
  const { entries: resources, order } = resourceEntries(found);
  return {
    filter,
    from: isoDate(scope.from),
    to: isoDate(scope.to),
    minimumGroupSize,
    keepWhole,
    withheld: withheldIn(facts, groups, scope),
    computed: options.now.toISOString(),
    versions: index.versions,
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
  };
}

/** All that the groups of a scope tell. */
export async function find(
  facts: Facts,
  groups: Groups,
  scope: Scope,
  signal: AbortSignal | undefined,
): Promise<Found> {
  return {
    facts,
    minimum: groups.minimumGroupSize,
    scope,
    attendance: attendanceFacts(facts, groups, scope),
    usage: await usageFacts(facts, groups, scope, signal),
  };
}

function cardsOf(now: Found, before: Found | undefined): Cards {
  const things = (of: (found: Found) => number): Card => {
    const value = (found: Found): Shown => shown(of(found), found.attendance.total);
    return { value: value(now), before: before ? value(before) : null };
  };
  const persons = (of: (found: Found) => number): Card<People> => {
    const value = (found: Found): People => people(of(found), found.attendance.total, found.minimum);
    return { value: value(now), before: before ? value(before) : null };
  };
  return {
    users: persons(({ attendance }) => attendance.total.users),
    activeUsers: persons(({ attendance }) => attendance.total.activeUsers),
    days: things(({ attendance }) => attendance.countedDays),
    logins: things(({ attendance }) => attendance.total.logins),
    accesses: things(({ usage }) => usage.accesses),
    resources: things(({ usage }) => usage.resources),
    resourceUsers: persons(({ usage }) => usage.users),
  };
}

/** What can be asked about an index; undefined where the tables hold no row. */
export function optionsOf(
  index: ParticipationIndex,
  yearStart: string,
  levels?: LevelsByName,
): FilterOptions | undefined {
  const facts = factsOf(index);
  const data = dataRange(facts.days);
  return data && filterOptions(facts, data, yearStart, levels);
}

/** What a filter can choose among, whatever is chosen now. */
export function filterOptions(
  { index, names }: Facts,
  data: DataRange,
  yearStart: string,
  levels?: LevelsByName,
): FilterOptions {
  const types = new Set(index.cohorts.map(({ userType }) => userType));
  return {
    firstDay: isoDate(data.first),
    lastDay: isoDate(data.last),
    schoolYearStart: isoDate(schoolYearStart(data.lastParticipation, yearStart)),
    schools: names.schools,
    schoolLevels: schoolsByLevel(names.schools, levels),
    resources: names.shown,
    resourceTypes: [...new Set(names.shown.map(({ type }) => type))].sort(compareNames),
    userTypes: userTypes.filter((type) => types.has(type)),
    grades: index.hasGrades ? [...names.grades].sort(compareGrades) : [],
  };
}
