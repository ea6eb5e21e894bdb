import type { FileEntryWithStats, Stats } from "ssh2";
import { CleverLakeError } from "../errors";
import type { SftpConnection } from "./connection";
import type { ConnectionPool } from "./connectionPool";
import { nameFault, printable } from "./paths";
import { retrying } from "./retry";
import { refusal, sftpStatus, statusOf } from "./sftpErrors";
import type { SkippedEntry, SourceFile, SourceListing } from "./source";

const maximumDepth = 6;
const maximumEntries = 500_000;

/** What a server may say of a folder below the root without ending the listing. */
const skippable: ReadonlyMap<number | undefined, string> = new Map([
  [sftpStatus.permissionDenied, "a folder that the account may not read"],
  [sftpStatus.noSuchFile, "a folder that went away while it was listed"],
]);

/** Lists everything below `root` (absolute on the server), folder by folder, several folders side by side. */
export async function listBelow(
  pool: ConnectionPool<SftpConnection>,
  root: string,
  connections: number,
  signal: AbortSignal | undefined,
): Promise<SourceListing> {
  const stop = new AbortController();
  const walk = new Walk(pool, root, signal ? AbortSignal.any([signal, stop.signal]) : stop.signal);
  let level: readonly string[] = [""];
  while (level.length > 0) {
    const folders = level.values();
    const below: string[] = [];
    // Workers share one iterator: each takes the next folder when it is done with its last.
    const work = async () => {
      for (const folder of folders) below.push(...(await walk.visit(folder)));
    };
    const workers = Array.from({ length: Math.min(connections, level.length) }, () =>
      work().catch((error: unknown) => stop.abort(error)),
    );
    await Promise.all(workers);
    stop.signal.throwIfAborted();
    level = below;
  }
  const byPath = (a: { path: string }, b: { path: string }) => (a.path < b.path ? -1 : 1);
  return { files: walk.files.sort(byPath), skipped: walk.skipped.sort(byPath) };
}

class Walk {
  readonly files: SourceFile[] = [];
  readonly skipped: SkippedEntry[] = [];
  private entries = 0;

  constructor(
    private readonly pool: ConnectionPool<SftpConnection>,
    private readonly root: string,
    private readonly signal: AbortSignal,
  ) {}

  /** Records the files of one folder (relative to the root) and returns the folders in it. */
  async visit(folder: string): Promise<string[]> {
    const entries = await this.read(folder);
    if (entries === undefined) return [];
    const folders: string[] = [];
    const names = new Set<string>();
    for (const { filename, longname, attrs } of entries) {
      const skip = (reason: string) => this.skipped.push({ path: join(folder, printable(filename)), reason });
      const path = join(folder, filename);
      const fault = nameFault(filename);
      const kind = kindOf(attrs, longname);
      if (fault !== undefined) skip(fault);
      else if (names.has(filename)) skip("a name that the folder holds twice");
      else if (kind === "folder" && path.split("/").length > maximumDepth)
        skip(`a folder more than ${maximumDepth} levels deep`);
      else if (kind === "folder") folders.push(path);
      else if (kind !== "file") skip(kind);
      else if (!Number.isSafeInteger(attrs.size)) skip("a file without a size");
      else this.files.push({ path, size: attrs.size, modified: modifiedOf(attrs) });
      names.add(filename);
    }
    return folders;
  }

  private async read(folder: string): Promise<FileEntryWithStats[] | undefined> {
    const remote = join(this.root, folder);
    try {
      return await retrying(this.signal, async () => {
        using lease = await this.pool.lease(this.signal);
        return await this.readFolder(lease.connection, remote);
      });
    } catch (error) {
      this.signal.throwIfAborted();
      const reason = skippable.get(statusOf(error));
      if (folder !== "" && reason !== undefined) {
        this.skipped.push({ path: printable(folder), reason });
        return undefined;
      }
      throw refusal(error, folder === "" ? printable(this.root) : printable(folder));
    }
  }

  private async readFolder(connection: SftpConnection, remote: string): Promise<FileEntryWithStats[]> {
    const handle = await connection.call<Buffer>((session, done) => session.opendir(remote, done));
    const entries: FileEntryWithStats[] = [];
    try {
      for (;;) {
        const batch = await connection.call<FileEntryWithStats[]>((session, done) =>
          session.readdir(handle, done),
        );
        for (const entry of batch) entries.push(entry);
        this.entries += batch.length;
        if (this.entries > maximumEntries)
          throw new CleverLakeError(
            "io",
            `More than ${maximumEntries} files are below ${printable(this.root)}.`,
            {
              hint: `Set "root" under "sftp" to the folder with Clever's reports.`,
            },
          );
      }
    } catch (error) {
      if (statusOf(error) !== sftpStatus.endOfFile) throw error;
      return entries;
    } finally {
      connection.call<void>((session, done) => session.close(handle, (error) => done(error))).catch(() => {});
    }
  }
}

/** When a file was last written, to the second; some servers do not say. */
export function modifiedOf(attributes: { readonly mtime?: number | undefined }): Date {
  return new Date((attributes.mtime ?? 0) * 1000);
}

type Kind = "file" | "folder" | "a symbolic link" | "a special file";

function kindOf(attrs: Stats, longname: string): Kind {
  // The type is optional in the protocol; servers that leave it out show it as the first letter, as `ls -l` does.
  if (attrs.mode === undefined) {
    if (longname.startsWith("-")) return "file";
    if (longname.startsWith("d")) return "folder";
    return longname.startsWith("l") ? "a symbolic link" : "a special file";
  }
  if (attrs.isFile()) return "file";
  if (attrs.isDirectory()) return "folder";
  return attrs.isSymbolicLink() ? "a symbolic link" : "a special file";
}

function join(folder: string, name: string): string {
  if (name === "") return folder;
  return folder === "" || folder.endsWith("/") ? `${folder}${name}` : `${folder}/${name}`;
}
