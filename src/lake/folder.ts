import { createReadStream, createWriteStream } from "node:fs";
import * as fs from "node:fs/promises";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { CleverLakeError } from "../errors";
import { ScratchNames } from "../scratch";
import type { Lake, LakeEntry, LakeOptions } from "./lake";
import { checkedPath, identityFileSystems } from "./lakePath";

const temporaryFolder = ".clever-lake-tmp";

/**
 * A lake in a folder of this machine. A write goes to a temporary file beside the file systems, is forced to disk,
 * and then renamed (or hard-linked, for put-if-absent) into place, so that a crash leaves either the old or the
 * new file. What a killed process left in the temporary folder is removed by a later one (see `ScratchNames`).
 */
export class FolderLake implements Lake {
  readonly url: string;

  private readonly temporaryNames: ScratchNames;

  private constructor(private readonly root: string) {
    this.url = pathToFileURL(root).href;
    this.temporaryNames = new ScratchNames(path.join(root, temporaryFolder));
  }

  /** Opens a lake by `file:///` address or by path, making the folder where it is missing. */
  static async open(address: string): Promise<FolderLake> {
    const root = path.resolve(address.startsWith("file:") ? fileURLToPath(address) : address);
    try {
      await fs.mkdir(root, { recursive: true });
    } catch (error) {
      throw ioError(error, root);
    }
    return new FolderLake(root);
  }

  async *list(
    folder: string,
    options: LakeOptions & { readonly recursive?: boolean } = {},
  ): AsyncIterable<LakeEntry> {
    const pending = [folder === "" ? "" : checkedPath(folder)];
    for (let current = pending.pop(); current !== undefined; current = pending.pop()) {
      options.signal?.throwIfAborted();
      for (const name of await namesIn(path.join(this.root, current))) {
        if (current === "" && name === temporaryFolder) continue;
        const entry = await this.entry(current === "" ? name : `${current}/${name}`);
        if (entry === undefined) continue;
        yield entry;
        if (options.recursive && entry.kind === "folder") pending.push(entry.path);
      }
    }
  }

  async stat(lakePath: string, _options: LakeOptions = {}): Promise<LakeEntry | undefined> {
    return this.entry(checkedPath(lakePath));
  }

  async read(lakePath: string, options: LakeOptions = {}): Promise<Buffer> {
    try {
      return await fs.readFile(this.resolve(lakePath), options.signal ? { signal: options.signal } : {});
    } catch (error) {
      options.signal?.throwIfAborted();
      throw ioError(error, lakePath);
    }
  }

  async readRange(
    lakePath: string,
    start: number,
    length: number,
    options: LakeOptions = {},
  ): Promise<Buffer> {
    options.signal?.throwIfAborted();
    try {
      const file = await fs.open(this.resolve(lakePath), "r");
      try {
        const buffer = Buffer.alloc(length);
        let filled = 0;
        while (filled < length) {
          const { bytesRead } = await file.read(buffer, filled, length - filled, start + filled);
          if (bytesRead === 0) break;
          filled += bytesRead;
        }
        return buffer.subarray(0, filled);
      } finally {
        await file.close();
      }
    } catch (error) {
      throw ioError(error, lakePath);
    }
  }

  readStream(lakePath: string, options: LakeOptions = {}): Readable {
    const source = createReadStream(this.resolve(lakePath), {
      highWaterMark: 1 << 20,
      ...(options.signal ? { signal: options.signal } : {}),
    });
    const translated = async function* () {
      try {
        for await (const chunk of source) yield chunk;
      } catch (error) {
        options.signal?.throwIfAborted();
        throw ioError(error, lakePath);
      }
    };
    return Readable.from(translated(), { objectMode: false });
  }

  async write(lakePath: string, data: AsyncIterable<Uint8Array>, options: LakeOptions = {}): Promise<void> {
    const target = this.resolve(lakePath);
    await this.viaTemporary(lakePath, async (temporary) => {
      const stream = createWriteStream(temporary, {
        flags: "wx",
        mode: this.fileMode(lakePath),
        flush: true,
        highWaterMark: 1 << 20,
      });
      await pipeline(data, stream, options.signal ? { signal: options.signal } : {});
      await this.place(temporary, target, fs.rename);
    });
  }

  async putIfAbsent(lakePath: string, data: Uint8Array, options: LakeOptions = {}): Promise<boolean> {
    const target = this.resolve(lakePath);
    options.signal?.throwIfAborted();
    let won = true;
    await this.viaTemporary(lakePath, async (temporary) => {
      await fs.writeFile(temporary, data, {
        flag: "wx",
        mode: this.fileMode(lakePath),
        flush: true,
      });
      try {
        await this.place(temporary, target, fs.link);
      } catch (error) {
        if (errnoOf(error) !== "EEXIST") throw error;
        won = false;
      }
    });
    return won;
  }

