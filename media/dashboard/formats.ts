import { fill } from "../../src/basics/fill";
import type { People } from "../../src/dashboard/answer";
import type { DashboardTexts } from "../../src/dashboard/export/texts";

export { fill };

/** Isolates a name in a sentence, so that a name in another writing direction does not affect the rest. */
export function isolated(name: string): string {
  return `\u2068${name}\u2069`;
}

/** A name clipped to the length of a label. */
export function clipped(name: string, characters: number): string {
  const all = [...name];
  return all.length <= characters ? name : `${all.slice(0, characters - 1).join("")}…`;
}

/** After the name of an entry whose numbers do not include all of its people. */
export const partlyMark = "\u00a0*";

/**
 * A name on two lines if it does not fit on one and has a space to break at; the second line may still be too long,
 * unless a mark must not be cut off with its end. `characters` is the number of characters that fit on a line.
 */
export function inTwoLines(name: string, characters: number): string {
  if (name.length <= characters) return name;
  const isMarked = name.endsWith(partlyMark);
  const ended = (line: string) =>
    isMarked ? clipped(line.slice(0, -partlyMark.length), characters - partlyMark.length) + partlyMark : line;
  const space = name.lastIndexOf(" ", characters);
  return space <= 0 ? ended(name) : `${name.slice(0, space)}\n${ended(name.slice(space + 1))}`;
}

export type Formats = ReturnType<typeof formatsOf>;

/** What sentences are made of. */
export interface Language {
  readonly texts: DashboardTexts;
  readonly formats: Formats;
}

/**
 * Numbers and dates in the conventions of a language.
 *
 * @param minimum smaller numbers of people are displayed as `few`
 */
export function formatsOf(texts: DashboardTexts, minimum: number) {
  const { locale } = texts;
  const numbers = (minDigits: number, maxDigits: number, options: Intl.NumberFormatOptions = {}) => {
    const digits = { minimumFractionDigits: minDigits, maximumFractionDigits: maxDigits };
    return new Intl.NumberFormat(locale, { ...digits, ...options }).format as (value: number) => string;
  };
  const days = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(locale, { timeZone: "UTC", ...options });
  /** Of `yyyy-MM-dd`. */
  const dayIn = (options: Intl.DateTimeFormatOptions) => {
    const { format } = days(options);
    return (date: string) => format(Date.parse(date));
  };
  const style = "percent";
  const integer = numbers(0, 0);
  const decimal = numbers(2, 2);
  const roughDecimal = numbers(1, 1);
  const share = numbers(1, 1, { style });
  const mediumDays = days({ dateStyle: "medium" });
  const longDay = dayIn({ weekday: "short", day: "numeric", month: "short", year: "numeric" });
  const weekdays = days({ weekday: "short" });
  const moments = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
  const lists = new Intl.ListFormat(locale);
  /** Text for `few` people. */
  const few = `<${integer(minimum)}`;
  /** Names or parts of sentences as a list. */
  const list = (parts: readonly string[]) => lists.format(parts);
  return {
    integer,
    decimal,
    /** A daily average: the change between two of them must be about what a reader computes from their digits. */
    average: (value: number) => {
      if (value === 0 || value >= 1000) return integer(value);
      return value < 10 ? decimal(value) : roughDecimal(value);
    },
    /** A number on an axis, with no more digits than it needs. */
    tick: numbers(0, 2, { notation: "compact" }),
    /** The same for a share. */
    shareTick: numbers(0, 2, { style }),
    /** 0.25 as 25.0 %. */
    share,
    /** Without decimals, for estimates. */
    wholeShare: numbers(0, 0, { style }),
    few,
    /** Text for the share that `few` people have of a whole. */
    fewOf: (whole: number) => `<${share(Math.min(1, minimum / whole))}`,
    /** A number, or the text for one that is not shown. */
    shown: (value: People | undefined, format = integer) => {
      if (value === undefined) return "–";
      if (value === "few") return few;
      return value === null ? texts.suppressed : format(value);
    },
    list,
    /** The same, with the number of those beyond the first ones if these are at least two. */
    shortList: (parts: readonly string[], max: number) => {
      const others = parts.length - max;
      if (others < 2) return list(parts);
      return list([...parts.slice(0, max), fill(texts.otherPlaces, integer(others))]);
    },
    /** `2026-11-20` as Nov 20, 2026. */
    day: dayIn({ dateStyle: "medium" }),
    /** Without the year. */
    shortDay: dayIn({ month: "short", day: "numeric" }),
    /** With the weekday. */
    longDay,
    range: (from: string, to: string) =>
      from === to ? longDay(from) : mediumDays.formatRange(Date.parse(from), Date.parse(to)),
    /** 1 for Monday … 7 for Sunday. */
    weekday: (number: number) => weekdays.format(Date.UTC(2024, 0, number)),
    /** A point in time, in the reader's time zone. */
    moment: (iso: string) => moments.format(Date.parse(iso)),
  };
}

/** The first and the last day that can be chosen, and the one nearest to another: browsers let people type any year. */
export function dateLimits(options: { readonly firstDay: string; readonly lastDay: string } | undefined) {
  const { firstDay: first, lastDay: last } = options ?? { firstDay: "0001-01-01", lastDay: "9999-12-31" };
  return { first, last, nearest: (day: string) => (day < first ? first : day > last ? last : day) };
}

/** The day, as `yyyy-MM-dd`, of a point in time in the reader's time zone. */
export function localDay(iso: string): string {
  const time = new Date(iso);
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
}
