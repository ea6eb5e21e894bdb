import { type UserType, userTypes } from "../../clever/reports";

/**
 * Days of one month by user type: bit 0 is the first day. Rows of two sources can be the same row only on the same day
 * of the same user type, so each of these cells is independent.
 */
export type Cells = ReadonlyMap<UserType, number>;

/** All days of a month. */
export const allDays = 2 ** 31 - 1;

/** The bit of a day of the month, from 1. */
export function dayBit(day: number): number {
  return 1 << (day - 1);
}

export function unionOf(all: Iterable<Cells>): Cells {
  const union = new Map<UserType, number>();
  for (const cells of all) {
    for (const [type, bits] of cells) union.set(type, (union.get(type) ?? 0) | bits);
  }
  return union;
}

export function intersect(a: Cells, b: Cells): boolean {
  return [...a].some(([type, bits]) => (bits & (b.get(type) ?? 0)) !== 0);
}

/** The cells of one user type. */
export function ofType(cells: Cells, type: UserType): Cells {
  return new Map([[type, cells.get(type) ?? 0]]);
}

/** The days of the cells, whatever the user type, as days of all the other types. */
export function ofOtherTypes(cells: Cells): Cells {
  return new Map(
    userTypes.map((type) => {
      const others = [...cells].filter(([other]) => other !== type);
      return [type, others.reduce((bits, [, each]) => bits | each, 0)];
    }),
  );
}

export interface Month {
  readonly year: number;
  readonly month: number;
}

/** The cells as rows of an SQL `VALUES` list: the day as `yyyy-MM-dd`, and the user type. */
export function listCells(cells: Cells, { year, month }: Month): { userType: UserType; date: string }[] {
  return [...cells].flatMap(([userType, bits]) =>
    Array.from({ length: 31 }, (_, day) => day + 1)
      .filter((day) => (bits & dayBit(day)) !== 0)
      .map((day) => ({ userType, date: dateOf({ year, month }, day) }))
      .filter(({ date }) => !Number.isNaN(Date.parse(date)) && new Date(date).getUTCMonth() + 1 === month),
  );
}

/** The days of a month within a range of days, `yyyy-MM-dd`. */
export function daysWithin(month: Month, first: string, last: string): number {
  let bits = 0;
  for (let day = 1; day <= 31; day++) {
    const date = dateOf(month, day);
    if (first <= date && date <= last) bits |= dayBit(day);
  }
  return bits;
}

function dateOf({ year, month }: Month, day: number): string {
  return `${year}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
}
