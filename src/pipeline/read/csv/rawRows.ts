import type { Header } from "../../../clever/header";
import { maximumRowBytes } from "../../../clever/judgeRows";
import type { DayRows } from "../../../clever/likelyDates";
import { isPlaceholderSql } from "../../../clever/personIds";
import { dateColumn, type Report } from "../../../clever/reports";
import { canonicalFormat } from "../../../clever/values";
import { type DuckSession, sqlFiles, sqlName, sqlString, sqlStrings } from "../../../duck/duck";
import { cellOf, countByValue, textSql } from "./distinctTexts";
import type { OpenedCsv } from "./openCsv";

/** The days of files with their row counts, by file number. */
export type FileDays = ReadonlyMap<number, readonly DayRows[]>;

/** Bytes. The engine buffers twice this per thread; by default, it would buffer sixteen times this. */
const maxLineLength = maximumRowBytes + 16;

/** Rows of files in `raw`, by file number. */
export interface CountedRows {
  readonly rowsOf: readonly number[];
  /** The rows whose day is in Clever's own format. */
  readonly days: FileDays;
  /** Files with a line that the engine could not parse. */
  readonly rejected: ReadonlySet<number>;
  /** Files with a row whose day is blank. Only such a row can be entirely blank. */
  readonly withoutDay: ReadonlySet<number>;
}

/** Reads files with the same columns of the report into `raw`, in their order or in any. */
export async function readRows(
  session: DuckSession,
  files: readonly OpenedCsv[],
  report: Report,
  inOrder = false,
): Promise<CountedRows> {
  await session.query("DROP TABLE IF EXISTS bad_lines");
  await session.query("DROP TABLE IF EXISTS bad_scans");
  const selects = scansOf(files).map((scan) => selectRows(scan, report));
  const create = `CREATE OR REPLACE TEMP TABLE raw AS ${selects.join(" UNION ALL ")}`;
  await (inOrder ? session.query(create) : session.queryUnordered(create));
  await countByValue(session, report);
  return countRows(session, files, report);
}

/** Consecutive files with the same header, which one scan reads, and the number of the first. */
interface Scan {
  readonly header: Header;
  readonly first: number;
  readonly localPaths: string[];
}

function scansOf(files: readonly OpenedCsv[]): Scan[] {
  const scans: Scan[] = [];
  for (const [first, { header, localPath }] of files.entries()) {
    const last = scans.at(-1);
    if (last && headerKey(last.header) === headerKey(header)) last.localPaths.push(localPath);
    else scans.push({ header, first, localPaths: [localPath] });
  }
  return scans;
}

/** Files with the same key can be read by one scan. */
export function headerKey({ delimiter, names, indexes, fallbacks }: Header): string {
  return JSON.stringify([delimiter, names, [...indexes.values()], [...fallbacks.values()]]);
}

/** Files with the same key have the same columns of the report. */
export function columnsKey({ indexes }: Header): string {
  return JSON.stringify([...indexes.values()].map((index) => index !== undefined));
}

function selectRows({ header, first, localPaths }: Scan, report: Report): string {
  const types = header.names.map((_, index) => `'c${index}': 'VARCHAR'`).join(", ");
  const columns = report.columns.map((column) => {
    const index = header.indexes.get(column);
    const fallback = header.fallbacks.get(column);
    const cell = index === undefined ? "NULL::VARCHAR" : `c${index}`;
    const isFilled = `${textSql(cell)} IS NOT NULL AND NOT ${isPlaceholderSql(cell, sqlString)}`;
    const filled = fallback === undefined ? cell : `CASE WHEN ${isFilled} THEN ${cell} ELSE c${fallback} END`;
    return `${filled} AS ${sqlName(column.name)}`;
  });
  return `SELECT (${first} + file_index)::UINTEGER AS file, ${columns.join(", ")}
    FROM read_csv(${sqlFiles(localPaths)},
      columns = {${types}}, auto_detect = false, hive_partitioning = false, header = true, delim = ${sqlString(header.delimiter)},
      quote = '"', escape = '"', strict_mode = true, null_padding = false,
      max_line_size = ${maxLineLength}, buffer_size = ${2 * maxLineLength},
      store_rejects = true, rejects_table = 'bad_lines', rejects_scan = 'bad_scans', rejects_limit = 1)`;
}

/** Counts the rows of `raw`, by `rows_by_value`. */
export async function countRows(
  session: DuckSession,
  files: readonly OpenedCsv[],
  report: Report,
): Promise<CountedRows> {
  const column = dateColumn(report);
  const cell = cellOf(column);
  const day = `CASE WHEN regexp_full_match(${cell}, ${sqlString(canonicalFormat.date)}) THEN ${cell} END`;
  const counts = await session.query(
    `(SELECT file::INTEGER AS file, ${day} AS day, sum(rows)::DOUBLE AS rows, bool_or(${textSql(cell)} IS NULL) AS blank
       FROM rows_by_value raw GROUP BY 1, 2 ORDER BY 1, 2)
     UNION ALL (SELECT DISTINCT list_position(${sqlStrings(files.map(({ localPath }) => localPath))}, file_path) - 1, NULL, NULL, NULL
       FROM bad_lines JOIN bad_scans USING (scan_id, file_id))`,
  );
  const rowsOf = files.map(() => 0);
  const days = new Map<number, DayRows[]>();
  const rejected = new Set<number>();
  const withoutDay = new Set<number>();
  for (const row of counts) {
    const file = Number(row.file);
    if (row.rows === null) {
      // If the engine names a file differently, it can be any of them.
      for (const each of row.file === null ? files.keys() : [file]) rejected.add(each);
      continue;
    }
    const rows = Number(row.rows);
    rowsOf[file] = (rowsOf[file] ?? 0) + rows;
    if (row.blank === true) withoutDay.add(file);
    if (typeof row.day !== "string") continue;
    const own = days.get(file) ?? [];
    days.set(file, own);
    own.push({ day: row.day, rows });
  }
  return { rowsOf, days, rejected, withoutDay };
}
