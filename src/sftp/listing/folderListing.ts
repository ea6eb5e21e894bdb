import type { FileEntryWithStats, Stats } from "ssh2";
import { CleverLakeError } from "../../basics/errors";
import type { SftpConnection } from "../connection/connection";
import { joinPath, nameFault, printable } from "../paths";
import { sftpStatus, statusOf, undefinedIfRefused } from "../sftpErrors";
import { type EntryKind, kindOfLongName, kindOfMode } from "./entryKind";

/** An entry of a folder; `fault` says why its name cannot be used. */
export interface FolderEntry {
  readonly name: string;
  readonly fault: string | undefined;
  readonly kind: EntryKind | undefined;
  readonly size: number | undefined;
  /** Seconds since 1970. */
  readonly mtime: number | undefined;
}

const maximumEntries = 250_000;
/** Maximum number of consecutive answers without a new name. */
const maximumAnswersWithoutNames = 20;
/** Time limit for listing one folder, in timeouts. */
const maximumTimeouts = 20;
/** Entries queried at once if the listing does not show their kind. */
const concurrentQueries = 32;

/** A folder whose listing exceeds a limit. */
export class EndlessListingError extends CleverLakeError {
  constructor(remotePath: string, how: string) {
    super("io", `The SFTP server's listing of ${printable(remotePath)} does not end: ${how}.`, {
      subject: printable(remotePath),
      hint: "Ask the server's administrator; other programs may show only some of the files there.",
    });
  }
}

/**
 * The entries of one folder. Missing kinds and sizes are queried entry by entry.
 *
 * @throws EndlessListingError, or the server's errors
 */
export async function listFolder(connection: SftpConnection, remotePath: string): Promise<FolderEntry[]> {
  const entries = await readEntries(connection, remotePath);
  const queries = new EntryQueries(connection, remotePath);
  const complete: FolderEntry[] = [];
  for (let from = 0; from < entries.length; from += concurrentQueries) {
    const group = entries.slice(from, from + concurrentQueries);
    const isListed = group.every(isComplete);
    complete.push(...(isListed ? group : await Promise.all(group.map((entry) => queries.completed(entry)))));
  }
  return complete;
}

async function readEntries(connection: SftpConnection, remotePath: string): Promise<FolderEntry[]> {
  const handle = await connection.openFolder(remotePath);
  const entries = new Map<string, FolderEntry>();
  const duplicates: FolderEntry[] = [];
  const until = Date.now() + maximumTimeouts * connection.timeout;
  let answersWithoutNames = 0;
  try {
    for (;;) {
      const answer = await connection.nextEntries(handle);
      const before = entries.size;
      for (const each of answer) {
        const entry = entryOf(each);
        if (!entries.has(each.filename)) entries.set(each.filename, entry);
        else if (duplicates.length < maximumEntries)
          duplicates.push({ ...entry, fault: "a name that occurs twice in the folder" });
      }
      answersWithoutNames = entries.size > before ? 0 : answersWithoutNames + 1;
      const endless = (how: string) => new EndlessListingError(remotePath, how);
      if (answersWithoutNames >= maximumAnswersWithoutNames)
        throw endless(`${answersWithoutNames} answers in a row contain no new name`);
      if (entries.size > maximumEntries) throw endless(`it has more than ${maximumEntries} entries`);
      if (Date.now() > until)
        throw endless(`it takes more than ${(maximumTimeouts * connection.timeout) / 1000} s`);
    }
  } catch (error) {
    if (statusOf(error) !== sftpStatus.endOfFile) throw error;
    return [...entries.values(), ...duplicates];
  } finally {
    connection.closeHandle(handle);
  }
}

function entryOf({ filename, longname, attrs }: FileEntryWithStats): FolderEntry {
  const kind = kindOfMode(attrs.mode) ?? kindOfLongName(longname);
  const fault = nameFault(filename);
  return { name: fault === undefined ? filename : printable(filename), fault, kind, ...attributesOf(attrs) };
}

function attributesOf({ size, mtime }: Stats): Pick<FolderEntry, "size" | "mtime"> {
  return { size: Number.isSafeInteger(size) ? size : undefined, mtime };
}

function isComplete({ fault, kind, size }: FolderEntry): boolean {
  return fault !== undefined || (kind !== undefined && (kind !== "file" || size !== undefined));
}

/** Queries what a listing leaves out. */
class EntryQueries {
  private realFolder: Promise<string> | undefined;

  constructor(
    private readonly connection: SftpConnection,
    private readonly folder: string,
  ) {}

  /** Uses LSTAT and STAT and, as a last resort, tries to open the entry as a folder. */
  async completed(entry: FolderEntry): Promise<FolderEntry> {
    if (isComplete(entry)) return entry;
    const path = joinPath(this.folder, entry.name);
    const itself = await undefinedIfRefused(this.connection.lstat(path));
    const kind = entry.kind ?? kindOfMode(itself?.mode);
    const known = { ...entry, ...(itself && attributesOf(itself)), kind };
    if (isComplete(known)) return known;
    // STAT follows links, so its answer is about the entry itself only if its path contains none.
    const target = await undefinedIfRefused(this.connection.stat(path));
    const attributes = target ?? itself;
    if (attributes === undefined) return known;
    if (kind === undefined && (await this.isElsewhere(entry.name))) return { ...entry, kind: "link" };
    const found = kind ?? kindOfMode(attributes.mode) ?? ((await this.opens(path)) ? "folder" : "file");
    return { ...entry, ...attributesOf(attributes), kind: found };
  }

  private async isElsewhere(name: string): Promise<boolean> {
    this.realFolder ??= this.connection.realPath(this.folder);
    const folder = await undefinedIfRefused(this.realFolder);
    const real = await undefinedIfRefused(this.connection.realPath(joinPath(this.folder, name)));
    return folder !== undefined && real !== undefined && real !== joinPath(folder, name);
  }

  private async opens(path: string): Promise<boolean> {
    const handle = await undefinedIfRefused(this.connection.openFolder(path));
    if (handle !== undefined) this.connection.closeHandle(handle);
    return handle !== undefined;
  }
}
