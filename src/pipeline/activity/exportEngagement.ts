import { Stats } from "node:fs";
import { stat } from "node:fs/promises";
import path from "node:path";
import { engagementColumns } from "../../clever/digitalEngagement";
import { readQuery } from "../../delta/readQuery";
import { sqlTypes } from "../../delta/schema";
import { withDataFiles } from "../../delta/withTable";
import { type Duck, sqlName, sqlString } from "../../duck/duck";
import { unwritable } from "../../errors";
import type { Lake } from "../../lake/lake";
import { outputFile } from "../../outputFile";
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
  const place = await outputFile("The Parquet file", file);
  // DuckDB would only say "IO Error".
  const folder = await stat(path.dirname(place)).catch((error: unknown) => error);
  if (!(folder instanceof Stats && folder.isDirectory())) throw unwritable("The Parquet file", file, folder);
  const tables = [...requireComplete(await readTables(lake, duck, signal))].map(([report, snapshot]) => ({
    report,
    snapshot,
    files: [...snapshot.files.values()],
  }));
  return withDataFiles(lake, tables, { signal }, (placeOf) => {
    const selects = tables.map(({ report, snapshot, files }) =>
      engagementSql(report, readQuery(snapshot, files, placeOf)),
    );
    // Without reports, the file has the schema's columns and no rows.
    const nulls = engagementColumns.map(({ name, type }) => `NULL::${sqlTypes[type]} AS ${sqlName(name)}`);
    if (selects.length === 0) selects.push(`SELECT ${nulls.join(", ")} WHERE false`);
    const copy = `COPY (${selects.join(" UNION ALL ")}) TO ${sqlString(place)} (FORMAT parquet, COMPRESSION snappy)`;
    return duck.session(async (session) => Number((await session.one(copy)).Count), signal);
  });
}
