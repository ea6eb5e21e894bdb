import { firstDayOf, lowestBit } from "../calendar";
import type { ParticipationIndex } from "../index/participationIndex";
import type { People } from "./people";

/** Days per month in the indexes of cells. */
export const monthDays = 31;

/** What the index has on which days. */
export interface Days {
  /** The first day of each month, as a day number. */
  readonly monthStarts: Int32Array;
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

export function daysOf(index: ParticipationIndex, people: People): Days {
  const months = index.months.length;
  const participated = new Uint32Array(index.cohorts.length * months);
  const used = new Uint32Array(participated.length);
  const withUse = new Uint32Array(participated.length);
  const present = new Uint32Array(participated.length * monthDays);
  const active = new Uint32Array(present.length);
  index.months.forEach(({ attendanceCells: cells, usageRuns: runs }, month) => {
    for (let cell = 0; cell < cells.cohort.length; cell++) {
      const at = (cells.cohort[cell] as number) * months + month;
      const day = cells.day[cell] as number;
      addDays(participated, at, 1 << day);
      if ((cells.resources[cell] as number) > 0) addDays(withUse, at, 1 << day);
      present[at * monthDays + day] = cells.present[cell] as number;
      active[at * monthDays + day] = cells.active[cell] as number;
    }
    for (let run = 0; run < runs.cohort.length; run++) {
      addDays(used, (runs.cohort[run] as number) * months + month, runs.days[run] as number);
    }
  });
  addUsers(index, people, present);
  const monthStarts = Int32Array.from(index.months, ({ month }) => firstDayOf(month));
  return { monthStarts, participated, used, withUse, present, active };
}

export function addDays(masks: Uint32Array, at: number, days: number): void {
  masks[at] = (masks[at] as number) | days;
}

/** Counts people with resource usage as present if their cohort has no row of daily participation. */
function addUsers({ months, members }: ParticipationIndex, { moved }: People, present: Uint32Array) {
  months.forEach(({ onlyUsage: { member: memberOf, days } }, month) => {
    memberOf.forEach((member, at) => {
      // People in several cohorts may have been counted already.
      if (moved[member] === 1) return;
      const slot = (members.cohort[member] as number) * months.length + month;
      addOn(present, slot * monthDays, days[at] as number, 1);
    });
  });
}

/** Adds a number to each day of a mask. */
export function addOn(days: Uint32Array, start: number, mask: number, number: number): void {
  for (let left = mask; left !== 0; left &= left - 1) {
    const at = start + lowestBit(left);
    days[at] = (days[at] as number) + number;
  }
}
