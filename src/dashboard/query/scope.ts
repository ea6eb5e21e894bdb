import { dayNumber, isoDate } from "../../basics/calendar";
import { userTypes } from "../../clever/reports";
import type { DateRange, ReportKind } from "../answer";
import { countDays, daysMask, monthIndex } from "../calendar";
import type { DashboardFilter } from "../filter";
import type { DayKinds } from "../groups/dayKinds";
import type { Days } from "../groups/days";
import { type Facts, factsOf, type Groups, groupsOf, type Lists } from "../groups/groups";
import type { ParticipationIndex } from "../index/participationIndex";
import type { Counting } from "../opening";
import { resourcesNamed } from "../resourcesNamed";

/** The people and resources that a filter selects, in the numbers of the index. */
interface Selection {
  readonly facts: Facts;
  readonly groups: Groups;
  /** The lists whose entries are counted. */
  readonly lists: Lists;
  /** 1 for cohorts that the filter selects; for groups whose cohorts it selects completely; for shown resources. */
  readonly cohorts: Uint8Array;
  readonly whole: Uint8Array;
  readonly resources: Uint8Array;
  /** 1 for user types that the filter selects. */
  readonly types: Uint8Array;
}

/** Day numbers, inclusive. */
interface DayRange {
  readonly from: number;
  readonly to: number;
}

/** The scope of a filter: its people and resources, on the days of its range. */
export interface Scope extends Selection, DayRange {
  /** The range as a reader is told: if it has no data, the one that was asked for, of which the scope has one day. */
  readonly told: DateRange;
  /** Reports of which the groups that count have no row in the range, although the other one shows use. */
  readonly absent: readonly ReportKind[];
  /** Per month: days of the range on which the report is missing for some of the people; all days if it is absent. */
  readonly missing: { readonly [Report in ReportKind]: Uint32Array };
  /** Per month: the days of the range. Per cohort and month: the days on which the cohort counts. */
  readonly range: Uint32Array;
  readonly masks: Uint32Array;
}

/**
 * The first day of the school year, which is that of the last school day: days of a summer do not begin a new one.
 */
export function schoolYearStart({ lastSchoolDay: day }: DayKinds["span"], monthAndDay: string): number {
  const year = Number(isoDate(day).slice(0, 4));
  const start = startIn(year, monthAndDay);
  return start <= day ? start : startIn(year - 1, monthAndDay);
}

/** In a non-leap year, a school year that begins on February 29 begins on the next day. */
function startIn(year: number, monthAndDay: string): number {
  const start = dayNumber(`${year}-${monthAndDay}`);
  return Number.isNaN(start) ? dayNumber(`${year}-03-01`) : start;
}

export function scopeOf(
  index: ParticipationIndex,
  filter: DashboardFilter,
  options: Counting & { readonly schoolYearStart: string },
): Scope {
  const facts = factsOf(index);
  const groups = groupsOf(facts, options);
  const schools = new Set(filter.schools);
  const grades = new Set(filter.grades);
  const types = new Set(filter.userTypes);
  const isNamed = (resource: number) => groups.usedResources[resource] === 1;
  const resources = new Set(filter.resources.flatMap(resourcesNamed(facts.names.shown, isNamed)));
  const resourceTypes = new Set(filter.resourceTypes);
  const isChosen = <T>(chosen: ReadonlySet<T>, value: T) => chosen.size === 0 || chosen.has(value);
  const counted = (cohort: number) =>
    facts.names.grades[groups.lists.grades.of[cohort] as number] as string | null;
  const cohorts = Uint8Array.from(facts.index.cohorts, ({ school, userType, grade }, cohort) => {
    const isOfGrade = isChosen(grades, grade) || isChosen(grades, counted(cohort));
    return Number(isChosen(schools, school) && isChosen(types, userType) && isOfGrade);
  });
  const selected = {
    facts,
    groups,
    lists: groups.lists,
    cohorts,
    types: Uint8Array.from(userTypes, (type) => Number(isChosen(types, type))),
    whole: Uint8Array.from(groups.groups, (of) => Number(of.every((cohort) => cohorts[cohort] === 1))),
    resources: Uint8Array.from(facts.names.shown, ({ type }, number) => {
      const isOfName = filter.resources.length === 0 || resources.has(number);
      // One whose name is not told has no numbers, and no filter leaves it out.
      return Number(!isNamed(number) || (isOfName && isChosen(resourceTypes, type)));
    }),
  };
  return inRange(selected, rangeOf(filter.range, groups.kinds.span, options.schoolYearStart));
}

