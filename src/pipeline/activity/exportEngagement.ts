import { Stats } from "node:fs";
import { stat } from "node:fs/promises";
import path from "node:path";
import { engagementColumns } from "../../clever/digitalEngagement";
import { pseudoTable } from "../../clever/layout";
import { type ReportName, reportNames, reports } from "../../clever/reports";
import { withTables } from "../../delta/withTable";
import { type Duck, sqlName, sqlString } from "../../duck/duck";
import { unwritable } from "../../errors";
import type { Lake } from "../../lake/lake";
import { engagementSql } from "./engagementSql";

/**
 * Writes all pseudonymized rows of a lake as one Parquet file in OEA's Digital Engagement schema: a row per person and
 * day, and one per person, day and resource.
 *
 * @param file a local path, replaced if it exists
 * @returns the number of rows
 * @throws CleverLakeError `io` if the file cannot be written
 */
export async function exportEngagement(
  lake: Lake,
  duck: Duck,
  file: string,
  signal?: AbortSignal,
): Promise<number> {
  // DuckDB would say no more than "IO Error".
  const there = await stat(file).catch(() => undefined);
  const folder = await stat(path.dirname(file)).catch((error: unknown) => error);
  if (there?.isDirectory()) throw unwritable("The Parquet file", file, new Error("A folder has this name."));
  if (!(folder instanceof Stats && folder.isDirectory())) throw unwritable("The Parquet file", file, folder);
  const tables = reportNames.map((name) => ({ tablePath: pseudoTable(reports[name]) }));
  return withTables(lake, duck, tables, { signal }, async (session, opened) => {
    const selects = reportNames.flatMap((name, index) => {
      const rows = opened[index]?.select;
      return rows ? [engagementSql(name, rows)] : [];
    });
    const none = `${engagementSql("daily_participation", emptyRows("daily_participation"))} WHERE false`;
    const query = selects.length > 0 ? selects.join(" UNION ALL ") : none;
    const { Count } = await session.one(
      `COPY (${query}) TO ${sqlString(file)} (FORMAT parquet, COMPRESSION snappy)`,
      [],
      signal,
    );
    return Number(Count);
  });
}

function emptyRows(report: ReportName): string {
  const columns = engagementColumns.flatMap(({ from }) => {
    const origin = from[report];
    return origin && "column" in origin ? [`NULL AS ${sqlName(origin.column)}`] : [];
  });
  return `SELECT ${columns.join(", ")}`;
}
