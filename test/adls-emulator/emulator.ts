import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Token } from "./bearer";
import { makeCertificate } from "./certificate";
import type { AccountKind } from "./context";
import { copyAccount } from "./copy";
import { StorageError } from "./errors";
import { type Fault, type FaultRule, Faults } from "./faults";
import { OneLake, type Workspace } from "./oneLake";
import { parseRequest, type StorageRequest } from "./request";
import { type LoggedRequest, RequestLog } from "./requestLog";
import type { StorageResponse } from "./response";
import { StorageService } from "./service";
import { bodyLength, breakOff, readBody, refusal, send } from "./wire";

export type { LoggedRequest } from "./requestLog";

export interface AdlsEmulatorOptions {
  /** The account's name; `devaccount` by default. */
  readonly account?: string;
  /** The account key, base64. */
  readonly key?: string;
  readonly kind?: AccountKind;
  /** The accepted bearer tokens. By default, clients send tokens over https only. */
  readonly tokens?: readonly Token[];
  /** File systems that exist from the start. */
  readonly fileSystems?: readonly string[];
  /** Emulates OneLake with these workspaces; its account is then called `onelake`. */
  readonly workspaces?: readonly Workspace[];
  /** Another emulator, whose files it copies at the start; later changes are independent. */
  readonly contentsOf?: AdlsEmulator;
  /** Uses https with its own certificate (`certificate`), for 127.0.0.1 and for Azure's names of the account. */
  readonly tls?: boolean;
  /** The port on 127.0.0.1; a free one by default. */
  readonly port?: number;
  /** The time, for leases and expiries; milliseconds since 1970. */
  readonly now?: () => number;
}

/** A key for tests only. */
const testKey = Buffer.from("a key for tests: it opens the emulator, and nothing else at all.").toString(
  "base64",
);

/** A Data Lake Storage Gen2 account on 127.0.0.1, in memory. See README.md for what it does and what it does not do. */
export class AdlsEmulator implements AsyncDisposable {
  readonly account: string;
  readonly key: string;
  /** PEM, if it uses https; for `NODE_EXTRA_CA_CERTS` and the like. */
  readonly certificate: string | undefined;
  readonly #service: StorageService;
  readonly #faults = new Faults();
  readonly #log = new RequestLog();
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Interrupted requests that are still to be executed. */
  readonly #late: { requests: number; readonly carryOut: () => void }[] = [];
  readonly #stopped = new AbortController();