  async importFile(localFile: string, lakePath: string, options: LakeOptions = {}): Promise<void> {
    const target = this.resolve(lakePath);
    options.signal?.throwIfAborted();
    try {
      // Only ever taken away from: the file was made with what the machine's settings (umask) leave.
      const { mode } = await fs.stat(localFile);
      await fs.chmod(localFile, mode & this.fileMode(lakePath));
      await forceToDisk(localFile);
      await this.place(localFile, target, fs.rename);
    } catch (error) {
      throw ioError(error, lakePath);
    }
  }

  async rename(from: string, to: string, options: LakeOptions = {}): Promise<void> {
    options.signal?.throwIfAborted();
    try {
      await this.place(this.resolve(from), this.resolve(to), fs.rename);
    } catch (error) {
      throw ioError(error, from);
    }
  }

  async delete(lakePath: string, options: LakeOptions = {}): Promise<void> {
    options.signal?.throwIfAborted();
    try {
      await fs.rm(this.resolve(lakePath), { force: true });
    } catch (error) {
      throw ioError(error, lakePath);
    }
  }

  async *temporaries(options: LakeOptions = {}): AsyncIterable<LakeEntry> {
    for (const name of await this.temporaryNames.others()) {
      options.signal?.throwIfAborted();
      const entry = await this.entry(`${temporaryFolder}/${name}`);
      if (entry !== undefined) yield entry;
    }
  }

  async scratch(): Promise<string> {
    const folder = await this.temporaryNames.next();
    await fs.mkdir(folder, { mode: 0o700 });
    return folder;
  }

  localPath(lakePath: string): string {
    return this.resolve(lakePath);
  }

  private resolve(lakePath: string): string {
    return path.join(this.root, checkedPath(lakePath));
  }

  private async entry(lakePath: string): Promise<LakeEntry | undefined> {
    try {
      // Links are not followed: what is listed is what is in the lake.
      const stats = await fs.lstat(path.join(this.root, lakePath));
      const modified = stats.mtime;
      if (stats.isDirectory()) return { path: lakePath, kind: "folder", size: 0, modified };
      return stats.isFile() ? { path: lakePath, kind: "file", size: stats.size, modified } : undefined;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw ioError(error, lakePath);
    }
  }

  private async viaTemporary(lakePath: string, work: (temporary: string) => Promise<void>): Promise<void> {
    const temporary = await this.temporaryNames.next();
    try {
      await work(temporary);
    } catch (error) {
      throw ioError(error, lakePath);
    } finally {
      await fs.rm(temporary, { force: true });
    }
  }

  private async place(
    source: string,
    target: string,
    how: (from: string, to: string) => Promise<void>,
  ): Promise<void> {
    const parent = path.dirname(target);
    await this.makeFolder(parent);
    await how(source, target);
    await forceToDisk(parent);
  }

  /** Makes a folder and its parents; what holds identities is made readable by its owner only. */
  private async makeFolder(folder: string): Promise<void> {
    const missing: string[] = [];
    for (let current = folder; current !== this.root; current = path.dirname(current)) {
      const exists = await fs.stat(current).then(
        () => true,
        () => false,
      );
      if (exists) break;
      missing.push(current);
    }
    for (const current of missing.reverse()) {
      const [fileSystem = ""] = path.relative(this.root, current).split(path.sep);
      const mode = identityFileSystems.has(fileSystem) ? 0o700 : 0o755;
      await fs.mkdir(current, { mode }).catch((error: unknown) => {
        if (errnoOf(error) !== "EEXIST") throw error;
      });
      await forceToDisk(path.dirname(current));
    }
  }

  private fileMode(lakePath: string): number {
    return identityFileSystems.has(lakePath.split("/", 1)[0] ?? "") ? 0o600 : 0o644;
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await fs.readdir(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw ioError(error, folder);
  }
}

async function forceToDisk(target: string): Promise<void> {
  const file = await fs.open(target, "r").catch((error: unknown) => {
    // Windows cannot open folders; there the rename itself is journalled.
    if (process.platform === "win32") return undefined;
    throw error;
  });
  try {
    await file?.sync();
  } finally {
    await file?.close();
  }
}

function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

function isMissing(error: unknown): boolean {
  return errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR";
}

const hints: Readonly<Record<string, string>> = {
  EACCES: "Check that you may read and write this folder.",
  EPERM: "Check that you may write here and that the file system allows hard links.",
  ENOSPC: "The disk is full: free some space, then run again; nothing is lost.",
  EROFS: "The disk is read-only.",
};

/** What the operating system said, as one of our errors; errors that are ours already, and aborts, pass through. */
function ioError(error: unknown, subject: string): unknown {
  const code = errnoOf(error);
  if (code === undefined || error instanceof CleverLakeError || code === "ABORT_ERR") return error;
  if (code === "ENOENT") {
    return new CleverLakeError("notFound", "There is no such file in the lake.", { subject });
  }
  const hint = hints[code];
  return new CleverLakeError("io", `The lake's folder could not be read or written (${code}).`, {
    subject,
    cause: error,
    ...(hint ? { hint } : {}),
  });
}
