/** A report file on the source, as it was when it was listed. */
export interface SourceFile {
  /** Relative to the source's root, with `/` between folders, without a leading one. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** To the second, which is all that SFTP tells. */
  readonly modified: Date;
}

/** Something on the source that cannot be read as a file, and why. */
export interface SkippedEntry {
  /** As `SourceFile.path`, with whatever could disturb a terminal shown escaped. */
  readonly path: string;
  /** A half sentence: "a special file". */
  readonly reason: string;
  /** Whether what it stands for is in the listing under another path. */
  readonly isRead?: true;
}

/** Tells by their names what is a report, so that the source need not know Clever. */
export interface ReportNames {
  isReport(path: string): boolean;
  /** Whether reports are expected in a folder, by its path. */
  isReportFolder(path: string): boolean;
}

export interface SourceListing {
  /** Sorted by path. */
  readonly files: readonly SourceFile[];
  readonly skipped: readonly SkippedEntry[];
}

export interface ReadOptions {
  readonly signal?: AbortSignal;
  /** Called with the number of bytes of each piece that was handed over. */
  readonly onBytes?: (bytes: number) => void;
}

/**
 * Where reports come from. Every method rejects with the signal's reason when it is aborted, and otherwise
 * with a `CleverLakeError`: `hostKey`, `auth`, `network` (after retries), `notFound`, `unsafePath`, `io`.
 */
export interface ReportSource extends AsyncDisposable {
  /**
   * All files below the root, each once. A link is followed where it makes a report of a file that is none by its own
   * path; other links, special files and folders beside the reports that cannot be listed are in `skipped`. Rejects
   * where the root or a folder of reports cannot be listed.
   */
  list(signal?: AbortSignal): Promise<SourceListing>;

  /** The file as it is now. */
  stat(path: string, signal?: AbortSignal): Promise<SourceFile>;

  /**
   * The file's bytes from start to end, in order and in bounded memory. Rejects with `changedWhileRead` when
   * the file is not, from the first byte to the last, the one that was listed; `stat` it and read again then.
   */
  read(file: SourceFile, options?: ReadOptions): AsyncIterable<Buffer>;

  /** The first `length` bytes, fewer where the file is shorter. */
  readHead(file: SourceFile, length: number, signal?: AbortSignal): Promise<Buffer>;

  /** Ends what is under way and lets go of every connection. Never rejects. */
  close(): Promise<void>;
}
