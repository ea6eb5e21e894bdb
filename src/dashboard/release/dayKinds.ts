import type { ParticipationIndex } from "../index/participationIndex";
import { type AttendanceLayout, monthDays } from "./attendanceLayout";

/** A day is quiet where fewer than this share of the people of the usual day are active. */
export const quietShare = 0.1;

/** Days as masks, one per month. Judged over the whole district, so that they say nothing about a part of it. */
export interface DayKinds {
  readonly data: Uint32Array;
  readonly participation: Uint32Array;
  /** Days with data that are not quiet. */
  readonly school: Uint32Array;
}

export function dayKinds(index: ParticipationIndex, layout: AttendanceLayout): DayKinds {
  const active = new Uint32Array(layout.months * monthDays);
  layout.activeMembers.forEach((members, cell) => {
    const at = cell % active.length;
    active[at] = (active[at] as number) + members;
  });
  const sorted = active.filter((people) => people > 0).sort();
  const usual = sorted[sorted.length >>> 1] ?? 0;
  const participation = Uint32Array.from(index.months, ({ participationDays }) => participationDays);
  return {
    data: Uint32Array.from(index.months, ({ participationDays, usageDays }) => participationDays | usageDays),
    participation,
    school: Uint32Array.from(index.months, ({ participationDays, usageDays }, month) => {
      // Without a row of participation nobody can say how many were active.
      let school = usageDays & ~participationDays;
      for (let day = 0; day < monthDays; day++) {
        const people = active[month * monthDays + day] as number;
        if (people > 0 && people >= usual * quietShare) school |= participationDays & (1 << day);
      }
      return school;
    }),
  };
}
