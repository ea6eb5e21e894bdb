import type { Header } from "../../clever/header";
import { maximumRowBytes } from "../../clever/judgeRows";
import { isNothingSql, suspectIdSql } from "../../clever/personIds";
import { type ColumnType, dateColumn, keptTexts, type Report, type ReportColumn } from "../../clever/reports";
import {
  canonicalFormat,
  cleverId,
  type DayMonthOrder,
  dayMonthOrder,
  isBlank,
  parseValue,
} from "../../clever/values";
import { type DuckSession, sqlFiles, sqlName, sqlString, sqlStrings } from "../../duck/duck";
import { type CleverLakeError, isCleverLakeError } from "../../errors";
import { cellOf, countByValue, listDifferent, textSql } from "./differentTexts";
import type { OpenedCsv } from "./openCsv";

/** Rows of one or several files as texts in the session's table `raw`, with columns named as in the report table. */
export interface LoadedCsv {
  /** The header of all files. */
  readonly header: Header;
  /** Rows in `raw` per file, by number; `raw.file` is that number, and rows are in the files' order. */
  readonly rowsOf: readonly number[];
  /** Rows without any value, which spreadsheets leave; they are not in `raw`. */
  readonly blankRows: number;
  /** Text columns without a white-space-only cell, so that each text is taken unchanged. */
  readonly plainTexts: ReadonlySet<string>;
  /** Columns with values in a format other than Clever's own; `readings` holds their meaning. */
  readonly otherFormats: ReadonlySet<string>;
  /** For id columns, the placeholders that occur in them and count as blank. */
  readonly placeholders: ReadonlyMap<string, readonly string[]>;
}

/** The engine failed: the exact problem must be found row by row. */
export interface LoadFailure {
  readonly header: Header;
  /** Used if no single row is at fault. */
  readonly summary: string;
  /** The engine's error, if the file may not be its cause. */
  readonly cause?: CleverLakeError;
}

/** Rows of a `raw` table. */
export function rowsIn({ rowsOf }: LoadedCsv): number {
  return rowsOf.reduce((sum, rows) => sum + rows, 0);
}

/**
 * Reads a landed file into the session's temporary table `raw`, lists its distinct values (`listDifferent`), and checks
 * at the engine's speed that every row can be read as the report says. Nothing is guessed and nothing is dropped: the
 * engine's row count is compared with a count from the file's own bytes.
 *
 * @param order in which the file writes day and month, if known from more rows than it holds
 */
export async function loadCsv(
  session: DuckSession,
  file: OpenedCsv,
  report: Report,
  order?: DayMonthOrder,
): Promise<LoadedCsv | LoadFailure> {
  const { header } = file;
  const failure = (summary: string): LoadFailure => ({ header, summary });
  if (file.fault !== undefined) return failure(file.fault);
  let counts: FileCounts | undefined;
  try {
    [counts] = await readRows(session, [file], report);
  } catch (error) {
    // It rejects some files altogether, such as those with mixed line ends.
    if (isCleverLakeError(error, "engine")) return { ...failure(unparsableText), cause: error };
    throw error;
  }
  const { rows, rejected, blank } = counts ?? { rows: 0, rejected: 0, blank: 0 };
  if (rejected > 0) return failure(unparsableText);
  if (file.records - 1 !== rows) {
    return failure(`Two counts of its rows disagree: ${file.records - 1} by bytes, ${rows} by the engine.`);
  }
  if (blank > 0) {
    await session.query(`DELETE FROM raw WHERE ${allBlankSql(report)}`);
    await countByValue(session, report);
  }
  const plainTexts = await listDifferent(session, report);
  const others = await readOtherForms(session, report, header, order);
  if (others === undefined) return failure("A value could not be read.");
  const loaded = { header, rowsOf: [rows - blank], blankRows: blank, plainTexts, ...others };
  const lost = await columnThatLoses(session, report, loaded);
  return lost === undefined ? loaded : failure(`Values in the column ${lost} would be lost.`);
}

/**
 * Reads several files with the same header, as `loadCsv` does for one. Files with anything not in Clever's own format
 * are `suspects`, to be read individually. They have no row in `raw`. Rejects with `engine` if the engine gives up on
 * the files as a whole.
 */
