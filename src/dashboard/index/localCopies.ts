import { createHash, randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { open, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { crc32 } from "node:zlib";
import { CleverLakeError } from "../../basics/errors";
import { removeLocal, replaceFile } from "../../basics/filesInUse";
import { makeFolder } from "../../basics/makeFolder";
import { copyFault } from "../../delta/files/localFiles";
import { requireIntact } from "../../delta/files/storedFiles";
import type { AddFile } from "../../delta/log/actions";
import { lakePathOf } from "../../delta/readQuery";
import type { Snapshot } from "../../delta/snapshot";
import type { Lake, LakeOptions } from "../../lake/lake";

/** For all copies together: a few months of a large district. */
const maxBytes = 1_000_000_000;

/**
 * Local files with the data of the pseudonymized tables: the data files themselves if the lake is a folder, else
 * copies. Copies are kept because the newest month's files are read again on each new day. A file never changes under
 * its name, so its path is the copy's key; the CRC-32 in the copy's name shows whether the copy is intact.
 */
export class LocalCopies {
  /** The data files of a local lake that have the bytes that were written. */
  private readonly intact = new Set<AddFile>();

  constructor(
    private readonly lake: Lake,
    private readonly folder: string,
  ) {}

  /** The local paths of data files, by their paths in the lake. Rejects with `corrupt` if one of them is damaged. */
  async localPaths(
    snapshot: Snapshot,
    files: readonly AddFile[],
    options: LakeOptions,
  ): Promise<ReadonlyMap<string, string>> {
    const localPaths = new Map<string, string>();
    let known: ReadonlyMap<string, string> | undefined;
    for (const file of files) {
      const lakePath = lakePathOf(snapshot, file);
      const local = this.lake.localPath(lakePath);
      if (local === undefined) known ??= await this.known();
      else if (!this.intact.has(file)) {
        await requireIntact(snapshot, [file], () => local, options);
        this.intact.add(file);
      }
      localPaths.set(lakePath, local ?? (await this.copyOf(snapshot, file, known, options)));
    }
    return localPaths;
  }

  /** Removes the least recently used copies until the rest is within the limit. */
  async trim(): Promise<void> {
    const names = await readdir(this.folder).catch(() => []);
    let total = 0;
    for (const { localPath, size } of await newestFirst(names.map((name) => path.join(this.folder, name)))) {
      total += size;
      if (total > maxBytes) await removeLocal(localPath);
    }
  }

  /** The copies' names, by key. */
  private async known(): Promise<ReadonlyMap<string, string>> {
    await makeFolder(this.folder, 0o700);
    const names = (await readdir(this.folder)).filter((name) => name.endsWith(".parquet"));
    return new Map(names.map((name) => [name.slice(0, name.indexOf("-")), name]));
  }

  private async copyOf(
    snapshot: Snapshot,
    file: AddFile,
    known: ReadonlyMap<string, string> | undefined,
    options: LakeOptions,
  ): Promise<string> {
    const key = createHash("sha256").update(lakePathOf(snapshot, file)).digest("hex");
    const name = known?.get(key);
    if (name !== undefined) {
      const localPath = path.join(this.folder, name);
      if (await isWhole(localPath, name, file.size)) {
        await utimes(localPath, new Date(), new Date());
        return localPath;
      }
      await removeLocal(localPath);
    }
    return this.fetch(snapshot, file, key, options);
  }

  private async fetch(snapshot: Snapshot, file: AddFile, key: string, options: LakeOptions): Promise<string> {
    const lakePath = lakePathOf(snapshot, file);
    const unfinished = path.join(this.folder, `${randomUUID()}.tmp`);
    let crc = 0;
    let length = 0;
    const counted = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        crc = crc32(chunk, crc);
        length += chunk.length;
        done(null, chunk);
      },
    });
    try {
      // Created first: a stream that is cancelled before it has opened its file would create it after it was removed.
      await writeFile(unfinished, "", { flag: "wx", mode: 0o600 });
      await pipeline(
        this.lake.readStream(lakePath, options),
        counted,
        createWriteStream(unfinished, { flags: "r+" }),
        options,
      );
      if (length !== file.size) {
        throw new CleverLakeError(
          "corrupt",
          "A data file does not have the length recorded in the table's log.",
          {
            subject: lakePath,
            hint: "Restore this file from a backup of the lake.",
          },
        );
      }
      await requireIntact(snapshot, [file], () => unfinished, options);
      const localPath = path.join(this.folder, `${key}-${crc}.parquet`);
      await replaceFile(unfinished, localPath, options.signal);
      return localPath;
    } catch (error) {
      // A cancelled stream rejects with its own error.
      options.signal?.throwIfAborted();
      throw copyFault(error, lakePath, `${this.folder} is`);
    } finally {
      await rm(unfinished, { force: true });
    }
  }
}

async function isWhole(localPath: string, name: string, size: number): Promise<boolean> {
  try {
    await using file = await open(localPath, "r");
    if ((await file.stat()).size !== size) return false;
    let crc = 0;
    for await (const chunk of file.createReadStream({ autoClose: false })) crc = crc32(chunk as Buffer, crc);
    return name.endsWith(`-${crc}.parquet`);
  } catch {
    return false;
  }
}

/** Files or folders by the time of their last change; those removed in the meantime count as new and empty. */
export async function newestFirst(localPaths: readonly string[]) {
  const found = localPaths.map((localPath) =>
    stat(localPath).then(
      ({ size, mtimeMs }) => ({ localPath, size, time: mtimeMs }),
      () => ({ localPath, size: 0, time: Date.now() }),
    ),
  );
  return (await Promise.all(found)).sort((a, b) => b.time - a.time);
}
