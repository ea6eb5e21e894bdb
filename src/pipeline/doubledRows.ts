import { hashedColumns, type Report } from "../clever/reports";
import { type DuckSession, sqlName } from "../duck/duck";
import { type LoadedCsv, valueSql } from "./loadCsv";
import type { MarkedRows } from "./refuseRows";

/** What a file says more than once: Clever writes one row per person and day, and resource where the report has them. */
export interface DoubledRows {
  /** Rows that repeat an earlier one of the file, cell by cell. */
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
  const cells = report.columns.map(({ name }) => `raw.${sqlName(name)}`).join(", ");
  const { row } = await session.columns(
    `SELECT row::UINTEGER AS row FROM (
       SELECT rowid AS row_id, row_number() OVER (ORDER BY rowid) - 1 AS row FROM raw
     ) JOIN (
       SELECT rowid AS row_id, row_number() OVER (PARTITION BY ${cells} ORDER BY rowid) AS nth FROM raw WHERE ${isTold}
     ) USING (row_id) WHERE nth > 1 ORDER BY row`,
    { row: "UINTEGER" },
    signal,
  );
  const { differing } = await session.one(
    `SELECT coalesce(sum(rows), 0)::INTEGER AS differing FROM (
       SELECT count(*) AS rows FROM (
         SELECT DISTINCT ${cells}, {${key.map((each, index) => `k${index}: ${each}`).join(", ")}} AS about
         FROM raw WHERE ${isTold}
       ) GROUP BY about HAVING count(*) > 1)`,
    [],
    signal,
  );
  const reason = "The row stands in the file before, cell by cell.";
  const repeats =
    row.length === 0 ? undefined : { rows: row, columnOf: () => undefined, reasonOf: () => reason };
  return { repeats, differing: Number(differing) };
}

/** What tells which person's day (and resource) a row is about, and whether the row has it. */
function aboutSql(
  loaded: LoadedCsv,
  report: Report,
): { readonly isTold: string; readonly key: readonly string[] } {
  const read = (column: Report["columns"][number]) => valueSql(column, loaded);
  const ids = hashedColumns(report).toReversed().map(read);
  const resource = report.columns.filter(({ name }) => name === "resource_id").map(read);
  const person = `coalesce(${ids.join(", ")})`;
  const days = report.columns.filter(({ type }) => type === "date").map(({ name }) => `raw.${sqlName(name)}`);
  return {
    isTold: [person, ...resource].map((value) => `${value} IS NOT NULL`).join(" AND "),
    key: [...days, person, ...resource],
  };
}