export async function loadBatch(
  session: DuckSession,
  files: readonly OpenedCsv[],
  report: Report,
): Promise<{ readonly loaded: LoadedCsv; readonly suspects: ReadonlySet<number> }> {
  const header = files[0]?.header;
  if (header === undefined) throw new RangeError("There is no file to read.");
  const counts = await readRows(session, files, report);
  const suspects = new Set(
    counts.flatMap(({ rows, rejected, blank }, file) =>
      rejected > 0 || blank > 0 || (files[file]?.records ?? 0) - 1 !== rows ? [file] : [],
    ),
  );
  const plainTexts = await listDifferent(session, report);
  for (const [column, texts] of await textsInOtherForm(session, report, header)) {
    for (const file of await filesInOtherForm(session, column, texts)) suspects.add(file);
  }
  const rowsOf = counts.map(({ rows }, file) => (suspects.has(file) ? 0 : rows));
  const clean = { blankRows: 0, otherFormats: new Set<string>(), placeholders: new Map() };
  const loaded = { header, rowsOf, plainTexts, ...clean };
  await removeFiles(session, report, suspects);
  return { loaded, suspects };
}

/** Removes the rows of files from `raw`, and what only they contain from the lists of distinct values. */
export async function removeFiles(
  session: DuckSession,
  report: Report,
  files: ReadonlySet<number>,
): Promise<void> {
  if (files.size === 0) return;
  for (const table of ["raw", "rows_by_value"]) {
    await session.query(`DELETE FROM ${table} WHERE file IN (${[...files].join(", ")})`);
  }
  await listDifferent(session, report);
}

const unparsableText = "The engine could not parse the file.";

/** The files in which one of a column's `texts` is not a value in Clever's own format, or may not be an id. */
async function filesInOtherForm(
  session: DuckSession,
  column: ReportColumn,
  texts: readonly string[],
): Promise<number[]> {
  const isSound = (text: string) => {
    if (column.type !== "string") return false;
    const parsed = parseValue(column, text, "unknown");
    return !("reason" in parsed) && parsed.value === text;
  };
  const isCut = texts.length > limitOf(column);
  const odd = isCut ? texts : texts.filter((text) => !isSound(text));
  if (odd.length === 0) return [];
  // If ids have an unusual alphabet, there may be more than were checked.
  const condition = isCut
    ? (needsReading(column) ?? "false")
    : `${cellOf(column)} IN (SELECT unnest(from_json($1::JSON, '["VARCHAR"]'))) OR ${odd.includes("") ? `${cellOf(column)} IS NULL` : "false"}`;
  const rows = await session.query(
    `SELECT DISTINCT file FROM raw WHERE ${condition}`,
    isCut ? [] : [JSON.stringify(odd)],
  );
  return rows.map(({ file }) => Number(file));
}

/**
 * A column with a cell that would become null although it must not be blank. There is none unless `readings` lacks
 * its text. Values in Clever's own format need no such check: they are cast, which fails if it cannot.
 */
async function columnThatLoses(
  session: DuckSession,
  report: Report,
  loaded: LoadedCsv,
): Promise<string | undefined> {
  const read = report.columns.filter(({ name, blank }) => loaded.otherFormats.has(name) && !blank);
  const searches = read.map((column) => {
    return `(SELECT ${sqlString(column.name)} AS name FROM rows_by_value raw WHERE ${valueSql(column, loaded)} IS NULL LIMIT 1)`;
  });
  if (searches.length === 0) return undefined;
  const [found] = await session.query(searches.join(" UNION ALL "));
  return found === undefined ? undefined : String(found.name);
}

/** Bytes. The engine buffers twice this per thread; by default, it would buffer sixteen times this. */
const maxLineLength = maximumRowBytes + 16;

interface FileCounts {
  readonly rows: number;
  /** Lines that the engine could not parse, or more. */
  readonly rejected: number;
  readonly blank: number;
}

