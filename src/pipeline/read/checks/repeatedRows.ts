import { counted } from "../../../basics/counted";
import type { Report, ReportColumn } from "../../../clever/reports";
import { keyInFileSql } from "../../../clever/rowKey";
import type { DuckSession } from "../../../duck/duck";
import { cellOf } from "../csv/distinctTexts";
import { valueSql } from "../csv/loadCsv";

/**
 * Finds rows that files in `raw` repeat; resolves to notes by file number. A file is the authority on its own rows, so
 * all of them stay.
 */
export async function noteRepeatedRows(
  session: DuckSession,
  report: Report,
): Promise<ReadonlyMap<number, readonly string[]>> {
  const valueIn = (column: ReportColumn) => (column.type === "date" ? cellOf(column) : valueSql(column));
  const { key, hasKey } = keyInFileSql(report, valueIn);
  // Almost no file has any, and comparing hashes shows this fastest; a collision costs only a second check.
  const found = await session.query(
    `SELECT file FROM raw WHERE ${hasKey} GROUP BY file HAVING count(*) > count(DISTINCT hash(${key.join(", ")}))`,
  );
  if (found.length === 0) return new Map();
  const files = found.map(({ file }) => Number(file)).join(", ");
  const values = report.columns.map(valueSql).join(", ");
  const counts = await session.query(
    `SELECT file, sum(rows - kinds)::INTEGER AS repeated,
       coalesce(sum(kinds) FILTER (kinds > 1), 0)::INTEGER AS differing
     FROM (SELECT file, count(*) AS rows, count(DISTINCT hash(${values})) AS kinds FROM raw
       WHERE file IN (${files}) AND ${hasKey} GROUP BY file, ${key.join(", ")} HAVING count(*) > 1)
     GROUP BY file`,
  );
  const what = report.name === "resource_usage" ? "day with one resource" : "day";
  return new Map(
    counts.map(({ file, repeated, differing }) => {
      const notes: string[] = [];
      if (Number(repeated) > 0) {
        notes.push(
          `${counted(Number(repeated), "row")} repeated within the file; kept as the file has them.`,
        );
      }
      if (Number(differing) > 0) {
        notes.push(`${Number(differing)} rows have different values for one person's ${what}; all are kept.`);
      }
      return [Number(file), notes];
    }),
  );
}
