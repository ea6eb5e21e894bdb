import type { Stats } from "ssh2";
import { CleverLakeError } from "../../basics/errors";
import type { SftpConnection } from "../connection/connection";
import { undefinedIfRefused } from "../sftpErrors";
import type { SourceFile } from "../source";

/** How to query an open file: by its handle, by its path, or not at all if the server answers neither query. */
type AttributeSource = "handle" | "path" | "none";

interface FileAttributes {
  readonly size: number;
  /** Seconds since 1970; 0 if the server does not report it. */
  readonly time: number;
}

/**
 * Ensures that a file is the one that was listed, and has not changed since it was first opened. Its time is compared
 * with that of the first opening, not with the listing's: many servers report a different time for an open file
 * (another time zone, or no seconds), and a change since the listing is found by the next listing.
 */
export class FileGuard {
  private attributeSource: AttributeSource | undefined;
  private time: number | undefined;

  constructor(
    private readonly file: SourceFile,
    private readonly remotePath: string,
  ) {}

  /** Rejects with `changedWhileRead` if the file has changed. */
  async check(connection: SftpConnection, handle: Buffer): Promise<void> {
    const attributes = await this.ask(connection, handle);
    if (attributes === undefined) return;
    const { size } = this.file;
    if (attributes.size !== size) throw this.changed(`${attributes.size} bytes now, ${size} when listed`);
    this.time ??= attributes.time;
    if (attributes.time !== this.time) throw this.changed("it was rewritten");
  }

  /** If the server reports no attributes, checks at least whether the file continues after its last byte. */
  async checkEnd(connection: SftpConnection, handle: Buffer): Promise<void> {
    if (this.attributeSource !== "none") return this.check(connection, handle);
    const one = Buffer.alloc(1);
    const count = await connection.read(handle, one, 0, 1, this.file.size);
    if (count > 0) throw this.changed("it is longer than it was when listed");
  }

  changed(how: string): CleverLakeError {
    const { path } = this.file;
    return new CleverLakeError("changedWhileRead", `${path} changed while it was read: ${how}.`, {
      subject: path,
      hint: "Run again once the server has finished writing it.",
    });
  }

  /**
   * Uses the first witness with a valid answer from then on, so it does not matter if two witnesses contradict each
   * other.
   */
  private async ask(connection: SftpConnection, handle: Buffer): Promise<FileAttributes | undefined> {
    const fstat = () => connection.fstat(handle);
    const stat = () => connection.stat(this.remotePath);
    if (this.attributeSource === "handle") return factsOf(await fstat());
    if (this.attributeSource === "path") return factsOf(await stat());
    if (this.attributeSource === "none") return undefined;
    const byHandle = factsOf(await undefinedIfRefused(fstat()));
    if (byHandle !== undefined && this.isCredible(byHandle)) {
      this.attributeSource = "handle";
      return byHandle;
    }
    const byPath = factsOf(await undefinedIfRefused(stat()));
    // Some servers report no bytes and no time for an open file, instead of an error.
    const knowsNothing = byHandle === undefined || (byHandle.size === 0 && byHandle.time === 0);
    if (byPath !== undefined) this.attributeSource = "path";
    else this.attributeSource = knowsNothing ? "none" : "handle";
    return byPath ?? (knowsNothing ? undefined : byHandle);
  }

  private isCredible({ size, time }: FileAttributes): boolean {
    const isEmptied = size === 0 && this.file.size > 0;
    return !isEmptied && (time > 0 || this.file.modified.getTime() === 0);
  }
}

function factsOf(stats: Stats | undefined): FileAttributes | undefined {
  if (stats === undefined || !Number.isSafeInteger(stats.size)) return undefined;
  return { size: stats.size, time: stats.mtime ?? 0 };
}
