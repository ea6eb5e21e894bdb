import type { Change } from "../answer";
import { type Line, madDeviation, mannKendall, median, theilSen } from "./robust";
import type { SubjectWeek, SubjectWeeks } from "./series";

/** Weeks of its own past that a subject needs to be judged. */
export const minimumPastWeeks = 6;
/** Person-days, expected or actual, that the judged weeks need for a change to be notable. */
export const minimumPersonDays = 20;
export const minimumScore = 3;
export const minimumRelativeChange = 0.25;
/** Each judged week must deviate by this many standard deviations, in the same direction. */
const minScoreOfEach = 1.5;
/** A past is never assumed to be steadier than this, relative to its level. */
const minOverdispersion = 0.05;
/**
 * A trend counts if chance would produce one as clear in only one of a hundred series, and if there are this many
 * weeks.
 */
const minTrendScore = 2.576;
const minWeeksForTrend = 8;

/** What a subject's past predicts, on the scale of `stabilized`. */
export interface Expectation {
  readonly line: Line;
  /** Standard deviation of the past's weeks around the line. */
  readonly deviation: number;
  /** How much the line's own uncertainty adds, as a factor on the deviation. */
  readonly widening: number;
  /** Days of a usual week, for comparing weeks. */
  readonly days: number;
  /** Person-days in a usual week, on the level of the judged weeks. */
  readonly usual: number;
}

export interface Judgement {
  /** Undefined if the change is not notable. */
  readonly direction: Exclude<Change["direction"], "new"> | undefined;
  /** Too few person-days to judge. */
  readonly tooFew: boolean;
  readonly score: number;
  /** Person-days of use per school day. */
  readonly expected: number;
  readonly actual: number;
}

/**
 * Anscombe's transform: on this scale a Poisson count has a standard deviation of 1 whatever its mean, from about 4
 * on. So a step means the same for small and large numbers, and 0 needs no special case.
 */
function stabilized(count: number): number {
  return 2 * Math.sqrt(count + 3 / 8);
}

function unstabilized(value: number): number {
  return Math.max(0, (Math.max(0, value) / 2) ** 2 - 3 / 8);
}

/** Derives the expectation from the past: its median, or the Theil–Sen line if it clearly rises or falls. */
export function expectationFrom({ past, judged }: SubjectWeeks): Expectation {
  const days = median([...past, ...judged].map(({ exposure }) => exposure));
  const values = past.map((week) => stabilized(perWeek(week, days)));
  const times = past.map(({ week }) => week);
  const n = past.length;
  const trend = n >= minWeeksForTrend && Math.abs(mannKendall(values)) >= minTrendScore;
  const line = trend ? theilSen(times, values) : { slope: 0, height: median(values) };
  const residuals = values.map((value, i) => value - at(line, times[i] ?? 0));
  const now = middleTime(judged);
  const middle = times.reduce((sum, time) => sum + time, 0) / n;
  const spread = times.reduce((sum, time) => sum + (time - middle) ** 2, 0);
  // As for a prediction: the variance of a median is π/2 times that of a mean, and a slope's error grows with distance.
  const widening = Math.sqrt(1 + Math.PI / 2 / n + (trend ? (now - middle) ** 2 / spread : 0));
  return { line, deviation: madDeviation(residuals, 0), widening, days, usual: unstabilized(at(line, now)) };
}

/**
 * How unsteady subjects usually are from week to week beyond counting noise, relative to their level: the median over
 * those large enough to tell, as the overdispersion of a quasi-Poisson model (McCullagh and Nelder 1989).
 */
export function typicalOverdispersion(pasts: readonly Expectation[]): number {
  const largeEnough = pasts.filter(({ usual }) => usual >= minimumPersonDays);
  const each = largeEnough.map(({ deviation, usual }) => Math.sqrt(Math.max(0, deviation ** 2 - 1) / usual));
  return Math.max(minOverdispersion, each.length > 0 ? median(each) : 0);
}

/**
 * Compares the judged weeks with the past like Hampel's identifier (distance from the median in MADs), but assumes at
 * least the counting noise and the noise that is usual in the scope.
 */
export function judge({ judged }: SubjectWeeks, past: Expectation, overdispersion: number): Judgement {
  const counts = sum(judged, ({ count }) => count);
  const exposure = sum(judged, (week) => week.exposure);
  const expected = at(past.line, middleTime(judged));
  const expectedCount = (unstabilized(expected) * exposure) / past.days;
  const tooFew = Math.max(counts, expectedCount) < minimumPersonDays;

  const counting = Math.max(1, (past.days * judged.length) / exposure);
  const level = Math.max(past.usual, (counts * past.days) / exposure);
  const floor = Math.sqrt(counting + (overdispersion ** 2 * (past.usual + level)) / 2);
  // Not divided by the root of the weeks judged: neighbouring weeks are alike, so two say little more than one.
  const deviation = Math.max(past.deviation, floor) * past.widening;
  const scoreOf = (count: number, days: number) =>
    (stabilized((count * past.days) / days) - expected) / deviation;
  const score = scoreOf(counts, exposure);
  const direction = (): Judgement["direction"] => {
    if (tooFew || Math.abs(score) < minimumScore) return undefined;
    if (Math.abs(counts - expectedCount) < minimumRelativeChange * expectedCount) return undefined;
    const each = judged.map((week) => scoreOf(week.count, week.exposure) * Math.sign(score));
    if (Math.min(...each) < minScoreOfEach) return undefined;
    if (counts === 0) return "stopped";
    return score > 0 ? "rose" : "fell";
  };
  return {
    direction: direction(),
    tooFew,
    score,
    expected: expectedCount / exposure,
    actual: counts / exposure,
  };
}

/** Expected person-days of use per school day in a week, from the past. */
export function expectedPerDay({ line, days }: Expectation, week: number): number {
  return unstabilized(at(line, week)) / days;
}

function perWeek({ count, exposure }: SubjectWeek, days: number): number {
  return (count * days) / exposure;
}

function at({ slope, height }: Line, time: number): number {
  return height + slope * time;
}

function middleTime(weeks: readonly SubjectWeek[]): number {
  return sum(weeks, ({ week }) => week) / weeks.length;
}

function sum<T>(values: readonly T[], of: (value: T) => number): number {
  return values.reduce((total, value) => total + of(value), 0);
}
