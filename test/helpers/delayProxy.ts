import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

export interface DelayProxyOptions {
  /** The port on 127.0.0.1 that the proxy leads to. */
  readonly target: number;
  /** The delay of every byte in each direction, in milliseconds. */
  readonly oneWayDelay?: number;
}

/** A TCP proxy on 127.0.0.1 that can delay, cut connections, stop forwarding and hold back the server's answers. */
export class DelayProxy implements AsyncDisposable {
  /** Bytes that reached clients so far, over all connections. */
  bytesToClients = 0;
  /** Connections accepted so far. */
  connections = 0;
  private silent = false;
  private refusing = false;
  private bytesUntilHeld = Number.POSITIVE_INFINITY;
  private cut: { remaining: number; times: number; every: number } | undefined;
  private readonly pairs = new Set<readonly [Socket, Socket]>();
  private readonly server = createServer((client) => this.accept(client));

  private constructor(private readonly options: DelayProxyOptions) {}

  static async start(options: DelayProxyOptions): Promise<DelayProxy> {
    const proxy = new DelayProxy(options);
    proxy.server.listen(0, "127.0.0.1");
    await once(proxy.server, "listening");
    return proxy;
  }

  get port(): number {
    const address = this.server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  /** Cuts the connection after the next `bytes` bytes towards a client; `times` times in total. */
  cutAfter(bytes: number, times = 1): void {
    this.cut = { remaining: bytes, times, every: bytes };
  }

  /** Stops forwarding, while connections stay open and new ones are accepted. */
  fallSilent(): void {
    this.silent = true;
  }

  /** Forwards `bytes` bytes to clients, and then holds back everything from the server until `release`. */
  holdAfter(bytes: number): void {
    this.bytesUntilHeld = bytes;
    if (this.held) for (const [, upstream] of this.pairs) upstream.pause();
  }

  /** Whether the server's answers are being held back. */
  get held(): boolean {
    return this.bytesUntilHeld <= 0;
  }

  release(): void {
    this.bytesUntilHeld = Number.POSITIVE_INFINITY;
    for (const [, upstream] of this.pairs) upstream.resume();
  }

  /** Drops every connection now; with `andRefuse`, also later ones immediately. */
  dropAll({ andRefuse = false } = {}): void {
    this.refusing = andRefuse;
    for (const [client, upstream] of this.pairs) {
      client.destroy();
      upstream.destroy();
    }
  }

  async close(): Promise<void> {
    this.server.close();
    this.dropAll();
    await once(this.server, "close");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  private accept(client: Socket): void {
    this.connections++;
    if (this.refusing) {
      client.destroy();
      return;
    }
    const upstream = connect({ port: this.options.target, host: "127.0.0.1", noDelay: true });
    client.setNoDelay(true);
    if (this.held) upstream.pause();
    const pair = [client, upstream] as const;
    this.pairs.add(pair);
    const end = () => {
      client.destroy();
      upstream.destroy();
      this.pairs.delete(pair);
    };
    for (const socket of pair) socket.on("error", end).on("close", () => this.later(end));
    client.on("data", (bytes) => this.later(() => this.forward(upstream, bytes)));
    upstream.on("data", (bytes) =>
      this.later(() => {
        if (!this.forward(client, bytes)) return;
        this.bytesToClients += bytes.length;
        this.bytesUntilHeld -= bytes.length;
        if (this.held) for (const [, other] of this.pairs) other.pause();
        if (this.cut === undefined) return;
        this.cut.remaining -= bytes.length;
        if (this.cut.remaining > 0) return;
        end();
        this.cut =
          this.cut.times > 1
            ? { ...this.cut, times: this.cut.times - 1, remaining: this.cut.every }
            : undefined;
      }),
    );
  }

  private later(work: () => void): void {
    const { oneWayDelay = 0 } = this.options;
    if (oneWayDelay > 0) setTimeout(work, oneWayDelay);
    else work();
  }

  private forward(to: Socket, bytes: Buffer): boolean {
    if (this.silent || !to.writable) return false;
    to.write(bytes);
    return true;
  }
}
