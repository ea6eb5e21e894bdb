import { type CleverLakeError, isCleverLakeError } from "../../../basics/errors";
import type { Header } from "../../../clever/header";
import type { DayRows } from "../../../clever/likelyDates";
import { suspectIdSql } from "../../../clever/personIds";
import {
  type ColumnType,
  dateColumn,
  keptTextColumns,
  type Report,
  type ReportColumn,
} from "../../../clever/reports";
import {
  canonicalFormat,
  cleverId,
  type DayMonthOrder,
  dayMonthOrder,
  isBlank,
  parseValue,
} from "../../../clever/values";
import { type DuckSession, sqlName, sqlString } from "../../../duck/duck";
import { blankTextsSql, cellOf, countByValue, listDistinct, textSql } from "./distinctTexts";
import type { OpenedCsv } from "./openCsv";
import { type CountedRows, type FileDays, readRows } from "./rawRows";

/** Rows of one or several files as texts in the session's table `raw`, with columns named as in the report table. */
export interface LoadedCsv {
  /** Rows in `raw` per file, by number; `raw.file` is that number, and rows are in the files' order. */
  readonly rowsOf: readonly number[];
  /** The rows of each file by day. */
  readonly days: FileDays;
  /** Rows without any value, which spreadsheets leave; they are not in `raw`. */
  readonly blankRows: number;
  /** The number of distinct kept texts. */
  readonly texts: number;
  /** Text columns without a white-space-only cell, so that each text is taken unchanged. */
  readonly plainTexts: ReadonlySet<string>;
  /** Columns with values in a format other than Clever's own; `parsed_values` holds their meaning. */
  readonly nonCanonicalColumns: ReadonlySet<string>;
  /** For id columns, the placeholders that occur in them and count as blank. */
  readonly placeholders: ReadonlyMap<string, readonly string[]>;
}

/** What decides how the cells of `raw` are read. */
export type LoadedValues = Pick<LoadedCsv, "plainTexts" | "nonCanonicalColumns" | "placeholders">;

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
  let counted: CountedRows;
  try {
    counted = await readRows(session, [file], report);
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
  const texts = await listDistinct(session, report);
  const nonCanonical = await findNonCanonical(session, report, header);
  const parsed = await parseNonCanonical(session, nonCanonical.byColumn, order);
  if (parsed === undefined) return failure("A value could not be read.");
  const { plainTexts } = nonCanonical;
  const parts = { rowsOf: [rows - blankRows], blankRows, texts, plainTexts, ...parsed };
  const isDayAsRead = !parsed.nonCanonicalColumns.has(dateColumn(report).name);
  const days = isDayAsRead ? counted.days : new Map([[0, await countByDay(session, report, parts)]]);
  const loaded = { ...parts, days };
  const lost = await columnLosingValues(session, report, loaded);
  return lost === undefined ? loaded : failure(`Values in the column ${lost} would be lost.`);
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
  const counted = await readRows(session, files, report);
  const miscounted = counted.rowsOf.flatMap((rows, file) =>
    (files[file]?.records ?? 0) - 1 === rows ? [] : [file],
  );
  const suspects = new Set([...miscounted, ...counted.rejected, ...counted.withoutDay]);
  const texts = await listDistinct(session, report);
  const { plainTexts, byColumn } = await findNonCanonical(session, report, header);
  for (const [column, values] of byColumn) {
    for (const file of await filesWithNonCanonical(session, column, values)) suspects.add(file);
  }
  const clean = { blankRows: 0, nonCanonicalColumns: new Set<string>(), placeholders: new Map() };
  const { rowsOf, days } = counted;
  const loaded = await removeFiles(session, report, { rowsOf, days, texts, plainTexts, ...clean }, suspects);
  return { loaded, suspects };
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
  const texts = await listDistinct(session, report);
  const rowsOf = loaded.rowsOf.map((rows, file) => (files.has(file) ? 0 : rows));
  const days = new Map([...loaded.days].filter(([file]) => !files.has(file)));
  return { ...loaded, rowsOf, days, texts };
}

/** Counts the rows of `raw`, those of one file, by day. */
async function countByDay(session: DuckSession, report: Report, loaded: LoadedValues): Promise<DayRows[]> {
  const days = await session.query(
    `SELECT ${daySql(report, loaded)} AS day, sum(rows)::DOUBLE AS rows FROM rows_by_value raw GROUP BY 1 ORDER BY 1`,
  );
  return days.map(({ day, rows }) => ({ day: String(day), rows: Number(rows) }));
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
    ? (needsParsingSql(column) ?? "false")
    : `${cellOf(column)} IN (SELECT unnest(from_json($1::JSON, '["VARCHAR"]'))) OR ${invalid.includes("") ? `${cellOf(column)} IS NULL` : "false"}`;
  const rows = await session.query(
    `SELECT DISTINCT file FROM raw WHERE ${condition}`,
    isTruncated ? [] : [JSON.stringify(invalid)],
  );
  return rows.map(({ file }) => Number(file));
}

/**
 * A column with a cell that would become null although it must not be blank. There is none unless `parsed_values` lacks
 * its text. Values in Clever's own format need no such check: they are cast, which fails if it cannot.
 */
async function columnLosingValues(
  session: DuckSession,
  report: Report,
  loaded: LoadedValues,
): Promise<string | undefined> {
  const read = report.columns.filter(({ name, blank }) => loaded.nonCanonicalColumns.has(name) && !blank);
  const searches = read.map((column) => {
    return `(SELECT ${sqlString(column.name)} AS name FROM rows_by_value raw WHERE ${valueSql(column, loaded)} IS NULL LIMIT 1)`;
  });
  if (searches.length === 0) return undefined;
  const [found] = await session.query(searches.join(" UNION ALL "));
  return found === undefined ? undefined : String(found.name);
}

