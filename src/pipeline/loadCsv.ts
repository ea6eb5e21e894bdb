import { createReadStream } from "node:fs";
import { buffer } from "node:stream/consumers";
import { type Header, headerBytes, isProblem, type Problem, readHeader } from "../clever/header";
import { RecordCounter } from "../clever/records";
import type { Report, ReportColumn } from "../clever/reports";
import { canonicalForm, dayMonthOrder, parseValue, roundedNumber, whiteSpace } from "../clever/values";
import { type DuckSession, sqlName, sqlString } from "../duck/duck";

/** A report's rows as texts in the session's table `raw`, columns named and ordered as the report table says. */
export interface LoadedCsv {
  readonly header: Header;
  /** Rows in `raw`. */
  readonly rows: number;
  /** Rows without a single value, which spreadsheets leave; they are not in `raw`. */
  readonly blankRows: number;
  /** Columns with values in another form than Clever's own; `readings` holds what they mean. */
  readonly otherForms: ReadonlySet<string>;
}

/** The engine stumbled: what exactly is wrong has to be found row by row. */
export interface LoadFailure {
  readonly header: Header;
  /** For the case that no single row can be blamed. */
  readonly summary: string;
}

export type LoadResult = LoadedCsv | LoadFailure | Problem;

/**
 * Reads a landed file into the session's temporary table `raw` and checks that every row can be read as the report
 * says, at the engine's speed. Nothing is guessed and nothing is dropped: the engine's count of rows is held against
 * a count of the file's own bytes.
 *
 * @param file where the bytes are on this machine's disk
 */
export async function loadCsv(
  session: DuckSession,
  file: string,
  report: Report,
  signal?: AbortSignal,
): Promise<LoadResult> {
  const start = await buffer(createReadStream(file, { end: headerBytes - 1 }));
  const header = readHeader(start, report);
  if (isProblem(header)) return header;

  const counted = countRecords(file, signal);
  const [records, loaded] = await Promise.all([counted, readRows(session, file, report, header, signal)]);
  const failure = (summary: string): LoadFailure => ({ header, summary });
  if (loaded.rejected > 0) return failure("The engine could not take the file apart.");
  if (records.insideQuotes) return failure("A quote opens and never closes: the file was cut off.");
  if (records.total - 1 !== loaded.rows) {
    return failure(
      `Two counts of its rows disagree: ${records.total - 1} by bytes, ${loaded.rows} by the engine.`,
    );
  }
  const blankRows = await dropBlankRows(session, report, signal);
  const otherForms = await readValues(session, report, header, signal);
  if (otherForms === undefined) return failure("A value could not be read.");
  return { header, rows: loaded.rows - blankRows, blankRows, otherForms };
}

async function countRecords(file: string, signal: AbortSignal | undefined) {
  const counter = new RecordCounter();
  const stream = createReadStream(file, { highWaterMark: 1 << 20, ...(signal ? { signal } : {}) });
  for await (const chunk of stream as AsyncIterable<Uint8Array>) counter.add(chunk);
  return { total: counter.total(), insideQuotes: counter.insideQuotes() };
}

async function readRows(
  session: DuckSession,
  file: string,
  report: Report,
  header: Header,
  signal: AbortSignal | undefined,
): Promise<{ rows: number; rejected: number }> {
  const types = header.names.map((_, index) => `'c${index}': 'VARCHAR'`).join(", ");
  const columns = report.columns.map((column) => {
    const index = header.indexes.get(column);
    return `${index === undefined ? "NULL::VARCHAR" : `c${index}`} AS ${sqlName(column.name)}`;
  });
  await session.query("DROP TABLE IF EXISTS bad_lines");
  await session.query("DROP TABLE IF EXISTS bad_scans");
  await session.query(
    `CREATE OR REPLACE TEMP TABLE raw AS SELECT ${columns.join(", ")} FROM read_csv(${sqlString(file)},
      columns = {${types}}, auto_detect = false, header = true, delim = ${sqlString(header.delimiter)},
      quote = '"', escape = '"', strict_mode = true, null_padding = false,
      store_rejects = true, rejects_table = 'bad_lines', rejects_scan = 'bad_scans', rejects_limit = 1)`,
    [],
    signal,
  );
  const counts = await session.one(
    "SELECT (SELECT count(*) FROM raw)::INTEGER AS rows, (SELECT count(*) FROM bad_lines)::INTEGER AS rejected",
    [],
    signal,
  );
  return { rows: Number(counts.rows), rejected: Number(counts.rejected) };
}

