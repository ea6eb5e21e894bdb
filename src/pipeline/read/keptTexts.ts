import { keptTexts, type Report } from "../../clever/reports";
import { type DuckSession, sqlName } from "../../duck/duck";

/**
 * Writes the distinct kept texts of `raw` into the session's temporary table `kept_texts`; `place` is the column's
 * number in `keptTexts(report)`. A school's texts belong together, and so do a resource's: combined they are hardly
 * more, and the rows are scanned only twice.
 */
export async function readKeptTexts(
  session: DuckSession,
  report: Report,
  signal: AbortSignal | undefined,
): Promise<void> {
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
        FROM (SELECT DISTINCT ${names} FROM raw)) WHERE text IS NOT NULL`;
    });
  await session.query(
    `CREATE OR REPLACE TEMP TABLE kept_texts AS ${selects.join(" UNION ALL ")}`,
    [],
    signal,
  );
}
