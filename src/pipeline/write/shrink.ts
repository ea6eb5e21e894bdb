import { counted, integer } from "../../basics/counted";
import { pseudonymName, type Report, userTypeValue } from "../../clever/reports";
import { type DuckSession, sqlName, sqlString } from "../../duck/duck";
import type { QuarantinedDelivery, ReadDelivery } from "../delivery";

/** The percentage of existing rows or values that a delivery may remove without a person's consent. */
export const defaultMaxShrink = 50;

/** A count before a change and after it. */
export interface Counts {
  readonly before: number;
  readonly now: number;
}

/**
 * The rule against truncated files: whether too few of `before` are left, because more than `maxShrink` percent of them
 * are gone, or all.
 */
export function isTooFew({ before, now }: Counts, maxShrink: number): boolean {
  return before > 0 && (now === 0 || before - now > (before * maxShrink) / 100);
}

/**
 * Holds back a delivery that would remove too many of its source's rows: a truncated or emptied file must not empty the
 * tables.
 *
 * @param before rows of the source that count, or are superseded
 */
export function tooFewRows(
  delivery: ReadDelivery,
  before: number,
  maxShrink: number,
): QuarantinedDelivery | undefined {
  const { rows, refused, readAs } = delivery;
  if (readAs !== undefined) {
    const { rowsRefused: agreed = refused } = readAs;
    // Without the lines that were refused, more are left out than a person agreed to.
    const reason = `${counted(refused, "row")} of this file cannot be read; when it was accepted, it was ${counted(agreed, "row")}.`;
    return refused > agreed ? { ...delivery, reason, acceptable: true } : undefined;
  }
  if (!isTooFew({ before, now: rows }, maxShrink)) return undefined;
  if (rows === 0 && refused > 0) {
    // Accepting it would only remove the rows that the tables have.
    const reason = `None of its ${integer(refused)} rows can be read.`;
    return { ...delivery, reason, acceptable: false };
  }
  if (delivery.isAccepted) return undefined;
  const reason = `It has ${remainingText(rows, "row")}; the previous delivery had ${integer(before)}.`;
  return { ...delivery, reason, acceptable: true };
}

/** The rows that deliveries replace, and those that replace them. */
export interface ReplacedRows {
  /** A SELECT of rows of the table, with all of the deliveries' sources. */
  readonly inTable: string;
  /** A SELECT of the staged rows. */
  readonly arriving: string;
  /** The rows of some days (`yyyy-MM-dd`) from all sources, by `dayKey`. */
  readonly countDays: (days: readonly string[]) => Promise<ReadonlyMap<string, Counts>>;
}

export function dayKey(userType: string, day: string): string {
  return `${userType} ${day}`;
}

/**
 * Holds back deliveries that have enough rows, but would remove too many of a day's rows or of a column's values: a
 * file with the bytes of another day, or without its ids. A day that has its rows from other sources is not lost.
 */
export async function tooFewOfDayOrColumn(
  session: DuckSession,
  report: Report,
  deliveries: readonly ReadDelivery[],
  { inTable, arriving, countDays }: ReplacedRows,
  maxShrink: number,
): Promise<QuarantinedDelivery[]> {
  const columns = report.columns.filter(({ blank }) => blank);
  const values = columns.map(({ name, pseudonymization }) => {
    const stored = pseudonymization === "hash" ? pseudonymName(name) : name;
    return `count(${sqlName(stored)})::DOUBLE AS ${sqlName(name)}`;
  });
  const sources = deliveries.map(({ entry }) => sqlString(entry.source)).join(", ");
  const found = await session.query(
    `SELECT source_file, "date"::VARCHAR AS day, is_now, count(*)::DOUBLE AS rows, ${values.join(", ")}
     FROM (SELECT false AS is_now, * FROM (${inTable}) UNION ALL BY NAME SELECT true AS is_now, * FROM (${arriving}))
     WHERE source_file IN (${sources}) GROUP BY ALL ORDER BY day`,
  );
  const all = deliveries.map((delivery) => {
    const days = new Map<string, Counts>();
    const inColumns = new Map<string, Counts>();
    for (const { source_file, day, is_now, ...counts } of found) {
      if (source_file !== delivery.entry.source) continue;
      const at = is_now === true ? "now" : "before";
      add(days, String(day), at, Number(counts.rows));
      for (const { name } of columns) add(inColumns, name, at, Number(counts[name]));
    }
    return { delivery, fewDays: tooFew(days, maxShrink), fewColumns: tooFew(inColumns, maxShrink) };
  });
  const days = new Set(all.flatMap(({ fewDays }) => [...fewDays.keys()]));
  const totals = days.size > 0 ? await countDays([...days]) : new Map<string, Counts>();
  return all.flatMap(({ delivery, fewDays, fewColumns }) => {
    const keyOf = (day: string) => dayKey(userTypeValue[delivery.entry.userType], day);
    const lost = [...fewDays].filter(([day]) => isTooFew(totals.get(keyOf(day)) ?? nothing, maxShrink));
    const [first, ...others] = lost;
    if (first !== undefined) {
      const sum = (at: keyof Counts) => lost.reduce((total, [, counts]) => total + counts[at], 0);
      const further = others.length === 0 ? "" : ` and ${counted(others.length, "other day")}`;
      return [held(delivery, `${remainingText(sum("now"), "row")} for ${first[0]}${further}`, sum("before"))];
    }
    const [few] = fewColumns;
    if (few === undefined) return [];
    const [column, { before, now }] = few;
    return [held(delivery, `${remainingText(now, "value")} in the column ${column}`, before)];
  });
}

const nothing: Counts = { before: 0, now: 0 };

function add(counts: Map<string, Counts>, name: string, at: keyof Counts, count: number): void {
  const sum = counts.get(name) ?? nothing;
  counts.set(name, { ...sum, [at]: sum[at] + count });
}

function tooFew(counts: ReadonlyMap<string, Counts>, maxShrink: number): ReadonlyMap<string, Counts> {
  return new Map([...counts].filter(([, each]) => isTooFew(each, maxShrink)));
}

function held(delivery: ReadDelivery, has: string, before: number): QuarantinedDelivery {
  const reason = `It has ${has}; the previous delivery has ${integer(before)} in the table.`;
  return { ...delivery, reason, acceptable: true };
}

/** `no rows`, `1 row`, `only 3 rows` */
function remainingText(count: number, noun: string): string {
  return count === 0 ? `no ${noun}s` : count === 1 ? `1 ${noun}` : `only ${counted(count, noun)}`;
}
