import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import path from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import type {
  DataLakeFileClient,
  DataLakeFileSystemClient,
  DataLakeServiceClient,
} from "@azure/storage-file-datalake";
import { CleverLakeError } from "../../basics/errors";
import { fileBytes } from "../../basics/fileBytes";
import { machineScratch } from "../../basics/scratch";
import type { Lake, LakeEntry, LakeOptions } from "../lake";
import { fileSystems, tableFileSystems, temporaryFolder } from "../lakePath";
import {
  codeOf,
  hasNoHierarchy,
  isMissing,
  isMissingFileSystem,
  isRefusedByCondition,
  statusOf,
} from "./adlsErrors";
import {
  adlsError,
  adlsErrorOf,
  flatAccount,
  type LakeDetails,
  missingInOneLake,
  toWriteError,
} from "./adlsMessages";
import { download } from "./download";
import type { Place, Places } from "./places";
import { mayHaveSucceeded } from "./requests";
import {
  createOnce,
  deleteQuietly,
  type Identity,
  listTemporaries,
  signalOf,
  sweepTemporaries,
  writeMark,
} from "./temporaryFiles";
import { upload } from "./upload";

/**
 * A lake in Azure Data Lake Storage Gen2. A write goes to a temporary file that is renamed into place (for
 * put-if-absent, on the condition that the target does not exist). Readers see the complete file or none. If the
 * response to a rename is lost, the mark of the file in place shows who wrote it. Files left by killed processes are
 * removed after a day.
 */
export class AdlsLake implements Lake {
  private readonly clients = new Map<string, DataLakeFileSystemClient>();
  private readonly swept = new Map<string, Promise<void>>();
  private hierarchical: Promise<void> | undefined;

  constructor(
    readonly url: string,
    private readonly service: DataLakeServiceClient,
    private readonly places: Places,
    private readonly details: LakeDetails,
  ) {}

  async *list(
    folder: string,
    options: LakeOptions & { readonly recursive?: boolean } = {},
  ): AsyncIterable<LakeEntry> {
    options.signal?.throwIfAborted();
    if (folder === "") return yield* this.listRoot(options);
    const { fileSystem, name } = this.places.of(folder);
    const pages = this.fileSystem(fileSystem)
      .listPaths({ path: name, recursive: options.recursive ?? false, ...signalOf(options) })
      .byPage({ maxPageSize: 5000 });
    try {
      for await (const { pathItems } of pages) {
        for (const item of pathItems ?? []) {
          const lakePath = item.name === undefined ? undefined : this.places.lakePath(fileSystem, item.name);
          if (lakePath === undefined || lakePath.split("/").includes(temporaryFolder)) continue;
          const modified = new Date(item.lastModified ?? 0);
          if (item.isDirectory) yield { path: lakePath, kind: "folder", size: 0, modified };
          else yield { path: lakePath, kind: "file", size: Number(item.contentLength ?? 0), modified };
        }
      }
    } catch (error) {
      if (!isMissing(error)) throw this.asError(error, folder, options);
    }
  }

  async names(folder: string, options: LakeOptions = {}): Promise<string[]> {
    const names: string[] = [];
    for await (const { path: place } of this.list(folder, options)) names.push(path.posix.basename(place));
    return names;
  }

  async stat(lakePath: string, options: LakeOptions = {}): Promise<LakeEntry | undefined> {
    const file = this.file(lakePath);
    try {
      const { contentLength, lastModified, metadata } = await file.getProperties(signalOf(options));
      const modified = lastModified ?? new Date(0);
      if (metadata?.hdi_isfolder === "true") return { path: lakePath, kind: "folder", size: 0, modified };
      return { path: lakePath, kind: "file", size: contentLength ?? 0, modified };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw this.asError(error, lakePath, options);
    }
  }

  async readRange(
    lakePath: string,
    start: number,
    length: number,
    options: LakeOptions = {},
  ): Promise<Buffer> {
    const file = this.file(lakePath);
    // An empty range cannot be requested.
    if (length <= 0) return Buffer.alloc(0);
    try {
      return await buffer(download(file, { ...options, start, length }));
    } catch (error) {
      if (statusOf(error) === 416) return Buffer.alloc(0);
      throw this.asError(error, lakePath, options);
    }
  }

  readStream(lakePath: string, options: LakeOptions = {}): Readable {
    const file = this.file(lakePath);
    const chunks = async function* (this: AdlsLake) {
      try {
        yield* download(file, options);
      } catch (error) {
        throw this.asError(error, lakePath, options);
      }
    };
    return Readable.from(chunks.call(this), { objectMode: false, highWaterMark: 1 << 20 });
  }

  async write(lakePath: string, data: AsyncIterable<Uint8Array>, options: LakeOptions = {}): Promise<void> {
    await this.put(this.places.of(lakePath), data, options, false);
  }

