import { userTypes } from "../../clever/reports";
import type { ReportKind } from "../answer";
import { firstDayOf, isWeekend, lowestBit, spanOf } from "../calendar";
import type { MonthSegment, ParticipationIndex } from "../index/participationIndex";
import type { Names } from "./names";
import type { People } from "./people";

/** Days per month in the indexes of cells. */
export const monthDays = 31;

/** A day is quiet if fewer people are active than these shares of a usual day's, on weekdays and at weekends. */
const [weekdayShare, weekendShare] = [0.1, 0.5];
/** What is usual is said by the weekdays of the eight weeks before and after a day. */
const nearDays = 56;

/**
 * Days as masks, one per month. Classified over the whole district, so that they disclose nothing about a part of it.
 */
export interface DayKinds {
  readonly data: Uint32Array;
  readonly participation: Uint32Array;
  /** Days with data that are not quiet. */
  readonly school: Uint32Array;
}

/** What kinds of days the index has. */
export interface Days {
  /** The first day of each month, as a day number. */
  readonly monthStarts: Int32Array;
  /** The first and the last day with rows of either report, and the last one with participation, if any has it. */
  readonly data: { readonly first: number; readonly last: number; readonly lastParticipation: number };
  readonly kinds: DayKinds;
  /**
   * Days on which a report has no row of a user type although the other report proves that there was use: per user type
   * and month (`type * months + month`). A report that never came for a user type is not reported as missing on single
   * days.
   */
  readonly missing: { readonly [Report in ReportKind]: Uint32Array };
  /** Per cohort and month (`cohort * months + month`): days with rows of daily participation, and of resource usage. */
  readonly participated: Uint32Array;
  readonly used: Uint32Array;
  /** The same for days with use of resources according to daily participation. */
  readonly withUse: Uint32Array;
  /**
   * Per cohort and day (`(cohort * months + month) * 31 + day`): people in the reports, that is with rows of daily
   * participation, or of resource usage if the cohort has none; and those that daily participation calls active.
   */
  readonly present: Uint32Array;
  readonly active: Uint32Array;
}

export function daysOf(index: ParticipationIndex, names: Names, people: People): Days {
  const months = index.months.length;
  const participated = new Uint32Array(index.cohorts.length * months);
  const used = new Uint32Array(participated.length);
  const withUse = new Uint32Array(participated.length);
  const present = new Uint32Array(participated.length * monthDays);
  const active = new Uint32Array(present.length);
  index.months.forEach(({ attendance, attendanceCells: cells, usageRuns: runs }, month) => {
    countMembers(index, month, attendance.present, present);
    countMembers(index, month, attendance.active, active);
    for (let cell = 0; cell < cells.cohort.length; cell++) {
      const at = (cells.cohort[cell] as number) * months + month;
      const day = 1 << (cells.day[cell] as number);
      addDays(participated, at, day);
      if ((cells.resources[cell] as number) > 0) addDays(withUse, at, day);
    }
    for (let run = 0; run < runs.cohort.length; run++) {
      addDays(used, (runs.cohort[run] as number) * months + month, runs.days[run] as number);
    }
  });
  const days = { participated, used, withUse, present, active };
  addUsers(index, people, days);
  const monthStarts = Int32Array.from(index.months, ({ month }) => firstDayOf(month));
  const kinds = kindsOf(index, days);
  const { first, last } = spanOf(monthStarts, kinds.data) ?? { first: 0, last: 0 };
  const lastParticipation = spanOf(monthStarts, kinds.participation)?.last ?? last;
  return {
    monthStarts,
    data: { first, last, lastParticipation },
    kinds,
    missing: missingDays(names, days, months),
    ...days,
  };
}

function addDays(masks: Uint32Array, at: number, days: number): void {
  masks[at] = (masks[at] as number) | days;
}

type CohortDays = Pick<Days, "participated" | "used" | "withUse" | "present" | "active">;

/** Counts people with resource usage as present if their cohort has no row of daily participation. */
function addUsers(index: ParticipationIndex, { moved }: People, { participated, used, present }: CohortDays) {
  const months = index.months.length;
  index.months.forEach(({ usageRuns: runs, usage }, month) => {
    const users = new Map<number, number>();
    for (let run = 0; run < runs.cohort.length; run++) {
      const slot = (runs.cohort[run] as number) * months + month;
      const only = (used[slot] as number) & ~(participated[slot] as number);
      if (only === 0) continue;
      for (let at = runs.firstPerson[run] as number; at < (runs.firstPerson[run + 1] as number); at++) {
        const member = usage.member[at] as number;
        // People in several cohorts may have been counted already.
        if (moved[member] !== 1)
          users.set(member, (users.get(member) ?? 0) | ((usage.days[at] as number) & only));
      }
    }
    for (const [member, mask] of users) {
      add(present, ((index.members.cohort[member] as number) * months + month) * monthDays, mask, 1);
    }
  });
}

