import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { CleverLakeError } from "../../src/basics/errors";
import type { Lake, LakeEntry, LakeOptions } from "../../src/lake/lake";

/** A lake in memory, remote in that its files are not on this machine's disk. Every call yields to others. */
export class MemoryLake implements Lake {
  readonly url = "memory:";
  readonly files = new Map<string, Buffer>();
  /** When files were written, if set by a test; 1970 for the others. */
  readonly modified = new Map<string, Date>();
  /** The calls made, such as `read stage2p/t/_delta_log/_last_checkpoint`. */
  readonly calls: string[] = [];

  async *list(folder: string, options: LakeOptions & { readonly recursive?: boolean } = {}) {
    await this.called("list", folder, options);
    const prefix = folder === "" ? "" : `${folder}/`;
    const folders = new Set<string>();
    for (const [file, data] of [...this.files]) {
      if (!file.startsWith(prefix)) continue;
      const parts = file.slice(prefix.length).split("/");
      for (let depth = 1; depth < parts.length; depth++) {
        if (depth === 1 || options.recursive) folders.add(prefix + parts.slice(0, depth).join("/"));
      }
      if (parts.length === 1 || options.recursive)
        yield entry(file, "file", data.length, this.modified.get(file));
    }
    for (const name of folders) yield entry(name, "folder", 0);
  }

  async names(folder: string, options: LakeOptions = {}): Promise<string[]> {
    const names: string[] = [];
    for await (const { path: place } of this.list(folder, options)) names.push(path.posix.basename(place));
    return names;
  }

  async stat(file: string, options: LakeOptions = {}): Promise<LakeEntry | undefined> {
    await this.called("stat", file, options);
    const data = this.files.get(file);
    return data && entry(file, "file", data.length, this.modified.get(file));
  }

  async read(file: string, options: LakeOptions = {}): Promise<Buffer> {
    await this.called("read", file, options);
    const data = this.files.get(file);
    if (data === undefined)
      throw new CleverLakeError("notFound", "There is no such file.", { subject: file });
    return data;
  }

  async readRange(file: string, start: number, length: number, options?: LakeOptions): Promise<Buffer> {
    return (await this.read(file, options)).subarray(start, start + length);
  }

  readStream(file: string, options?: LakeOptions): Readable {
    const read = () => this.read(file, options);
    return Readable.from(
      (async function* () {
        yield await read();
      })(),
      { objectMode: false },
    );
  }

  async write(file: string, data: AsyncIterable<Uint8Array>, options: LakeOptions = {}): Promise<void> {
    await this.called("write", file, options);
    const chunks: Uint8Array[] = [];
    for await (const chunk of data) chunks.push(chunk);
    this.files.set(file, Buffer.concat(chunks));
  }

  /** Its folders are those that contain its files. */
  deleteEmptyFolder(): Promise<void> {
    return Promise.resolve();
  }

  async putIfAbsent(file: string, data: Uint8Array, options: LakeOptions = {}): Promise<boolean> {
    await this.called("putIfAbsent", file, options);
    if (this.files.has(file)) return false;
    this.files.set(file, Buffer.from(data));
    return true;
  }

  /** From now on, a file that `putIfAbsent` wrote is found there by the repeated request. */
  loseReplies(): void {
    const put = this.putIfAbsent.bind(this);
    this.putIfAbsent = async (...given) => {
      await put(...given);
      return false;
    };
  }

  async importFile(localFile: string, file: string, options: LakeOptions = {}): Promise<void> {
    await this.called("importFile", file, options);
    this.files.set(file, await readFile(localFile));
    await rm(localFile);
  }

  async rename(from: string, to: string, options?: LakeOptions): Promise<void> {
    this.files.set(to, await this.read(from, options));
    this.files.delete(from);
  }

  async delete(file: string, options: LakeOptions = {}): Promise<void> {
    await this.called("delete", file, options);
    this.files.delete(file);
  }

  async *temporaries(): AsyncIterable<LakeEntry> {}

  async scratch(): Promise<string> {
    const folder = await mkdtemp(path.join(tmpdir(), "clever-lake-test-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    return folder;
  }

  localPath(): undefined {
    return undefined;
  }

  private async called(call: string, file: string, options: LakeOptions): Promise<void> {
    options.signal?.throwIfAborted();
    this.calls.push(`${call} ${file}`);
    await setImmediate();
  }
}

function entry(file: string, kind: LakeEntry["kind"], size: number, modified: Date = new Date(0)): LakeEntry {
  return { path: file, kind, size, modified };
}
