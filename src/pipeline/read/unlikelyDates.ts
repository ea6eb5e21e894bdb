import { dateInName } from "../../clever/fileNames";
import { type DayRows, unlikelyDays } from "../../clever/likelyDates";
import { dateColumn, type Report } from "../../clever/reports";
import { type DuckSession, sqlString } from "../../duck/duck";
import type { LogEntry } from "../log/ingestLog";
import { daySql, type LoadedCsv } from "./loadCsv";
import type { Mark } from "./markedRows";

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
export function findUnlikelyDates(
  loaded: LoadedCsv,
  report: Report,
  files: readonly Pick<LogEntry, "path" | "modified" | "version">[],
  days: FileDays,
): Mark[] {
  const unlikely = files.flatMap(({ path, modified, version }, file) => {
    const times = { named: dateInName(path), modified, landed: new Date(version * 1000) };
    const found = unlikelyDays(days.get(file) ?? [], times);
    return [...found].map(([day, reason]) => ({ file, day, reason }));
  });
  if (unlikely.length === 0) return [];
  const values = unlikely.map(({ file, day }, detail) => `(${detail}, ${file}, ${sqlString(day)})`);
  return [
    {
      column: dateColumn(report).name,
      rows: `SELECT row_id, detail FROM (SELECT raw.rowid AS row_id, file, ${daySql(report, loaded)} AS day FROM raw)
        JOIN (VALUES ${values.join(", ")}) AS unlikely(detail, file, day) USING (file, day)`,
      reasonOf: (detail) => unlikely[detail]?.reason ?? "",
    },
  ];
}
