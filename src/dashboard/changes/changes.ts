import type { Change, Changes, DayEntry, Shown, Subjects } from "../answer";
import {
  type Expectation,
  expectationFrom,
  expectedPerDay,
  judge,
  minimumPastWeeks,
  minimumPersonDays,
  minimumRelativeChange,
  minimumScore,
  typicalOverdispersion,
} from "./judge";
import {
  commonLevel,
  type Frame,
  minimumSubjectsForLevel,
  type SubjectWeeks,
  scaled,
  subjectWeeks,
  totalUse,
} from "./series";
import { calendarWeeks } from "./weeks";

/** The input of the search for changes: sums of whole groups only, so that it cannot disclose anything else. */
export interface ChangesInput {
  /** Every calendar day of the scope, ascending, without gaps. */
  readonly days: readonly (Pick<DayEntry, "date" | "kind"> & { readonly activeUsers: Shown })[];
  readonly subjects: readonly SubjectSeries[];
  /** Number of schools that are not judged because all their groups are suppressed. */
  readonly suppressed?: number;
}

export interface SubjectSeries {
  readonly subject: Change["subject"];
  readonly name: string | null;
  /** A resource's type; `null` for schools. */
  readonly type: string | null;
  /**
   * Person-days of use on each day, 0 if nobody used it. A suppressed number is `null`, or NaN in a typed array: it
   * counts as unknown, never as 0.
   */
  readonly daily: ArrayLike<Shown>;
  /** Whether some of its groups are suppressed. */
  readonly partly?: true;
}

/** The newest weeks that count are judged; they are compared with at most this many weeks before them. */
const judgedWeekCount = 2;
const comparedWeekCount = 12;
/** How far back the days should reach if available: the weeks that count, plus some that may not. */
export const daysNeeded = (judgedWeekCount + comparedWeekCount + 4) * 7;
export const weeksNeeded = minimumPastWeeks + judgedWeekCount;
const maxEntries = 10;
const maxWeeksShown = 60;

/** The index of the first day that is compared or judged; -1 if the days are too few to judge. */
export function firstCompared(days: ChangesInput["days"]): number {
  const counted = calendarWeeks(days).filter(({ counts }) => counts);
  const [first] = counted.slice(-judgedWeekCount - comparedWeekCount);
  return counted.length < weeksNeeded ? -1 : (first?.days[0]?.index ?? -1);
}

/** Definitions of the numbers in `Changes`, for help texts, exports and documentation. */
export const changesDefinitions = {
  meaning:
    `Resources and schools whose use in the newest ${judgedWeekCount} complete weeks is notably above or below their own ` +
    `earlier weeks, the most notable first, at most ${maxEntries}.`,
  use: "Use is counted in person-days: each person counts once per day on which they used the resource (for a school: any resource).",
  weeks:
    "A week counts from Monday to Sunday, if it has at least 3 school days and does not end before its Friday because the " +
    "period ends. Days off (no data, or almost nobody active) are left out. " +
    `Compared are the ${comparedWeekCount} weeks before the recent ones, from the first use on; where the chosen period is ` +
    "shorter, the weeks before it are used too.",
  comparable:
    "Days are made comparable by the number of active users of the day and by the subject's own weekday pattern " +
    "(midmean per weekday). What most resources, or most schools, share in a week is removed as well (median " +
    "polish), so that a general rise or fall is not reported for each of them. With fewer than " +
    `${minimumSubjectsForLevel} schools each is compared with its own past alone, without regard to the others.`,
  expected:
    "Expected is the median of the earlier weeks, or the Theil–Sen line through them where they clearly rise or fall " +
    "(Mann–Kendall test, 1 %). Expected and actual are person-days per school day of the recent weeks.",
  score:
    "The score is the distance between actual and expected in robust standard deviations (1.4826 × median absolute " +
    "deviation of the earlier weeks), on a scale on which counting noise is the same for small and large numbers " +
    "(Anscombe). The deviation is never taken to be smaller than counting noise plus the variation that is " +
    "usual from week to week in the period.",
  notable:
    `Notable: a score of at least ${minimumScore}, a difference of at least ${minimumRelativeChange * 100} % of the ` +
    `expected, at least ${minimumPersonDays} person-days expected or counted in the recent weeks, and each recent week ` +
    "off in the same direction. New: no use before. Stopped: none in the recent weeks, while some was expected.",
  tooLittle:
    `Could not be evaluated: fewer than ${minimumPastWeeks} earlier weeks since the first use (more weeks of data help), or fewer ` +
    `than ${minimumPersonDays} person-days (a wider filter helps). A school with suppressed groups is evaluated by the others; a day ` +
    "on which a group is suppressed that otherwise has more than a tenth of the use of a resource or school is unknown for it. A period needs " +
    `${weeksNeeded} weeks that count. A resource that was renamed is one where it has a resource_id; without one it shows as stopped and as new.`,
} as const;

/** A series with the first day on which the subject was used, or may have been. */
interface UsedSeries extends SubjectSeries {
  readonly firstUse: number;
}
/**
 * Finds resources and schools whose use deviates from their own past, with robust, explainable statistics.
 * `changesDefinitions` has the rules. Deterministic: the same input gives the same answer.
 */
