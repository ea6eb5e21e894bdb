/** A preview's kind of webview; here, so that naming it loads nothing. */
export const previewViewType = "clever.preview";

/**
 * What a preview reads from: a report's first rows, held by the engine and named by a token. What is called off by its
 * signal rejects with the signal's reason.
 */
export interface PreviewSource {
  /**
   * Reads the first part of a report. Rejects with a `CleverLakeError` where the file cannot be reached; a file whose
   * header cannot be read resolves with `problem`.
   */
  previewReport(file: PreviewLocation, signal: AbortSignal): Promise<PreviewInfo>;
  /** At most 1,000 rows, fewer at the end. Rejects with `notFound` where the engine has let go of the token. */
  previewRows(request: PreviewRowsRequest, signal: AbortSignal): Promise<readonly PreviewRow[]>;
  /** Records that the report's identities are shown; until it has, `previewRows` gives none. Rejects where it cannot. */
  recordReveal(token: string, signal: AbortSignal): Promise<void>;
  /** The indexes of the rows that would be refused, ascending. Rejects as `previewRows` does. */
  refusedRows(token: string, signal: AbortSignal): Promise<readonly number[]>;
  /** Reads the next part of the file; rows that were there keep their index. */
  loadMore(token: string, signal: AbortSignal): Promise<PreviewInfo>;
  closePreview(token: string): Promise<void>;
}

/** Where a report lies. */
export interface PreviewLocation {
  readonly path: string;
  readonly origin: "server" | "lake";
}

export interface PreviewRowsRequest {
  readonly token: string;
  /** The first row's index; 0 for the row below the header. */
  readonly from: number;
  readonly count: number;
  readonly reveal: boolean;
}

export interface PreviewInfo {
  readonly token: string;
  readonly columns: readonly PreviewColumn[];
  /** How many rows can be asked for. */
  readonly rowCount: number;
  /** How many of them would be refused. */
  readonly refusedCount: number;
  readonly totalBytes: number;
  readonly readBytes: number;
  /** Whether the file goes on after the last row. */
  readonly truncated: boolean;
  /** Whether `loadMore` would bring nothing more, although the file goes on. */
  readonly full: boolean;
  /** Sentences about the file as a whole. */
  readonly notes: readonly string[];
  /** Why the file cannot be read as a report; there are no rows then. */
  readonly problem?: PreviewFileProblem;
}

export interface PreviewColumn {
  /** As the file has it, or its place. */
  readonly name: string;
  /** The report's column, where it goes by another name there. */
  readonly reportColumn?: string;
  readonly type: PreviewColumnType;
  /** Whether its cells are masked until they are revealed. */
  readonly identity: boolean;
}

/** `unknown` for a column that is not the report's. */
export type PreviewColumnType = "date" | "string" | "boolean" | "integer" | "unknown";

export interface PreviewFileProblem {
  readonly line: number;
  readonly column?: string;
  readonly reason: string;
}

export interface PreviewRow {
  /** As an editor counts lines: the header stands on line 1. */
  readonly line: number;
  /** In the file's order, null where masked. A refused row can have another number of cells than there are columns. */
  readonly cells: readonly (string | null)[];
  /** Why the row would be refused, without any value of the file. */
  readonly problem?: PreviewRowProblem;
}

export interface PreviewRowProblem {
  readonly column?: string;
  readonly reason: string;
}