async function dropBlankRows(
  session: DuckSession,
  report: Report,
  signal: AbortSignal | undefined,
): Promise<number> {
  const allBlank = report.columns.map((column) => isBlankSql(cellOf(column))).join(" AND ");
  const { count } = await session.one(
    `SELECT count(*)::INTEGER AS count FROM raw WHERE ${allBlank}`,
    [],
    signal,
  );
  if (Number(count) > 0) await session.query(`DELETE FROM raw WHERE ${allBlank}`, [], signal);
  return Number(count);
}

/**
 * Checks that each value can be read as its column's type; undefined where one cannot. Values in Clever's own form
 * are read by SQL; the others, of which a file has few different ones, by `parseValue`, into the temporary table
 * `readings`. Resolves to the columns that have such others.
 */
async function readValues(
  session: DuckSession,
  report: Report,
  header: Header,
  signal: AbortSignal | undefined,
): Promise<Set<string> | undefined> {
  await session.query("CREATE OR REPLACE TEMP TABLE readings (name VARCHAR, text VARCHAR, value VARCHAR)");
  const present = report.columns.filter((column) => header.indexes.get(column) !== undefined);
  const doubts = present.map((column) => ({ column, condition: needsReading(column) }));
  const checks = doubts.flatMap(({ column, condition }) =>
    condition ? [`count(*) FILTER (WHERE ${condition})::INTEGER AS ${sqlName(column.name)}`] : [],
  );
  const counts = await session.one(`SELECT ${checks.join(", ")} FROM raw`, [], signal);
  const otherForms = new Set<string>();
  for (const { column, condition } of doubts) {
    if (!condition || Number(counts[column.name]) === 0) continue;
    if (!(await readOtherForms(session, column, condition, signal))) return undefined;
    if (column.type !== "string") otherForms.add(column.name);
  }
  return otherForms;
}

/** More different texts than this in one column are no spreadsheet's doing. */
const manyTexts = 20_000;

async function readOtherForms(
  session: DuckSession,
  column: ReportColumn,
  condition: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const name = sqlName(column.name);
  const rows = await session.query(
    `SELECT DISTINCT ${name} AS text FROM raw WHERE ${condition} LIMIT ${manyTexts + 1}`,
    [],
    signal,
  );
  if (rows.length > manyTexts) return false;
  const texts = rows.map(({ text }) => (typeof text === "string" ? text : ""));
  const order = column.type === "date" ? dayMonthOrder(texts) : "unknown";
  const readings: { text: string; value: string }[] = [];
  for (const text of texts) {
    const parsed = parseValue(column, text, order);
    if ("reason" in parsed) return false;
    if (column.type !== "string") readings.push({ text, value: String(parsed.value) });
  }
  await session.query(
    `INSERT INTO readings SELECT ${sqlString(column.name)}, reading.text, reading.value
     FROM (SELECT unnest(from_json($1::JSON, '[{"text":"VARCHAR","value":"VARCHAR"}]')) AS reading)`,
    [JSON.stringify(readings)],
    signal,
  );
  return true;
}

/** A condition that holds for the texts of a column that SQL does not read by itself; none where it reads all. */
function needsReading(column: ReportColumn): string | undefined {
  const name = cellOf(column);
  if (column.type !== "string") return `${canonicalValue(column)} IS NULL`;
  return column.pseudonymization === "hash"
    ? `contains(${name}, '+') AND regexp_full_match(${name}, ${sqlString(`\\s*${roundedNumber}\\s*`)})`
    : undefined;
}

function canonicalValue(column: ReportColumn): string {
  const name = cellOf(column);
  switch (column.type) {
    case "string":
      return `CASE WHEN NOT ${isBlankSql(name)} THEN ${name} END`;
    case "boolean":
      return `CASE lower(${name}) WHEN 'true' THEN true WHEN 'false' THEN false END`;
    case "integer":
    case "date":
      return `CASE WHEN regexp_full_match(${name}, ${sqlString(canonicalForm[column.type])})
        THEN try_cast(${name} AS ${column.type}) END`;
  }
}

/**
 * The value of a column of `raw` in its type, as an SQL expression; blank texts are null.
 * Valid after `loadCsv` found the file readable.
 */
export function valueSql(column: ReportColumn, loaded: LoadedCsv): string {
  if (!loaded.otherForms.has(column.name)) return canonicalValue(column);
  return `coalesce(${canonicalValue(column)}, (SELECT value::${column.type} FROM readings
    WHERE readings.name = ${sqlString(column.name)} AND readings.text = ${cellOf(column)}))`;
}

/** A cell of `raw`, by a name that holds in joins too. */
function cellOf(column: ReportColumn): string {
  return `raw.${sqlName(column.name)}`;
}

const whiteSpaceSql = sqlString(whiteSpace);

function isBlankSql(name: string): string {
  return `(${name} IS NULL OR trim(${name}, ${whiteSpaceSql}) = '')`;
}