  private constructor(options: AdlsEmulatorOptions) {
    this.account = options.account ?? (options.workspaces ? "onelake" : "devaccount");
    this.key = options.key ?? testKey;
    const now = options.now ?? Date.now;
    this.#service = new StorageService({
      name: this.account,
      key: this.key,
      kind: options.kind ?? "hierarchical",
      tokens: options.tokens ?? [],
      now,
      secure: options.tls === true,
      oneLake: options.workspaces && new OneLake(options.workspaces),
    });
    if (options.contentsOf) copyAccount(options.contentsOf.#service.account, this.#service.account, now());
    for (const name of options.fileSystems ?? []) this.#service.account.create(name, now());
    const hosts = ["dfs", "blob"].map((endpoint) => `${this.account}.${endpoint}.core.windows.net`);
    const certificate = options.tls === true ? makeCertificate(hosts) : undefined;
    this.certificate = certificate?.certificate;
    this.#server =
      certificate === undefined
        ? createServer()
        : createSecureServer({ key: certificate.privateKey, cert: certificate.certificate });
    // Clients keep connections open between requests; closing one at the wrong moment is an error for them.
    this.#server.keepAliveTimeout = 0;
    this.#server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    this.#server.on("request", (incoming, outgoing) => {
      this.#serve(incoming, outgoing).catch((error: unknown) => {
        // The rest of a request that the emulator's end interrupted; anything else is an error in the emulator.
        if (!this.#stopped.signal.aborted) throw error;
      });
    });
  }

  static async start(options: AdlsEmulatorOptions = {}): Promise<AdlsEmulator> {
    const emulator = new AdlsEmulator(options);
    emulator.#server.listen(options.port ?? 0, "127.0.0.1");
    await once(emulator.#server, "listening");
    return emulator;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** `http://127.0.0.1:PORT/ACCOUNT`, for both endpoints. */
  get url(): string {
    return `${this.certificate === undefined ? "http" : "https"}://127.0.0.1:${this.port}/${this.account}`;
  }

  /** The answered or interrupted requests, in the order in which that happened. */
  get requests(): readonly LoggedRequest[] {
    return this.#log.requests;
  }

  /** Forgets the requests so far; the next has number 1. */
  clearLog(): void {
    this.#log.clear();
  }

  /** Injects a fault into a later request. If several rules match a request, the oldest applies. */
  inject(rule: FaultRule): void {
    this.#faults.add(rule);
  }

  /** Removes the faults that have not been injected yet. */
  clearFaults(): void {
    this.#faults.clear();
  }

  /** Replaces the accepted bearer tokens. */
  setTokens(tokens: readonly Token[]): void {
    this.#service.tokens = tokens;
  }

  /** The bytes of a file as readers see them, for tests; undefined if it does not exist. */
  contents(fileSystem: string, path: string): Buffer | undefined {
    const entry = this.#service.account.get(fileSystem).find(path);
    return entry?.kind === "file" ? Buffer.concat(entry.content.chunks) : undefined;
  }

  /** The paths of all files of a file system, sorted level by level. */
  files(fileSystem: string): string[] {
    const found = this.#service.account.get(fileSystem);
    const all = found.walk({ path: "", entry: found.root }, { recursive: true });
    return [...all].filter(({ entry }) => entry.kind === "file").map(({ path }) => path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort();
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const requestId = randomUUID();
    const { method = "", url = "/", headers } = incoming;
    const number = this.#log.nextNumber();
    const body = await readBody(incoming);
    let request: StorageRequest;
    try {
      request = parseRequest(number, this.account, { method, url, headers });
    } catch (error) {
      const response = refusal(asRefusal(error), "dfs", requestId);
      return send(incoming, outgoing, response, { requestId, half: false });
    }
    const fault = this.#faults.take(request);
    const bytesIn = body?.length ?? 0;
    const lost = { status: 0, bytesIn, bytesOut: 0 };
    if (body === undefined) return this.#log.add(request, lost, fault);
    if (fault?.kind === "delay") {
      await sleep(fault.milliseconds, undefined, { signal: this.#stopped.signal });
    }
    this.#carryOutLate();
    if (fault?.kind === "late") {
      const carryOut = () => void this.#answer(request, method, body, undefined, requestId);
      this.#late.push({ requests: fault.requests, carryOut });
    }
    const response = isLostBefore(request, fault)
      ? undefined
      : this.#answer(request, method, body, fault, requestId);
    if (response === undefined || fault?.kind === "resetAfter" || fault?.kind === "halfAppend") {
      this.#log.add(request, lost, fault);
      return breakOff(incoming);
    }
    const code = response.headers?.["x-ms-error-code"];
    const bytesOut = bodyLength(response, method);
    this.#log.add(request, { status: response.status, code, bytesIn, bytesOut }, fault);
    return send(incoming, outgoing, response, { requestId, half: fault?.kind === "halfAnswer" });
  }

  #carryOutLate(): void {
    for (const waiting of [...this.#late]) {
      waiting.requests--;
      if (waiting.requests > 0) continue;
      this.#late.splice(this.#late.indexOf(waiting), 1);
      waiting.carryOut();
    }
  }

  #answer(
    request: StorageRequest,
    wireMethod: string,
    body: Buffer,
    fault: Fault | undefined,
    requestId: string,
  ): StorageResponse {
    try {
      return this.#service.answer(request, wireMethod, body, fault);
    } catch (error) {
      return refusal(asRefusal(error), request.endpoint, requestId);
    }
  }
}

function isLostBefore({ operation }: StorageRequest, fault: Fault | undefined): boolean {
  if (fault?.kind === "resetBefore" || fault?.kind === "late") return true;
  return fault?.kind === "halfAppend" && operation !== "Path.Append" && operation !== "Blob.PutBlock";
}

function asRefusal(error: unknown): StorageError {
  if (error instanceof StorageError) return error;
  throw error;
}
