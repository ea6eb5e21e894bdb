import { isUtf8 } from "node:buffer";
import type { Readable } from "node:stream";
import { cellOf, columnAt, columnPosition, type Header, type Problem } from "./header";
import { type CsvRecord, readRecords } from "./readRecords";
import type { CsvShape } from "./reports";
import { type DayMonthOrder, dayMonthOrder, isBlank, parseValue } from "./values";

/** One row of a report, judged. */
export interface JudgedRow {
  /** The line where the row starts; the header is on line 1. */
  readonly line: number;
  /** The row as in the file, one character per byte (Latin-1), without its line end. */
  readonly raw: string;
  /** Its cells in the file's order; undefined if the row could not be parsed. */
  readonly cells: readonly string[] | undefined;
  /** Why the row is refused; undefined for a good one. */
  readonly problem: Problem | undefined;
}

/** Bytes of the longest readable row. */
export const maximumRowBytes = 2_000_000;

/**
 * Reads a report row by row and judges each row. This is far slower than the engine, but exact about line, column and
 * reason. It is used for previews, for files that the engine does not accept, and to separate refused rows. Rows
 * without a value in any of the report's columns, which spreadsheets leave at the end, do not count as rows.
 * @param open opens the file's bytes from the start; called twice
 * @param order from `findDayMonthOrder`
 */
export async function* judgeRows(
  open: () => Readable,
  report: CsvShape,
  header: Header,
  order: DayMonthOrder,
): AsyncGenerator<JudgedRow> {
  for await (const record of dataRecords(open, header)) {
    const row = judge(record, report, header, order);
    if (row) yield row;
  }
}

/** Finds the order in which a file writes day and month, from all its dates. */
export async function findDayMonthOrder(
  open: () => Readable,
  report: CsvShape,
  header: Header,
): Promise<DayMonthOrder> {
  const column = report.columns.find(({ type }) => type === "date");
  const index = column ? header.indexes.get(column) : undefined;
  const dates = new Set<string>();
  for await (const { cells } of dataRecords(open, header)) {
    const cell = "broken" in cells ? undefined : cells[index ?? -1];
    if (cell !== undefined) dates.add(cell);
  }
  return dayMonthOrder(dates);
}

async function* dataRecords(open: () => Readable, header: Header): AsyncGenerator<CsvRecord> {
  let isHeader = true;
  for await (const record of readRecords(open, header)) {
    if (!isHeader) yield record;
    isHeader = false;
  }
}

/** Judges a row; undefined if it does not count as one. */
function judge(
  record: CsvRecord,
  report: CsvShape,
  header: Header,
  order: DayMonthOrder,
): JudgedRow | undefined {
  const { line, raw } = record;
  const refused = (reason: string, column?: string, cells?: readonly string[]): JudgedRow => ({
    line,
    raw,
    cells,
    problem: { line, column, reason },
  });
  if (raw.length > maximumRowBytes) return refused("The row is too long: more than 2,000,000 bytes.");
  if ("broken" in record.cells) return refused(record.cells.broken);

  const texts = record.cells.map(fromLatin1);
  const cells = texts.map((text) => text ?? "�");
  if (hasNoValue(cells, report, header)) return undefined;
  const expected = header.names.length;
  if (cells.length !== expected) {
    return refused(`The row has ${cells.length} cells where the header has ${expected}.`, undefined, cells);
  }
  const unreadable = (index: number, what: string) => {
    const column = columnAt(header, index)?.name;
    // The name of an unknown column may be a cell itself.
    const cell = column === undefined ? `The cell in ${columnPosition(index)}` : "The cell";
    return refused(`${cell} ${what}`, column, cells);
  };
  const concerns = (index: number) =>
    report.ignoresExtraColumns !== true || columnAt(header, index) !== undefined;
  const invalidUtf8 = texts.findIndex((text, index) => text === undefined && concerns(index));
  if (invalidUtf8 >= 0) return unreadable(invalidUtf8, "is not valid UTF-8.");
  const nul = cells.findIndex((cell, index) => cell.includes("\0") && concerns(index));
  if (nul >= 0) return unreadable(nul, "contains a NUL byte.");
  for (const column of report.columns) {
    const cell = cellOf(header, column, cells);
    const parsed = cell === undefined ? undefined : parseValue(column, cell, order);
    if (parsed && "reason" in parsed) return refused(parsed.reason, column.name, cells);
  }
  return { line, raw, cells, problem: undefined };
}

/**
 * In a row of another length, all cells count, because it is unclear which is which. All count too if the reader uses
 * few of the columns: a row with a name but no id is bad, not empty.
 */
function hasNoValue(cells: readonly string[], report: CsvShape, header: Header): boolean {
  if (cells.length !== header.names.length || report.ignoresExtraColumns === true)
    return cells.every(isBlank);
  return report.columns.every((column) => isBlank(cellOf(header, column, cells) ?? ""));
}

function fromLatin1(cell: string): string | undefined {
  const bytes = Buffer.from(cell, "latin1");
  return isUtf8(bytes) ? bytes.toString("utf8") : undefined;
}
