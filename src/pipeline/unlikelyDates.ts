import { dateInName } from "../clever/fileNames";
import { unlikelyDays } from "../clever/likelyDates";
import type { Report } from "../clever/reports";
import { type DuckSession, sqlName, sqlString } from "../duck/duck";
import { type LoadedCsv, valueSql } from "./loadCsv";
import type { MarkedRows } from "./refuseRows";
import type { PendingFile } from "./stageFile";

/** Finds the rows of the session's `raw` whose date neither the rest of the file nor the server's time makes likely. */
export async function findUnlikelyDates(
  session: DuckSession,
  loaded: LoadedCsv,
  report: Report,
  file: Pick<PendingFile, "path" | "modified" | "version">,
  signal?: AbortSignal,
): Promise<MarkedRows | undefined> {
  const date = report.columns.find(({ type }) => type === "date");
  if (!date) return undefined;
  const name = sqlName(date.name);
  const day = valueSql(date, loaded);
  const days = await session.query(
    `SELECT (${day})::VARCHAR AS day, sum(rows)::INTEGER AS rows
     FROM (SELECT ${name}, count(*) AS rows FROM raw GROUP BY ${name}) raw GROUP BY 1`,
    [],
    signal,
  );
  const unlikely = unlikelyDays(
    days.map(({ day: text, rows }) => ({ day: String(text), rows: Number(rows) })),
    { named: dateInName(file.path), modified: file.modified, landed: new Date(file.version * 1000) },
  );
  if (unlikely.size === 0) return undefined;
  const reasons = [...new Set(unlikely.values())];
  const cases = [...unlikely].map(
    ([each, reason]) => `WHEN ${sqlString(each)} THEN ${reasons.indexOf(reason)}`,
  );
  const { row, reason } = await session.columns(
    `WITH numbered AS (
       SELECT row_number() OVER (ORDER BY raw.rowid) - 1 AS row,
         CASE (${day})::VARCHAR ${cases.join(" ")} END AS reason FROM raw)
     SELECT row::UINTEGER AS row, reason::UTINYINT AS reason FROM numbered WHERE reason IS NOT NULL ORDER BY row`,
    { row: "UINTEGER", reason: "UTINYINT" },
    signal,
  );
  return { rows: row, columnOf: () => date.name, reasonOf: (index) => reasons[reason[index] ?? -1] ?? "" };
}
