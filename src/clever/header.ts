import type { Info } from "csv-parse";
import { parse } from "csv-parse/sync";
import { judgeId } from "./personIds";
import type { ColumnType, CsvShape, ReportColumn, UserType } from "./reports";
import { isBlank, parseValue } from "./values";

/** How a file's columns map to its report. */
export interface Header {
  readonly delimiter: string;
  /** Length of the byte-order mark: 0 or 3 bytes. */
  readonly markLength: 0 | 3;
  /** Bytes before the first row, including the mark. */
  readonly length: number;
  /** The column names as in the file. */
  readonly names: readonly string[];
  /** For each of the report's columns its index in the file; undefined if the file lacks it. */
  readonly indexes: ReadonlyMap<ReportColumn, number | undefined>;
  /**
   * For a column that is in the file under two of its names: the index of the cell that counts if the first is blank.
   */
  readonly fallbacks: ReadonlyMap<ReportColumn, number>;
  /** The indexes of columns that the report does not have; their values are not read. `shownName` has their names. */
  readonly extra: readonly number[];
}

/** Why a file cannot be read as its report, or a row not as its row. Lines and columns are counted from 1. */
export interface Problem {
  /** 1 for the header. */
  readonly line: number;
  /** The column's name in the report, if one is involved. */
  readonly column: string | undefined;
  /** A sentence without any value from the file. */
  readonly reason: string;
}

/** How much of a file's start is needed to read its header. */
export const headerBytes = 64 * 1024;

const delimiters = [",", ";", "\t"] as const;

/**
 * Reads a file's header, with the columns in any order.
 * @param start the first `headerBytes` of the file, or all of it
 * @param userType decides which cell counts if a column is in the file under two of its names and both are filled
 */
export function readHeader(start: Buffer, report: CsvShape, userType?: UserType): Header | Problem {
  const problem = (reason: string, column?: string): Problem => ({ line: 1, column, reason });
  if (start.length === 0) return problem("The file is empty: it does not even have a header.");
  if (
    (start[0] === 0xff && start[1] === 0xfe) ||
    (start[0] === 0xfe && start[1] === 0xff) ||
    firstLine(start).includes(0)
  ) {
    return problem("The file is in another encoding (UTF-16, or binary); UTF-8 is needed.");
  }
  const markLength = start[0] === 0xef && start[1] === 0xbb && start[2] === 0xbf ? 3 : 0;
  const text = start.subarray(markLength);
  const candidates = delimiters.map((delimiter) => ({ delimiter, ...firstRecord(text, delimiter) }));
  const best = candidates.reduce((a, b) =>
    countKnown(b.names, report) > countKnown(a.names, report) ? b : a,
  );
  if (countKnown(best.names, report) === 0)
    return problem(`The file does not have the header of a ${report.title} report.`);
  if (best.names.some((name) => !isKnown(name, report) && containsRow(name))) {
    return problem("The header line contains data or a line break.");
  }

  const normalized = best.names.map(normalize);
  const indexes = new Map<ReportColumn, number | undefined>();
  const fallbacks = new Map<ReportColumn, number>();
  for (const column of report.columns) {
    const matches = normalized.flatMap((name, index) => (isNameOf(name, column) ? [index] : []));
    if (new Set(matches.map((index) => normalized[index])).size < matches.length) {
      return problem(`The header has the column ${column.name} ${matches.length} times.`, column.name);
    }
    if (matches.length === 0 && column.required) {
      return problem(`The column ${column.name} is missing.`, column.name);
    }
    const preferred = (userType && column.headerOf?.[userType]) ?? column.name;
    const [first, second] = matches.sort(
      (a, b) => Number(normalized[b] === preferred) - Number(normalized[a] === preferred),
    );
    indexes.set(column, first);
    if (second !== undefined) fallbacks.set(column, second);
  }
  const used = new Set([...indexes.values(), ...fallbacks.values()]);
  const extra = [...best.names.keys()].filter((index) => !used.has(index));
  const length = markLength + best.bytes;
  return { delimiter: best.delimiter, markLength, length, names: best.names, indexes, fallbacks, extra };
}

