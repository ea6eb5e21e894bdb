import { dayNumber, millisecondsPerDay, weekdayOf } from "../basics/calendar";

/** The Monday of the day's week. */
export const mondayOf = (day: number): number => day - weekdayOf(day) + 1;

/** The first day of a month `yyyy-MM`. */
export const firstDayOf = (month: string): number => dayNumber(`${month}-01`);

/** The last day of the month that a day is in. */
export function lastDayOfMonth(day: number): number {
  const date = new Date(day * millisecondsPerDay);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0) / millisecondsPerDay;
}

/** The index of the last month that has begun by a day, among ascending month starts; -1 before the first. */
export function monthIndex(monthStarts: Int32Array, day: number): number {
  let month = monthStarts.length - 1;
  while (month >= 0 && (monthStarts[month] as number) > day) month--;
  return month;
}

/** Bits `from` … `to` of a month's mask, inclusive; they may be outside the month. */
export function daysMask(from: number, to: number): number {
  const [low, high] = [Math.max(from, 0), Math.min(to, 31)];
  if (low > high) return 0;
  const upTo = high >= 31 ? 0xffff_ffff : (1 << (high + 1)) - 1;
  return (upTo & ~((1 << low) - 1)) >>> 0;
}

/** The index of the lowest set bit; 32 if there is none. */
export const lowestBit = (mask: number): number => (mask === 0 ? 32 : 31 - Math.clz32(mask & -mask));

/** The index of the highest set bit; -1 if there is none. */
const highestBit = (mask: number): number => 31 - Math.clz32(mask);

/** How many days masks of months have, with the first and the last as day numbers; undefined if they have none. */
export function spanOf(
  monthStarts: Int32Array,
  masks: Uint32Array,
): { readonly days: number; readonly first: number; readonly last: number } | undefined {
  let [days, first, last] = [0, 0, 0];
  masks.forEach((mask, month) => {
    if (mask === 0) return;
    const start = monthStarts[month] as number;
    if (days === 0) first = start + lowestBit(mask);
    last = start + highestBit(mask);
    days += countBits(mask);
  });
  return days === 0 ? undefined : { days, first, last };
}

/** How many days masks of months have. */
export const countDays = (masks: Uint32Array): number =>
  masks.reduce((sum, mask) => sum + countBits(mask), 0);

export function countBits(mask: number): number {
  let bits = mask - ((mask >>> 1) & 0x5555_5555);
  bits = (bits & 0x3333_3333) + ((bits >>> 2) & 0x3333_3333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}
