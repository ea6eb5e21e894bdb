import { firstDayOf, lowestBit } from "../calendar";
import type { ParticipationIndex } from "../index/participationIndex";
import type { People } from "./people";

/** Days per month in the indexes of cells. */
export const monthDays = 31;

/** A day is quiet if less than this share of a usual day's people are active. */
const quietShare = 0.1;

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
  readonly kinds: DayKinds;
  /** Per cohort and month (`cohort * months + month`): days with rows of daily participation, and of resource usage. */
  readonly participated: Uint32Array;
  readonly used: Uint32Array;
  /**
   * Per cohort and day (`(cohort * months + month) * 31 + day`): people in the reports, that is with rows of daily
   * participation, or of resource usage if the cohort has none; and those that daily participation calls active.
   */
  readonly present: Uint32Array;
  readonly active: Uint32Array;
}

export function daysOf(index: ParticipationIndex, people: People): Days {
  const months = index.months.length;
  const participated = new Uint32Array(index.cohorts.length * months);
  const used = new Uint32Array(participated.length);
  const present = new Uint32Array(participated.length * monthDays);
  const active = new Uint32Array(present.length);
  const add = (masks: Uint32Array, at: number, days: number) => {
    masks[at] = ((masks[at] as number) | days) >>> 0;
  };
  index.months.forEach(({ attendance, attendanceCells: cells, usageRuns: runs }, month) => {
    for (let entry = 0; entry < attendance.member.length; entry++) {
      const cohort = index.members.cohort[attendance.member[entry] as number] as number;
      const start = (cohort * months + month) * monthDays;
      count(present, start, attendance.present[entry] as number);
      count(active, start, attendance.active[entry] as number);
    }
    for (let cell = 0; cell < cells.cohort.length; cell++) {
      add(participated, (cells.cohort[cell] as number) * months + month, 1 << (cells.day[cell] as number));
    }
    for (let run = 0; run < runs.cohort.length; run++) {
      add(used, (runs.cohort[run] as number) * months + month, runs.days[run] as number);
    }
  });
  const days = { participated, used, present, active };
  addUsers(index, people, days);
  return {
    monthStarts: Int32Array.from(index.months, ({ month }) => firstDayOf(month)),
    kinds: kindsOf(index, days),
    ...days,
  };
}

type CohortDays = Omit<Days, "monthStarts" | "kinds">;

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
      count(present, ((index.members.cohort[member] as number) * months + month) * monthDays, mask);
    }
  });
}

/** Adds one to each day of a mask. */
function count(days: Uint32Array, start: number, mask: number): void {
  for (let left = mask; left !== 0; left &= left - 1) {
    const at = start + lowestBit(left);
    days[at] = (days[at] as number) + 1;
  }
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
  const sorted = active.filter((people) => people > 0).sort();
  const usual = sorted[sorted.length >>> 1] ?? 0;
  return {
    data: Uint32Array.from(months, ({ participationDays, usageDays }) => participationDays | usageDays),
    participation: Uint32Array.from(months, ({ participationDays }) => participationDays),
    school: Uint32Array.from(months, ({ participationDays, usageDays }, month) => {
      // Without participation rows, the number of active people is unknown.
      let school = usageDays & ~participationDays;
      for (let left = participationDays; left !== 0; left &= left - 1) {
        const people = active[month * monthDays + lowestBit(left)] as number;
        if (people > 0 && people >= usual * quietShare) school |= left & -left;
      }
      return school;
    }),
  };
}