/** Reads files with the same header into `raw`; resolves to the counts of each. */
async function readRows(
  session: DuckSession,
  files: readonly OpenedCsv[],
  report: Report,
): Promise<FileCounts[]> {
  const [first] = files;
  if (first === undefined) return [];
  const { header } = first;
  const types = header.names.map((_, index) => `'c${index}': 'VARCHAR'`).join(", ");
  const columns = report.columns.map((column) => {
    const index = header.indexes.get(column);
    const fallback = header.fallbacks.get(column);
    const cell = index === undefined ? "NULL::VARCHAR" : `c${index}`;
    const isFilled = `${textSql(cell)} IS NOT NULL AND NOT ${isNothingSql(cell, sqlString)}`;
    const filled = fallback === undefined ? cell : `CASE WHEN ${isFilled} THEN ${cell} ELSE c${fallback} END`;
    return `${filled} AS ${sqlName(column.name)}`;
  });
  await session.query("DROP TABLE IF EXISTS bad_lines");
  await session.query("DROP TABLE IF EXISTS bad_scans");
  await session.query(
    `CREATE OR REPLACE TEMP TABLE raw AS SELECT file_index::UINTEGER AS file, ${columns.join(", ")}
      FROM read_csv(${sqlFiles(files.map(({ place }) => place))},
      columns = {${types}}, auto_detect = false, hive_partitioning = false, header = true, delim = ${sqlString(header.delimiter)},
      quote = '"', escape = '"', strict_mode = true, null_padding = false,
      max_line_size = ${maxLineLength}, buffer_size = ${2 * maxLineLength},
      store_rejects = true, rejects_table = 'bad_lines', rejects_scan = 'bad_scans', rejects_limit = 1)`,
  );
  await countByValue(session, report);
  // Only a row without a day can be entirely blank, and almost no file has one.
  const day = textSql(sqlName(dateColumn(report).name));
  const { some } = await session.one(`SELECT EXISTS (FROM rows_by_value WHERE ${day} IS NULL) AS some`);
  const blank = `SELECT file, 0 AS rows, 0 AS rejected, count(*) AS blank FROM raw WHERE ${allBlankSql(report)} GROUP BY file`;
  const counts = await session.query(
    `SELECT file, sum(rows)::DOUBLE AS rows, sum(rejected)::DOUBLE AS rejected, sum(blank)::DOUBLE AS blank FROM (
       SELECT file, rows, 0 AS rejected, 0 AS blank FROM rows_by_value
       ${some === true ? `UNION ALL ${blank}` : ""}
       UNION ALL SELECT coalesce(list_position(${sqlStrings(files.map(({ place }) => place))}, file_path) - 1, file_id), 0, 1, 0
         FROM bad_lines JOIN bad_scans USING (scan_id, file_id)
     ) GROUP BY file`,
  );
  const byFile = new Map(counts.map((row) => [Number(row.file), row]));
  return files.map((_, file) => {
    const row = byFile.get(file);
    return {
      rows: Number(row?.rows ?? 0),
      rejected: Number(row?.rejected ?? 0),
      blank: Number(row?.blank ?? 0),
    };
  });
}

/** More distinct texts than this in one column do not come from a spreadsheet. */
const manyTexts = 20_000;
/** Limit for checking the ids of an unusual alphabet one by one. */
const manyIds = 500_000;

/**
 * Checks that each value can be read as its column's type; undefined if one cannot. SQL reads values in Clever's own
 * format; `parseValue` reads the others, of which a file has few distinct ones, into the temporary table `readings`.
 * Resolves to the columns with such others, and to the placeholders in id columns.
 */
async function readOtherForms(
  session: DuckSession,
  report: Report,
  header: Header,
  known: DayMonthOrder | undefined,
): Promise<Pick<LoadedCsv, "otherFormats" | "placeholders"> | undefined> {
  const found = await textsInOtherForm(session, report, header);
  const placeholders = new Map<string, string[]>();
  if (found.size === 0) return { otherFormats: new Set(), placeholders };
  const readings: { name: string; text: string; value: string }[] = [];
  for (const [column, texts] of found) {
    if (texts.length > limitOf(column)) return undefined;
    const nothing: string[] = [];
    const order = column.type === "date" ? (known ?? dayMonthOrder(texts)) : "unknown";
    for (const text of texts) {
      const parsed = parseValue(column, text, order);
      if ("reason" in parsed) return undefined;
      if (column.type !== "string") readings.push({ name: column.name, text, value: String(parsed.value) });
      else if (parsed.value === null && !isBlank(text)) nothing.push(text);
    }
    if (nothing.length > 0) placeholders.set(column.name, nothing);
  }
  await session.query(
    `CREATE OR REPLACE TEMP TABLE readings AS SELECT unnest(from_json($1::JSON,
      '[{"name":"VARCHAR","text":"VARCHAR","value":"VARCHAR"}]'), recursive := true)`,
    [JSON.stringify(readings)],
  );
  return { otherFormats: new Set(readings.map(({ name }) => name)), placeholders };
}

