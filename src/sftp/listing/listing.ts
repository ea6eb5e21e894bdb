import { CleverLakeError } from "../../basics/errors";
import type { SftpConnection } from "../connection/connection";
import type { ConnectionPool } from "../connection/connectionPool";
import { joinPath, printable } from "../paths";
import { onConnection } from "../retry";
import { refusal, sftpStatus, statusOf } from "../sftpErrors";
import type { ReportNames, SkippedEntry, SourceFile, SourceListing } from "../source";
import { EndlessListingError, type FolderEntry, listFolder } from "./folderListing";
import { followLinks } from "./links";

const maximumDepth = 6;
const maximumEntries = 500_000;

export interface ListingOptions {
  /** Absolute on the server. */
  readonly root: string;
  /** Folders listed concurrently. */
  readonly connections: number;
  readonly names: ReportNames;
  readonly signal: AbortSignal | undefined;
}

/** Lists everything below the root, several folders concurrently, and then follows the links. */
export async function listBelow(
  pool: ConnectionPool<SftpConnection>,
  { root, connections, names, signal }: ListingOptions,
): Promise<SourceListing> {
  const stop = new AbortController();
  const walk = new Walk(pool, root, names, signal ? AbortSignal.any([signal, stop.signal]) : stop.signal);
  let level: readonly string[] = [""];
  while (level.length > 0) {
    const folders = level.values();
    const below: string[] = [];
    // Workers share one iterator: each takes the next folder when it finishes one. There is one worker per two
    // folders, because opening a connection takes longer than listing a folder.
    const work = async () => {
      for (const folder of folders) below.push(...(await walk.visit(folder)));
    };
    const workers = Array.from({ length: Math.min(connections, Math.ceil(level.length / 2)) }, () =>
      work().catch((error: unknown) => stop.abort(error)),
    );
    await Promise.all(workers);
    stop.signal.throwIfAborted();
    level = below;
  }
  const linked = await followLinks(walk, names, pool, signal);
  const byPath = (a: { path: string }, b: { path: string }) => (a.path < b.path ? -1 : 1);
  return {
    files: [...walk.files, ...linked.files].sort(byPath),
    skipped: [...walk.skipped, ...linked.skipped].sort(byPath),
  };
}

/** What was found below the root without following links. */
export class Walk {
  readonly files: SourceFile[] = [];
  readonly skipped: SkippedEntry[] = [];
  readonly links: string[] = [];
  /** The folders that were listed. */
  readonly folders = new Set<string>();
  private entries = 0;

  constructor(
    private readonly pool: ConnectionPool<SftpConnection>,
    /** Absolute, as configured. */
    readonly root: string,
    private readonly names: ReportNames,
    private readonly signal: AbortSignal,
  ) {}

  /** Records the files of one folder (relative to the root) and returns the folders in it. */
  async visit(folder: string): Promise<string[]> {
    const entries = await this.read(folder);
    if (entries === undefined) return [];
    this.folders.add(folder);
    const folders: string[] = [];
    for (const { name, fault, kind, size, mtime } of entries) {
      const path = joinPath(folder, name);
      const skip = (reason: string) => this.skipped.push({ path: printable(path), reason });
      if (fault !== undefined) skip(fault);
      else if (kind === "folder" && path.split("/").length > maximumDepth)
        skip(`a folder more than ${maximumDepth} levels deep`);
      else if (kind === "folder") folders.push(path);
      else if (kind === "link") this.links.push(path);
      else if (kind === "special") skip("a special file");
      else if (kind === undefined) skip("an entry whose type the server does not report");
      else if (size === undefined) skip("a file without a size");
      else this.files.push({ path, size, modified: modifiedOf({ mtime }) });
    }
    return folders;
  }

  private async read(folder: string): Promise<FolderEntry[] | undefined> {
    const remote = joinPath(this.root, folder);
    try {
      const entries = await onConnection(this.pool, this.signal, (connection) =>
        listFolder(connection, remote),
      );
      this.entries += entries.length;
      if (this.entries <= maximumEntries) return entries;
    } catch (error) {
      this.signal.throwIfAborted();
      const reason = faultOfFolder(error);
      if (reason !== undefined && folder !== "" && !this.names.isReportFolder(folder)) {
        this.skipped.push({ path: printable(folder), reason });
        return undefined;
      }
      throw refusal(error, folder === "" ? printable(this.root) : printable(folder));
    }
    throw new CleverLakeError(
      "io",
      `There are more than ${maximumEntries} files below ${printable(this.root)}.`,
      { hint: `Set "root" under "sftp" to the folder with Clever's reports.` },
    );
  }
}

/** Why a folder without reports is skipped; undefined if the error is not about the folder. */
function faultOfFolder(error: unknown): string | undefined {
  if (error instanceof EndlessListingError) return "a folder whose listing does not end";
  const status = statusOf(error);
  if (status === undefined) return undefined;
  if (status === sftpStatus.permissionDenied) return "a folder that the account may not read";
  if (status === sftpStatus.noSuchFile) return "a folder that was removed while it was listed";
  return `a folder that the server cannot list (status ${status})`;
}

/** When a file was last written, to the second; some servers do not report it. */
export function modifiedOf(attributes: { readonly mtime?: number | undefined }): Date {
  return new Date((attributes.mtime ?? 0) * 1000);
}
