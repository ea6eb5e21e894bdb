import { type Agent, type ClientRequest, Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { HttpsProxyAgent } from "https-proxy-agent";
import { type ProxySettings, proxyFor } from "./proxy";
import { within } from "./within";

/**
 * The connections to Azure, which stay open between requests: behind a proxy a new one takes three round trips more, and
 * the SDK's own way through a proxy makes one for each request. One on which nothing has gone either way for a
 * while is gone, however far an answer had come: of the SDK's own limit an answer's body is free, and a slow upload is
 * ended by it.
 */
export class Agents {
  private readonly direct: { readonly http: Agent; readonly https: Agent };
  private readonly tunnels = new Map<string, Agent>();

  /** @param silence milliseconds without a byte after which a connection counts as gone */
  constructor(private readonly silence: number) {
    const options = { keepAlive: true, timeout: silence };
    this.direct = { http: new DirectAgent(options), https: new DirectTlsAgent(options) };
  }

  /** What an address is asked by, with the proxy that leads there. Throws `config` for a proxy that cannot be used. */
  to(address: string, settings: ProxySettings | undefined): Agent {
    const proxy = proxyFor(address, settings);
    if (proxy === undefined) return address.startsWith("http:") ? this.direct.http : this.direct.https;
    const known = this.tunnels.get(proxy.href);
    if (known) return known;
    const made = new TunnelAgent(proxy, this.silence);
    this.tunnels.set(proxy.href, made);
    return made;
  }
}

class DirectAgent extends HttpAgent {
  override createConnection(...given: Parameters<HttpAgent["createConnection"]>) {
    return endedBySilence(super.createConnection(...given));
  }
}

class DirectTlsAgent extends HttpsAgent {
  override createConnection(...given: Parameters<HttpsAgent["createConnection"]>) {
    return endedBySilence(super.createConnection(...given));
  }
}

type ConnectOptions = Parameters<HttpsProxyAgent<string>["connect"]>[1];

class TunnelAgent extends HttpsProxyAgent<string> {
  constructor(
    proxy: URL,
    private readonly silence: number,
  ) {
    super(proxy, { keepAlive: true, timeout: silence });
  }

  /** Only this machine itself is asked without TLS, and never by a proxy. Left to guess, no tunnel is found again. */
  override isSecureEndpoint(): boolean {
    return true;
  }

  override async connect(request: ClientRequest, options: ConnectOptions): Promise<Socket> {
    const connecting = super.connect(request, options);
    try {
      return endedBySilence(await within(connecting, { milliseconds: this.silence, tooLate: silent }));
    } catch (error) {
      // One that comes too late is nobody's.
      connecting.then((socket) => socket.destroy()).catch(() => undefined);
      throw error;
    }
  }
}

function endedBySilence<Connection extends Duplex | null | undefined>(connection: Connection): Connection {
  connection?.on("timeout", () => connection.destroy(silent()));
  return connection;
}

function silent(): Error {
  return Object.assign(new Error("Nothing has come for too long."), { code: "ETIMEDOUT" });
}

/** Those of this process. */
export const agents = new Agents(90_000);
