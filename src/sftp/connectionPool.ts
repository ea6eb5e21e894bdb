import { CleverLakeError, isCleverLakeError } from "../errors";

/** What the pool has to know of a connection. */
export interface PooledConnection {
  readonly usable: boolean;
  /** Ends it at once; whatever waits for it rejects with `error`. */
  fail(error: unknown): void;
  close(): Promise<void>;
}

/** A connection for one user at a time, until it is released. */
export interface Lease<C> extends Disposable {
  readonly connection: C;
}

/**
 * Up to `size` connections side by side, opened when needed and kept for the next. The first is opened alone:
 * wrong credentials then count once against the account, not once per connection, and are never tried again.
 */
export class ConnectionPool<C extends PooledConnection> {
  private readonly idle: C[] = [];
  private readonly open = new Set<C>();
  private readonly waiting: Array<(failure?: unknown) => void> = [];
  private used = 0;
  private limit = 1;
  private refusal: unknown;
  private readonly closing = new AbortController();

  constructor(
    private readonly connector: { open(signal: AbortSignal): Promise<C> },
    private readonly size: number,
  ) {}

  /** An abort of `signal` while the lease lasts ends its connection, and with it whatever waits for it. */
  async lease(signal?: AbortSignal): Promise<Lease<C>> {
    await this.slot(signal);
    let connection: C;
    try {
      connection = this.takeIdle() ?? (await this.connect(signal));
    } catch (error) {
      this.freeSlot();
      throw error;
    }
    const abort = () => connection.fail(signal?.reason);
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

  private async connect(signal: AbortSignal | undefined): Promise<C> {
    let connection: C;
    try {
      const { signal: closing } = this.closing;
      connection = await this.connector.open(signal ? AbortSignal.any([signal, closing]) : closing);
    } catch (error) {
      if (isCleverLakeError(error, "auth") || isCleverLakeError(error, "hostKey")) this.refuse(error);
      // Servers limit connections per account: while some are open, be content with those.
      else if (isCleverLakeError(error, "network")) this.limit = this.openCount() || this.limit;
      throw error;
    }
    if (this.closing.signal.aborted) {
      await connection.close();
      throw this.closing.signal.reason;
    }
    this.open.add(connection);
    const open = this.openCount();
    this.limit = open === 1 ? this.size : Math.max(this.limit, open);
    this.wake();
    return connection;
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
      // What broke one connection has often broken the idle ones too, without their knowing yet.
      for (const other of this.idle.splice(0)) {
        this.open.delete(other);
        other.close().catch(() => undefined);
      }
    }
    this.freeSlot();
  }

  private async slot(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (this.refusal !== undefined) throw this.refusal;
    if (this.used < this.limit) {
      this.used++;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const settle = (failure?: unknown) => {
        signal?.removeEventListener("abort", abort);
        if (failure === undefined) resolve();
        else reject(failure);
      };
      const abort = () => {
        this.waiting.splice(this.waiting.indexOf(settle), 1);
        settle(signal?.reason);
      };
      signal?.addEventListener("abort", abort, { once: true });
      this.waiting.push(settle);
    });
  }

  private freeSlot(): void {
    this.used--;
    this.wake();
  }

  private wake(): void {
    while (this.used < this.limit) {
      const next = this.waiting.shift();
      if (next === undefined) return;
      this.used++;
      next();
    }
  }

  private refuse(error: unknown): void {
    this.refusal ??= error;
    for (const settle of this.waiting.splice(0)) settle(this.refusal);
  }
}
