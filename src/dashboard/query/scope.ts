import { dayNumber, isoDate, lowestBit } from "../calendar";
import type { DashboardFilter } from "../filter";
import type { Prepared } from "../release/prepared";

/** What a filter lets in, in the numbers of the index. Days are day numbers, both included. */
export interface Scope {
  readonly from: number;
  readonly to: number;
  /** 1 for cohorts (by rank) and shown resources that are in. */
  readonly ranks: Uint8Array;
  readonly resources: Uint8Array;
}

/** The first and last day with rows of either report, and the last with participation. */
export interface DataRange {
  readonly first: number;
  readonly last: number;
  readonly lastParticipation: number;
}

/** `undefined` where the tables hold no row. */
export function dataRange({ dayKinds, monthStarts }: Prepared): DataRange | undefined {
  let [first, last, lastParticipation] = [Number.POSITIVE_INFINITY, -1, -1];
  monthStarts.forEach((start, month) => {
    const days = dayKinds.data[month] as number;
    const participation = dayKinds.participation[month] as number;
    if (days === 0) return;
    first = Math.min(first, start + lowestBit(days));
    last = Math.max(last, start + 31 - Math.clz32(days));
    if (participation !== 0) lastParticipation = start + 31 - Math.clz32(participation);
  });
  if (last < 0) return undefined;
  return { first, last, lastParticipation: lastParticipation < 0 ? last : lastParticipation };
}

/** The first day of the school year that a day is in. */
export function schoolYearStart(day: number, monthAndDay: string): number {
  const year = Number(isoDate(day).slice(0, 4));
  const start = startIn(year, monthAndDay);
  return start <= day ? start : startIn(year - 1, monthAndDay);
}

/** In a year without a February 29th the school year that begins on it begins on the day behind. */
function startIn(year: number, monthAndDay: string): number {
  const start = dayNumber(`${year}-${monthAndDay}`);
  return Number.isNaN(start) ? dayNumber(`${year}-03-01`) : start;
}

export function scopeOf(
  prepared: Prepared,
  filter: DashboardFilter,
  data: DataRange,
  yearStart: string,
): Scope {
  const { names } = prepared;
  const schools = new Set(filter.schools);
  const grades = new Set(filter.grades);
  const types = new Set(filter.userTypes);
  const resources = new Set(filter.resources);
  const resourceTypes = new Set(filter.resourceTypes);
  const isIn = <T>(chosen: ReadonlySet<T>, value: T) => chosen.size === 0 || chosen.has(value);
  return {
    ...rangeOf(filter.range, data, yearStart),
    ranks: Uint8Array.from(names.ranked, ({ school, userType, grade }) =>
      Number(isIn(schools, school) && isIn(types, userType) && isIn(grades, grade)),
    ),
    resources: Uint8Array.from(names.shown, ({ name, type }) =>
      Number(isIn(resources, name) && isIn(resourceTypes, type)),
    ),
  };
}

function rangeOf(range: DashboardFilter["range"], data: DataRange, yearStart: string) {
  if ("from" in range) return { from: dayNumber(range.from), to: dayNumber(range.to) };
  if (range.preset === "all") return { from: data.first, to: data.last };
  const to = data.lastParticipation;
  const from = { last7: to - 6, last30: to - 29, schoolYear: schoolYearStart(to, yearStart) }[range.preset];
  // Days before the first data would be shown as days without use.
  return { from: Math.max(from, data.first), to };
}

/** The scope with at least so many days, as far as the data reaches back; the same one where it has them. */
export function scopeWithHistory(scope: Scope, data: DataRange, days: number): Scope {
  const from = Math.max(scope.to - days + 1, data.first);
  return from < scope.from ? { ...scope, from } : scope;
}

/** As many days, ending on the day before the scope; `undefined` where the data does not reach back that far. */
export function scopeBefore(scope: Scope, data: DataRange): Scope | undefined {
  const from = scope.from - (scope.to - scope.from + 1);
  return from < data.first ? undefined : { ...scope, from, to: scope.from - 1 };
}
