/** A report file on the source, as listed. */
export interface SourceFile {
  /** Relative to the source's root, with `/` between folders, without a leading slash. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** To the second, which is SFTP's precision. */
  readonly modified: Date;
}

/** Something on the source that cannot be read as a file, and why. */
export interface SkippedEntry {
  /** As `SourceFile.path`, with characters that could disturb a terminal escaped. */
  readonly path: string;
  /** A noun phrase: "a special file". */
  readonly reason: string;
  /** Whether its target is in the listing under another path. */
  readonly isRead?: true;
}

/** Recognizes reports by name, so that the source does not depend on Clever. */
export interface ReportNames {
  isReport(path: string): boolean;
  /** Whether reports are expected in a folder, given its path. */
  isReportFolder(path: string): boolean;
}

export interface SourceListing {
  /** Sorted by path. */
  readonly files: readonly SourceFile[];
  readonly skipped: readonly SkippedEntry[];
}

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
  /** Receives the number of bytes of each delivered piece. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
}

/**
 * Where reports come from. Every method rejects with the signal's reason if aborted, and otherwise with a
 * `CleverLakeError`: `hostKey`, `auth`, `network` (after retries), `notFound`, `unsafePath`, `io`.
 */
export interface ReportSource extends AsyncDisposable {
  /**
   * All files below the root, each once. A link is followed if its path makes a file a report that is not one by its
   * own path. Other links, special files and unlistable folders without reports are in `skipped`. Rejects if the root
   * or a folder of reports cannot be listed.
   */
  list(signal?: AbortSignal): Promise<SourceListing>;

  /** The current state of the file. */
  stat(path: string, signal?: AbortSignal): Promise<SourceFile>;

  /**
   * The file's bytes from start to end, in order and in bounded memory. Rejects with `changedWhileRead` if, at any time
   * from the first byte to the last, the file is not the one that was listed; then `stat` it and read again.
   */
  read(file: SourceFile, options?: ReadOptions): AsyncIterable<Buffer>;

  /** `length` bytes from `start`, fewer at the end of the file; no other bytes are requested. */
  readRange(file: SourceFile, start: number, length: number, signal?: AbortSignal): Promise<Buffer>;

  /** Ends pending work and closes every connection. Never rejects. */
  close(): Promise<void>;
}
