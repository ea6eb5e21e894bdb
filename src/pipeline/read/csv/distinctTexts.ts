import { idNames, keptTextColumns, type Report, type ReportColumn } from "../../../clever/reports";
import { whiteSpace } from "../../../clever/values";
import { type DuckSession, sqlName, sqlString } from "../../../duck/duck";

/** The table of the distinct people in `raw`, with their ids as columns. */
export const peopleInFiles = "people_in_files";

/**
 * Lists the distinct values in `raw`, because most of its texts repeat in thousands of rows: people's ids in
 * `people_in_files`, and the kept texts in `kept_texts`.
 */
export async function listDistinct(session: DuckSession, report: Report): Promise<void> {
  await session.query(
    `CREATE OR REPLACE TEMP TABLE ${peopleInFiles} AS SELECT DISTINCT ${idNames.join(", ")} FROM raw`,
  );
  await listKeptTexts(session, report, "raw", "kept_texts");
}

/**
 * Counts the rows of `raw` by file, date, numbers and flags as written in the file, into the temporary table
 * `rows_by_value`: these repeat in thousands of rows.
 */
export async function countByValue(session: DuckSession, report: Report): Promise<void> {
  const typed = report.columns.filter(({ type }) => type !== "string");
  const names = typed.map(({ name }) => sqlName(name)).join(", ");
  await session.query(
    `CREATE OR REPLACE TEMP TABLE rows_by_value AS SELECT file, ${names}, count(*) AS rows FROM raw GROUP BY ALL`,
  );
}

/**
 * Writes the distinct kept texts of a relation into a temporary table; `place` is the column's number in
 * `keptTextColumns(report)`. A school's texts belong together, and so do a resource's: combined there are hardly more of
 * them, and the rows are scanned only twice.
 *
 * @param relation a table, or a SELECT in brackets, with the report's kept columns
 */
export async function listKeptTexts(
  session: DuckSession,
  report: Report,
  relation: string,
  table: string,
): Promise<void> {
  const kept = keptTextColumns(report);
  const ofSchool = kept.filter(({ name }) => name.includes("school"));
  const groups = [ofSchool, kept.filter((column) => !ofSchool.includes(column))];
  const selects = groups
    .filter(({ length }) => length > 0)
    .map((columns) => {
      const names = columns.map(({ name }) => sqlName(name)).join(", ");
      const cells = columns.map(
        (column) => `{place: ${kept.indexOf(column)}, text: ${sqlName(column.name)}}`,
      );
      return `SELECT DISTINCT place, text FROM (SELECT unnest([${cells.join(", ")}], recursive := true)
        FROM (SELECT DISTINCT ${names} FROM ${relation} rows_)) WHERE text IS NOT NULL`;
    });
  await session.query(`CREATE OR REPLACE TEMP TABLE ${table} AS ${selects.join(" UNION ALL ")}`);
}

/** A cell of `raw`, by a name that is also valid in joins. */
export function cellOf(column: ReportColumn): string {
  return `raw.${sqlName(column.name)}`;
}

/**
 * A text, null if blank. Trimming costs more than all other work on a row together, so only texts that start like white
 * space are trimmed: `whiteSpace` has no other characters up to `!` or beyond ASCII.
 */
export function textSql(cell: string): string {
  return `CASE WHEN ${cell} < '!' OR ${cell} >= chr(128)
    THEN CASE WHEN trim(${cell}, ${sqlString(whiteSpace)}) <> '' THEN ${cell} END ELSE ${cell} END`;
}
