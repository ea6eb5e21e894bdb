import { Stats } from "node:fs";
import { stat } from "node:fs/promises";
import path from "node:path";
import { engagementColumns } from "../../clever/digitalEngagement";
import { pseudoTable } from "../../clever/layout";
import { reportNames, reports } from "../../clever/reports";
import { sqlTypes } from "../../delta/schema";
import { withTables } from "../../delta/withTable";
import { type Duck, sqlName, sqlString } from "../../duck/duck";
import { unwritable } from "../../errors";
import type { Lake } from "../../lake/lake";
import { outputFile } from "../../outputFile";
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
  const place = await outputFile("The Parquet file", file);
  // DuckDB would say no more than "IO Error".
  const folder = await stat(path.dirname(place)).catch((error: unknown) => error);
  if (!(folder instanceof Stats && folder.isDirectory())) throw unwritable("The Parquet file", file, folder);
  const tables = reportNames.map((name) => pseudoTable(reports[name]));
  return withTables(lake, duck, tables, { signal }, async (session, opened) => {
    const selects = reportNames.flatMap((name, index) => {
      const rows = opened[index]?.select;
      return rows ? [engagementSql(name, rows)] : [];
    });
    // Without reports, the file has the schema's columns and no rows.
    const nulls = engagementColumns.map(({ name, type }) => `NULL::${sqlTypes[type]} AS ${sqlName(name)}`);
    if (selects.length === 0) selects.push(`SELECT ${nulls.join(", ")} WHERE false`);
    const { Count } = await session.one(
      `COPY (${selects.join(" UNION ALL ")}) TO ${sqlString(place)} (FORMAT parquet, COMPRESSION snappy)`,
    );
    return Number(Count);
  });
}
