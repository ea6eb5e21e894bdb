import { open, readdir, stat } from "node:fs/promises";
import path from "node:path";
import { CleverLakeError } from "../../src/basics/errors";
import type {
  ReadOptions,
  ReportSource,
  SkippedEntry,
  SourceFile,
  SourceListing,
} from "../../src/sftp/source";

export interface FolderSourceHooks {
  /** Called before each chunk of a file is returned: may throw, wait, or change the file. */
  readonly beforeChunk?: (file: string, index: number, signal?: AbortSignal) => Promise<void> | void;
  /** Bytes per chunk. */
  readonly chunkBytes?: number;
}

/** A folder on this machine as the reports server. */
export class FolderSource implements ReportSource {
  /** The files that were opened for reading, in order. */
  readonly reads: string[] = [];
  /** What the server lists in addition to the files and cannot deliver. */
  skipped: readonly SkippedEntry[] = [];

  constructor(
    private readonly root: string,
    public hooks: FolderSourceHooks = {},
  ) {}

  async list(signal?: AbortSignal): Promise<SourceListing> {
    const names = await readdir(this.root, { recursive: true, withFileTypes: true });
    const paths = names
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(this.root, path.join(entry.parentPath, entry.name)))
      .map((file) => file.replaceAll(path.sep, "/"));
    signal?.throwIfAborted();
    return { files: await Promise.all(paths.sort().map((file) => this.stat(file))), skipped: this.skipped };
  }

  async stat(file: string, signal?: AbortSignal): Promise<SourceFile> {
    signal?.throwIfAborted();
    try {
      const { size, mtimeMs } = await stat(path.join(this.root, file));
      return { path: file, size, modified: new Date(Math.floor(mtimeMs / 1000) * 1000) };
    } catch (cause) {
      throw new CleverLakeError("notFound", "The file is gone from the server.", { subject: file, cause });
    }
  }

  async *read(file: SourceFile, { signal, onBytes }: ReadOptions = {}): AsyncGenerator<Buffer> {
    this.reads.push(file.path);
    await this.requireUnchanged(file);
    await using opened = await open(path.join(this.root, file.path));
    const size = this.hooks.chunkBytes ?? 64 * 1024;
    for (let position = 0, index = 0; position < file.size || index === 0; index++) {
      await this.hooks.beforeChunk?.(file.path, index, signal);
      signal?.throwIfAborted();
      const length = Math.min(size, file.size - position);
      const { bytesRead, buffer } = await opened.read(Buffer.alloc(length), 0, length, position);
      if (bytesRead === 0) break;
      position += bytesRead;
      yield buffer.subarray(0, bytesRead);
      onBytes?.(bytesRead);
    }
    await this.requireUnchanged(file);
  }

  async readRange(file: SourceFile, start: number, length: number): Promise<Buffer> {
    await using opened = await open(path.join(this.root, file.path));
    const { bytesRead, buffer } = await opened.read(Buffer.alloc(length), 0, length, start);
    return buffer.subarray(0, bytesRead);
  }

  async close(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}

  private async requireUnchanged(file: SourceFile): Promise<void> {
    const now = await this.stat(file.path);
    if (now.size === file.size && now.modified.getTime() === file.modified.getTime()) return;
    throw new CleverLakeError("changedWhileRead", "The file changed while it was read.", {
      subject: file.path,
    });
  }
}
