import type { PreviewColumn, PreviewRow } from "../../src/protocol/previewedReport";

/**
 * Padding next to a cell's text, and space for the lock and the handle in a header. In pixels, like all widths here.
 */
const cellPadding = 23;
const headerMarks = 26;
const minWidth = 64;
const maxFittedWidth = 320;
const maxWidth = 1_200;
const problemColumn = 300;
/** The mark of a refused row next to its line number. */
const lineMark = 40;

/** Measures a text in the page's font. */
export type MeasureText = (text: string, bold?: boolean) => number;

/** Column widths: fitted to their texts, or set by the user. */
export class ColumnWidths {
  private natural: number[] = [];

  constructor(
    private readonly measure: MeasureText,
    /** Widths set by the user, by column name. */
    private readonly set: Record<string, number>,
  ) {}

  /** Fits the columns to their headers: the name, and the text below it. */
  fitHeaders(columns: readonly PreviewColumn[], below: (column: PreviewColumn) => string): void {
    this.natural = columns.map((column) =>
      clamped(
        Math.max(this.measure(column.name, true) + headerMarks, this.measure(below(column))) + cellPadding,
        minWidth,
        maxFittedWidth,
      ),
    );
  }

  /** Widens columns for new rows; they never shrink, so that nothing jumps back and forth. */
  fitRows(rows: readonly PreviewRow[]): boolean {
    const before = this.natural;
    this.natural = before.map((width, index) => {
      const longest = rows.reduce((text, { cells }) => longer(text, cells[index]), "");
      return clamped(this.measure(longest) + cellPadding, width, maxFittedWidth);
    });
    return this.natural.some((width, index) => width !== before[index]);
  }

  of(column: PreviewColumn, index: number): number {
    return this.set[column.name] ?? this.natural[index] ?? minWidth;
  }

  /** Sets a column's width for the user; undefined restores the fitted one. */
  resize(column: PreviewColumn, width: number | undefined): void {
    if (width === undefined) delete this.set[column.name];
    else this.set[column.name] = clamped(width, minWidth / 2, maxWidth);
  }

  lines(lastLine: string, title: string): number {
    return Math.ceil(Math.max(this.measure(lastLine), this.measure(title, true)) + lineMark);
  }

  /** The column of reasons gets the width that the others leave. */
  problems(left: number): number {
    return Math.max(problemColumn, left);
  }
}

function clamped(width: number, min: number, max: number): number {
  return Math.ceil(Math.max(min, Math.min(width, Math.max(min, max))));
}

function longer(text: string, cell: string | null | undefined): string {
  return cell && cell.length > text.length ? cell.slice(0, 80) : text;
}
