import type { Readable } from "node:stream";

/** A file or folder in the lake. `path` is relative to the lake's root, with `/`, without a leading one. */
export interface LakeEntry {
  readonly path: string;
  readonly kind: "file" | "folder";
  /** Bytes; 0 for folders. */
  readonly size: number;
  readonly modified: Date;
}

export interface LakeOptions {
  readonly signal?: AbortSignal;
}

/**
 * The storage that the pipeline and the Delta tables stand on. Paths start with a file system of OEA
 * (`stage1np`, `stage2np`, `stage2p`). All writes are atomic: a reader sees the whole file or none of it,
 * and durable when the promise resolves. Missing files reject with code `notFound`.
 */
export interface Lake {
  /** The lake's address as the user wrote it, for messages. */
  readonly url: string;

  /** Entries below `folder`, in no particular order; nothing where the folder does not exist. */
  list(folder: string, options?: LakeOptions & { readonly recursive?: boolean }): AsyncIterable<LakeEntry>;

  /** The entry, or undefined where there is none. */
  stat(path: string, options?: LakeOptions): Promise<LakeEntry | undefined>;

  /** A whole file, for small ones. */
  read(path: string, options?: LakeOptions): Promise<Buffer>;

  /** `length` bytes from `start`, fewer at the end of the file. */
  readRange(path: string, start: number, length: number, options?: LakeOptions): Promise<Buffer>;

  /** A file as a stream, in bounded memory. */
  readStream(path: string, options?: LakeOptions): Readable;

  /** Writes a file from a stream, replacing what was there. When the stream fails, nothing changes. */
  write(path: string, data: AsyncIterable<Uint8Array>, options?: LakeOptions): Promise<void>;

  /** Writes a small file unless one is there; resolves to whether this call wrote it. Of racing callers exactly one wins. */
  putIfAbsent(path: string, data: Uint8Array, options?: LakeOptions): Promise<boolean>;

  /** Moves a finished local file (from `scratch`) into the lake, replacing what was there. */
  importFile(localFile: string, path: string, options?: LakeOptions): Promise<void>;

  /**
   * Renames a file, replacing the target, or a folder with all that is in it, at once. A folder rejects where files are at
   * the new place.
   */
  rename(from: string, to: string, options?: LakeOptions): Promise<void>;

  /** Deletes a file; no error where there is none. */
  delete(path: string, options?: LakeOptions): Promise<void>;

  /** Deletes a folder that has no entry; no error where there is none or where it has some. */
  deleteEmptyFolder(path: string, options?: LakeOptions): Promise<void>;

  /**
   * What other processes have among the lake's temporary files: killed ones, or some at work. Not part of the lake, and
   * removed when it is a day old.
   */
  temporaries(options?: LakeOptions): AsyncIterable<LakeEntry>;

  /** A new empty local folder, readable by its owner only, from which `importFile` is cheap; the caller removes it. */
  scratch(): Promise<string>;

  /** The file's place on this machine's disk where the lake is a folder, so that it need not be copied to be read. */
  localPath(path: string): string | undefined;
}
