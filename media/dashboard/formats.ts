import type { People } from "../../src/dashboard/answer";
import type { DashboardTexts } from "../../src/dashboard/export/texts";

/** Replaces `{0}`, `{1}` in a text; braces inside a value are kept. */
export function fill(text: string, ...values: readonly (string | number)[]): string {
  return text.replace(/\{(\d)\}/g, (placeholder, index) => String(values[Number(index)] ?? placeholder));
}

/** Isolates a name in a sentence, so that a name in another writing direction does not affect the rest. */
export function isolated(name: string): string {
  return `\u2068${name}\u2069`;
}

/** A name clipped to the length of a label. */
export function clipped(name: string, letters: number): string {
  const all = [...name];
  return all.length <= letters ? name : `${all.slice(0, letters - 1).join("")}…`;
}

/**
 * A name on two lines if it does not fit on one and has a space to break at; the second line may still be too long.
 * `letters` is the capacity of a line.
 */
export function inTwoLines(name: string, letters: number): string {
  if (name.length <= letters) return name;
  const space = name.lastIndexOf(" ", letters);
  return space <= 0 ? name : `${name.slice(0, space)}\n${name.slice(space + 1)}`;
}

/** Numbers and dates in the conventions of a language. */
export class Formats {
  private readonly integers: Intl.NumberFormat;
  private readonly decimals: Intl.NumberFormat;
  private readonly roughDecimals: Intl.NumberFormat;
  private readonly shares: Intl.NumberFormat;
  private readonly wholeShares: Intl.NumberFormat;
  private readonly ticks: Intl.NumberFormat;
  private readonly largeTicks: Intl.NumberFormat;
  private readonly shareTicks: Intl.NumberFormat;
  private readonly days: Intl.DateTimeFormat;
  private readonly shortDays: Intl.DateTimeFormat;
  private readonly weekdaysAndDays: Intl.DateTimeFormat;
  private readonly weekdays: Intl.DateTimeFormat;
  private readonly moments: Intl.DateTimeFormat;
  private readonly lists: Intl.ListFormat;

  /** @param minimum smaller numbers of people are displayed as `few` */
  constructor(
    private readonly texts: DashboardTexts,
    readonly minimum: number,
  ) {
    const { locale } = texts;
    const utc = { timeZone: "UTC" } as const;
    this.integers = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
    this.decimals = new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
    this.roughDecimals = new Intl.NumberFormat(locale, {
      minimumFractionDigits: 1,
      maximumFractionDigits: 1,
    });
    this.shares = new Intl.NumberFormat(locale, {
      style: "percent",
      minimumFractionDigits: 1,
      maximumFractionDigits: 1,
    });
    this.wholeShares = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 });
    this.ticks = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 });
    this.largeTicks = new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 });
    this.shareTicks = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 2 });
    this.days = new Intl.DateTimeFormat(locale, { ...utc, dateStyle: "medium" });
    this.shortDays = new Intl.DateTimeFormat(locale, { ...utc, month: "short", day: "numeric" });
    this.weekdaysAndDays = new Intl.DateTimeFormat(locale, {
      ...utc,
      weekday: "short",
      day: "numeric",
      month: "short",
      year: "numeric",
    });
    this.weekdays = new Intl.DateTimeFormat(locale, { ...utc, weekday: "short" });
    this.lists = new Intl.ListFormat(locale);
    this.moments = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
  }

  integer(value: number): string {
    return this.integers.format(value);
  }

  decimal(value: number): string {
    return this.decimals.format(value);
  }

  /** A daily average: the change between two of them must be about what a reader computes from their digits. */
  average(value: number): string {
    if (value === 0 || value >= 1000) return this.integer(value);
    return value < 10 ? this.decimal(value) : this.roughDecimals.format(value);
  }

  /** A number on an axis, with no more digits than it needs. */
  tick(value: number): string {
    return (Math.abs(value) < 10_000 ? this.ticks : this.largeTicks).format(value);
  }

  /** The same for a share. */
  shareTick(value: number): string {
    return this.shareTicks.format(value);
  }

  /** 0.25 as 25.0 %. */
  share(value: number): string {
    return this.shares.format(value);
  }

  /** Without decimals, for estimates. */
  wholeShare(value: number): string {
    return this.wholeShares.format(value);
  }

  /** Text for `few` people. */
  get few(): string {
    return `<${this.integers.format(this.minimum)}`;
  }

  /** Text for the share that `few` people have of a whole. */
  fewOf(whole: number): string {
    return `<${this.share(Math.min(1, this.minimum / whole))}`;
  }

  /** A number, or the text for one that is not shown. */
  shown(
    value: People | undefined,
    format: (value: number) => string = (number) => this.integer(number),
  ): string {
    if (value === undefined) return "–";
    if (value === "few") return this.few;
    return value === null ? this.texts.hidden : format(value);
  }

  /** Names or parts of sentences as a list. */
  list(parts: readonly string[]): string {
    return this.lists.format(parts);
  }

  /** The same, with the number of those beyond the first ones if these are at least two. */
  shortList(parts: readonly string[], most: number): string {
    const others = parts.length - most;
    if (others < 2) return this.list(parts);
    return this.list([...parts.slice(0, most), fill(this.texts.otherPlaces, this.integer(others))]);
  }

  /** `2026-11-20` as Nov 20, 2026. */
  day(date: string): string {
    return this.days.format(Date.parse(date));
  }

  /** Without the year. */
  shortDay(date: string): string {
    return this.shortDays.format(Date.parse(date));
  }

  /** With the weekday. */
  longDay(date: string): string {
    return this.weekdaysAndDays.format(Date.parse(date));
  }

  range(from: string, to: string): string {
    return from === to ? this.longDay(from) : this.days.formatRange(Date.parse(from), Date.parse(to));
  }

  /** 1 for Monday … 7 for Sunday. */
  weekday(number: number): string {
    return this.weekdays.format(Date.UTC(2024, 0, number));
  }

  /** A point in time, in the reader's time zone. */
  moment(iso: string): string {
    return this.moments.format(Date.parse(iso));
  }
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

const day = 24 * 60 * 60 * 1000;

/** The number of days in a range, including both ends. */
export function daysIn(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / day) + 1;
}
