import { isWeekend } from "../../basics/calendar";
import { daysMask, lastDayOfMonth, lowestBit, spanOf } from "../calendar";
import type { ParticipationIndex } from "../index/participationIndex";
import { type Days, monthDays } from "./days";
import type { Groups } from "./groups";

/** A day is quiet if fewer people are active than these shares of a usual day's, on weekdays and at weekends. */
const [weekdayShare, weekendShare] = [0.1, 0.5];
/**
 * What is usual is determined by the weekdays near a day: those of the sixteen weeks before it, so that the last school
 * days before a summer are among them, and of the eight weeks after it, which a summer separates from the next year.
 */
const [daysBefore, daysAfter] = [112, 56];
/** A tenth of these days are this busy. So a few school days are enough among those of a break. */
const usualQuantile = 0.9;

/**
 * Days as masks, one per month: over all groups that ever count, and classified by the people on the days that count,
 * so that they disclose nothing about fewer people.
 */
export interface DayKinds {
  /** Days with rows of either report, and of daily participation. */
  readonly data: Uint32Array;
  readonly participation: Uint32Array;
  /** Days with data that are not quiet. */
  readonly school: Uint32Array;
  readonly span: {
    /** The first and the last day with data. */
    readonly first: number;
    readonly last: number;
    /** The last day with participation, if any has it. */
    readonly lastParticipation: number;
    /** The last school day up to then, if there is any. */
    readonly lastSchoolDay: number;
  };
}

/**
 * Classifies the days by the cohorts whose group ever counts: whether and when the others have rows must not show. If no
 * group ever counts, each day of each month with rows is a quiet one.
 */
export function dayKindsOf(
  { months }: ParticipationIndex,
  days: Days,
  groupOf: Uint32Array,
  { counted, everCounts, missing }: Pick<Groups, "counted" | "everCounts" | "missing">,
): DayKinds {
  const shown = [...groupOf].flatMap((group, cohort) => (everCounts[group] === 1 ? cohort : []));
  const unionOf = (masks: Uint32Array) =>
    Uint32Array.from(months, (_, month) =>
      shown.reduce((all, cohort) => all | (masks[cohort * months.length + month] as number), 0),
    );
  const used = unionOf(days.used);
  const participation =
    shown.length > 0
      ? unionOf(days.participated)
      : Uint32Array.from(days.monthStarts, (start) => daysMask(0, lastDayOfMonth(start) - start));
  const data = participation.map((mask, month) => (mask | (used[month] as number)) >>> 0);
  const { first, last } = spanOf(days.monthStarts, data) ?? { first: 0, last: 0 };
  const lastParticipation = spanOf(days.monthStarts, participation)?.last ?? last;
  // People without the report are absent from those that are counted.
  const complete = participation.slice();
  missing.dailyParticipation.forEach((mask, at) => {
    const month = at % months.length;
    complete[month] = (complete[month] as number) & ~mask;
  });
  const all = dataDays(days.monthStarts, data, complete, activeOn(days, groupOf, counted));
  const school = schoolDays(all, months.length);
  const lastSchoolDay = spanOf(days.monthStarts, school)?.last ?? last;
  return {
    data,
    participation,
    school,
    span: { first, last, lastParticipation, lastSchoolDay: Math.min(lastSchoolDay, lastParticipation) },
  };
}

/** Per month and day (`month * 31 + day`): how many people are active, in groups for which the day counts. */
function activeOn(
  { monthStarts, participated, ...days }: Days,
  groupOf: Uint32Array,
  counted: Uint32Array,
): Uint32Array {
  const months = monthStarts.length;
  const active = new Uint32Array(months * monthDays);
  groupOf.forEach((group, cohort) => {
    for (let month = 0; month < months; month++) {
      const slot = cohort * months + month;
      const counting = counted[group * months + month] as number;
      for (let left = counting; left !== 0; left &= left - 1) {
        const day = lowestBit(left);
        const at = slot * monthDays + day;
        const of = month * monthDays + day;
        // A missing report does not make a day off: people with usage were present.
        const people = ((participated[slot] as number) & (1 << day)) !== 0 ? days.active : days.present;
        active[of] = (active[of] as number) + (people[at] as number);
      }
    }
  });
  return active;
}

function schoolDays(all: readonly DataDay[], months: number): Uint32Array {
  const usualOn = usualNear(
    all.filter(({ isComplete, isWeekend, people }) => isComplete && !isWeekend && people > 0),
  );
  const school = new Uint32Array(months);
  for (const { day, people, isComplete, isWeekend, month, bit } of all) {
    const minPeople = usualOn(day) * (isWeekend ? weekendShare : weekdayShare);
    // Without the report of daily participation, the number of active people is unknown.
    const isUnknown = !isComplete && !isWeekend;
    if (isUnknown || (people > 0 && people >= minPeople)) school[month] = (school[month] as number) | bit;
  }
  return school;
}

/** A day with rows. */
interface DataDay {
  readonly day: number;
  /** How many people are active. */
  readonly people: number;
  /** Whether no user type's report of daily participation is missing. */
  readonly isComplete: boolean;
  readonly isWeekend: boolean;
  /** Its month, and its bit in the masks of the month. */
  readonly month: number;
  readonly bit: number;
}

/** The days with rows, ascending. */
function dataDays(
  monthStarts: Int32Array,
  data: Uint32Array,
  complete: Uint32Array,
  active: Uint32Array,
): DataDay[] {
  const days: DataDay[] = [];
  data.forEach((mask, month) => {
    for (let left = mask; left !== 0; left &= left - 1) {
      const bit = left & -left;
      const day = (monthStarts[month] as number) + lowestBit(bit);
      days.push({
        day,
        people: active[month * monthDays + lowestBit(bit)] as number,
        isComplete: ((complete[month] as number) & bit) !== 0,
        isWeekend: isWeekend(day),
        month,
        bit,
      });
    }
  });
  return days;
}

/**
 * The upper decile of the days near a given one; 0 if there are none. Days must be ascending, both those given and those
 * asked for.
 */
function usualNear(days: readonly DataDay[]): (day: number) => number {
  let [first, end] = [0, 0];
  return (day) => {
    while (end < days.length && (days[end] as DataDay).day <= day + daysAfter) end++;
    while (first < end && (days[first] as DataDay).day < day - daysBefore) first++;
    const near = Uint32Array.from(days.slice(first, end), ({ people }) => people).sort();
    return near[Math.floor(near.length * usualQuantile)] ?? 0;
  };
}
