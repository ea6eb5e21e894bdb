import { type EngagementOrigin, engagementColumns } from "../../clever/digitalEngagement";
import { pseudoTable } from "../../clever/layout";
import { type ReportName, reportNames, reports } from "../../clever/reports";
import { withTables } from "../../delta/withTable";
import { type Duck, sqlName, sqlString } from "../../duck/duck";
import type { Lake } from "../../lake/lake";

const sqlTypes = { string: "VARCHAR", date: "DATE", integer: "INTEGER", boolean: "BOOLEAN" } as const;

/** A SELECT of a report's `_pseudo` rows (themselves a SELECT) as events of the Digital Engagement schema. */
export function engagementSql(report: ReportName, rows: string): string {
  const columns = engagementColumns.map(
    ({ name, type, from }) => `CAST(${originSql(from[report])} AS ${sqlTypes[type]}) AS ${sqlName(name)}`,
  );
  return `SELECT ${columns.join(", ")} FROM (${rows})`;
}

/**
 * Writes all pseudonymized rows of a lake as one Parquet file in OEA's Digital Engagement schema: a row per person and
 * day, and one per person, day and resource.
 *
 * @param file a path on this machine, replaced if it is there
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

function originSql(origin: EngagementOrigin | null): string {
  if (origin === null) return "NULL";
  return "column" in origin ? sqlName(origin.column) : sqlString(origin.text);
}
