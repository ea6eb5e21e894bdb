import http, { type Agent, Agent as HttpAgent } from "node:http";
import https, { Agent as HttpsAgent } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import tls from "node:tls";
import { notFromAzureCode } from "./adlsErrors";
import { type ProxySettings, proxyFor } from "./proxy";

/**
 * The connections to Azure, which stay open between requests: behind a proxy, a new connection takes three more round
 * trips, and the SDK's own proxy support opens one for each request. A connection without traffic in either direction
 * is closed after an idle timeout, even in the middle of a response. The SDK's own timeout does not cover a
 * response's body, and it aborts slow uploads.
 */
export class Agents {
  private readonly direct: { readonly http: Agent; readonly https: Agent };
  private readonly tunnels = new Map<string, Agent>();

  /** @param idleTimeout milliseconds without a byte after which a connection is closed */
  constructor(private readonly idleTimeout: number) {
    const options = { keepAlive: true, timeout: idleTimeout };
    this.direct = {
      http: withIdleTimeout(new HttpAgent(options), idleTimeout),
      https: withIdleTimeout(new HttpsAgent(options), idleTimeout),
    };
  }

  /** The agent for an address, using its proxy if it has one. Throws `config` for an unusable proxy. */
  to(address: string, settings: ProxySettings | undefined): Agent {
    const proxy = proxyFor(address, settings);
    if (proxy === undefined) return address.startsWith("http:") ? this.direct.http : this.direct.https;
    const known = this.tunnels.get(proxy.href);
    if (known) return known;
    const tunnel = withIdleTimeout(new TunnelAgent(proxy, this.idleTimeout), this.idleTimeout);
    this.tunnels.set(proxy.href, tunnel);
    return tunnel;
  }
}

/** The limit for connecting, shorter than that for a response. */
const connectTimeout = 20_000;

/** Lets an agent close connections that are idle for too long. */
function withIdleTimeout<A extends HttpAgent>(agent: A, idleTimeout: number): A {
  const create = agent.createConnection.bind(agent);
  agent.createConnection = (...parameters) => limitIdleTime(create(...parameters), idleTimeout);
  const reuse = agent.reuseSocket.bind(agent);
  agent.reuseSocket = (socket, request) => {
    reuse(socket, request);
    // Node.js may have set another timeout while it was idle, from the server's Keep-Alive header.
    if (isSocket(socket)) socket.setTimeout(idleTimeout);
  };
  return agent;
}

/** TLS within a tunnel through a proxy (`CONNECT`, RFC 9110). Only https uses a proxy. */
class TunnelAgent extends HttpsAgent {
  constructor(
    private readonly proxy: URL,
    private readonly idleTimeout: number,
  ) {
    super({ keepAlive: true, timeout: idleTimeout });
  }

  override createConnection(...[options, callback]: Parameters<HttpsAgent["createConnection"]>) {
    const { protocol, hostname, port, username, password } = this.proxy;
    const host = `${options.host}:${options.port}`;
    const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    const connectRequest = (protocol === "https:" ? https : http).request({
      method: "CONNECT",
      hostname: hostname.replace(/^\[|\]$/g, ""),
      port: port || (protocol === "https:" ? 443 : 80),
      path: host,
      headers: {
        host,
        ...(username || password
          ? { "proxy-authorization": `Basic ${Buffer.from(credentials).toString("base64")}` }
          : {}),
      },
      agent: false,
      timeout: Math.min(this.idleTimeout, connectTimeout),
    });
    const fail = (error: Error) => callback?.(error, undefined as never);
    connectRequest.once("timeout", () => connectRequest.destroy(idleTooLong()));
    connectRequest.once("error", fail);
    connectRequest.once("connect", ({ statusCode = 0 }, socket: Socket) => {
      connectRequest.off("error", fail);
      if (statusCode !== 200) {
        socket.destroy();
        fail(Object.assign(new Error(String(statusCode)), { code: notFromAzureCode }));
        return;
      }
      const { path: _, ...secure } = options;
      callback?.(
        null,
        limitIdleTime(tls.connect({ ...(secure as tls.ConnectionOptions), socket }), this.idleTimeout),
      );
    });
    connectRequest.end();
    return undefined;
  }
}

/** Ends a connection with `ETIMEDOUT` if it cannot be established or is idle for too long. */
function limitIdleTime<Connection extends Duplex | null | undefined>(
  connection: Connection,
  idleTimeout: number,
): Connection {
  if (!isSocket(connection)) return connection;
  connection.setTimeout(Math.min(idleTimeout, connectTimeout));
  connection.once("connect", () => connection.setTimeout(idleTimeout));
  connection.once("secureConnect", () => connection.setTimeout(idleTimeout));
  connection.on("timeout", () => connection.destroy(idleTooLong()));
  return connection;
}

function isSocket(connection: unknown): connection is Socket {
  return typeof connection === "object" && connection !== null && "setTimeout" in connection;
}

function idleTooLong(): Error {
  return Object.assign(new Error("The connection was idle for too long."), { code: "ETIMEDOUT" });
}

/** The agents of this process. */
export const agents = new Agents(90_000);
