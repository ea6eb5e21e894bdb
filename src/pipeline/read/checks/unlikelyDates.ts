import { dateInName } from "../../../clever/fileNames";
import { unlikelyDays } from "../../../clever/likelyDates";
import { dateColumn, type Report } from "../../../clever/reports";
import { sqlName, sqlString } from "../../../duck/duck";
import type { LogEntry } from "../../log/ingestLog";
import type { LoadedCsv } from "../csv/loadCsv";
import type { Mark } from "./markedRows";

/**
 * Finds the rows of the session's `raw` whose date is unlikely, given the rest of the file and the server's time.
 *
 * @param files the deliveries, by file number
 */
export function findUnlikelyDates(
  loaded: LoadedCsv,
  report: Report,
  files: readonly Pick<LogEntry, "path" | "modified" | "version">[],
): Mark[] {
  const unlikely = files.flatMap(({ path, modified, version }, file) => {
    const times = { named: dateInName(path), modified, landed: new Date(version * 1000) };
    const found = unlikelyDays(loaded.days.get(file) ?? [], times);
    return [...found].map(([day, reason]) => ({ file, day, reason }));
  });
  if (unlikely.length === 0) return [];
  const values = unlikely.map(({ file, day }, detail) => `(${detail}, ${file}, ${sqlString(day)})`);
  return [
    {
      column: dateColumn(report).name,
      rows: `SELECT row_id, detail FROM (SELECT raw.rowid AS row_id, file, ${sqlName(dateColumn(report).name)} AS day FROM raw)
        JOIN (VALUES ${values.join(", ")}) AS unlikely(detail, file, day) USING (file, day)`,
      reasonOf: (detail) => unlikely[detail]?.reason ?? "",
    },
  ];
}
