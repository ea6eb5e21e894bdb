import { addDays, weekdayOf } from "./plainDates";
import type { ParticipationRow, UsageRow } from "./plainIndex";

/** Rows of invented people who all do the same. */

export interface Attendance {
  readonly school?: string;
  readonly grade?: string | null;
  readonly userType?: ParticipationRow["userType"];
  /** How many people are in the reports, and how many of them are active. */
  readonly people: number;
  readonly active?: number;
}

const personOf = ({ school = "A", grade = null, userType = "students" }: Attendance, number: number) => ({
  userType,
  person: `${userType} ${school} ${grade} ${number}`,
  school,
  grade,
});

export function attendedOn(date: string, attendance: Attendance): ParticipationRow[] {
  const { people, active = people } = attendance;
  return Array.from({ length: people }, (_, number) => {
    const used = Number(number < active);
    return { ...personOf(attendance, number), date, active: used === 1, logins: used, resources: used };
  });
}

/** One row for each active person. */
export function usedOn(date: string, name: string, attendance: Attendance): UsageRow[] {
  const { people, active = people } = attendance;
  return Array.from({ length: active }, (_, number) => ({
    ...personOf(attendance, number),
    date,
    id: name,
    name,
    type: "app",
    accesses: 1,
  }));
}

/** The first days from a date on, without Saturdays and Sundays. */
export function weekdaysFrom(first: string, count: number): string[] {
  const dates: string[] = [];
  for (let date = first; dates.length < count; date = addDays(date, 1)) {
    if (weekdayOf(date) < 6) dates.push(date);
  }
  return dates;
}
