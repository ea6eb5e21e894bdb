import { dayNumber, isoDate, weekdayOf } from "../../basics/calendar";
import type { DayEntry } from "../answer";

export const daysPerWeek = 7;
const friday = 4;

/** A school day that can be compared with others. */
export interface SchoolDay {
  /** Index in the series of the scope's days. */
  readonly index: number;
  /** 0 Monday … 6 Sunday */
  readonly weekday: number;
}

/** A calendar week, Monday to Sunday. */
export interface Week {
  /** Its place in the list of all weeks. */
  readonly number: number;
  /** `yyyy-MM-dd` of its Monday. */
  readonly monday: string;
  /** Its school days within the scope. */
  readonly days: readonly SchoolDay[];
  /**
   * Whether it can be compared with others: it has enough school days, and the end of the scope does not cut it off.
   */
  readonly counts: boolean;
}

/** A week with fewer school days says little about a usual one. */
const minSchoolDays = 3;

/** All calendar weeks that the days touch, oldest first. `days` are consecutive, ascending calendar days. */
export function calendarWeeks(days: readonly Pick<DayEntry, "date" | "kind">[]): Week[] {
  const [first] = days;
  if (first === undefined) return [];
  const start = dayNumber(first.date);
  const weeks: Week[] = [];
  for (let from = 1 - weekdayOf(start); from < days.length; from += daysPerWeek) {
    const school: SchoolDay[] = [];
    for (let weekday = 0; weekday < daysPerWeek; weekday++) {
      const index = from + weekday;
      if (days[index]?.kind === "school") school.push({ index, weekday });
    }
    weeks.push({
      number: weeks.length,
      monday: isoDate(start + from),
      days: school,
      counts: school.length >= minSchoolDays && from + friday < days.length,
    });
  }
  return weeks;
}
