// Serves VS Code's server with the part that `code-server` and `code serve-web` add: half of the key that encrypts
// secrets.
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import http from "node:http";
import net from "node:net";
import type { Duplex } from "node:stream";

export interface SecretKeyServer {
  readonly port: number;
  close(): void;
}

/**
 * VS Code in a browser requests its server's half of the key from `/mint-key`; without one it forgets its secrets
 * when the window reloads. All other requests are passed to the server unchanged.
 *
 * @param target port of VS Code's server on this machine
 * @param port to listen on; 0 for a free one
 */
export async function withSecretKey(target: number, port: number): Promise<SecretKeyServer> {
  const half = randomBytes(32);
  const address = { host: "127.0.0.1", port: target };
  const upgraded = new Set<Duplex>();
  const server = http.createServer((request, response) => {
    if (request.method === "POST" && request.url?.split("?")[0]?.endsWith("/mint-key")) {
      response.end(half);
      return;
    }
    const { method, headers, url: path } = request;
    const onward = http.request({ ...address, method, headers, path }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(response);
    });
    // The client sees that the connection broke.
    onward.once("error", () => response.destroy());
    response.once("close", () => onward.destroy());
    request.pipe(onward);
  });
  server.on("upgrade", (request, socket, head) => {
    const onward = net.connect(address);
    const lines = [`${request.method} ${request.url} HTTP/1.1`];
    for (let at = 0; at < request.rawHeaders.length; at += 2) {
      lines.push(`${request.rawHeaders[at]}: ${request.rawHeaders[at + 1]}`);
    }
    onward.write(`${lines.join("\r\n")}\r\n\r\n`);
    onward.write(head);
    for (const [from, to] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      upgraded.add(from);
      from.once("error", () => to.destroy());
      from.once("close", () => {
        upgraded.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const bound = server.address();
  return {
    port: typeof bound === "object" && bound !== null ? bound.port : port,
    close: () => {
      server.close();
      server.closeAllConnections();
      for (const stream of upgraded) stream.destroy();
    },
  };
}