/** More distinct texts than this in one column do not come from a spreadsheet. */
const maxDistinctTexts = 20_000;
/** Limit for checking the ids of an unusual alphabet one by one. */
const maxDistinctIds = 500_000;

/**
 * Checks that each value can be read as its column's type; undefined if one cannot. SQL reads values in Clever's own
 * format; `parseValue` reads the others, of which a file has few distinct ones, into the temporary table
 * `parsed_values`. Resolves to the columns with such others, and to the placeholders in id columns.
 */
async function parseNonCanonical(
  session: DuckSession,
  byColumn: NonCanonicalTexts["byColumn"],
  knownOrder: DayMonthOrder | undefined,
): Promise<Pick<LoadedCsv, "nonCanonicalColumns" | "placeholders"> | undefined> {
  const placeholders = new Map<string, string[]>();
  if (byColumn.size === 0) return { nonCanonicalColumns: new Set(), placeholders };
  const parsedValues: { name: string; text: string; value: string }[] = [];
  for (const [column, texts] of byColumn) {
    if (texts.length > limitOf(column)) return undefined;
    const columnPlaceholders: string[] = [];
    const order = column.type === "date" ? (knownOrder ?? dayMonthOrder(texts)) : "unknown";
    for (const text of texts) {
      const parsed = parseValue(column, text, order);
      if ("reason" in parsed) return undefined;
      if (column.type !== "string")
        parsedValues.push({ name: column.name, text, value: String(parsed.value) });
      else if (parsed.value === null && !isBlank(text)) columnPlaceholders.push(text);
    }
    if (columnPlaceholders.length > 0) placeholders.set(column.name, columnPlaceholders);
  }
  await session.query(
    `CREATE OR REPLACE TEMP TABLE parsed_values AS SELECT unnest(from_json($1::JSON,
      '[{"name":"VARCHAR","text":"VARCHAR","value":"VARCHAR"}]'), recursive := true)`,
    [JSON.stringify(parsedValues)],
  );
  return { nonCanonicalColumns: new Set(parsedValues.map(({ name }) => name)), placeholders };
}

/** Distinct texts in `raw` that are not in Clever's own format. */
interface NonCanonicalTexts {
  /** Text columns without a white-space-only cell. */
  readonly plainTexts: ReadonlySet<string>;
  /** The texts that SQL cannot read, by column; a null is an empty text here. */
  readonly byColumn: ReadonlyMap<ReportColumn, readonly string[]>;
}

async function findNonCanonical(
  session: DuckSession,
  report: Report,
  header: Header,
): Promise<NonCanonicalTexts> {
  const present = report.columns.filter((column) => header.indexes.get(column) !== undefined);
  const searches = present.flatMap((column) => nonCanonicalSql(report, column) ?? []);
  const rows = await session.query(
    `SELECT true AS blank, name, NULL AS text FROM (${blankTextsSql(report)})
     UNION ALL SELECT false, name, text FROM (${searches.join(" UNION ALL ")})`,
  );
  const blank = new Set(rows.flatMap((row) => (row.blank === true ? [row.name] : [])));
  const texts = report.columns.filter(({ name, type }) => type === "string" && !blank.has(name));
  const byColumn = new Map<ReportColumn, readonly string[]>();
  for (const column of present) {
    const own = rows.filter(({ blank, name }) => blank === false && name === column.name);
    if (own.length === 0) continue;
    byColumn.set(
      column,
      own.map(({ text }) => (typeof text === "string" ? text : "")),
    );
  }
  return { plainTexts: new Set(texts.map(({ name }) => name)), byColumn };
}

/** A SELECT of a column's distinct texts that SQL cannot read; undefined if it reads all. */
function nonCanonicalSql(report: Report, column: ReportColumn): string | undefined {
  const condition = needsParsingSql(column);
  if (condition === undefined) return undefined;
  const select = `SELECT DISTINCT ${sqlString(column.name)} AS name, ${cellOf(column)} AS text`;
  const where = `WHERE ${condition} LIMIT ${limitOf(column) + 1}`;
  if (column.pseudonymization === "hash") return `(${select} FROM ids_as_read raw ${where})`;
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
function needsParsingSql(column: ReportColumn): string | undefined {
  const cell = cellOf(column);
  if (column.type !== "string") return `${canonicalValue(column.type, cell)} IS NULL`;
  if (column.pseudonymization === "hash")
    return `${suspectIdSql(cell, sqlString)} AND ${textSql(cell)} IS NOT NULL`;
  const aroundCleverId = sqlString(`${padding}${cleverId}${padding}`);
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
export function valueSql(column: ReportColumn, loaded: LoadedValues): string {
  const cell = cellOf(column);
  const words = loaded.placeholders.get(column.name);
  if (words) return `CASE WHEN ${cell} NOT IN (${words.map(sqlString).join(", ")}) THEN ${textSql(cell)} END`;
  if (column.type === "string") return loaded.plainTexts.has(column.name) ? cell : textSql(cell);
  if (!loaded.nonCanonicalColumns.has(column.name)) return `CAST(${cell} AS ${column.type})`;
  return `coalesce(${canonicalValue(column.type, cell)}, (SELECT value::${column.type} FROM parsed_values
    WHERE parsed_values.name = ${sqlString(column.name)} AND parsed_values.text = ${cell}))`;
}

/** The day of a row of `raw` as `YYYY-MM-DD`, which is Clever's own format, as an SQL expression. */
export function daySql(report: Report, loaded: LoadedValues): string {
  const column = dateColumn(report);
  return loaded.nonCanonicalColumns.has(column.name)
    ? `(${valueSql(column, loaded)})::VARCHAR`
    : cellOf(column);
}
