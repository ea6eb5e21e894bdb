/**
 * A school calendar by rule, so that any number of years can be generated: Monday to Friday, from the fourth Monday
 * of August to the first Friday of June, without holidays and breaks. Days are ISO dates without a time zone; inside
 * this file they are whole days since 1970-01-01.
 */

import { dayNumber, dayOf, isoDate, isWeekend, weekdayOf } from "../basics/calendar";

const [monday, thursday, friday, saturday, sunday] = [1, 4, 5, 6, 7] as const;
const [january, february, april, may, june, august, september, october, november, december] = [
  1, 2, 4, 5, 6, 8, 9, 10, 11, 12,
] as const;

const dayIn = (year: number, month: number, day: number): number =>
  dayOf(new Date(Date.UTC(year, month - 1, day)));

/** The `n`th given weekday of a month, counted from 1. */
function nthWeekday(year: number, month: number, target: number, n: number): number {
  const first = dayIn(year, month, 1);
  return first + ((target - weekdayOf(first) + 7) % 7) + (n - 1) * 7;
}

function lastWeekday(year: number, month: number, target: number): number {
  const last = dayIn(year, month + 1, 0);
  return last - ((weekdayOf(last) - target + 7) % 7);
}

/** A holiday with a fixed date is moved to Friday or Monday if it falls on a weekend. */
function observed(day: number): number {
  if (weekdayOf(day) === saturday) return day - 1;
  return weekdayOf(day) === sunday ? day + 1 : day;
}

interface SchoolYear {
  readonly first: number;
  readonly last: number;
  readonly free: ReadonlySet<number>;
}

/** The school year that begins in August of `year`. */
function schoolYear(year: number): SchoolYear {
  const free = new Set<number>();
  const addRun = (first: number, length: number): void => {
    for (let day = first; day < first + length; day++) free.add(day);
  };
  const christmas = dayIn(year, december, 25);
  addRun(nthWeekday(year, september, monday, 1), 1); // Labor Day
  addRun(nthWeekday(year, october, monday, 2), 1); // Indigenous Peoples' Day
  addRun(observed(dayIn(year, november, 11)), 1); // Veterans Day
  addRun(nthWeekday(year, november, thursday, 4) - 1, 3); // Thanksgiving, Wednesday to Friday
  addRun(christmas - (weekdayOf(christmas) % 7) + 1, 14); // winter break: the week of Christmas and the next
  addRun(nthWeekday(year + 1, january, monday, 3), 1); // Martin Luther King Jr. Day
  addRun(nthWeekday(year + 1, february, monday, 3), 1); // Presidents' Day
  addRun(nthWeekday(year + 1, april, monday, 2), 5); // spring break
  addRun(lastWeekday(year + 1, may, monday), 1); // Memorial Day
  return { first: nthWeekday(year, august, monday, 4), last: nthWeekday(year + 1, june, friday, 1), free };
}

/** The school days from `firstDay` (`yyyy-MM-dd`), without end, as `yyyy-MM-dd`. */
export function* schoolDays(firstDay: string): Generator<string, never> {
  const start = dayNumber(firstDay);
  // A day before August belongs to the school year that began in the year before.
  for (let year = Number(firstDay.slice(0, 4)) - 1; ; year++) {
    const { first, last, free } = schoolYear(year);
    for (let day = Math.max(first, start); day <= last; day++) {
      if (!isWeekend(day) && !free.has(day)) yield isoDate(day);
    }
  }
}
