import { engagementColumns } from "../../clever/digitalEngagement";
import { pseudoTable } from "../../clever/layout";
import { type ReportName, reportNames, reports } from "../../clever/reports";
import { withTables } from "../../delta/withTable";
import { type Duck, sqlName, sqlString } from "../../duck/duck";
import type { Lake } from "../../lake/lake";
import { engagementSql } from "./engagementSql";

/**
 * Writes all pseudonymized rows of a lake as one Parquet file in OEA's Digital Engagement schema: a row per person and
 * day, and one per person, day and resource.
 *
 * @param file a local path, replaced if it exists
 * @returns the number of rows
 */
export async function exportEngagement(
  lake: Lake,
  duck: Duck,
  file: string,
  signal?: AbortSignal,
): Promise<number> {
  const tables = reportNames.map((name) => ({ tablePath: pseudoTable(reports[name]) }));
  return withTables(lake, duck, tables, signal ? { signal } : {}, async (session, opened) => {
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
