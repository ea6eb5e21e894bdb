import { idColumns, idNames, keptTexts, type Report, type ReportColumn } from "../../clever/reports";
import { whiteSpace } from "../../clever/values";
import { type DuckSession, sqlName, sqlString } from "../../duck/duck";

/**
 * Lists the distinct values in `raw`, because most of its texts repeat in thousands of rows: people's ids as they were
 * read in `ids_as_read`, and the kept texts in `kept_texts`. Resolves to the columns of plain texts.
 */
export async function listDifferent(session: DuckSession, report: Report): Promise<ReadonlySet<string>> {
  await session.query(
    `CREATE OR REPLACE TEMP TABLE ids_as_read AS SELECT DISTINCT ${idNames.join(", ")} FROM raw`,
  );
  await readKeptTexts(session, report);
  const kept = keptTexts(report);
  const isBlankText = (cell: string) => `${cell} IS NOT NULL AND ${textSql(cell)} IS NULL`;
  const selects = [
    ...idColumns.map(
      (column, place) => `SELECT ${place} AS place FROM ids_as_read raw WHERE ${isBlankText(cellOf(column))}`,
    ),
    `SELECT place + ${idColumns.length} FROM kept_texts WHERE ${isBlankText("text")}`,
  ];
  const found = await session.query(selects.join(" UNION "));
  const blank = new Set(found.map(({ place }) => Number(place)));
  return new Set([...idColumns, ...kept].flatMap(({ name }, place) => (blank.has(place) ? [] : [name])));
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

/** Writes the distinct kept texts of `raw` into the session's temporary table `kept_texts` (see `keptTextsSql`). */
export async function readKeptTexts(session: DuckSession, report: Report): Promise<void> {
  await session.query(`CREATE OR REPLACE TEMP TABLE kept_texts AS ${keptTextsSql(report, "raw")}`);
}

/**
 * A SELECT of a relation's distinct kept texts; `place` is the column's number in `keptTexts(report)`. A school's texts
 * belong together, and so do a resource's: combined they are hardly more, and the rows are scanned only twice.
 */
export function keptTextsSql(report: Report, relation: string): string {
  const kept = keptTexts(report);
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
  return selects.join(" UNION ALL ");
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
