/** A previewed report, in the form in which the engine, the extension and the page exchange it. */

export interface PreviewInfo {
  readonly columns: readonly PreviewColumn[];
  /** How many rows can be requested. */
  readonly rowCount: number;
  /** The ascending indexes of those that would be refused. */
  readonly refused: readonly number[];
  /** The file's size, and the bytes of the rows read so far. */
  readonly totalBytes: number;
  readonly readBytes: number;
  /** Whether the file continues after the last row; more of it can be read unless the preview is `full`. */
  readonly truncated: boolean;
  readonly full: boolean;
  /** Why the file cannot be read as a report at all; it then has no rows. */
  readonly problem: PreviewProblem | null;
}

export interface PreviewColumn {
  /** As in the file; in the page, its position if it does not look like a name: the engine leaves it empty then. */
  readonly name: string;
  /** The report's column that it corresponds to; null for one that the report does not have. */
  readonly reportColumn: string | null;
  /** `unknown` for a column that the report does not have. */
  readonly type: "date" | "string" | "boolean" | "integer" | "unknown";
  /** Whether its cells are masked until they are revealed: it holds identities, or may hold some. */
  readonly identity: boolean;
}

export interface PreviewRow {
  /** As editors count lines: the header is line 1. */
  readonly line: number;
  /**
   * In the file's order; null if masked. All identities are masked and, in a refused row, every cell whose shape does
   * not prove that it is not an identity: a shifted column can put an identity anywhere. The number of cells in a
   * refused row can differ from the number of columns; a row that cannot be split is one masked cell.
   */
  readonly cells: readonly (string | null)[];
  /** Why the row would be refused. */
  readonly problem: PreviewProblem | null;
}

export interface PreviewProblem {
  readonly line: number;
  readonly column?: string | undefined;
  /** Without any value of the file. */
  readonly reason: string;
}
