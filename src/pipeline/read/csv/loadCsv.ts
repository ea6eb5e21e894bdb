import { type CleverLakeError, isCleverLakeError } from "../../../basics/errors";
import type { Header } from "../../../clever/header";
import { suspectIdSql } from "../../../clever/personIds";
import { type ColumnType, keptTextColumns, type Report, type ReportColumn } from "../../../clever/reports";
import {
  canonicalFormat,
  cleverId,
  type DayMonthOrder,
  dayMonthOrder,
  isBlank,
  parseValue,
} from "../../../clever/values";
import { type DuckSession, sqlName, sqlString } from "../../../duck/duck";
import { cellOf, countByValue, listDistinct, peopleInFiles, textSql } from "./distinctTexts";
import type { OpenedCsv } from "./openCsv";
import { type CountedRows, countRows, type FileDays, readRows } from "./rawRows";

/**
 * Rows of one or several files as texts in the session's table `raw`, with columns named as in the report table. Each
 * value is in Clever's own format; blank texts are null.
 */
export interface LoadedCsv {
  /** Rows in `raw` per file, by number; `raw.file` is that number. */
  readonly rowsOf: readonly number[];
  /** The rows of each file by day. */
  readonly days: FileDays;
  /** Rows without any value, which spreadsheets leave; they are not in `raw`. */
  readonly blankRows: number;
  /** Cells with a placeholder instead of an id; they count as blank. */
  readonly placeholders: number;
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
export function rowCount({ rowsOf }: LoadedCsv): number {
  return rowsOf.reduce((sum, rows) => sum + rows, 0);
}

/**
 * Reads a landed file into the session's temporary table `raw`, lists its distinct values (`listDistinct`), and checks
 * at the engine's speed that every row can be read as the report says. Nothing is guessed and nothing is dropped: the
 * engine's row count is compared with a count from the file's own bytes.
 *
 * @param options.order in which the file writes day and month, if known from more rows than it holds
 * @param options.inOrder whether the rows are to be in the file's order, as `markedRows` needs them
 */
export async function loadCsv(
  session: DuckSession,
  file: OpenedCsv,
  report: Report,
  { order, inOrder }: { readonly order?: DayMonthOrder; readonly inOrder?: boolean } = {},
): Promise<LoadedCsv | LoadFailure> {
  const { header } = file;
  const failure = (summary: string): LoadFailure => ({ header, summary });
  if (file.fault !== undefined) return failure(file.fault);
  let counted: CountedRows;
  try {
    counted = await readRows(session, [file], report, inOrder);
  } catch (error) {
    // It rejects some files altogether, such as those with mixed line ends.
    if (isCleverLakeError(error, "engine")) return { ...failure(unparsableText), cause: error };
    throw error;
  }
  const [rows = 0] = counted.rowsOf;
  if (counted.rejected.size > 0) return failure(unparsableText);
  if (file.records - 1 !== rows) {
    return failure(`Two counts of its rows disagree: ${file.records - 1} by bytes, ${rows} by the engine.`);
  }
  const blankRows = counted.withoutDay.size > 0 ? await removeBlankRows(session, report) : 0;
  const nonCanonical = await listTexts(session, report, header);
  let placeholders = 0;
  const replaced = new Map<ReportColumn, readonly Meaning[]>();
  for (const [column, own] of nonCanonical) {
    const meanings = meaningsOf(column, own, order);
    if (meanings === undefined) return failure("A value could not be read.");
    const cells = await replaceTexts(session, column, meanings);
    if (column.type === "string") placeholders += cells;
    else replaced.set(column, meanings);
  }
  if (replaced.size > 0) await countByValue(session, report);
  for (const [column, meanings] of replaced) {
    if (await losesValues(session, report, column, meanings))
      return failure(`Values in the column ${column.name} would be lost.`);
  }
  if (placeholders > 0) await listDistinct(session, report);
  const { days } = replaced.size > 0 ? await countRows(session, [file], report) : counted;
  return { rowsOf: [rows - blankRows], days, blankRows, placeholders };
}

/**
 * Reads several files with the same columns of the report, as `loadCsv` does for one. Files with anything not in
 * Clever's own format are `suspects`, to be read individually. They have no row in `raw`. Rejects with `engine` if the
 * engine gives up on the files as a whole.
 */
export async function loadBatch(
  session: DuckSession,
  files: readonly OpenedCsv[],
  report: Report,
): Promise<{ readonly loaded: LoadedCsv; readonly suspects: ReadonlySet<number> }> {
  const header = files[0]?.header;
  if (header === undefined) throw new RangeError("There is no file to read.");
  const { rowsOf, days, rejected, withoutDay } = await readRows(session, files, report);
  const miscounted = rowsOf.flatMap((rows, file) => ((files[file]?.records ?? 0) - 1 === rows ? [] : [file]));
  const suspects = new Set([...miscounted, ...rejected, ...withoutDay]);
  for (const [column, values] of await listTexts(session, report, header)) {
    for (const file of await filesWithNonCanonical(session, column, values)) suspects.add(file);
  }
  const all = { rowsOf, days, blankRows: 0, placeholders: 0 };
  return { loaded: await removeFiles(session, report, all, suspects), suspects };
}

/** Removes the rows of files from `raw`, and what only they contain from the lists of distinct values. */
export async function removeFiles(
  session: DuckSession,
  report: Report,
  loaded: LoadedCsv,
  files: ReadonlySet<number>,
): Promise<LoadedCsv> {
  if (files.size === 0) return loaded;
  for (const table of ["raw", "rows_by_value"]) {
    await session.query(`DELETE FROM ${table} WHERE file IN (${[...files].join(", ")})`);
  }
  await listDistinct(session, report);
  const rowsOf = loaded.rowsOf.map((rows, file) => (files.has(file) ? 0 : rows));
  const days = new Map([...loaded.days].filter(([file]) => !files.has(file)));
  return { ...loaded, rowsOf, days };
}

/** Removes the rows without any value from `raw`; resolves to their number. */
async function removeBlankRows(session: DuckSession, report: Report): Promise<number> {
  const blank = report.columns.map((column) => `${textSql(cellOf(column))} IS NULL`).join(" AND ");
  const { Count: rows } = await session.one(`DELETE FROM raw WHERE ${blank}`);
  await countByValue(session, report);
  return Number(rows);
}

const unparsableText = "The engine could not parse the file.";

/** The files in which one of a column's `texts` is not a value in Clever's own format, or may not be an id. */
async function filesWithNonCanonical(
  session: DuckSession,
  column: ReportColumn,
  texts: readonly string[],
): Promise<number[]> {
  const isCanonical = (text: string) => {
    if (column.type !== "string") return false;
    const parsed = parseValue(column, text, "unknown");
    return !("reason" in parsed) && parsed.value === text;
  };
  const isTruncated = texts.length > limitOf(column);
  const invalid = isTruncated ? texts : texts.filter((text) => !isCanonical(text));
  if (invalid.length === 0) return [];
  // If ids have an unusual alphabet, there may be more than were checked.
  const condition = isTruncated
    ? needsParsingSql(column)
    : `${cellOf(column)} IN (SELECT unnest(from_json($1::JSON, '["VARCHAR"]'))) OR ${invalid.includes("") ? `${cellOf(column)} IS NULL` : "false"}`;
  const rows = await session.query(
    `SELECT DISTINCT file FROM raw WHERE ${condition}`,
    isTruncated ? [] : [JSON.stringify(invalid)],
  );
  return rows.map(({ file }) => Number(file));
}

/** Whether a column still has a text that is neither in Clever's own format nor one of its meanings. */
async function losesValues(
  session: DuckSession,
  report: Report,
  column: ReportColumn,
  meanings: readonly Meaning[],
): Promise<boolean> {
  const values = new Set(meanings.map(({ value }) => value));
  const left = await session.query(nonCanonicalSql(report, column));
  return left.some(({ text }) => !values.has(String(text)));
}

/** More distinct texts than this in one column do not come from a spreadsheet. */
const maxDistinctTexts = 20_000;
/** Limit for checking the ids of an unusual alphabet one by one. */
const maxDistinctIds = 500_000;

/** A text of a column, and its value in Clever's own format. */
interface Meaning {
  readonly text: string;
  readonly value: string | null;
}

/** The meanings of a column's texts, of which a file has few distinct ones; undefined if one cannot be read. */
function meaningsOf(
  column: ReportColumn,
  texts: readonly string[],
  knownOrder: DayMonthOrder | undefined,
): Meaning[] | undefined {
  if (texts.length > limitOf(column)) return undefined;
  const order = column.type === "date" ? (knownOrder ?? dayMonthOrder(texts)) : "unknown";
  const meanings: Meaning[] = [];
  for (const text of texts) {
    const parsed = parseValue(column, text, order);
    if ("reason" in parsed) return undefined;
    meanings.push({ text, value: parsed.value === null ? null : String(parsed.value) });
  }
  return meanings;
}

/** Puts the meanings of a column's texts into `raw`; resolves to the number of cells that changed. */
async function replaceTexts(
  session: DuckSession,
  { name }: ReportColumn,
  meanings: readonly Meaning[],
): Promise<number> {
  const differing = meanings.filter(({ text, value }) => text !== value);
  if (differing.length === 0) return 0;
  const { Count: cells } = await session.one(
    `UPDATE raw SET ${sqlName(name)} = meaning.value FROM (SELECT unnest(from_json($1::JSON,
      '[{"text":"VARCHAR","value":"VARCHAR"}]'), recursive := true)) meaning WHERE raw.${sqlName(name)} = meaning.text`,
    [JSON.stringify(differing)],
  );
  return Number(cells);
}

/**
 * Lists the distinct values in `raw`, in which texts with only white space become null. Resolves to the texts that SQL
 * cannot read, by column; a null is an empty text here.
 */
async function listTexts(
  session: DuckSession,
  report: Report,
  header: Header,
): Promise<ReadonlyMap<ReportColumn, readonly string[]>> {
  await listDistinct(session, report);
  const present = report.columns.filter((column) => header.indexes.get(column) !== undefined);
  const searches = present.map((column) => nonCanonicalSql(report, column));
  const rows = await session.query(searches.join(" UNION ALL "));
  const nonCanonical = new Map<ReportColumn, readonly string[]>();
  let cleared = 0;
  for (const column of present) {
    const own = rows.flatMap(({ name, text }) => (name === column.name ? [String(text ?? "")] : []));
    const isBlankText = (text: string) => column.type === "string" && isBlank(text);
    const meanings = own.filter(isBlankText).map((text) => ({ text, value: null }));
    cleared += await replaceTexts(session, column, meanings);
    // A list that was cut off stays longer than the limit.
    const others = own.length > limitOf(column) ? own : own.filter((text) => !isBlankText(text));
    if (others.length > 0) nonCanonical.set(column, others);
  }
  if (cleared > 0) await listDistinct(session, report);
  return nonCanonical;
}

/** A SELECT of a column's distinct texts that SQL cannot read. */
function nonCanonicalSql(report: Report, column: ReportColumn): string {
  const select = `SELECT DISTINCT ${sqlString(column.name)} AS name, ${cellOf(column)} AS text`;
  const where = `WHERE ${needsParsingSql(column)} LIMIT ${limitOf(column) + 1}`;
  if (column.pseudonymization === "hash") return `(${select} FROM ${peopleInFiles} raw ${where})`;
  if (column.type === "string") {
    const place = keptTextColumns(report).indexOf(column);
    return `(${select} FROM (SELECT text AS ${sqlName(column.name)} FROM kept_texts WHERE place = ${place}) raw ${where})`;
  }
  return `(${select} FROM rows_by_value raw ${where})`;
}

function limitOf({ pseudonymization }: ReportColumn): number {
  return pseudonymization === "hash" ? maxDistinctIds : maxDistinctTexts;
}

/**
 * What `parseValue`, which decides, may treat as white space: readers differ in what counts, including a byte-order
 * mark.
 */
const padding = "[^!-~]*";

/** A condition that holds for such texts. */
function needsParsingSql(column: ReportColumn): string {
  const cell = cellOf(column);
  if (column.type !== "string") return `${canonicalValue(column.type, cell)} IS NULL`;
  if (column.pseudonymization === "hash") return suspectIdSql(cell, sqlString);
  const isBlankText = `(${cell} IS NOT NULL AND ${textSql(cell)} IS NULL)`;
  const aroundCleverId = sqlString(`${padding}${cleverId}${padding}`);
  return column.words
    ? `${isBlankText} OR (strlen(${cell}) >= 24 AND regexp_full_match(${cell}, ${aroundCleverId}))`
    : isBlankText;
}

function canonicalValue(type: Exclude<ColumnType, "string">, cell: string): string {
  const text = type === "boolean" ? `lower(${cell})` : cell;
  return `CASE WHEN regexp_full_match(${text}, ${sqlString(canonicalFormat[type])}) THEN try_cast(${cell} AS ${type}) END`;
}

/** The value of a column of `raw` in its type, as an SQL expression. */
export function valueSql(column: ReportColumn): string {
  return column.type === "string" ? cellOf(column) : `CAST(${cellOf(column)} AS ${column.type})`;
}
