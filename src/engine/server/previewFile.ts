import { Readable } from "node:stream";
import { recognizeReport } from "../../clever/fileNames";
import { type Header, headerBytes, isProblem, type Problem, readHeader } from "../../clever/header";
import { type JudgedRow, judgeRows } from "../../clever/judgeRows";
import { dateColumn, type Report, reportNames, reports, type UserType } from "../../clever/reports";
import { dayMonthOrder, isBlank, parseValue } from "../../clever/values";
import { countLineEnds, lastRecordEnd } from "./recordEnd";

/** Reads `length` bytes of the file from `start`, fewer at its end. */
export type ReadRange = (start: number, length: number) => Promise<Buffer>;

export type PreviewedRow = Pick<JudgedRow, "line" | "cells" | "problem"> & {
  /** The row's text if it could not be split into cells. */
  readonly raw: string | undefined;
};

const maxRows = 100_000;
/** The end of a longer line is not searched for. */
const maxLineLength = 32 * 1024 * 1024;

/** The beginning of a report: read in parts, up to the end of a record, and judged row by row as in the pipeline. */
export class PreviewFile {
  readonly userType: UserType | undefined;
  /** From the file's name or, failing that, from its header. */
  report: Report | undefined;
  /** Undefined if the file has a problem, or if it is empty. */
  header: Header | undefined;
  /** Why the file cannot be read as a report at all. */
  problem: Problem | undefined;
  rows: PreviewedRow[] = [];
  /** Bytes up to the end of the last complete row. */
  bytesRead = 0;
  private lines = 0;
  /** Bytes after the last complete row that were already read: part of a record. */
  private unfinished = 0;
  private readonly dates = new Set<string>();

  constructor(
    path: string,
    readonly size: number,
  ) {
    const recognized = recognizeReport(path);
    this.report = recognized?.report;
    this.userType = recognized?.userType;
  }

  get full(): boolean {
    return this.rows.length >= maxRows || this.unfinished >= maxLineLength;
  }

  get truncated(): boolean {
    return this.problem === undefined && this.bytesRead < this.size;
  }

  /** Reads about `bytes` more of the file. Reads nothing if it has a problem, is at its end or full. */
  async more(read: ReadRange, bytes: number, signal: AbortSignal): Promise<void> {
    const isFirst = this.header === undefined;
    if (this.problem || this.full || (!isFirst && !this.truncated)) return;
    const start = this.bytesRead;
    const part = await read(start, Math.min(this.unfinished + bytes, this.size - start));
    const atEnd = start + part.length >= this.size;
    if (isFirst) this.readHeader(part, atEnd);
    if (!this.header) return;
    const end = atEnd ? part.length : lastRecordEnd(part);
    this.unfinished = part.length - end;
    if (end > 0) await this.judge(part.subarray(0, end), signal);
    if (!this.full && atEnd) this.markUndecidedDates();
  }

  private readHeader(start: Buffer, atEnd: boolean): void {
    if (!atEnd && lastRecordEnd(start) === 0) {
      this.problem = { line: 1, column: undefined, reason: "The first line is too long for a header." };
      return;
    }
    const known = this.report;
    // A run reads it as a report without rows.
    if (known && atEnd && isBlank(start.toString())) {
      this.bytesRead += start.length;
      return;
    }
    const head = start.subarray(0, headerBytes);
    for (const report of known ? [known] : reportNames.map((name) => reports[name])) {
      const header = readHeader(head, report, this.userType);
      if (!isProblem(header)) {
        this.header = header;
        this.report = report;
        this.problem = undefined;
        return;
      }
      this.problem = header;
    }
    if (!known && start.length > 0) {
      this.problem = { line: 1, column: undefined, reason: "There is no header of one of Clever's reports." };
    }
  }

  private async judge(part: Buffer, signal: AbortSignal): Promise<void> {
    const { header, report } = this;
    if (!header || !report) return;
    const isFirst = this.bytesRead === 0;
    // The first record is not judged, so later parts get a dummy record in place of the header.
    const pieces = isFirst ? [part.subarray(header.markLength)] : [Buffer.from("-\n"), part];
    const linesBefore = isFirst ? 0 : this.lines - 1;
    const dateIndex = header.indexes.get(dateColumn(report)) ?? -1;
    const found: PreviewedRow[] = [];
    // Ambiguous dates are valid in either order. `markUndecidedDates` refuses them if no date of the file settles the
    // order.
    for await (const row of judgeRows(() => Readable.from(pieces), report, header, "monthFirst")) {
      signal.throwIfAborted();
      const { cells, problem } = row;
      const line = row.line + linesBefore;
      const raw = cells ? undefined : Buffer.from(row.raw, "latin1").toString("utf8");
      found.push({ line, cells, raw, problem: problem && { ...problem, line } });
      if (this.rows.length + found.length >= maxRows) break;
    }
    for (const { cells } of found) {
      const date = cells?.[dateIndex];
      if (date !== undefined) this.dates.add(date);
    }
    this.rows = [...this.rows, ...found];
    this.bytesRead += part.length;
    this.lines += countLineEnds(part);
  }

  /** Called when all dates are known: refuses ambiguous dates if no date of the file settles the order. */
  private markUndecidedDates(): void {
    const { header, report } = this;
    if (!header || !report || dayMonthOrder(this.dates) !== "unknown") return;
    const column = dateColumn(report);
    const index = header.indexes.get(column) ?? -1;
    this.rows = this.rows.map((row) => {
      const cell = row.problem ? undefined : row.cells?.[index];
      const parsed = cell === undefined ? undefined : parseValue(column, cell, "unknown");
      if (!parsed || !("reason" in parsed)) return row;
      return { ...row, problem: { line: row.line, column: column.name, reason: parsed.reason } };
    });
  }
}
