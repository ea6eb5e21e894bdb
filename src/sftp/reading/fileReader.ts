import { CleverLakeError, isCleverLakeError } from "../../basics/errors";
import type { SftpConnection } from "../connection/connection";
import type { ConnectionPool, Lease } from "../connection/connectionPool";
import { retrying } from "../retry";
import { refusal, sftpStatus, statusOf } from "../sftpErrors";
import type { SourceFile } from "../source";
import type { FileGuard } from "./fileGuard";

/** Bytes requested ahead of the reader, which bounds a stream's memory. */
const windowBytes = 4 * 1024 * 1024;
const maxConcurrentReads = 64;
/**
 * The factor by which concurrent reads are reduced. Four steps reach one, within the retries of a lost connection.
 */
const slowdownFactor = 4;
const minReadLength = 4096;
/**
 * The maximum number of answers for one piece of a file: a server that returns a few bytes at a time would take
 * forever.
 */
const maximumAnswersPerPiece = 1_024;

/** How many concurrent reads a server handles, as learned by the readers so far. */
export interface ReadPace {
  concurrentReads: number;
}

export function initialPace(): ReadPace {
  return { concurrentReads: maxConcurrentReads };
}

export interface FileRange {
  readonly remotePath: string;
  readonly file: SourceFile;
  /** Position of the first byte. */
  readonly start: number;
  /** Position after the last byte, at most the file's size. */
  readonly end: number;
}

/** The file's handle on one connection, and the pending reads on it, in byte order. */
interface OpenFile {
  readonly lease: Lease<SftpConnection>;
  readonly handle: Buffer;
  readonly reads: Promise<Buffer>[];
  /** Where the next read starts. */
  position: number;
  readLength: number;
  /** The highest number of concurrent reads so far. */
  maxReads: number;
  piecesRead: number;
}

/**
 * Reads one file in order with many concurrent requests, and resumes after a lost connection. At each opening and after
 * the last byte it checks that the file is still the one that was listed. If the server refuses many reads at once, or
 * drops the connection because of them, it continues with fewer.
 */
export class FileReader implements Disposable {
  private opened: OpenFile | undefined;
  private concurrentReads: number;
  private offset: number;
  /** Consecutive connections that were dropped during the first reads. */
  private drops = 0;
  /** The position at which concurrent reads were last reduced. */
  private failedAt: number | undefined;

  /** @param pace shared by the readers of one server */
  constructor(
    private readonly pool: ConnectionPool<SftpConnection>,
    private readonly range: FileRange,
    private readonly guard: FileGuard,
    private readonly pace: ReadPace,
    private readonly signal: AbortSignal | undefined,
  ) {
    this.offset = range.start;
    this.concurrentReads = pace.concurrentReads;
  }

  /** The next piece; undefined after the last one, once the file has been checked for changes. */
  next(): Promise<Buffer | undefined> {
    return retrying(this.signal, async () => {
      for (;;) {
        try {
          this.opened ??= await this.open();
          return await this.advance(this.opened);
        } catch (error) {
          // A broken connection is retried after a pause, like every other loss.
          const goOn = this.slowDown(error) && !isCleverLakeError(error);
          this[Symbol.dispose]();
          if (!goOn) throw refusal(error, this.range.file.path);
        }
      }
    });
  }

  /** Returns the connection to the pool; pending requests on it may finish. */
  [Symbol.dispose](): void {
    const { opened } = this;
    this.opened = undefined;
    if (opened === undefined) return;
    opened.lease.connection.closeHandle(opened.handle);
    opened.lease[Symbol.dispose]();
  }

  /** Opens the file. If the server allows only a few open files, waits until others are closed. */
  private async open(): Promise<OpenFile> {
    for (;;) {
      const lease = await this.pool.lease(this.signal);
      const { connection } = lease;
      try {
        return await this.startReading(lease, await connection.openFile(this.range.remotePath));
      } catch (error) {
        const mayWait = statusOf(error) === sftpStatus.failure && this.pool.doWithout(connection);
        lease[Symbol.dispose]();
        if (!mayWait) throw error;
      }
    }
  }

