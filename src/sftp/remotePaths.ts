import type { SFTPWrapper, Stats } from "ssh2";
import type { SftpConnection } from "./connection/connection";
import type { ConnectionPool } from "./connection/connectionPool";
import { retrying } from "./retry";

type Done<T> = (error: Error | null | undefined, value: T) => void;

/** Queries about paths on the server, retried after a lost connection. They reject with the server's status. */
export class RemotePaths {
  constructor(
    private readonly pool: ConnectionPool<SftpConnection>,
    private readonly signal: AbortSignal | undefined,
  ) {}

  /** The attributes at a path; for a link, those of its target. */
  stat(path: string): Promise<Stats> {
    return this.ask((session, done) => session.stat(path, done));
  }

  /** The absolute path without links, on servers that resolve them. */
  realPath(path: string): Promise<string> {
    return this.ask((session, done) => session.realpath(path, done));
  }

  /** The text of a link, absolute or relative to its folder. */
  linkTarget(path: string): Promise<string> {
    return this.ask((session, done) => session.readlink(path, done));
  }

  private ask<T>(start: (session: SFTPWrapper, done: Done<T>) => void): Promise<T> {
    return retrying(this.signal, async () => {
      using lease = await this.pool.lease(this.signal);
      return await lease.connection.call<T>(start);
    });
  }
}
