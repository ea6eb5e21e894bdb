import type { Shown } from "../answer";
import { madDeviation, median, midmean } from "./robust";
import { daysPerWeek, type Week } from "./weeks";

/** One week of a subject, comparable with its other weeks. */
export interface SubjectWeek {
  /** `Week.number` */
  readonly week: number;
  /** School days whose number is known, and the person-days of use on them. */
  readonly days: number;
  readonly count: number;
  /** The weight of these days, from the scope's level and the weekday pattern. Without a unit until `scaled`. */
  readonly exposure: number;
}

/** A subject's comparable weeks, oldest first. */
export interface SubjectWeeks {
  /** Weeks before the compared ones, for the chart only. */
  readonly older: readonly SubjectWeek[];
  readonly past: readonly SubjectWeek[];
  readonly judged: readonly SubjectWeek[];
}

/** The weeks in which every subject is examined. */
export interface Frame {
  /** All weeks, oldest first; of those that count, the ones before the compared ones, the compared and the newest. */
  readonly weeks: readonly Week[];
  readonly older: readonly Week[];
  readonly past: readonly Week[];
  readonly judged: readonly Week[];
}

/** The share of a week's school days that must be known. */
const minimumKnownShare = 0.6;
/**
 * A week whose days weigh less than this share of a usual week is left out: a Monday tool in a week without a Monday.
 */
const minExposureShare = 0.4;
/** This many person-days of an even pattern are mixed into a weekday pattern, so that rare use does not make one. */
const evenDays = 10;

/**
 * Groups a daily series into weeks. `level` is the scope's level on each day (NaN: unknown), by which days are
 * compared. Days off are not in `frame`. A day whose number is unknown (null or NaN) counts neither as use nor as a
 * day.
 */
export function subjectWeeks(daily: ArrayLike<Shown>, level: ArrayLike<number>, frame: Frame): SubjectWeeks {
  const weekday = weekdayPattern(daily, level, frame);
  const known = (weeks: readonly Week[]) =>
    weeks.flatMap((week) => weekOf(week, daily, level, weekday) ?? []);
  const [older, past, judged] = [known(frame.older), known(frame.past), known(frame.judged)];
  const usualExposure = median([...past, ...judged].map(({ exposure }) => exposure));
  const isUsable = ({ exposure }: SubjectWeek) => exposure > minExposureShare * usualExposure;
  return { older: older.filter(isUsable), past: past.filter(isUsable), judged: judged.filter(isUsable) };
}

/** Known person-days of use in the past and the judged weeks. */
export function totalUse(daily: ArrayLike<Shown>, { past, judged }: Frame): number {
  let total = 0;
  for (const { days } of [...past, ...judged]) {
    for (const { index } of days) total += daily[index] || 0;
  }
  return total;
}

/** How a subject's use varies by weekday, around 1, from the weeks before the judged ones. */
function weekdayPattern(daily: ArrayLike<Shown>, level: ArrayLike<number>, frame: Frame): number[] {
  const values = Array.from({ length: daysPerWeek }, (): number[] => []);
  const levels: number[] = [];
  for (const { days } of frame.past) {
    for (const { index, weekday } of days) {
      const count = knownCount(daily, level, index);
      const at = level[index] ?? Number.NaN;
      if (Number.isNaN(count)) continue;
      levels.push(at);
      values[weekday]?.push(count / at);
    }
  }
  const usualLevel = levels.length > 0 ? median(levels) : 1;
  const middles = values.map((list) => (list.length >= 3 ? midmean(list) * usualLevel : undefined));
  const present = middles.filter((middle) => middle !== undefined);
  const mean = present.reduce((sum, middle) => sum + middle, 0) / present.length;
  return middles.map((middle, weekday) => {
    const n = values[weekday]?.length ?? 0;
    return middle === undefined ? 1 : (n * middle + evenDays) / (n * mean + evenDays);
  });
}

function weekOf(
  { number, days }: Week,
  daily: ArrayLike<Shown>,
  level: ArrayLike<number>,
  weekday: readonly number[],
): SubjectWeek | undefined {
  let known = 0;
  let count = 0;
  let exposure = 0;
  for (const day of days) {
    const ofDay = knownCount(daily, level, day.index);
    if (Number.isNaN(ofDay)) continue;
    known++;
    count += ofDay;
    exposure += (level[day.index] ?? 0) * (weekday[day.weekday] ?? 1);
  }
  return known >= minimumKnownShare * days.length
    ? { week: number, days: known, count, exposure }
    : undefined;
}

/** A day's person-days of use; NaN if they or the level to compare them by are unknown. */
function knownCount(daily: ArrayLike<Shown>, level: ArrayLike<number>, index: number): number {
  const at = level[index];
  return at !== undefined && at > 0 ? (daily[index] ?? Number.NaN) : Number.NaN;
}

/**
 * The weeks with their exposure multiplied by a factor per week, scaled so that the judged weeks' exposure is the
 * number of their known days: rates there are plain averages.
 */
export function scaled(
  { older, past, judged }: SubjectWeeks,
  factor: (week: number) => number,
): SubjectWeeks {
  const worth = ({ week, exposure }: SubjectWeek) => exposure * factor(week);
  const days = judged.reduce((sum, { days }) => sum + days, 0);
  const unit = days / judged.reduce((sum, week) => sum + worth(week), 0);
  const measured = (week: SubjectWeek) => ({ ...week, exposure: worth(week) * unit });
  return { older: older.map(measured), past: past.map(measured), judged: judged.map(measured) };
}

/** Subjects with fewer person-days in a week say little about the scope's level. */
const minForLevel = 20;
export const minimumSubjectsForLevel = 5;

/**
 * What moved most subjects alike in a week, as a factor per week: one sweep of Tukey's median polish on the
 * logarithms of their rates, rows first. A factor counts only if it exceeds its own noise (twice its standard
 * error). With few subjects none does: otherwise a change in one of them would look like a change in all.
 */
export function commonLevel(subjects: readonly SubjectWeeks[], weeks: number): Float64Array {
  const common = new Float64Array(weeks).fill(1);
  const columns = new Map<number, number[]>();
  for (const { past, judged } of subjects) {
    const all = [...past, ...judged];
    if (median(all.map(({ count }) => count)) < minForLevel) continue;
    const row = median(past.map(logRate));
    for (const week of all) {
      const column = columns.get(week.week) ?? [];
      column.push(logRate(week) - row);
      columns.set(week.week, column);
    }
  }
  for (const [week, column] of columns) {
    if (column.length < minimumSubjectsForLevel) continue;
    const effect = median(column);
    // The standard error of a median of normal values is 1.2533 σ / √n.
    const error = (1.2533 * madDeviation(column, effect)) / Math.sqrt(column.length);
    if (Math.abs(effect) > 2 * error) common[week] = Math.exp(effect);
  }
  return common;
}

function logRate({ count, exposure }: SubjectWeek): number {
  return Math.log((count + 0.5) / exposure);
}