  async putIfAbsent(lakePath: string, data: Uint8Array, options: LakeOptions = {}): Promise<boolean> {
    return this.put(this.places.of(lakePath), Readable.from([data]), options, true);
  }

  async importFile(localFile: string, lakePath: string, options: LakeOptions = {}): Promise<void> {
    const target = this.places.of(lakePath);
    await this.put(target, fileBytes(localFile), options, false);
    await rm(localFile, { force: true });
  }

  async rename(from: string, to: string, options: LakeOptions = {}): Promise<void> {
    const source = this.file(from);
    const target = this.places.of(to);
    try {
      const { metadata, etag } = await source.getProperties(signalOf(options));
      await this.place(source, target, { mark: metadata?.[writeMark], etag }, options, false);
    } catch (error) {
      throw this.asError(error, from, options);
    }
  }

  async delete(lakePath: string, options: LakeOptions = {}): Promise<void> {
    const file = this.file(lakePath);
    try {
      await file.delete(false, signalOf(options));
    } catch (error) {
      if (!isMissing(error)) throw this.asError(error, lakePath, options);
    }
  }

  async *temporaries(options: LakeOptions = {}): AsyncIterable<LakeEntry> {
    for (const stage of fileSystems) {
      const below = await this.foldersIn(stage, options);
      const tables = tableFileSystems.has(stage) ? below : [];
      const parents = [stage, ...below];
      for (const folder of tables) parents.push(...(await this.foldersIn(folder, options)));
      for (const parent of parents) {
        const { fileSystem, name } = this.places.of(`${parent}/${temporaryFolder}`);
        try {
          for await (const file of listTemporaries(this.fileSystem(fileSystem), name, options)) {
            yield { ...file, path: this.places.lakePath(fileSystem, file.path) ?? file.path };
          }
        } catch (error) {
          if (!isMissing(error)) throw this.asError(error, parent, options);
        }
      }
    }
  }

  async deleteEmptyFolder(lakePath: string, options: LakeOptions = {}): Promise<void> {
    const folder = this.file(lakePath);
    try {
      await folder.delete(false, signalOf(options));
    } catch (error) {
      if (!isMissing(error) && codeOf(error) !== "DirectoryNotEmpty")
        throw this.asError(error, lakePath, options);
    }
  }

  scratch(): Promise<string> {
    return machineScratch();
  }

  localPath(lakePath: string): undefined {
    this.places.of(lakePath);
    return undefined;
  }

  private async foldersIn(folder: string, options: LakeOptions): Promise<string[]> {
    const folders: string[] = [];
    for await (const { kind, path: place } of this.list(folder, options)) {
      if (kind === "folder") folders.push(place);
    }
    return folders;
  }

  /** The SDK's client of a file system, which is slow to create. */
  private fileSystem(name: string): DataLakeFileSystemClient {
    const known = this.clients.get(name) ?? this.service.getFileSystemClient(name);
    this.clients.set(name, known);
    return known;
  }

  private file(lakePath: string): DataLakeFileClient {
    return this.fileAt(this.places.of(lakePath));
  }

  private fileAt({ fileSystem, name }: Place): DataLakeFileClient {
    return this.fileSystem(fileSystem).getFileClient(name);
  }

  private async *listRoot(options: LakeOptions & { readonly recursive?: boolean }): AsyncIterable<LakeEntry> {
    for (const stage of fileSystems) {
      const { fileSystem, name } = this.places.of(stage);
      const client = this.fileSystem(fileSystem);
      const place = name === "" ? client : client.getDirectoryClient(name);
      try {
        if (!(await place.exists(signalOf(options)))) continue;
      } catch (error) {
        throw this.asError(error, stage, options);
      }
      yield { path: stage, kind: "folder", size: 0, modified: new Date(0) };
      if (options.recursive) yield* this.list(stage, options);
    }
  }

  /** Writes a stream to a temporary file and puts it in place; resolves to whether it did. */
  private async put(
    target: Place,
    data: AsyncIterable<Uint8Array>,
    options: LakeOptions,
    onlyIfAbsent: boolean,
  ): Promise<boolean> {
    const id = randomUUID();
    const temporary = this.fileAt(this.places.temporary(target, id));
    let created = false;
    const create = async () => {
      created = true;
      await this.requireHierarchical(target, options);
      await this.sweep(target, options);
      await this.inFileSystem(target, options, () => createOnce(temporary, id, options));
    };
    let placed = false;
    try {
      const etag = await upload(temporary, data, { create, ...options });
      placed = await this.place(temporary, target, { mark: id, etag }, options, onlyIfAbsent);
      return placed;
    } catch (error) {
      throw this.asError(toWriteError(error, target.lakePath), target.lakePath, options);
    } finally {
      if (created && !placed) await deleteQuietly(temporary);
    }
  }