  private async startReading(lease: Lease<SftpConnection>, handle: Buffer): Promise<OpenFile> {
    const { connection } = lease;
    try {
      const opened: OpenFile = {
        lease,
        handle,
        reads: [],
        position: this.offset,
        readLength: connection.readLength,
        maxReads: 0,
        piecesRead: 0,
      };
      const unchanged = this.guard.check(connection, handle);
      // Requested without waiting for the check, so that the check costs no extra round trip.
      this.readAhead(opened);
      await unchanged;
      return opened;
    } catch (error) {
      connection.closeHandle(handle);
      throw error;
    }
  }

  private async advance(opened: OpenFile): Promise<Buffer | undefined> {
    this.readAhead(opened);
    const next = opened.reads.shift();
    if (next === undefined) {
      const { connection } = opened.lease;
      if (this.range.end === this.range.file.size) await this.guard.checkEnd(connection, opened.handle);
      else await this.guard.check(connection, opened.handle);
      return undefined;
    }
    const bytes = await next;
    opened.piecesRead++;
    this.offset += bytes.length;
    this.sharePace();
    this.readAhead(opened);
    return bytes;
  }

  private readAhead(opened: OpenFile): void {
    const { reads } = opened;
    const { end } = this.range;
    const inWindow = Math.max(1, Math.floor(windowBytes / opened.readLength));
    const requests = Math.min(this.concurrentReads, this.pace.concurrentReads, inWindow);
    while (reads.length < requests && opened.position < end) {
      const length = Math.min(opened.readLength, end - opened.position);
      const read = this.readFully(opened, opened.position, length);
      // If an earlier read fails, this one is no longer awaited.
      read.catch(ignore);
      reads.push(read);
      opened.position += length;
    }
    opened.maxReads = Math.max(opened.maxReads, reads.length);
  }

  /** `length` bytes from `position`: servers may return fewer than requested. */
  private async readFully(opened: OpenFile, position: number, length: number): Promise<Buffer> {
    const { lease, handle } = opened;
    const bytes = Buffer.allocUnsafeSlow(length);
    let answers = 0;
    for (let filled = 0; filled < length; ) {
      const count = await lease.connection.read(handle, bytes, filled, length - filled, position + filled);
      if (count === 0) throw this.guard.changed("it ended early");
      filled += count;
      if (filled < length) opened.readLength = Math.max(minReadLength, Math.min(opened.readLength, count));
      if (++answers >= maximumAnswersPerPiece && filled < length) throw this.tooSlow(filled);
    }
    return bytes;
  }

  /**
   * Reduces the concurrent reads if they may have caused the failure: the server refused one of several, or dropped
   * the connection twice in a row before it had answered as many as were pending. False if they cannot be the cause.
   */
  private slowDown(error: unknown): boolean {
    const { opened } = this;
    if (opened === undefined || opened.maxReads < 2) return false;
    const isDropped = isCleverLakeError(error, "network") && opened.piecesRead < opened.maxReads;
    this.drops = isDropped ? this.drops + 1 : 0;
    if (this.drops < 2 && statusOf(error) !== sftpStatus.failure) return false;
    this.concurrentReads = Math.max(1, Math.floor(opened.maxReads / slowdownFactor));
    this.failedAt = this.offset;
    return true;
  }

  /** Once a lower pace gets past the failure, the other readers use it too. */
  private sharePace(): void {
    if (this.failedAt === undefined || this.offset <= this.failedAt) return;
    this.failedAt = undefined;
    this.pace.concurrentReads = Math.min(this.pace.concurrentReads, this.concurrentReads);
  }

  private tooSlow(bytes: number): CleverLakeError {
    const { path } = this.range.file;
    return new CleverLakeError(
      "io",
      `The SFTP server sends ${path} in pieces of a few bytes (${bytes} in ${maximumAnswersPerPiece} answers).`,
      { subject: path, hint: "Ask the server's administrator: files cannot be read like this." },
    );
  }
}

function ignore(): void {}
