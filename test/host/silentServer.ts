import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";

/** Accepts connections and sends nothing. */
export class SilentServer implements AsyncDisposable {
  connections = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {
    server.on("connection", (socket) => {
      this.connections++;
      this.sockets.add(socket);
      socket.on("error", () => undefined);
    });
  }

  static async start(): Promise<SilentServer> {
    const server = createServer();
    const silent = new SilentServer(server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return silent;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async end(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    if (!this.server.listening) return;
    this.server.close();
    await once(this.server, "close");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }
}
