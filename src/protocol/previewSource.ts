/** A preview's webview type. It is defined here so that using it loads nothing else. */
export const previewViewType = "clever.preview";

/**
 * The source of a preview: a report's first rows, held by the engine and identified by a token. A cancelled call
 * rejects with its signal's reason.
 */
export interface PreviewSource {
  /**
   * Reads the first part of a report. Rejects with a `CleverLakeError` if the file cannot be reached; for a file
   * whose header cannot be read it resolves with `problem`.
   */
  previewReport(file: PreviewLocation, signal: AbortSignal): Promise<PreviewInfo>;
  /** At most 1,000 rows, fewer at the end. Rejects with `notFound` if the engine has released the token. */
  previewRows(request: PreviewRowsRequest, signal: AbortSignal): Promise<readonly PreviewRow[]>;
  /**
   * Records that the report's identities are revealed; before that, `previewRows` returns none. Rejects if recording
   * fails.
   */
  recordReveal(token: string, signal: AbortSignal): Promise<void>;
  /** The indexes of the rows that would be refused, ascending. Rejects as `previewRows` does. */
  refusedRows(token: string, signal: AbortSignal): Promise<readonly number[]>;
  /** Reads the next part of the file; existing rows keep their index. */
  loadMore(token: string, signal: AbortSignal): Promise<PreviewInfo>;
  closePreview(token: string): Promise<void>;
}

/** The location of a report. */
export interface PreviewLocation {
  readonly path: string;
  readonly origin: "server" | "lake";
}

export interface PreviewRowsRequest {
  readonly token: string;
  /** The first row's index; 0 is the row below the header. */
  readonly from: number;
  readonly count: number;
  readonly reveal: boolean;
}

export interface PreviewInfo {
  readonly token: string;
  readonly columns: readonly PreviewColumn[];
  /** How many rows can be requested. */
  readonly rowCount: number;
  /** How many of them would be refused. */
  readonly refusedCount: number;
  readonly totalBytes: number;
  readonly readBytes: number;
  /** Whether the file continues after the last row. */
  readonly truncated: boolean;
  /** Whether `loadMore` would return nothing more, although the file continues. */
  readonly full: boolean;
  /** Why the file cannot be read as a report; it then has no rows. */
  readonly problem?: (PreviewRowProblem & { readonly line: number }) | null;
}

export interface PreviewColumn {
  /** As in the file, or its position. */
  readonly name: string;
  /** The report's column, if the file uses another name. */
  readonly reportColumn?: string;
  /** `unknown` for a column that the report does not have. */
  readonly type: "date" | "string" | "boolean" | "integer" | "unknown";
  /** Whether its cells are masked until they are revealed. */
  readonly identity: boolean;
}

export interface PreviewRow {
  /** As editors count lines: the header is line 1. */
  readonly line: number;
  /** In the file's order, null if masked. A refused row can have another number of cells than there are columns. */
  readonly cells: readonly (string | null)[];
  /** Why the row would be refused, without any value of the file. */
  readonly problem?: PreviewRowProblem | null;
}

export interface PreviewRowProblem {
  readonly column?: string | null | undefined;
  readonly reason: string;
}