/**
 * A row's cell of a column. If the file has the column under two names, the filled cell; undefined if the file lacks
 * the column.
 */
export function cellOf(header: Header, column: ReportColumn, cells: readonly string[]): string | undefined {
  const cell = cells[header.indexes.get(column) ?? -1];
  const fallback = header.fallbacks.get(column);
  const isFilled = cell !== undefined && !isBlank(cell) && judgeId(cell) !== "placeholder";
  return fallback === undefined || isFilled ? cell : (cells[fallback] ?? cell);
}

/** The report's column at an index of the file. */
export function columnAt(header: Header, index: number): ReportColumn | undefined {
  const places = [...header.indexes, ...header.fallbacks];
  return places.find(([, place]) => place === index)?.[0];
}

/**
 * The name of a column as messages show it. If the header line or its end was lost, or the cells are shifted, the name
 * of an unknown column can be a cell of a row. It is shown if it looks like a name (few digits) and equals nobody's id;
 * otherwise the column's position is.
 * @param ids of people, in lower case
 */
export function shownName({ names }: Pick<Header, "names">, index: number, ids: ReadonlySet<string>): string {
  const name = names[index] ?? "";
  const looksLikeName = /^\p{L}[\p{L}\p{M}\p{N} _\-./()]{0,39}$/u.test(name) && !/(?:\p{N}.*){3}/u.test(name);
  return looksLikeName && !ids.has(name.toLowerCase()) ? name : columnPosition(index);
}

/** A reference to a column whose name must not be shown. */
export function columnPosition(index: number): string {
  return `column ${index + 1}`;
}

const dataTypes: readonly ColumnType[] = ["date", "integer", "boolean"];

/**
 * Whether the name of an unknown column contains a row: each row has a date and a number. Spreadsheets put line
 * breaks into quoted names; such a name contains a row only if a part of it is data. Other control characters and
 * separators are line ends that none of our readers can parse.
 */
function containsRow(name: string): boolean {
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(name.replace(/[\r\n]/g, ""))) return true;
  const pieces = /[\r\n]/.test(name) ? name.split(/[\r\n,;]/) : [name];
  return pieces.some((piece) => {
    if (/^[0-9]+$/.test(piece.trim())) return true;
    return dataTypes.some((type) => !("reason" in parseValue(dataColumn(type), piece, "monthFirst")));
  });
}

function dataColumn(type: ColumnType): ReportColumn {
  return { name: "", type, pseudonymization: "no-op", required: false, blank: false };
}

function firstLine(start: Buffer): Buffer {
  const end = start.findIndex((byte) => byte === 0x0a || byte === 0x0d);
  return end < 0 ? start : start.subarray(0, end);
}

export function isProblem(value: Header | Problem): value is Problem {
  return "reason" in value;
}

/** The cells of a text's first record, and its end. */
function firstRecord(text: Buffer, delimiter: string): { names: string[]; bytes: number } {
  let bytes = 0;
  const on_record = (record: string[], context: Info) => {
    bytes = context.bytes;
    return record;
  };
  try {
    const rows: string[][] = parse(text, { delimiter, to: 1, relax_column_count: true, on_record });
    return { names: (rows[0] ?? []).map((name) => name.trim()), bytes };
  } catch {
    return { names: [], bytes: 0 };
  }
}

function countKnown(names: readonly string[], report: CsvShape): number {
  return names.filter((name) => isKnown(name, report)).length;
}

function isKnown(name: string, report: CsvShape): boolean {
  return report.columns.some((column) => isNameOf(normalize(name), column));
}

function normalize(name: string): string {
  return name.toLowerCase().replaceAll(" ", "_");
}

function isNameOf(name: string, column: ReportColumn): boolean {
  return name === column.name || (column.aliases?.includes(name) ?? false);
}
