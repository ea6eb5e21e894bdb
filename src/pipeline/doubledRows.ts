import { hashedColumns, type Report, type ReportColumn } from "../clever/reports";
import { type DuckSession, sqlName } from "../duck/duck";
import { type LoadedCsv, valueSql } from "./loadCsv";
import type { MarkedRows } from "./refuseRows";

/** What a file says more than once: Clever writes one row per person and day, and resource where the report has them. */
export interface DoubledRows {
  /** Rows that say again, value by value, what an earlier one of the file says. */
  readonly repeats: MarkedRows | undefined;
  /** How many rows tell of a person's day (and resource) something else than another row of the file does. */
  readonly differing: number;
}

/**
 * Finds rows of the session's `raw` that are about the same person, day (and resource) as another one. Where Clever's ids
 * are blank, rows may look alike and be about two people or resources: they are none.
 */
export async function findDoubledRows(
  session: DuckSession,
  loaded: LoadedCsv,
  report: Report,
  signal?: AbortSignal,
): Promise<DoubledRows> {
  const { isTold, key } = aboutSql(loaded, report);
  // Nearly all files have none, which hashes tell fastest; those that are equal by chance cost a second look.
  const { doubled } = await session.one(
    `SELECT (count(*) - count(DISTINCT hash(${key.join(", ")})))::INTEGER AS doubled FROM raw WHERE ${isTold}`,
    [],
    signal,
  );
  if (doubled === 0) return { repeats: undefined, differing: 0 };
  const values = report.columns.map((column) => valueSql(column, loaded)).join(", ");
  const { row } = await session.columns(
    `SELECT row::UINTEGER AS row FROM (
       SELECT rowid AS row_id, row_number() OVER (ORDER BY rowid) - 1 AS row FROM raw
     ) JOIN (
       SELECT rowid AS row_id, row_number() OVER (PARTITION BY ${values} ORDER BY rowid) AS nth FROM raw WHERE ${isTold}
     ) USING (row_id) WHERE nth > 1 ORDER BY row`,
    { row: "UINTEGER" },
    signal,
  );
  const different = await session.one(
    `SELECT coalesce(sum(rows), 0)::INTEGER AS rows FROM (
       SELECT count(DISTINCT hash(${values})) AS rows FROM raw WHERE ${isTold}
       GROUP BY ${key.join(", ")} HAVING count(DISTINCT hash(${values})) > 1)`,
    [],
    signal,
  );
  const reason = "A row before it in the file says the same.";
  const repeats =
    row.length === 0 ? undefined : { rows: row, columnOf: () => undefined, reasonOf: () => reason };
  return { repeats, differing: Number(different.rows) };
}

/** What tells which person's day (and resource) a row is about, and whether the row has it. */
function aboutSql(
  loaded: LoadedCsv,
  report: Report,
): { readonly isTold: string; readonly key: readonly string[] } {
  const ids = hashedColumns(report).toReversed();
  const resource = report.columns.filter(({ name }) => name === "resource_id");
  const days = report.columns.filter(({ type }) => type === "date");
  // A text that is read by itself is a day's only one.
  const dayOf = (column: ReportColumn) =>
    loaded.otherForms.has(column.name) ? valueSql(column, loaded) : `raw.${sqlName(column.name)}`;
  const person = `coalesce(${ids.map((column) => valueSql(column, loaded)).join(", ")})`;
  const resources = resource.map((column) => valueSql(column, loaded));
  return {
    isTold: [person, ...resources].map((value) => `${value} IS NOT NULL`).join(" AND "),
    key: [...days.map(dayOf), person, ...resources],
  };
}
