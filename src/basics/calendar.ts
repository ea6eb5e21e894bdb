/** Days as whole numbers since 1970-01-01, without a time zone, as in `date` columns. */

export const millisecondsPerDay = 86_400_000;

/** The day that a date or time begins with, `yyyy-MM-dd`. */
export const dayNumber = (date: string): number => Date.parse(date.slice(0, 10)) / millisecondsPerDay;
/** The day of a time, in UTC. */
export const dayOf = (time: Date): number => Math.floor(time.getTime() / millisecondsPerDay);
export const isoDate = (day: number): string => new Date(day * millisecondsPerDay).toISOString().slice(0, 10);
/** 1 Monday … 7 Sunday; 1970-01-01 was a Thursday. */
export const weekdayOf = (day: number): number => ((((day + 3) % 7) + 7) % 7) + 1;
/** Whether a day is a Saturday or Sunday. */
export const isWeekend = (day: number): boolean => weekdayOf(day) > 5;
