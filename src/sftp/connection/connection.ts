import type { Socket } from "node:net";
import type { FileEntryWithStats, SFTPWrapper, Stats } from "ssh2";
import type SftpClient from "ssh2-sftp-client";
import { CleverLakeError } from "../../basics/errors";
import { networkError, SilentServerError, socketFault, statusOf } from "../sftpErrors";
import { widenWindow } from "./channelWindow";

/** Distinguishes a slow transfer from a silent server, whose keep-alive answers stay far below this. */
const movingBytes = 16 * 1024;
/** Limit for data that arrives while a request waits: far more than everything that was requested before it. */
const maximumBytesBeforeAnswer = 64 * 1024 * 1024;
const closeMilliseconds = 1_000;

type Done<T> = (error: Error | null | undefined, value: T) => void;

/**
 * One SFTP session. If a connection ends in certain ways, the libraries below leave promises and callbacks pending
 * forever. Every request therefore goes through `call`, which also ends with the connection or at its timeout.
 */
export class SftpConnection {
  private readonly pending = new Set<(error: unknown) => void>();
  private failure: { readonly error: unknown } | undefined;

  constructor(
    private readonly client: SftpClient,
    private readonly session: SFTPWrapper,
    private readonly socket: Socket,
    private readonly address: string,
    /** Idle timeout in milliseconds. */
    readonly timeout: number,
  ) {
    const lost = (error?: unknown) => this.fail(this.broken(error));
    for (const event of ["error", "end", "close"]) {
      client.on(event, lost);
      session.on(event, lost);
    }
    socket.on("error", lost);
    socket.on("close", () => lost());
    if (socket.destroyed) lost();
  }

  get usable(): boolean {
    return this.failure === undefined;
  }

  /**
   * The most bytes that one READ may request on this server. For more, the library would send several reads, one
   * after the other.
   */
  get readLength(): number {
    const known: unknown = Reflect.get(this.session, "_maxReadLen");
    return typeof known === "number" && known > 0 ? Math.min(known, 255 * 1024) : 31 * 1024;
  }

  /** The attributes at a path; for a link, those of its target. */
  readonly stat = (path: string) => this.call<Stats>((session, done) => session.stat(path, done));
  /** The attributes at a path; for a link, its own. */
  readonly lstat = (path: string) => this.call<Stats>((session, done) => session.lstat(path, done));
  /** The attributes of an open file. */
  readonly fstat = (handle: Buffer) => this.call<Stats>((session, done) => session.fstat(handle, done));
  /** The absolute path without links, on servers that resolve them. */
  readonly realPath = (path: string) => this.call<string>((session, done) => session.realpath(path, done));
  /** The text of a link, absolute or relative to its folder. */
  readonly linkTarget = (path: string) => this.call<string>((session, done) => session.readlink(path, done));
  readonly openFile = (path: string) => this.call<Buffer>((session, done) => session.open(path, "r", done));
  readonly openFolder = (path: string) => this.call<Buffer>((session, done) => session.opendir(path, done));

  /** The next entries of an open folder. */
  nextEntries(handle: Buffer): Promise<FileEntryWithStats[]> {
    return this.call((session, done) => session.readdir(handle, done));
  }

  /** Reads bytes from `position` of an open file into a buffer; resolves to their number, 0 at the file's end. */
  read(handle: Buffer, into: Buffer, offset: number, length: number, position: number): Promise<number> {
    return this.call((session, done) =>
      session.read(handle, into, offset, length, position, (error, count) => done(error, count)),
    );
  }

  /** Closes a handle without waiting. A failure does not matter: the end of the session closes all handles. */
  closeHandle(handle: Buffer): void {
    this.call<void>((session, done) => session.close(handle, (error) => done(error))).catch(() => undefined);
  }

  /**
   * One request. Rejects with the server's status as the library reports it (see `statusOf`); with `network` if the
   * connection ends or nothing arrives within the timeout; with `io` if much data but no answer arrives. After
   * `network` and `io` the connection is unusable.
   */
  private call<T>(start: (session: SFTPWrapper, done: Done<T>) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.failure !== undefined) return reject(this.failure.error);
      const receivedBefore = this.socket.bytesRead;
      let received = receivedBefore;
      const settle = () => {
        clearTimeout(timer);
        this.pending.delete(fail);
      };
      const fail = (error: unknown) => {
        settle();
        reject(error);
      };
      const check = () => {
        if (this.socket.bytesRead - received < movingBytes)
          return this.fail(new SilentServerError(this.address, this.timeout));
        received = this.socket.bytesRead;
        if (received - receivedBefore > maximumBytesBeforeAnswer)
          return this.fail(
            new CleverLakeError(
              "io",
              `The SFTP server ${this.address} sends data, but does not answer the request.`,
            ),
          );
        timer = setTimeout(check, this.timeout);
      };
      let timer = setTimeout(check, this.timeout);
      this.pending.add(fail);
      const done: Done<T> = (error, value) => {
        if (error && statusOf(error) === undefined) return this.fail(this.broken(error));
        settle();
        widenWindow(this.session);
        if (error) reject(error);
        else resolve(value);
      };
      try {
        start(this.session, done);
      } catch (error) {
        this.fail(this.broken(error));
      }
    });
  }

  /** Ends the connection at once; every pending and later request rejects with `error`. */
  fail(error: unknown): void {
    if (this.failure !== undefined) return;
    this.failure = { error };
    for (const reject of [...this.pending]) reject(error);
    this.socket.destroy();
  }

  /** Closes the connection properly, but does not wait long for the server's answer. Never rejects. */
  async close(): Promise<void> {
    if (this.failure === undefined) {
      const timer = setTimeout(() => this.socket.destroy(), closeMilliseconds);
      const closed = new Promise((resolve) => this.socket.once("close", resolve));
      this.client.end().catch(() => this.socket.destroy());
      await closed;
      clearTimeout(timer);
    }
    this.socket.destroy();
  }

  private broken(error: unknown) {
    return networkError(
      `The connection to the SFTP server ${this.address} was lost: ${socketFault(error)}.`,
      error,
    );
  }
}
