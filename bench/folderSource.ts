import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { buffer } from "node:stream/consumers";
import type { ReadOptions, ReportSource, SourceFile, SourceListing } from "../src/sftp/source";

/** Reports in a folder of this machine, to fill a lake without a server. */
export class FolderSource implements ReportSource {
  constructor(private readonly folder: string) {}

  async list(): Promise<SourceListing> {
    const entries = await readdir(this.folder, { recursive: true, withFileTypes: true });
    const paths = entries
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(this.folder, path.join(entry.parentPath, entry.name)));
    return { files: await Promise.all(paths.sort().map((name) => this.stat(name))), skipped: [] };
  }

  async stat(name: string): Promise<SourceFile> {
    const { size, mtimeMs } = await stat(path.join(this.folder, name));
    return { path: name, size, modified: new Date(Math.floor(mtimeMs / 1000) * 1000) };
  }

  read(file: SourceFile, { signal }: ReadOptions = {}): AsyncIterable<Buffer> {
    return createReadStream(path.join(this.folder, file.path), signal ? { signal } : {});
  }

  readHead(file: SourceFile, length: number): Promise<Buffer> {
    return buffer(createReadStream(path.join(this.folder, file.path), { end: length - 1 }));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