function missingDays({ typeOf }: Names, days: CohortDays, months: number): Days["missing"] {
  const ofTypes = (masks: Uint32Array) => {
    const all = new Uint32Array(userTypes.length * months);
    masks.forEach((mask, at) => {
      const type = typeOf[Math.floor(at / months)] as number;
      addDays(all, type * months + (at % months), mask);
    });
    return all;
  };
  const [participated, used] = [ofTypes(days.participated), ofTypes(days.used)];
  const missing = (proof: Uint32Array, report: Uint32Array) =>
    proof.map((mask, at) => {
      const type = Math.floor(at / months);
      const ever = report.subarray(type * months, (type + 1) * months).some((days) => days !== 0);
      return ever ? mask & ~(report[at] as number) : 0;
    });
  return {
    dailyParticipation: missing(used, participated),
    resourceUsage: missing(ofTypes(days.withUse), used),
  };
}

/** Adds a number to each day of a mask. */
function add(days: Uint32Array, start: number, mask: number, number: number): void {
  for (let left = mask; left !== 0; left &= left - 1) {
    const at = start + lowestBit(left);
    days[at] = (days[at] as number) + number;
  }
}

/** Counts the members of each cohort by day; `masks` are those of the month's `attendance`. */
function countMembers(index: ParticipationIndex, month: number, masks: Uint32Array, days: Uint32Array): void {
  const { member } = (index.months[month] as MonthSegment).attendance;
  // Bit `day` of a cohort's n-th number is the n-th binary digit of the day's count: all days are added at once.
  const digits = new Uint32Array(index.cohorts.length * 32);
  for (let entry = 0; entry < member.length; entry++) {
    let at = (index.members.cohort[member[entry] as number] as number) * 32;
    for (let carry = masks[entry] as number; carry !== 0; at++) {
      const digit = digits[at] as number;
      digits[at] = digit ^ carry;
      carry &= digit;
    }
  }
  digits.forEach((mask, at) => {
    add(days, ((at >>> 5) * index.months.length + month) * monthDays, mask, 1 << (at & 31));
  });
}

function kindsOf({ months }: ParticipationIndex, { participated, present, ...days }: CohortDays): DayKinds {
  const active = new Uint32Array(months.length * monthDays);
  participated.forEach((mask, slot) => {
    for (let day = 0; day < monthDays; day++) {
      const at = slot * monthDays + day;
      const of = (slot % months.length) * monthDays + day;
      // A missing report does not make a day off: people with usage were present.
      const people = (mask & (1 << day)) !== 0 ? days.active : present;
      active[of] = (active[of] as number) + (people[at] as number);
    }
  });
  const all = dataDays(months, active);
  const usualOn = usualNear(
    all.filter(({ hasParticipation, isWeekend, people }) => hasParticipation && !isWeekend && people > 0),
  );
  const school = new Uint32Array(months.length);
  for (const { day, people, hasParticipation, isWeekend, month, bit } of all) {
    const least = usualOn(day) * (isWeekend ? weekendShare : weekdayShare);
    // Without participation rows, the number of active people is unknown.
    const isUnknown = !hasParticipation && !isWeekend;
    if (isUnknown || (people > 0 && people >= least)) addDays(school, month, bit);
  }
  return {
    data: Uint32Array.from(months, ({ participationDays, usageDays }) => participationDays | usageDays),
    participation: Uint32Array.from(months, ({ participationDays }) => participationDays),
    school,
  };
}

/** A day with rows. */
interface DataDay {
  readonly day: number;
  /** How many people are active in the district. */
  readonly people: number;
  readonly hasParticipation: boolean;
  readonly isWeekend: boolean;
  /** Its month, and its bit in the masks of the month. */
  readonly month: number;
  readonly bit: number;
}

/** The days with rows, ascending. */
function dataDays(months: ParticipationIndex["months"], active: Uint32Array): DataDay[] {
  const days: DataDay[] = [];
  months.forEach(({ month: name, participationDays, usageDays }, month) => {
    for (let left = participationDays | usageDays; left !== 0; left &= left - 1) {
      const bit = left & -left;
      const day = firstDayOf(name) + lowestBit(bit);
      days.push({
        day,
        people: active[month * monthDays + lowestBit(bit)] as number,
        hasParticipation: (participationDays & bit) !== 0,
        isWeekend: isWeekend(day),
        month,
        bit,
      });
    }
  });
  return days;
}

/**
 * The upper quartile of the days near a given one; 0 if there are none. So a break of a few weeks is compared with the
 * school days around it. Days must be ascending, both those given and those asked for.
 */
function usualNear(days: readonly DataDay[]): (day: number) => number {
  let [first, end] = [0, 0];
  return (day) => {
    while (end < days.length && (days[end] as DataDay).day <= day + nearDays) end++;
    while (first < end && (days[first] as DataDay).day < day - nearDays) first++;
    const near = Uint32Array.from(days.slice(first, end), ({ people }) => people).sort();
    return near[Math.floor(near.length * 0.75)] ?? 0;
  };
}
