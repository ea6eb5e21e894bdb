import { judgeId } from "./personIds";
import type { ColumnType, ReportColumn } from "./reports";
import { shape } from "./shape";

/** A cell read as its column's type, or why it cannot be. Dates are `yyyy-MM-dd`. */
export type ParsedValue = { readonly value: string | number | boolean | null } | { readonly reason: string };

/** The order in which a file writes day and month, if its dates reveal it. */
export type DayMonthOrder = "dayFirst" | "monthFirst" | "unknown";

/**
 * Clever's own formats. The engine reads these in SQL, and everything else goes through `parseValue`; a test ensures
 * that both agree. RE2 and JavaScript interpret the patterns alike.
 */
export const canonicalFormat: Readonly<Record<Exclude<ColumnType, "string">, string>> = {
  date: "20[0-9]{2}-[0-9]{2}-[0-9]{2}",
  boolean: "true|false",
  integer: "[0-9]{1,9}",
};

/** The white space that both the engine and this module trim. A cell with nothing else counts as blank. */
export const whiteSpace = " \t\n\v\f\r\u00a0\u2007\u202f\u3000\ufeff";
const blank = new RegExp(`^[${whiteSpace}]*$`);

/** Whether a cell counts as blank: empty, or only white space. */
export function isBlank(text: string): boolean {
  return blank.test(text);
}

/**
 * Reads one cell. A text with one clear meaning is accepted, even if a spreadsheet reformatted it; an ambiguous one
 * is refused. Kept texts stay byte for byte, because pseudonyms are computed from them. Invalid ids are refused;
 * placeholders for a missing id become null (see `personIds.ts`).
 */
export function parseValue(column: ReportColumn, text: string, order: DayMonthOrder): ParsedValue {
  if (isBlank(text)) return blankOf(column);
  switch (column.type) {
    case "string":
      return parseText(column, text);
    case "boolean":
      return parseBoolean(text.trim());
    case "integer":
      return parseInteger(text.trim());
    case "date":
      return parseDate(text.trim(), order);
  }
}

function blankOf({ blank: mayBeBlank }: ReportColumn): ParsedValue {
  return mayBeBlank ? { value: null } : { reason: "The cell is blank." };
}

/** Finds, from all dates of a file, the order in which it writes day and month. */
export function dayMonthOrder(dates: Iterable<string>): DayMonthOrder {
  let dayFirst = false;
  let monthFirst = false;
  for (const text of dates) {
    const parts = numericDate.exec(text.trim())?.groups;
    if (!parts) continue;
    const [first, second] = [Number(parts.first), Number(parts.second)];
    if (first > 12 && second <= 12) dayFirst = true;
    if (second > 12 && first <= 12) monthFirst = true;
  }
  if (dayFirst === monthFirst) return "unknown";
  return dayFirst ? "dayFirst" : "monthFirst";
}

/** The format of Clever's own ids, of people, schools and resources. */
export const cleverId = "[0-9a-f]{24}";
const isCleverId = new RegExp(`^${cleverId}$`);

function parseText(column: ReportColumn, text: string): ParsedValue {
  if (column.pseudonymization === "hash") {
    const finding = judgeId(text);
    if (finding === "placeholder") return blankOf(column);
    if (finding) return finding;
  }
  if (column.words && isCleverId.test(text.trim())) {
    return { reason: "There is a Clever id in a column of words: the row's cells are shifted." };
  }
  return { value: text };
}

function parseBoolean(text: string): ParsedValue {
  const lower = text.toLowerCase();
  if (lower === "true" || lower === "false") return { value: lower === "true" };
  return { reason: `Neither true nor false (the cell looks like ${shape(text)}).` };
}

const maximumInteger = 2 ** 31 - 1;

function parseInteger(text: string): ParsedValue {
  if (!/^[0-9]+(?:\.0{1,2})?$/.test(text)) {
    return { reason: `Not a whole number (the cell looks like ${shape(text)}).` };
  }
  const value = Number(text);
  if (value > maximumInteger) return { reason: "The number is too large for its column." };
  return { value };
}

const midnight = String.raw`(?:[T ]0?0:00(?::00(?:\.0+)?)?(?:Z|\+00:?00)?)?`;
const yearFirst = new RegExp(
  `^(?<year>\\d{4})(?<separator>[-/.])(?<month>\\d{1,2})\\k<separator>(?<day>\\d{1,2})${midnight}$`,
);
const numericDate = new RegExp(
  `^(?<first>\\d{1,2})(?<separator>[-/.])(?<second>\\d{1,2})\\k<separator>(?<year>\\d{4})${midnight}$`,
);
const namedMonth = /^(?<day>\d{1,2})(?<separator>[- ])(?<month>[A-Za-z]{3,9})\k<separator>(?<year>\d{4})$/;
const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

function parseDate(text: string, order: DayMonthOrder): ParsedValue {
  const iso = yearFirst.exec(text)?.groups;
  if (iso) return calendarDate(iso.year, iso.month, iso.day);

  const named = namedMonth.exec(text)?.groups;
  if (named) {
    const month = months.indexOf((named.month ?? "").slice(0, 3).toLowerCase());
    if (month >= 0) return calendarDate(named.year, String(month + 1), named.day);
  }

  const numeric = numericDate.exec(text)?.groups;
  if (!numeric) return { reason: `Not a date (the cell looks like ${shape(text)}).` };
  const { first, second, year } = numeric;
  if (Number(first) > 12 || (order === "dayFirst" && Number(second) <= 12)) {
    return calendarDate(year, second, first);
  }
  if (Number(second) > 12 || order === "monthFirst" || first === second) {
    return calendarDate(year, first, second);
  }
  return {
    reason:
      "The date is ambiguous: it may be month/day or day/month, and no other date in the file settles it.",
  };
}

function calendarDate(year = "", month = "", day = ""): ParsedValue {
  if (!year.startsWith("20")) return { reason: "The year is not between 2000 and 2099." };
  const text = `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
  const date = new Date(`${text}T00:00:00Z`);
  const real = !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
  return real ? { value: text } : { reason: "There is no such date." };
}
