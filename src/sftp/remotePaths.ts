import type { SFTPWrapper, Stats } from "ssh2";
import type { SftpConnection } from "./connection";
import type { ConnectionPool } from "./connectionPool";
import { retrying } from "./retry";

type Done<T> = (error: Error | null | undefined, value: T) => void;

/** Questions about paths on the server, asked again where a connection is lost. They reject with the server's status. */
export class RemotePaths {
  constructor(
    private readonly pool: ConnectionPool<SftpConnection>,
    private readonly signal: AbortSignal | undefined,
  ) {}

  /** The attributes of what is at a path; of a link's target where it is one. */
  stat(path: string): Promise<Stats> {
    return this.ask((session, done) => session.stat(path, done));
  }

  /** The absolute path without links, on servers that resolve them. */
  realPath(path: string): Promise<string> {
    return this.ask((session, done) => session.realpath(path, done));
  }

  /** What a link says, absolute or relative to its folder. */
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
