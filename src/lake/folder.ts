import { createWriteStream, type Stats } from "node:fs";
import * as fs from "node:fs/promises";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { pathToFileURL } from "node:url";
import { CleverLakeError, errnoOf } from "../basics/errors";
import { bytesOf, fileBytes } from "../basics/fileBytes";
import { removeLocal, replaceFile, retryWhileInUse } from "../basics/filesInUse";
import { makeFolder } from "../basics/makeFolder";
import { machineScratch } from "../basics/scratch";
import { windowsNameFault } from "../basics/windowsNames";
import { exists, ioError, isHardLinkUnsupported, isMissing, limitMode, syncFile, syncFolder } from "./disk";
import { folderOf } from "./folderAddress";
import type { Lake, LakeEntry, LakeOptions } from "./lake";
import { checkedPath, identityFileSystems, temporaryFolder } from "./lakePath";
import { moveIfAbsent } from "./moveIfAbsent";
import { makePrivateFolder } from "./privateFolder";
import { TemporaryFiles } from "./temporaryFiles";

/**
 * A lake in a local folder. A write goes to a temporary file next to the file systems, is forced to disk, and is then
 * renamed (or hard-linked, for put-if-absent) into place. A crash leaves either the old or the new file. Files
 * that a killed process left in the temporary folder are removed by a later process (see `ScratchNames`). If another
 * program holds a file open, as is possible on Windows, the lake waits for it.
 */
export class FolderLake implements Lake {
  readonly url: string;

  private readonly temporary: TemporaryFiles;

  private constructor(
    private readonly root: string,
    private hardLinks: boolean,
  ) {
    this.url = pathToFileURL(root).href;
    this.temporary = new TemporaryFiles(root);
  }

  /**
   * Opens a lake by `file:` address or by path. A missing folder is created by the first write. Rejects with `config`
   * if the address names a file.
   * @param options.hardLinks false if the file system has none; detected by default
   */
  static async open(
    address: string,
    options: { readonly hardLinks?: false | undefined } = {},
  ): Promise<FolderLake> {
    const root = folderOf(address);
    await requirePossibleFolder(root);
    return new FolderLake(root, options.hardLinks !== false);
  }

  async *list(
    folder: string,
    options: LakeOptions & { readonly recursive?: boolean } = {},
  ): AsyncIterable<LakeEntry> {
    const pending = [folder === "" ? "" : checkedPath(folder)];
    for (let current = pending.pop(); current !== undefined; current = pending.pop()) {
      options.signal?.throwIfAborted();
      for (const name of await namesIn(path.join(this.root, current))) {
        const entry = await this.entry(current === "" ? name : `${current}/${name}`);
        if (entry === undefined) continue;
        yield entry;
        if (options.recursive && entry.kind === "folder") pending.push(entry.path);
      }
    }
  }

  async names(folder: string, { signal }: LakeOptions = {}): Promise<string[]> {
    signal?.throwIfAborted();
    return namesIn(this.resolve(folder));
  }

  async stat(lakePath: string, _options: LakeOptions = {}): Promise<LakeEntry | undefined> {
    return this.entry(checkedPath(lakePath));
  }