export function findChanges({ days, subjects, suppressed = 0 }: ChangesInput): Changes {
  const weeks = calendarWeeks(days);
  const counted = weeks.filter(({ counts }) => counts);
  const common = { weeksNeeded, weeks: counted.length };
  const used = subjects.flatMap((series): UsedSeries[] => {
    const firstUse = days.findIndex(({ kind }, index) => kind !== "noData" && series.daily[index] !== 0);
    return firstUse < 0 ? [] : [{ ...series, firstUse }];
  });
  const ofKind = (kind: Change["subject"]) => used.filter(({ subject }) => subject === kind);
  const [resources, schools] = [ofKind("resource"), ofKind("school")];
  const none = { resources: 0, schools: 0 };
  if (counted.length < weeksNeeded) {
    const all = { resources: resources.length, schools: schools.length };
    return { ...common, entries: [], judged: none, unjudged: { weeks: all, use: none, suppressed } };
  }

  const frame: Frame = {
    weeks,
    older: counted.slice(0, -judgedWeekCount - comparedWeekCount),
    past: counted.slice(-judgedWeekCount - comparedWeekCount, -judgedWeekCount),
    judged: counted.slice(-judgedWeekCount),
  };
  const recentDays = frame.judged.flatMap((week) => week.days.map(({ index }) => days[index]?.date ?? ""));
  const activeUsers = Float64Array.from(days, (day) => day.activeUsers ?? Number.NaN);
  const alone = new Float64Array(days.length).fill(1);
  const fewSchools = schools.length < minimumSubjectsForLevel;
  const ofResources = changesOf(resources, activeUsers, frame);
  const ofSchools = changesOf(schools, fewSchools ? alone : activeUsers, frame);
  const both = (of: "judged" | "tooFewWeeks" | "tooLittleUse"): Subjects => ({
    resources: ofResources[of],
    schools: ofSchools[of],
  });
  return {
    ...common,
    recent: { from: recentDays.at(0) ?? "", to: recentDays.at(-1) ?? "" },
    entries: [...ofResources.notable, ...ofSchools.notable]
      .sort((one, other) => Math.abs(other.score) - Math.abs(one.score) || byName(one, other))
      .slice(0, maxEntries),
    judged: both("judged"),
    unjudged: { weeks: both("tooFewWeeks"), use: both("tooLittleUse"), suppressed },
  };
}

function changesOf(series: readonly UsedSeries[], level: Float64Array, frame: Frame) {
  const large = series.filter(({ daily }) => totalUse(daily, frame) >= minimumPersonDays);
  const enough = large
    .map((each) => subjectOf(each, level, frame))
    .filter(
      ({ weeks: { past, judged } }) =>
        past.length >= minimumPastWeeks && judged.length === frame.judged.length,
    );
  const common = commonLevel(
    enough.map(({ weeks }) => weeks),
    frame.weeks.length,
  );
  /** The change that subjects share in a week. */
  const factor = (week: number) => common[week] ?? 1;
  const comparable = enough.map((subject) => {
    const weeks = scaled(subject.weeks, factor);
    return { ...subject, weeks, past: expectationFrom(weeks) };
  });
  const overdispersion = typicalOverdispersion(comparable.map(({ past }) => past));
  const tooFewWeeks = large.length - enough.length;
  let tooLittleUse = series.length - large.length;
  const notable: Change[] = [];
  for (const { series, usedBefore, weeks, past } of comparable) {
    const { tooFew, direction, expected, actual, score } = judge(weeks, past, overdispersion);
    if (tooFew) tooLittleUse++;
    if (direction === undefined) continue;
    const { subject, name, type, partly } = series;
    notable.push({
      ...(partly ? { partly } : {}),
      subject,
      name,
      type,
      direction: direction === "rose" && !usedBefore ? "new" : direction,
      expected,
      actual,
      score,
      weeks: weeksOf(scaled(subjectWeeks(series.daily, level, frame), factor), past, frame),
    });
  }
  return { notable, tooFewWeeks, tooLittleUse, judged: series.length - tooFewWeeks - tooLittleUse };
}

/** A subject's weeks, and whether there was, or may have been, use before the judged ones. */
function subjectOf(series: UsedSeries, level: Float64Array, frame: Frame) {
  const { daily, firstUse } = series;
  const firstJudged = frame.judged[0]?.days[0]?.index ?? 0;
  const usedBefore = firstUse < firstJudged;
  // Weeks before a resource's first use are not its past, unless it first appears in the judged weeks.
  const since = usedBefore ? firstUse : 0;
  const past = frame.past.filter(({ days }) => (days.at(-1)?.index ?? -1) >= since);
  return { series, usedBefore, weeks: subjectWeeks(daily, level, { ...frame, older: [], past }) };
}

/** The weeks of the chart, including those before the compared ones. */
function weeksOf(shown: SubjectWeeks, past: Expectation, frame: Frame): Change["weeks"] {
  const all = [...shown.older, ...shown.past, ...shown.judged];
  const rates = new Map(all.map(({ week, count, exposure }) => [week, count / exposure]));
  return frame.weeks
    .map((each) => {
      const judged = frame.judged.includes(each);
      const isCompared = judged || frame.past.includes(each);
      return {
        week: each.monday,
        value: rates.get(each.number) ?? null,
        expected: isCompared ? expectedPerDay(past, each.number) : null,
        judged,
      };
    })
    .slice(-maxWeeksShown);
}

function byName(one: Change, other: Change): number {
  const [a, b] = [`${one.subject}/${one.name ?? ""}`, `${other.subject}/${other.name ?? ""}`];
  return a < b ? -1 : a > b ? 1 : 0;
}
