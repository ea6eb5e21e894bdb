import type { Readable } from "node:stream";

/** A file or folder in the lake. `path` is relative to the lake's root, uses `/`, and has no leading slash. */
export interface LakeEntry {
  readonly path: string;
  readonly kind: "file" | "folder";
  /** Bytes; 0 for folders. */
  readonly size: number;
  readonly modified: Date;
}

export interface LakeOptions {
  readonly signal?: AbortSignal | undefined;
}

/**
 * The storage under the pipeline and the Delta tables. Paths start with one of OEA's file systems (`stage1np`,
 * `stage2np`, `stage2p`). All writes are atomic (a reader sees the complete file or none) and durable when the promise
 * resolves. Missing files reject with code `notFound`.
 */
export interface Lake {
  /** The lake's address as the user wrote it, for messages. */
  readonly url: string;

  /** Entries below `folder`, in no particular order; none if the folder does not exist. */
  list(folder: string, options?: LakeOptions & { readonly recursive?: boolean }): AsyncIterable<LakeEntry>;

  /**
   * The names of the entries directly in `folder`, in no particular order; none if it does not exist. In a local folder
   * this is much faster than `list`, which looks at each entry.
   */
  names(folder: string, options?: LakeOptions): Promise<string[]>;

  /** The entry, or undefined if there is none. */
  stat(path: string, options?: LakeOptions): Promise<LakeEntry | undefined>;

  /** `length` bytes from `start`, fewer at the end of the file. */
  readRange(path: string, start: number, length: number, options?: LakeOptions): Promise<Buffer>;

  /** A file as a stream, in bounded memory. */
  readStream(path: string, options?: LakeOptions): Readable;

  /**
   * Writes a file from a stream and replaces an existing one. If the stream fails, nothing changes.
   * @param data opens its source when it is iterated, because a write that fails before does not close it
   */
  write(path: string, data: AsyncIterable<Uint8Array>, options?: LakeOptions): Promise<void>;

  /**
   * Writes a small file unless the path exists; resolves to whether this call wrote it. Of concurrent callers,
   * exactly one succeeds.
   */
  putIfAbsent(path: string, data: Uint8Array, options?: LakeOptions): Promise<boolean>;

  /** Moves a finished local file (from `scratch`) into the lake and replaces an existing one. */
  importFile(localFile: string, path: string, options?: LakeOptions): Promise<void>;

  /**
   * Atomically renames a file, replacing the target, or a folder with all its contents. For a folder, rejects if the
   * target has files.
   */
  rename(from: string, to: string, options?: LakeOptions): Promise<void>;

  /** Deletes a file; no error if it does not exist. */
  delete(path: string, options?: LakeOptions): Promise<void>;

  /** Deletes an empty folder; no error if it does not exist or is not empty. */
  deleteEmptyFolder(path: string, options?: LakeOptions): Promise<void>;

  /**
   * Temporary files of other processes, running or killed. They are not part of the lake, and are removed when they
   * are a day old.
   */
  temporaries(options?: LakeOptions): AsyncIterable<LakeEntry>;

  /** A new empty local folder, readable by its owner only. `importFile` from it is cheap. The caller removes it. */
  scratch(): Promise<string>;

  /** The file's local path if the lake is a folder, for reading without a copy; otherwise undefined. */
  localPath(path: string): string | undefined;
}