  async readRange(
    lakePath: string,
    start: number,
    length: number,
    options: LakeOptions = {},
  ): Promise<Buffer> {
    options.signal?.throwIfAborted();
    try {
      const localPath = this.resolve(lakePath);
      await using file = await retryWhileInUse(() => fs.open(localPath, "r"), options.signal);
      // Limited to the file's size: to read a whole file, callers pass the largest allowed size.
      const { size } = await file.stat();
      const buffer = Buffer.alloc(Math.max(0, Math.min(length, size - start)));
      let filled = 0;
      while (filled < buffer.length) {
        const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, start + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return buffer.subarray(0, filled);
    } catch (error) {
      throw ioError(error, lakePath);
    }
  }

  readStream(lakePath: string, options: LakeOptions = {}): Readable {
    const { signal } = options;
    const localPath = this.resolve(lakePath);
    const translated = async function* () {
      try {
        await using file = await retryWhileInUse(() => fs.open(localPath, "r"), signal);
        yield* bytesOf(file, { signal });
      } catch (error) {
        signal?.throwIfAborted();
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
      await this.place(temporary, target, options.signal);
    });
  }

  async putIfAbsent(lakePath: string, data: Uint8Array, options: LakeOptions = {}): Promise<boolean> {
    const target = this.resolve(lakePath);
    options.signal?.throwIfAborted();
    return this.viaTemporary(lakePath, async (temporary) => {
      await fs.writeFile(temporary, data, { flag: "wx", mode: this.fileMode(lakePath), flush: true });
      await this.makeFolder(path.dirname(target));
      const won = await this.placeIfAbsent(temporary, target, options.signal);
      if (won) await syncFolder(path.dirname(target));
      return won;
    });
  }

  async importFile(localFile: string, lakePath: string, options: LakeOptions = {}): Promise<void> {
    const target = this.resolve(lakePath);
    options.signal?.throwIfAborted();
    if (this.temporary.mustStageInPlace(lakePath)) {
      await this.write(lakePath, fileBytes(localFile), options);
      await removeLocal(localFile);
      return;
    }
    try {
      // Permissions are only removed: the file was created with what the umask allows.
      await limitMode(localFile, this.fileMode(lakePath));
      await retryWhileInUse(() => syncFile(localFile), options.signal);
      await this.place(localFile, target, options.signal);
    } catch (error) {
      throw ioError(error, lakePath);
    }
  }

  async rename(from: string, to: string, options: LakeOptions = {}): Promise<void> {
    options.signal?.throwIfAborted();
    try {
      await this.place(this.resolve(from), this.resolve(to), options.signal);
    } catch (error) {
      throw ioError(error, from);
    }
  }

  async delete(lakePath: string, options: LakeOptions = {}): Promise<void> {
    options.signal?.throwIfAborted();
    try {
      const localPath = this.resolve(lakePath);
      await retryWhileInUse(() => fs.rm(localPath, { force: true }), options.signal);
    } catch (error) {
      throw ioError(error, lakePath);
    }
  }

  async deleteEmptyFolder(lakePath: string, options: LakeOptions = {}): Promise<void> {
    options.signal?.throwIfAborted();
    try {
      const localPath = this.resolve(lakePath);
      await retryWhileInUse(() => fs.rmdir(localPath), options.signal);
    } catch (error) {
      if (!isMissing(error) && !isNotEmpty(error)) throw ioError(error, lakePath);
    }
  }

  async *temporaries(options: LakeOptions = {}): AsyncIterable<LakeEntry> {
    for (const lakePath of await this.temporary.others()) {
      options.signal?.throwIfAborted();
      const entry = await this.entry(lakePath);
      if (entry !== undefined) yield entry;
    }
  }

  async scratch(): Promise<string> {
    try {
      // Readers have scratch folders too, and must not create a lake.
      if (!(await exists(this.root))) return await machineScratch();
      return await this.temporary.scratch();
    } catch (error) {
      // Read-only lakes can be verified, too.
      if (writeRefusals.has(errnoOf(error))) return machineScratch();
      throw ioError(error, this.root);
    }
  }

  localPath(lakePath: string): string {
    return this.resolve(lakePath);
  }

  private resolve(lakePath: string): string {
    const localPath = path.join(this.root, checkedPath(lakePath));
    if (process.platform !== "win32") return localPath;
    for (const name of lakePath.split("/")) {
      const fault = windowsNameFault(name);
      if (fault === undefined) continue;
      throw new CleverLakeError("unsafePath", `Windows cannot store this file: its path has ${fault}.`, {
        subject: lakePath,
      });
    }
    return localPath;
  }

  private async entry(lakePath: string): Promise<LakeEntry | undefined> {
    try {
      // Links are not followed: a listing shows what is in the lake.
      const stats = await retryWhileInUse(() => fs.lstat(path.join(this.root, lakePath)));
      const modified = stats.mtime;
      if (stats.isDirectory()) return { path: lakePath, kind: "folder", size: 0, modified };
      return stats.isFile() ? { path: lakePath, kind: "file", size: stats.size, modified } : undefined;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw ioError(error, lakePath);
    }
  }

  private async viaTemporary<T>(lakePath: string, work: (temporary: string) => Promise<T>): Promise<T> {
    const temporary = await this.temporary.next(lakePath).catch((error: unknown) => {
      throw ioError(error, this.root);
    });
    try {
      return await work(temporary);
    } catch (error) {
      throw ioError(error, lakePath);
    } finally {
      // A failure here must not hide the result of the write. A remaining file is removed like those of killed
      // processes.
      await removeLocal(temporary).catch(() => undefined);
    }
  }

  private async place(source: string, target: string, signal: AbortSignal | undefined): Promise<void> {
    const parent = path.dirname(target);
    await this.makeFolder(parent);
    await replaceFile(source, target, signal);
    await syncFolder(parent);
  }

  /** Puts a finished file in place if the target does not exist; resolves to whether it did. */
  private async placeIfAbsent(
    temporary: string,
    target: string,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    if (this.hardLinks) {
      try {
        await retryWhileInUse(() => fs.link(temporary, target), signal);
        return true;
      } catch (error) {
        if (errnoOf(error) === "EEXIST") return false;
        signal?.throwIfAborted();
        if (!(await isHardLinkUnsupported(error, temporary))) throw error;
        this.hardLinks = false;
      }
    }
    return moveIfAbsent(temporary, target, await this.temporary.claim(target), signal);
  }

  /** Creates a folder and its parents; folders with identities are readable by their owner only. */
  private async makeFolder(folder: string): Promise<void> {
    const missing: string[] = [];
    for (let current = folder; current !== this.root; current = path.dirname(current)) {
      if (await exists(current)) break;
      missing.push(current);
    }
    if (missing.length > 0) await makeFolder(this.root);
    for (const current of missing.reverse()) {
      const [fileSystem = "", ...below] = path.relative(this.root, current).split(path.sep);
      const isPrivate = identityFileSystems.has(fileSystem);
      const make = () =>
        isPrivate && below.length === 0
          ? makePrivateFolder(current)
          : fs.mkdir(current, { mode: isPrivate ? 0o700 : 0o755 });
      await retryWhileInUse(make).catch((error: unknown) => {
        if (errnoOf(error) !== "EEXIST") throw error;
      });
      await syncFolder(path.dirname(current));
    }
  }

  private fileMode(lakePath: string): number {
    return identityFileSystems.has(lakePath.split("/", 1)[0] ?? "") ? 0o600 : 0o644;
  }
}

const writeRefusals: ReadonlySet<string | undefined> = new Set(["EACCES", "EPERM", "EROFS"]);

/**
 * Rejects with `config` unless the lake's folder exists or can be created: the nearest existing place on its path must be
 * a folder. It may be a file, or a link to a missing place, whose disk may not be mounted. The error codes for a place
 * below a file differ between systems.
 */
async function requirePossibleFolder(root: string): Promise<void> {
  for (let localPath = root; ; localPath = path.dirname(localPath)) {
    const found = await undefinedIfMissing(fs.stat(localPath), root);
    if (found?.isDirectory()) return;
    if (found !== undefined) {
      throw new CleverLakeError("config", "The lake's address points to a file, or below one.", {
        subject: root,
        hint: "Name a folder of its own; the first run creates it.",
      });
    }
    if ((await undefinedIfMissing(fs.lstat(localPath), root)) !== undefined) {
      const message = "The lake's address contains a link whose target does not exist.";
      throw new CleverLakeError("config", message, {
        subject: localPath,
        hint: "Check whether its disk is mounted, or create the folder that the link names.",
      });
    }
    if (path.dirname(localPath) === localPath) return;
  }
}

async function undefinedIfMissing(stats: Promise<Stats>, root: string): Promise<Stats | undefined> {
  try {
    return await stats;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw ioError(error, root);
  }
}

/** Systems differ in which of the two errors they report for a folder with entries. */
function isNotEmpty(error: unknown): boolean {
  const code = errnoOf(error);
  return code === "ENOTEMPTY" || code === "EEXIST";
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    const names = await retryWhileInUse(() => fs.readdir(folder));
    return names.filter((name) => name !== temporaryFolder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw ioError(error, folder);
  }
}
