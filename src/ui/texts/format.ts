import * as vscode from "vscode";
import { inByteUnit } from "../../basics/byteSize";
import { duration as durationIn } from "../../basics/duration";
import { regionalLocale } from "../../dashboard/export/regionalLocale";

/** Numbers, sizes and times for people, in VS Code's language and the reader's region. */

/** The locale of all numbers and dates, in views, messages and pages. */
export const locale = regionalLocale(vscode.env.language, Intl.DateTimeFormat().resolvedOptions().locale);

export function integer(value: number): string {
  return value.toLocaleString(locale);
}

export function bytes(value: number): string {
  const { amount, decimals, unit } = inByteUnit(value);
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  return `${amount.toLocaleString(locale, digits)} ${unit}`;
}

/** The last part of a path. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** A short text that does not wrap in a narrow column. */
export function unbroken(text: string): string {
  return text.replaceAll(" ", "\u00a0");
}

/** A time of the server or the lake, in ISO 8601 or in milliseconds since 1970, to the minute. */
export function dateTime(time: string | number): string {
  return new Date(time).toLocaleString(locale, { dateStyle: "medium", timeStyle: "short" });
}

/** The same, without the current year, for a list in a narrow view. */
export function recentTime(time: string): string {
  const date = new Date(time);
  if (date.getFullYear() !== new Date().getFullYear()) return dateTime(time);
  return date.toLocaleString(locale, {
    month: "short",
    day: "numeric",
    hour: "numeric",
    minute: "2-digit",
  });
}

/** A time for use in a name: `2026-11-22 14:03`, in VS Code's time zone. */
export function timeInName(milliseconds: number): string {
  return new Date(milliseconds).toLocaleString("sv-SE", { dateStyle: "short", timeStyle: "short" });
}

/** A time of today, `14:03`, or of another day with its date. */
export function timeOrDay(milliseconds: number): string {
  const isToday = new Date(milliseconds).toDateString() === new Date().toDateString();
  return isToday
    ? new Date(milliseconds).toLocaleTimeString(locale, { timeStyle: "short" })
    : dateTime(milliseconds);
}

/** A month, given as `yyyy-MM`. */
export function month(yearMonth: string): string {
  const date = new Date(`${yearMonth}-01T00:00:00Z`);
  return date.toLocaleDateString(locale, { year: "numeric", month: "long", timeZone: "UTC" });
}

export function duration(milliseconds: number): string {
  return durationIn(milliseconds, locale);
}
