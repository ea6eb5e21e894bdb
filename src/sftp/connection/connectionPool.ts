import { CleverLakeError, isCleverLakeError } from "../../basics/errors";
import { untilAborted } from "../../basics/untilAborted";

/** What the pool needs from a connection. */
export interface PooledConnection {
  readonly usable: boolean;
  /** Ends it at once; all pending work on it rejects with `error`. */
  fail(error: unknown): void;
  close(): Promise<void>;
}

/** A connection for one user at a time, until it is released. */
export interface Lease<C> extends Disposable {
  readonly connection: C;
}

/**
 * Up to `size` concurrent connections, opened when needed and then reused. The first is opened alone; later, at most
 * as many are opened at once as are already open. Wrong credentials count only once against the account, and a
 * server that allows fewer connections refuses few. After a refusal, the pool continues with the open ones.
 */
export class ConnectionPool<C extends PooledConnection> {
  private readonly idle: C[] = [];
  private readonly open = new Set<C>();
  private readonly waiting: (() => void)[] = [];
  private connecting = 0;
  /** The current maximum. A network failure may lower it until all connections are lost. */
  private limit: number;
  private refusal: unknown;
  private readonly closing = new AbortController();

  /** @param size the maximum; lowered if the server refuses that many */
  constructor(
    private readonly connector: { open(signal: AbortSignal): Promise<C> },
    private size: number,
  ) {
    this.limit = size;
  }

  /** If `signal` is aborted during the lease, its connection ends, with all pending work on it. */
  async lease(signal?: AbortSignal): Promise<Lease<C>> {
    const connection = await this.obtain(signal);
    const abort = () => connection.fail(signal?.reason);
    if (signal?.aborted) abort();
    signal?.addEventListener("abort", abort, { once: true });
    let released = false;
    return {
      connection,
      [Symbol.dispose]: () => {
        if (released) return;
        released = true;
        signal?.removeEventListener("abort", abort);
        this.giveBack(connection);
      },
    };
  }

  /**
   * Ends a leased connection on which the server refuses work that it may allow once less is in progress: the pool
   * continues with the other connections in use. False if there is none.
   */
  doWithout(connection: C): boolean {
    const others = this.openCount() - this.idle.length - 1;
    if (others < 1) return false;
    this.size = Math.min(this.size, others);
    this.limit = this.size;
    connection.fail(new CleverLakeError("io", "The SFTP server allows fewer open files."));
    return true;
  }

  /** Ends every connection, in use or not. Later leases reject. */
  async close(): Promise<void> {
    const closed = new CleverLakeError("io", "The SFTP source was closed.");
    this.refuse(closed);
    this.closing.abort(closed);
    const idle = new Set(this.idle.splice(0));
    for (const connection of this.open) if (!idle.has(connection)) connection.fail(closed);
    await Promise.all([...this.open].map((connection) => connection.close()));
    this.open.clear();
  }

  private async obtain(signal: AbortSignal | undefined): Promise<C> {
    for (;;) {
      signal?.throwIfAborted();
      if (this.refusal !== undefined) throw this.refusal;
      const connection =
        this.takeIdle() ?? (this.mayConnect() ? await this.connect(signal) : await this.turn(signal));
      if (connection !== undefined) return connection;
    }
  }

  private mayConnect(): boolean {
    const open = this.openCount();
    return open + this.connecting < this.limit && this.connecting < Math.max(1, open);
  }

  /** A new connection; undefined if the server refuses it and the open ones must suffice. */
  private async connect(signal: AbortSignal | undefined): Promise<C | undefined> {
    this.connecting++;
    try {
      const { signal: closing } = this.closing;
      const connection = await this.connector.open(signal ? AbortSignal.any([signal, closing]) : closing);
      if (closing.aborted) {
        await connection.close();
        throw closing.reason;
      }
      this.open.add(connection);
      const open = this.openCount();
      this.limit = open === 1 ? this.size : Math.max(this.limit, open);
      return connection;
    } catch (error) {
      signal?.throwIfAborted();
      this.closing.signal.throwIfAborted();
      this.acceptFewer(error);
      return undefined;
    } finally {
      this.connecting--;
      this.wake();
    }
  }

  /** Lowers the limit. Throws the error if no connection is open, or if the host key is wrong. */
  private acceptFewer(error: unknown): void {
    const open = this.openCount();
    const isHostKey = isCleverLakeError(error, "hostKey");
    if (isHostKey || (open === 0 && isCleverLakeError(error, "auth"))) this.refuse(error);
    if (isHostKey || open === 0 || !(error instanceof CleverLakeError)) throw error;
    this.limit = open;
    if (error.code !== "network") this.size = open;
  }

  private openCount(): number {
    return [...this.open].filter(({ usable }) => usable).length;
  }

  private takeIdle(): C | undefined {
    for (let connection = this.idle.pop(); connection !== undefined; connection = this.idle.pop()) {
      if (connection.usable) return connection;
      this.open.delete(connection);
    }
    return undefined;
  }

  private giveBack(connection: C): void {
    if (connection.usable && this.refusal === undefined) {
      this.idle.push(connection);
    } else {
      this.open.delete(connection);
      // Whatever broke one connection has often broken the idle ones too, without their noticing yet.
      for (const other of this.idle.splice(0)) {
        this.open.delete(other);
        other.close().catch(() => undefined);
      }
    }
    this.wake();
  }

  /** Waits until a connection may be available. */
  private turn(signal: AbortSignal | undefined): Promise<undefined> {
    const woken = new Promise<undefined>((resolve) => {
      this.waiting.push(() => resolve(undefined));
    });
    return untilAborted(woken, signal);
  }

  private wake(): void {
    for (const resume of this.waiting.splice(0)) resume();
  }

  private refuse(error: unknown): void {
    this.refusal ??= error;
    this.wake();
  }
}
