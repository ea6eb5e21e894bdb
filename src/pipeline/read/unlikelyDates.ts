import { dateInName } from "../../clever/fileNames";
import { type DayRows, unlikelyDays } from "../../clever/likelyDates";
import { dateColumn, type Report } from "../../clever/reports";
import { type DuckSession, sqlString } from "../../duck/duck";
import type { LogEntry } from "../log/ingestLog";
import { daySql, type LoadedCsv } from "./loadCsv";
import type { MarkedRows } from "./refuseRows";

/** The days of files with their row counts, by file number. */
export type FileDays = ReadonlyMap<number, readonly DayRows[]>;

/** Counts the rows of the session's `raw` per file and day. */
export async function daysOfFiles(
  session: DuckSession,
  loaded: LoadedCsv,
  report: Report,
): Promise<FileDays> {
  const rows = await session.query(
    `SELECT file, ${daySql(report, loaded)} AS day, sum(rows)::INTEGER AS rows
     FROM rows_by_value raw GROUP BY 1, 2 ORDER BY 1, 2`,
  );
  const days = new Map<number, DayRows[]>();
  for (const { file, day, rows: count } of rows) {
    const own = days.get(Number(file)) ?? [];
    days.set(Number(file), own);
    own.push({ day: String(day), rows: Number(count) });
  }
  return days;
}

/**
 * Finds the rows of the session's `raw` whose date is unlikely, given the rest of the file and the server's time.
 *
 * @param files the deliveries, by file number
 * @param days the rows of `raw` by file and day
 */
export async function findUnlikelyDates(
  session: DuckSession,
  loaded: LoadedCsv,
  report: Report,
  files: readonly Pick<LogEntry, "path" | "modified" | "version">[],
  days: FileDays,
): Promise<MarkedRows | undefined> {
  const unlikely = files.flatMap(({ path, modified, version }, file) => {
    const times = { named: dateInName(path), modified, landed: new Date(version * 1000) };
    const found = unlikelyDays(days.get(file) ?? [], times);
    return [...found].map(([day, reason]) => ({ file, day, reason }));
  });
  if (unlikely.length === 0) return undefined;
  const cases = unlikely.map(
    ({ file, day }, index) => `WHEN file = ${file} AND day = ${sqlString(day)} THEN ${index}`,
  );
  const { row, reason } = await session.columns(
    `WITH numbered AS (
       SELECT row_number() OVER (ORDER BY raw.rowid) - 1 AS row, file, ${daySql(report, loaded)} AS day FROM raw)
     SELECT row::UINTEGER AS row, reason::UINTEGER AS reason
     FROM (SELECT row, CASE ${cases.join(" ")} END AS reason FROM numbered) WHERE reason IS NOT NULL ORDER BY row`,
    { row: "UINTEGER", reason: "UINTEGER" },
  );
  return {
    rows: row,
    columnOf: () => dateColumn(report).name,
    reasonOf: (index) => unlikely[reason[index] ?? -1]?.reason ?? "",
  };
}