/**
 * Whether a group has no day that counts in a question: the filter splits it, or it is too small. Whether and when its
 * people have rows must not show, so it is suppressed on every day.
 */
export const isNeverCounted = ({ groups, whole }: Scope, group: number): boolean =>
  whole[group] !== 1 || groups.everCounts[group] !== 1;

/** Per month: the days of the range with data. */
export const daysWithData = ({ groups, range }: Scope): Uint32Array =>
  range.map((mask, month) => mask & (groups.kinds.data[month] as number));

export const choosesResources = ({ resources }: Scope): boolean => resources.includes(0);

/** The same people and resources on other days, of which only those from the first to the last with data are kept. */
export function inRange(selection: Selection, asked: DayRange): Scope {
  const { facts, groups, cohorts, whole, types } = selection;
  const { monthStarts } = facts.days;
  const { kinds, missing } = groups;
  const { from, to } = withinData(kinds.span, asked);
  const hasData = from >= kinds.span.first && to <= kinds.span.last;
  const told = hasData ? { from, to } : asked;
  const months = monthStarts.length;
  const range = Uint32Array.from(monthStarts, (start) => daysMask(from - start, to - start));
  const masks = new Uint32Array(cohorts.length * months);
  for (let cohort = 0; cohort < cohorts.length; cohort++) {
    const group = groups.groupOf[cohort] as number;
    if (whole[group] !== 1) continue;
    for (let month = 0; month < months; month++) {
      const counted = groups.counted[group * months + month] as number;
      masks[cohort * months + month] = counted & (range[month] as number);
    }
  }
  const absent = absentIn(facts.days, masks);
  const missingOf = (report: ReportKind) =>
    range.map((inMonth, month) => {
      if (absent.includes(report)) return (kinds.data[month] as number) & inMonth;
      const ofTypes = missing[report];
      const add = (all: number, one: number, type: number) =>
        one === 1 ? all | (ofTypes[type * months + month] as number) : all;
      return types.reduce(add, 0) & inMonth;
    });
  return newScope({
    ...selection,
    from,
    to,
    told: { from: isoDate(told.from), to: isoDate(told.to) },
    absent,
    missing: {
      // Where nobody has a row, the report is missing for everyone.
      dailyParticipation: missingOf("dailyParticipation").map((days, month) => {
        const none = (kinds.data[month] as number) & ~(kinds.participation[month] as number);
        return days | (none & (range[month] as number));
      }),
      resourceUsage: missingOf("resourceUsage"),
    },
    range,
    masks,
  });
}

/**
 * Creates every scope, and without a spread: objects that come from a spread have a hidden class of their own until V8
 * knows it well, and it would compile the loops over millions of entries again for each of the first questions.
 */
export function newScope(fields: Scope): Scope {
  return {
    facts: fields.facts,
    groups: fields.groups,
    lists: fields.lists,
    cohorts: fields.cohorts,
    whole: fields.whole,
    resources: fields.resources,
    types: fields.types,
    from: fields.from,
    to: fields.to,
    told: fields.told,
    absent: fields.absent,
    missing: fields.missing,
    range: fields.range,
    masks: fields.masks,
  };
}

/**
 * The reports that people have no row of although the other one shows that they used something: their numbers are
 * unknown, and not zero.
 */
export function absentReports(has: {
  readonly participated: boolean;
  readonly used: boolean;
  readonly withUse: boolean;
}): ReportKind[] {
  if (has.used) return has.participated ? [] : ["dailyParticipation"];
  return has.withUse ? ["resourceUsage"] : [];
}

