import { Stats } from "node:fs";
import { stat } from "node:fs/promises";
import path from "node:path";
import { unwritable } from "../../basics/errors";
import { writeOutput } from "../../basics/outputFile";
import { engagementColumns } from "../../clever/digitalEngagement";
import { sqlTypes } from "../../delta/schema";
import { withSelects } from "../../delta/withTable";
import { type Duck, sqlName, sqlString } from "../../duck/duck";
import type { Lake } from "../../lake/lake";
import { requireComplete } from "../adopt/oeaTables";
import { readTables } from "../write/tables";
import { engagementSql } from "./engagementSql";

/**
 * Writes all pseudonymized rows of a lake as one Parquet file in OEA's Digital Engagement schema: a row per person and
 * day, and one per person, day and resource.
 *
 * @param file a local path, replaced if it exists
 * @returns the number of rows
 * @throws CleverLakeError `io` if the file cannot be written, and as `requireComplete` does
 */
export async function exportEngagement(
  lake: Lake,
  duck: Duck,
  file: string,
  signal?: AbortSignal,
): Promise<number> {
  return writeOutput("The Parquet file", file, (unfinished) => write(lake, duck, file, unfinished, signal));
}

async function write(
  lake: Lake,
  duck: Duck,
  file: string,
  unfinished: string,
  signal?: AbortSignal,
): Promise<number> {
  // DuckDB would only say "IO Error".
  const folder = await stat(path.dirname(unfinished)).catch((error: unknown) => error);
  if (!(folder instanceof Stats && folder.isDirectory())) throw unwritable("The Parquet file", file, folder);
  const open = { lake, duck, signal };
  const pseudo = await requireComplete(open, await readTables(open));
  const tables = [...pseudo].map(([report, snapshot]) => ({ report, snapshot }));
  return withSelects(open, tables, async (session, selects) => {
    const events = tables.map(({ report }, index) => engagementSql(report, selects[index] ?? ""));
    // Without reports, the file has the schema's columns and no rows.
    const nulls = engagementColumns.map(({ name, type }) => `NULL::${sqlTypes[type]} AS ${sqlName(name)}`);
    if (events.length === 0) events.push(`SELECT ${nulls.join(", ")} WHERE false`);
    const copy = `COPY (${events.join(" UNION ALL ")}) TO ${sqlString(unfinished)} (FORMAT parquet, COMPRESSION snappy)`;
    return Number((await session.one(copy)).Count);
  });
}
