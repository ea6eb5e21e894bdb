import type { MonthSegment, ParticipationIndex } from "../index/participationIndex";
import type { Numbering } from "./names";
import type { UsageLayout } from "./usageLayout";

/** Days per month in the numbers of cells. */
export const monthDays = 31;

/**
 * Daily participation by cohort (as ranked) and month. A slot is a (cohort, month), `rank * months + month`; a cell is
 * a (cohort, day), `slot * 31 + day of the month`.
 */
export interface AttendanceLayout {
  readonly months: number;
  /** Per slot, with the end of the last: entries of people. */
  readonly firstEntry: Uint32Array;
  readonly member: Uint32Array;
  readonly present: Uint32Array;
  readonly active: Uint32Array;
  /** Days of the slot with rows; with anything done; with usage of resources although there is no row. */
  readonly rowDays: Uint32Array;
  readonly busyDays: Uint32Array;
  readonly usageOnlyDays: Uint32Array;
  /** Per cell. */
  readonly logins: Float64Array;
  readonly loginRows: Uint32Array;
  readonly resources: Float64Array;
  readonly resourceRows: Uint32Array;
  /** Active members of the cell. */
  readonly activeMembers: Uint32Array;
}

export function attendanceLayout(
  index: ParticipationIndex,
  names: Numbering,
  usage: UsageLayout,
): AttendanceLayout {
  const months = index.months.length;
  const slots = names.ranked.length * months;
  const cells = slots * monthDays;
  const people = scatterPeople(index, names, slots);
  const layout = {
    months,
    ...people,
    rowDays: new Uint32Array(slots),
    busyDays: new Uint32Array(slots),
    usageOnlyDays: new Uint32Array(slots),
    logins: new Float64Array(cells),
    loginRows: new Uint32Array(cells),
    resources: new Float64Array(cells),
    resourceRows: new Uint32Array(cells),
    activeMembers: new Uint32Array(cells),
  };
  index.months.forEach(({ attendanceCells: from }, month) => {
    for (let at = 0; at < from.cohort.length; at++) {
      const slot = (names.rankOf[from.cohort[at] as number] as number) * months + month;
      const day = from.day[at] as number;
      const cell = slot * monthDays + day;
      const [logins, resources] = [from.logins[at] as number, from.resources[at] as number];
      layout.logins[cell] = logins;
      layout.loginRows[cell] = from.loginRows[at] as number;
      layout.resources[cell] = resources;
      layout.resourceRows[cell] = from.resourceRows[at] as number;
      addDays(layout.rowDays, slot, 1 << day);
      if (logins !== 0 || resources !== 0) addDays(layout.busyDays, slot, 1 << day);
    }
  });
  countActive(layout);
  const { groups } = usage;
  for (let group = 0; group < groups.count; group++) {
    const slot = (groups.rank[group] as number) * months + (groups.month[group] as number);
    addDays(layout.usageOnlyDays, slot, (groups.days[group] as number) & ~(layout.rowDays[slot] as number));
  }
  return layout;
}

function countActive(layout: AttendanceLayout): void {
  for (let slot = 0; slot + 1 < layout.firstEntry.length; slot++) {
    const end = layout.firstEntry[slot + 1] as number;
    for (let entry = layout.firstEntry[slot] as number; entry < end; entry++) {
      const active = layout.active[entry] as number;
      addDays(layout.rowDays, slot, layout.present[entry] as number);
      addDays(layout.busyDays, slot, active);
      for (let left = active; left !== 0; left &= left - 1) {
        const cell = slot * monthDays + 31 - Math.clz32(left & -left);
        layout.activeMembers[cell] = (layout.activeMembers[cell] as number) + 1;
      }
    }
  }
}

function addDays(masks: Uint32Array, slot: number, days: number): void {
  masks[slot] = ((masks[slot] as number) | days) >>> 0;
}

function scatterPeople(index: ParticipationIndex, names: Numbering, slots: number) {
  const months = index.months.length;
  const firstEntry = new Uint32Array(slots + 1);
  const each = (visit: (slot: number, segment: MonthSegment, entry: number) => void): void => {
    index.months.forEach((segment, month) => {
      const { member } = segment.attendance;
      for (let entry = 0; entry < member.length; entry++) {
        const cohort = index.members.cohort[member[entry] as number] as number;
        visit((names.rankOf[cohort] as number) * months + month, segment, entry);
      }
    });
  };
  each((slot) => {
    firstEntry[slot + 1] = (firstEntry[slot + 1] as number) + 1;
  });
  for (let slot = 0; slot < slots; slot++) {
    firstEntry[slot + 1] = (firstEntry[slot + 1] as number) + (firstEntry[slot] as number);
  }
  const total = firstEntry[slots] as number;
  const next = firstEntry.slice();
  const people = {
    firstEntry,
    member: new Uint32Array(total),
    present: new Uint32Array(total),
    active: new Uint32Array(total),
  };
  each((slot, { attendance }, entry) => {
    const at = next[slot] as number;
    next[slot] = at + 1;
    people.member[at] = names.memberOf[attendance.member[entry] as number] as number;
    people.present[at] = attendance.present[entry] as number;
    people.active[at] = attendance.active[entry] as number;
  });
  return people;
}
