import { createHash, randomUUID } from "node:crypto";
import { chmod, readdir, readFile, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { crc32 } from "node:zlib";
import { CleverLakeError } from "../../basics/errors";
import { removeLocal, replaceFile } from "../../basics/filesInUse";
import { makeFolder } from "../../basics/makeFolder";
import { newestFirst } from "./localCopies";
import { decodeManifest, encodeManifest, filesOf, type Manifest, type StoredFile } from "./manifest";

const manifestName = "manifest.json";
const copiesName = "copies";
/** Number of lakes whose caches are kept; the least recently used ones are removed. */
const keptLakes = 4;
/** An unreferenced file may belong to another process's work, unless it is this old. */
const leftoverAgeMilliseconds = 3_600_000;

/**
 * The cache folder of one lake, readable by its owner only. Files have unique names and are never rewritten; the
 * manifest names the valid ones. Missing, damaged or foreign files are treated as absent.
 */
export class LakeCache {
  /** Names of files that this process stored, or found in the manifest. */
  private readonly known = new Set<string>();

  private constructor(readonly folder: string) {}

  /** Creates the folder if needed; `lakeUrl` enters only as a hash. */
  static async open(cacheFolder: string, lakeUrl: string): Promise<LakeCache> {
    const all = path.join(cacheFolder, "dashboard");
    const folder = path.join(all, createHash("sha256").update(lakeUrl).digest("hex").slice(0, 32));
    try {
      const cache = new LakeCache(folder);
      await cache.ensure();
      await utimes(folder, new Date(), new Date());
      await removeOldest(all);
      return cache;
    } catch (cause) {
      throw new CleverLakeError("io", "The folder for the dashboard's cache cannot be written.", {
        subject: all,
        hint: "Check that there is free space on the disk and that you own the folder.",
        cause,
      });
    }
  }

  /** Creates the folder if it is missing, for example because another process freed the space. */
  async ensure(): Promise<void> {
    await makeFolder(this.folder, 0o700);
  }

  async readManifest(): Promise<Manifest | undefined> {
    try {
      const manifest = decodeManifest(await readFile(this.pathOf(manifestName), "utf8"));
      for (const { name } of manifest ? filesOf(manifest) : []) this.known.add(name);
      return manifest;
    } catch {
      return undefined;
    }
  }

  async writeManifest(manifest: Manifest): Promise<void> {
    const localPath = this.newPath();
    await writeFile(localPath, encodeManifest(manifest), { flag: "wx", mode: 0o600 });
    await replaceFile(localPath, this.pathOf(manifestName));
  }

  /** A file's content; undefined unless it is exactly what was stored. */
  async read({ name, size, crc }: StoredFile): Promise<ArrayBuffer | undefined> {
    try {
      const bytes = await readFile(this.pathOf(name));
      if (bytes.length !== size || crc32(bytes) !== crc) return undefined;
      // Typed arrays can be views of it. A buffer of its own is not copied.
      const { buffer, byteOffset } = bytes;
      return size === buffer.byteLength ? buffer : buffer.slice(byteOffset, byteOffset + size);
    } catch {
      return undefined;
    }
  }

  async write(extension: string, content: Uint8Array): Promise<StoredFile> {
    return this.add(
      extension,
      (localPath) => writeFile(localPath, content, { flag: "wx", mode: 0o600 }),
      content,
    );
  }

  /**
   * Adds a file that `make` writes at the given path. If it fails, as on a full disk, nothing stays there.
   *
   * @param content the file's content, if available
   */
  async add(
    extension: string,
    make: (localPath: string) => Promise<unknown>,
    content?: Uint8Array,
  ): Promise<StoredFile> {
    const localPath = this.newPath();
    try {
      await make(localPath);
      const bytes = content ?? (await readFile(localPath));
      const name = `${randomUUID()}.${extension}`;
      await chmod(localPath, 0o600);
      await replaceFile(localPath, this.pathOf(name));
      this.known.add(name);
      return { name, size: bytes.length, crc: crc32(bytes) };
    } catch (error) {
      await removeLocal(localPath).catch(() => undefined);
      throw error;
    }
  }

  /** Path of a stored file. */
  pathOf(name: string): string {
    return path.join(this.folder, name);
  }

  /** Folder for copies of a remote lake's files. */
  get copiesFolder(): string {
    return this.pathOf(copiesName);
  }

  /** A path for a new file or folder. */
  newPath(): string {
    return this.pathOf(`${randomUUID()}.tmp`);
  }

  /** Removes the files that a manifest replaces, and leftovers of processes that ended early. */
  async clean(manifest: Manifest): Promise<void> {
    const keep = new Set([manifestName, copiesName, ...filesOf(manifest).map(({ name }) => name)]);
    const others = (await readdir(this.folder)).filter((name) => !keep.has(name));
    for (const { localPath, time } of await newestFirst(others.map((name) => this.pathOf(name)))) {
      if (this.known.has(path.basename(localPath)) || Date.now() - time > leftoverAgeMilliseconds) {
        await removeLocal(localPath);
      }
    }
  }
}

/** Removes the least recently used caches among a folder's entries; the user may keep other things in it. */
async function removeOldest(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true });
  const caches = entries.filter((entry) => entry.isDirectory() && /^[0-9a-f]{32}$/.test(entry.name));
  const newest = await newestFirst(caches.map(({ name }) => path.join(folder, name)));
  for (const { localPath } of newest.slice(keptLakes)) await removeLocal(localPath);
}