function absentIn({ participated, used, withUse }: Days, masks: Uint32Array): ReportKind[] {
  const has = (days: Uint32Array) => masks.some((mask, at) => (mask & (days[at] as number)) !== 0);
  return absentReports({ participated: has(participated), used: has(used), withUse: has(withUse) });
}

/** The part of a range that has data; its nearest day if there is none, since every range has a day. */
function withinData({ first, last }: DayKinds["span"], { from, to }: DayRange): DayRange {
  if (from > last) return { from, to: from };
  if (to < first) return { from: to, to };
  return { from: Math.max(from, first), to: Math.min(to, last) };
}

function rangeOf(range: DashboardFilter["range"], span: DayKinds["span"], yearStart: string): DayRange {
  if ("from" in range) return { from: dayNumber(range.from), to: dayNumber(range.to) };
  if (range.preset === "all") return { from: span.first, to: span.last };
  const to = span.lastParticipation;
  const from = { last7: to - 6, last30: to - 29, schoolYear: schoolYearStart(span, yearStart) }[range.preset];
  return { from, to };
}

/** Per month: the school days of a scope, or those of them that have some reports. */
export function schoolDaysIn(
  { groups, range, missing }: Scope,
  ...reports: readonly ReportKind[]
): Uint32Array {
  const { school } = groups.kinds;
  return range.map((mask, month) => {
    const lacking = reports.reduce((all, report) => all | (missing[report][month] as number), 0);
    return mask & (school[month] as number) & ~lacking;
  });
}

/**
 * Per month: the school days that averages per school day cover. They have the report, and each group that counts on any
 * of them counts on all: otherwise a day without some of the people would look like one of little use. If more than half
 * of the days would be left out, all are covered.
 *
 * @param other the scope of the period that this one is compared with: both then have the same groups on all days
 */
export function comparedDaysIn(scope: Scope, report: ReportKind, other?: Scope): Uint32Array {
  const { groups, whole } = scope;
  const own = schoolDaysIn(scope, report);
  const others = other && schoolDaysIn(other, report);
  const asked = own.map((mask, month) => mask | (others?.[month] ?? 0));
  const months = asked.length;
  const partial = new Uint32Array(months);
  groups.groups.forEach((_, group) => {
    const isAny = (days: Uint32Array) =>
      asked.some((mask, month) => (mask & (days[group * months + month] as number)) !== 0);
    if (whole[group] !== 1 || !isAny(groups.counted) || !isAny(groups.uncounted)) return;
    for (let month = 0; month < months; month++) {
      const uncounted = groups.uncounted[group * months + month] as number;
      partial[month] = (partial[month] as number) | uncounted;
    }
  });
  const without = (days: Uint32Array) => days.map((mask, month) => mask & ~(partial[month] as number));
  return 2 * countDays(without(asked)) < countDays(asked) ? own : without(own);
}

/**
 * The period that a scope is compared with: the filter's, or the same number of school days before the scope. Days off
 * after them belong to it only as far as it is no longer than the scope: over a summer, many more people are active.
 * `undefined` if the data does not reach back that far, or there are no school days.
 */
export function comparisonRange(scope: Scope, compare: DashboardFilter["compare"]): DayRange | undefined {
  if (compare) return { from: dayNumber(compare.from), to: dayNumber(compare.to) };
  const { school, span } = scope.groups.kinds;
  let left = countDays(schoolDaysIn(scope));
  if (left === 0) return undefined;
  let to: number | undefined;
  for (let day = scope.from - 1; day >= span.first; day--) {
    if (!isIn(school, scope.facts.days, day)) continue;
    to ??= day;
    left--;
    const longest = day + scope.to - scope.from;
    if (left === 0) return { from: day, to: Math.max(to, Math.min(scope.from - 1, longest)) };
  }
  return undefined;
}

/** Whether a day, given as a day number, is set in masks of months. */
export function isIn(masks: Uint32Array, { monthStarts }: Pick<Days, "monthStarts">, day: number): boolean {
  const month = monthIndex(monthStarts, day);
  const bit = month < 0 ? 31 : day - (monthStarts[month] as number);
  return bit < 31 && (((masks[month] as number) >>> bit) & 1) === 1;
}
