import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";

export interface ConnectProxyOptions {
  /** The port on 127.0.0.1 for each host; other hosts are forbidden. */
  readonly hosts: Readonly<Record<string, number>>;
  /** The `USER:PASSWORD` that it requires. */
  readonly credentials?: string;
}

/** A proxy like a district's, on 127.0.0.1: everything goes through tunnels (`CONNECT`), as https does. */
export class ConnectProxy implements AsyncDisposable {
  /** The tunnels so far, by host. */
  readonly tunnels: string[] = [];
  /** The hosts that were requested and are not allowed. */
  readonly refused: string[] = [];
  private readonly sockets = new Set<Socket>();
  private readonly server = createServer((_request, response) => response.writeHead(403).end());

  private constructor(private readonly options: ConnectProxyOptions) {
    this.server.on("connection", (socket: Socket) => this.keep(socket));
    this.server.on("connect", (request: IncomingMessage, client: Socket) => this.connect(request, client));
  }

  static async start(options: ConnectProxyOptions): Promise<ConnectProxy> {
    const proxy = new ConnectProxy(options);
    proxy.server.listen(0, "127.0.0.1");
    await once(proxy.server, "listening");
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** `http://127.0.0.1:PORT` */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.server, "close");
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private connect({ url = "", headers }: IncomingMessage, client: Socket): void {
    const { hosts, credentials } = this.options;
    const host = url.replace(/:443$/, "");
    const port = hosts[host];
    const wanted = `Basic ${Buffer.from(credentials ?? "").toString("base64")}`;
    if (credentials !== undefined && headers["proxy-authorization"] !== wanted) {
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="d"\r\n\r\n');
      return;
    }
    if (port === undefined) {
      this.refused.push(host);
      client.end("HTTP/1.1 403 Forbidden\r\n\r\n");
      return;
    }
    this.tunnels.push(host);
    const upstream = connect(port, "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      upstream.pipe(client).pipe(upstream);
    });
    this.keep(upstream);
    for (const socket of [client, upstream]) socket.on("error", () => socket.destroy());
    client.on("close", () => upstream.destroy());
    upstream.on("close", () => client.destroy());
  }

  private keep(socket: Socket): void {
    this.sockets.add(socket);
    socket.on("close", () => this.sockets.delete(socket));
  }
}