  /** Renames a file. Resolves to false if the target exists and must not be replaced. */
  private async place(
    source: DataLakeFileClient,
    target: Place,
    identity: Identity,
    options: LakeOptions,
    onlyIfAbsent: boolean,
  ): Promise<boolean> {
    const move = () =>
      source.move(this.places.renameFileSystem(target), this.places.encoded(target), {
        ...signalOf(options),
        ...(onlyIfAbsent ? { destinationConditions: { ifNoneMatch: "*" } } : {}),
      });
    // Once the response to a rename is lost, later responses do not show who wrote the file in place.
    let doubtful = false;
    const ifParentIsMissing = (again: () => Promise<unknown>) => (error: unknown) => {
      doubtful ||= mayHaveSucceeded(error);
      if (codeOf(error) !== "RenameDestinationParentPathNotFound") throw error;
      return again();
    };
    try {
      await move()
        .catch(ifParentIsMissing(() => this.makeParent(target, options).then(move)))
        // Under load, the service can miss an existing parent. As Hadoop's developers found (HADOOP-18242), a request
        // for the source on this endpoint fixes this.
        .catch(ifParentIsMissing(() => source.getAccessControl(signalOf(options)).then(move)));
      return true;
    } catch (error) {
      // An attempt whose response was lost may have renamed the file. The next attempt then finds no source, or its
      // own file at the target.
      if ((doubtful || mayHaveSucceeded(error)) && (await this.isThere(target, identity, options)))
        return true;
      if (onlyIfAbsent && isRefusedByCondition(error)) return false;
      throw error;
    }
  }

  private async isThere(target: Place, { mark, etag }: Identity, options: LakeOptions): Promise<boolean> {
    options.signal?.throwIfAborted();
    try {
      const found = await this.fileAt(target).getProperties(signalOf(options));
      const foundMark = found.metadata?.[writeMark];
      // Azure keeps mark and ETag during a rename; one is enough if the other is lost.
      if (mark !== undefined && foundMark !== undefined) return foundMark === mark;
      return etag !== undefined && found.etag === etag;
    } catch {
      // The caller sees the error of the rename instead.
      return false;
    }
  }

  private async makeParent({ fileSystem, name }: Place, options: LakeOptions): Promise<void> {
    const parent = this.fileSystem(fileSystem).getDirectoryClient(path.posix.dirname(name));
    await parent.createIfNotExists(signalOf(options));
  }

  /** Does work that needs the file system, which is created if it is missing. */
  private async inFileSystem<T>(target: Place, options: LakeOptions, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      // Parents are created along with a file; workspaces and items are not.
      if (this.details.oneLake && isMissing(error))
        throw adlsErrorOf(missingInOneLake(this.details.oneLake), this.url, error);
      if (!isMissingFileSystem(error)) throw error;
    }
    try {
      await this.fileSystem(target.fileSystem).createIfNotExists(signalOf(options));
    } catch (error) {
      if (statusOf(error) !== 403) throw error;
      const message = `The file system ${target.fileSystem} is missing in the storage account ${this.details.account}, and your account may not create it.`;
      const hint =
        "Ask an administrator to create it, or to give your account the role Storage Blob Data Contributor on the whole storage account.";
      throw adlsErrorOf({ code: "auth", message, hint }, target.lakePath, error);
    }
    return work();
  }

  /**
   * Renames are atomic only if the account has a hierarchical namespace. Without the permission to check this, the
   * responses to the renames themselves must suffice.
   */
  private requireHierarchical(target: Place, options: LakeOptions): Promise<void> {
    // OneLake has one, and does not return access rights above an item's folders.
    if (this.details.oneLake) return Promise.resolve();
    this.hierarchical ??= this.askHierarchical(target, options).catch((error: unknown) => {
      this.hierarchical = undefined;
      throw error;
    });
    return this.hierarchical;
  }

  private async askHierarchical(target: Place, options: LakeOptions): Promise<void> {
    const root = this.fileSystem(target.fileSystem).getDirectoryClient("");
    try {
      await this.inFileSystem(target, options, () => root.getAccessControl(signalOf(options)));
    } catch (error) {
      if (hasNoHierarchy(error)) throw adlsErrorOf(flatAccount(this.details), this.url, error);
      if (statusOf(error) !== 403) throw error;
    }
  }

  private sweep(target: Place, options: LakeOptions): Promise<void> {
    const folder = this.places.temporaryFolderOf(target);
    const key = `${target.fileSystem}/${folder}`;
    const swept =
      this.swept.get(key) ?? sweepTemporaries(this.fileSystem(target.fileSystem), folder, options);
    this.swept.set(key, swept);
    return swept;
  }

  /** A service error as one of ours; an abort as its signal's reason. */
  private asError(error: unknown, subject: string, { signal }: LakeOptions): unknown {
    if (signal?.aborted) return signal.reason;
    if (error instanceof CleverLakeError) return error;
    return adlsError(error, subject, this.details);
  }
}
