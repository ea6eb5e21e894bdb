import type { Stats } from "ssh2";
import { CleverLakeError } from "../errors";
import type { SftpConnection } from "./connection";
import type { ConnectionPool, Lease } from "./connectionPool";
import { modifiedOf } from "./listing";
import { retrying } from "./retry";
import { refusal } from "./sftpErrors";
import type { SourceFile } from "./source";

/** Bytes asked for ahead of the reader, which bounds a stream's memory. */
const windowBytes = 4 * 1024 * 1024;
const maximumRequests = 64;

/** The file's handle on one connection, and the reads under way on it, in the order of their bytes. */
interface OpenFile {
  readonly lease: Lease<SftpConnection>;
  readonly handle: Buffer;
  readonly reads: Promise<Buffer>[];
  /** Where the next read starts. */
  position: number;
  readLength: number;
}

/**
 * Reads one file in order with many requests under way, takes up where it was when a connection is lost, and
 * checks at each opening and after the last byte that the file is still the one that was listed.
 */
export class FileReader implements Disposable {
  private opened: OpenFile | undefined;

  constructor(
    private readonly pool: ConnectionPool<SftpConnection>,
    private readonly remotePath: string,
    private readonly file: SourceFile,
    /** Where to stop, at most the file's size. */
    private readonly end: number,
    private readonly signal: AbortSignal | undefined,
    /** Where to start. */
    private offset = 0,
  ) {}

  /** The next piece; undefined after the last, when the file has proved unchanged. */
  next(): Promise<Buffer | undefined> {
    return retrying(this.signal, async () => {
      try {
        this.opened ??= await this.open();
        return await this.advance(this.opened);
      } catch (error) {
        this[Symbol.dispose]();
        throw refusal(error, this.file.path);
      }
    });
  }

  /** Gives the connection back; what is still under way on it is let run out. */
  [Symbol.dispose](): void {
    const { opened } = this;
    this.opened = undefined;
    if (opened === undefined) return;
    const { lease, handle } = opened;
    lease.connection
      .call<void>((session, done) => session.close(handle, (error) => done(error)))
      .catch(ignore);
    lease[Symbol.dispose]();
  }

  private async open(): Promise<OpenFile> {
    const lease = await this.pool.lease(this.signal);
    try {
      const { connection } = lease;
      const handle = await connection.call<Buffer>((session, done) =>
        session.open(this.remotePath, "r", done),
      );
      const opened: OpenFile = {
        lease,
        handle,
        reads: [],
        position: this.offset,
        readLength: connection.readLength,
      };
      const unchanged = this.checkUnchanged(opened);
      // Asked for right behind the check, so that it costs no round trip of its own.
      this.readAhead(opened);
      await unchanged;
      return opened;
    } catch (error) {
      lease[Symbol.dispose]();
      throw error;
    }
  }

  private async advance(opened: OpenFile): Promise<Buffer | undefined> {
    this.readAhead(opened);
    const next = opened.reads.shift();
    if (next === undefined) {
      await this.checkUnchanged(opened);
      return undefined;
    }
    const bytes = await next;
    this.offset += bytes.length;
    this.readAhead(opened);
    return bytes;
  }

  private readAhead(opened: OpenFile): void {
    const { reads, lease, handle } = opened;
    const requests = Math.max(1, Math.min(maximumRequests, Math.floor(windowBytes / opened.readLength)));
    while (reads.length < requests && opened.position < this.end) {
      const length = Math.min(opened.readLength, this.end - opened.position);
      const read = this.readFully(opened, lease.connection, handle, opened.position, length);
      // When an earlier read fails, nobody asks for this one any more.
      read.catch(ignore);
      reads.push(read);
      opened.position += length;
    }
  }

  /** `length` bytes from `position`: servers may answer with fewer than were asked for. */
  private async readFully(
    opened: OpenFile,
    connection: SftpConnection,
    handle: Buffer,
    position: number,
    length: number,
  ): Promise<Buffer> {
    const bytes = Buffer.allocUnsafeSlow(length);
    for (let filled = 0; filled < length; ) {
      const count = await connection.call<number>((session, done) =>
        session.read(handle, bytes, filled, length - filled, position + filled, (error, read) =>
          done(error, read),
        ),
      );
      if (count === 0) throw this.changed("it ended early");
      filled += count;
      if (filled < length) opened.readLength = Math.max(4096, Math.min(opened.readLength, count));
    }
    return bytes;
  }

  private async checkUnchanged({ lease, handle }: OpenFile): Promise<void> {
    const attributes = await lease.connection.call<Stats>((session, done) => session.fstat(handle, done));
    const { size } = attributes;
    if (size !== this.file.size) throw this.changed(`${size} bytes now, ${this.file.size} when listed`);
    const modified = modifiedOf(attributes).getTime();
    if (modified !== this.file.modified.getTime()) throw this.changed("it was written again");
  }

  private changed(how: string) {
    return new CleverLakeError("changedWhileRead", `${this.file.path} changed while it was read: ${how}.`, {
      subject: this.file.path,
      hint: "Run again once the server has finished writing it.",
    });
  }
}

function ignore(): void {}
