import { dayNumber, dayOf, isoDate } from "../basics/calendar";

/** A file's times, apart from its rows. */
export interface FileTimes {
  /** `yyyy-MM-dd`, from the file's name; undefined if Clever did not name it. */
  readonly named: string | undefined;
  /** When the file was written, according to the server; before 2000 if the server does not say. */
  readonly modified: Date;
  /** When it was ingested. */
  readonly landed: Date;
}

export interface DayRows {
  /** `yyyy-MM-dd` */
  readonly day: string;
  readonly rows: number;
}

/** Days of a file without a gap of a year, as day numbers since 1970. */
interface Period {
  readonly first: number;
  readonly last: number;
  readonly rows: number;
}

/** A year that is off by one moves a date by 365 or 366 days. */
const shortYear = 365;
const longYear = 366;
const oldest = Date.UTC(2000, 0, 1);
/** By how much a machine's clock may be behind, in days. */
const daysBehind = 31;

const reasons = {
  future: "The date is later than the file itself.",
  farFromFile:
    "The date is more than a year away from the date in the file's name and from the server's time.",
  farFromOthers: "The date is a year or more away from the other dates of the file.",
} as const;

/**
 * The days of a file that are certainly wrong, with the reason: those after the file was written (with a day's
 * tolerance for time zones), and those a year or more away from the rest. The rest is the period with the most rows.
 * In a file with Clever's own name, it is one near the date in the name or the server's time. An archive from years
 * ago is accepted whenever it is delivered, and so are several years without a gap.
 */
export function unlikelyDays(days: readonly DayRows[], times: FileTimes): ReadonlyMap<string, string> {
  const written = dayOf(writtenAt(times));
  const anchors = times.named === undefined ? [] : [dayNumber(times.named), written];
  const unlikely = new Map<string, string>();
  const past: DayRows[] = [];
  for (const each of days) {
    if (dayNumber(each.day) > written + 1) unlikely.set(each.day, reasons.future);
    else past.push(each);
  }
  const periods = periodsOf(past);
  const near = periods.filter(
    ({ first, last }) =>
      anchors.length === 0 || anchors.some((day) => day >= first - longYear && day <= last + longYear),
  );
  const distance = ({ first, last }: Period) => Math.max(first - written, written - last, 0);
  const [rest] = near.toSorted((a, b) => b.rows - a.rows || distance(a) - distance(b));
  for (const { day } of past) {
    const isIn = ({ first, last }: Period) => dayNumber(day) >= first && dayNumber(day) <= last;
    if (!near.some(isIn)) unlikely.set(day, reasons.farFromFile);
    else if (rest && !isIn(rest)) unlikely.set(day, reasons.farFromOthers);
  }
  return unlikely;
}

/**
 * Some servers report no time, or have a wrong clock. If the date in the name is also in the future, but not later than
 * the server's time, this machine's clock was behind when the file landed, as after a start without network.
 */
function writtenAt({ named, modified, landed }: FileTimes): Date {
  const latest = dayOf(landed) + 1;
  const wasBehind =
    named !== undefined &&
    dayNumber(named) > latest &&
    dayNumber(named) <= dayOf(modified) + 1 &&
    dayOf(modified) <= latest + daysBehind;
  const isLikely = modified.getTime() >= oldest && (wasBehind || dayOf(modified) <= latest);
  return isLikely ? modified : landed;
}

function periodsOf(days: readonly DayRows[]): Period[] {
  const periods: Period[] = [];
  const sorted = days.map(({ day, rows }) => ({ day: dayNumber(day), rows })).sort((a, b) => a.day - b.day);
  for (const { day, rows } of sorted) {
    const last = periods.at(-1);
    if (!last || day - last.last >= shortYear) periods.push({ first: day, last: day, rows });
    else periods[periods.length - 1] = { first: last.first, last: day, rows: last.rows + rows };
  }
  return periods;
}

/** Limits within which `unlikelyDays` finds nothing, for an engine that cannot call it. */
export type DateLimits = ReturnType<typeof dateLimits>;

export function dateLimits(times: FileTimes) {
  const written = dayOf(writtenAt(times));
  return {
    /** No later day, `yyyy-MM-dd`. */
    latest: isoDate(written + 1),
    /** The first and the last day are less than this many days apart. */
    lessThan: shortYear,
    /** One of these days is at most `near` days before the first day or after the last; if empty, any days are accepted. */
    anchors: times.named === undefined ? [] : [times.named, isoDate(written)],
    near: longYear,
  };
}