/** The distinct texts that SQL cannot read, by column; a null is an empty text here. */
async function textsInOtherForm(
  session: DuckSession,
  report: Report,
  header: Header,
): Promise<ReadonlyMap<ReportColumn, readonly string[]>> {
  const present = report.columns.filter((column) => header.indexes.get(column) !== undefined);
  const searches = present.flatMap((column) => searchForOtherForms(report, column) ?? []);
  const found = await session.query(searches.join(" UNION ALL "));
  const texts = new Map<ReportColumn, string[]>();
  for (const column of present) {
    const own = found.filter(({ name }) => name === column.name);
    if (own.length > 0)
      texts.set(
        column,
        own.map(({ text }) => (typeof text === "string" ? text : "")),
      );
  }
  return texts;
}

/** A SELECT of a column's distinct texts that SQL cannot read; undefined if it reads all. */
function searchForOtherForms(report: Report, column: ReportColumn): string | undefined {
  const condition = needsReading(column);
  if (condition === undefined) return undefined;
  const found = `SELECT DISTINCT ${sqlString(column.name)} AS name, ${cellOf(column)} AS text`;
  const where = `WHERE ${condition} LIMIT ${limitOf(column) + 1}`;
  if (column.pseudonymization === "hash") return `(${found} FROM ids_as_read raw ${where})`;
  if (column.type === "string") {
    const place = keptTexts(report).indexOf(column);
    return `(${found} FROM (SELECT text AS ${sqlName(column.name)} FROM kept_texts WHERE place = ${place}) raw ${where})`;
  }
  return `(${found} FROM rows_by_value raw ${where})`;
}

function limitOf({ pseudonymization }: ReportColumn): number {
  return pseudonymization === "hash" ? manyIds : manyTexts;
}

/**
 * What `parseValue`, which decides, may treat as white space: readers differ in what counts, including a byte-order
 * mark.
 */
const aside = "[^!-~]*";

/** A condition that holds for such texts. */
function needsReading(column: ReportColumn): string | undefined {
  const cell = cellOf(column);
  if (column.type !== "string") return `${canonicalValue(column.type, cell)} IS NULL`;
  if (column.pseudonymization === "hash")
    return `${suspectIdSql(cell, sqlString)} AND ${textSql(cell)} IS NOT NULL`;
  const aroundCleverId = sqlString(`${aside}${cleverId}${aside}`);
  return column.words ? `strlen(${cell}) >= 24 AND regexp_full_match(${cell}, ${aroundCleverId})` : undefined;
}

function canonicalValue(type: Exclude<ColumnType, "string">, cell: string): string {
  const text = type === "boolean" ? `lower(${cell})` : cell;
  return `CASE WHEN regexp_full_match(${text}, ${sqlString(canonicalFormat[type])}) THEN try_cast(${cell} AS ${type}) END`;
}

/**
 * The value of a column of `raw` in its type, as an SQL expression; blank texts are null.
 * Valid after `loadCsv` found the file readable.
 */
export function valueSql(column: ReportColumn, loaded: LoadedCsv): string {
  const cell = cellOf(column);
  const words = loaded.placeholders.get(column.name);
  if (words) return `CASE WHEN ${cell} NOT IN (${words.map(sqlString).join(", ")}) THEN ${textSql(cell)} END`;
  if (column.type === "string") return loaded.plainTexts.has(column.name) ? cell : textSql(cell);
  if (!loaded.otherFormats.has(column.name)) return `CAST(${cell} AS ${column.type})`;
  return `coalesce(${canonicalValue(column.type, cell)}, (SELECT value::${column.type} FROM readings
    WHERE readings.name = ${sqlString(column.name)} AND readings.text = ${cell}))`;
}

/** The day of a row of `raw` as `YYYY-MM-DD`, which is Clever's own format, as an SQL expression. */
export function daySql(report: Report, loaded: LoadedCsv): string {
  const column = dateColumn(report);
  return loaded.otherFormats.has(column.name) ? `(${valueSql(column, loaded)})::VARCHAR` : cellOf(column);
}

function allBlankSql(report: Report): string {
  return report.columns.map((column) => `${textSql(cellOf(column))} IS NULL`).join(" AND ");
}
