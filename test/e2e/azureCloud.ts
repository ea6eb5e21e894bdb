import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createVSIX } from "@vscode/vsce";
import { makeCertificate } from "../adls-emulator/certificate";
import { AdlsEmulator } from "../adls-emulator/emulator";
import { DelayProxy } from "../helpers/delayProxy";

const management = "management.azure.com";
/** What the person picks from. */
export const subscription = { subscriptionId: "5ab1-oea", displayName: "District Analytics" };

/**
 * As much of Azure as the extension meets: a storage account that can be cut off, the sign-in, and the list of
 * subscriptions. The list's address is fixed in the extension; it is reached as from many a district, by a proxy that
 * presents a certificate of its own.
 */
export class AzureCloud implements AsyncDisposable {
  /** What was asked of the list of subscriptions: path and token. */
  readonly listed: { readonly path: string; readonly token: string }[] = [];
  /** How often somebody signed in, seen from here. */
  signIns = 0;
  private readonly tokens = new Map<string, string>();
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly folder: string,
    readonly emulator: AdlsEmulator,
    /** What leads to the storage account. */
    readonly network: DelayProxy,
    private readonly certificate: ReturnType<typeof makeCertificate>,
    private readonly servers: Server[] = [],
  ) {}

  static async start(): Promise<AzureCloud> {
    const folder = await mkdtemp(path.join(tmpdir(), "clever-lake-azure-"));
    const emulator = await AdlsEmulator.start();
    const network = await DelayProxy.start({ target: emulator.port });
    const cloud = new AzureCloud(folder, emulator, network, makeCertificate([management]));
    await writeFile(cloud.certificateFile, cloud.certificate.certificate);
    await cloud.listen();
    return cloud;
  }

  /** The lake's address. */
  get url(): string {
    return `http://127.0.0.1:${this.network.port}/${this.emulator.account}`;
  }

  /** For the extension host. */
  get env(): Readonly<Record<string, string>> {
    const [signIn] = this.servers;
    return {
      CLEVER_LAKE_TEST_SIGN_IN: `http://127.0.0.1:${portOf(signIn)}/token`,
      // In the place of the machine's own certificates, among which a district's proxy has its own.
      SSL_CERT_FILE: this.certificateFile,
    };
  }

  /** Of VS Code, for a machine behind the proxy. */
  get userSettings(): Readonly<Record<string, unknown>> {
    const proxy = `http://127.0.0.1:${portOf(this.servers[2])}`;
    return { "http.proxy": proxy, "http.systemCertificatesNode": true };
  }

  /** The extension that has the tokens, packaged. */
  async microsoftAccount(): Promise<string> {
    const packagePath = path.join(this.folder, "microsoft-account.vsix");
    await createVSIX({
      cwd: path.join(import.meta.dirname, "microsoftAccount"),
      packagePath,
      dependencies: false,
      allowMissingRepository: true,
      skipLicense: true,
    });
    return packagePath;
  }

  /** The tokens so far run out; whoever is signed in is given others without being asked. */
  expireTokens(): void {
    this.tokens.clear();
    this.emulator.setTokens([]);
  }

  /** The tokens so far are taken no longer, and only who signs in anew is given one that is. */
  revokeSignIn(): void {
    this.emulator.setTokens([]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.servers) server.close();
    for (const socket of this.sockets) socket.destroy();
    await this.network.close();
    await this.emulator[Symbol.asyncDispose]();
    await rm(this.folder, { recursive: true, force: true });
  }

  private get certificateFile(): string {
    return path.join(this.folder, "district-proxy.pem");
  }

  private async listen(): Promise<void> {
    const signIn = createServer((request, response) => this.signIn(request, response));
    const { certificate: cert, privateKey: key } = this.certificate;
    const lists = createSecureServer({ cert, key }, (request, response) => this.list(request, response));
    const proxy = createServer((_request, response) => response.writeHead(403).end());
    proxy.on("connect", ({ url }: IncomingMessage, client: Socket) => {
      if (url !== `${management}:443`) {
        client.end("HTTP/1.1 403 Forbidden\r\n\r\n");
        return;
      }
      const upstream = connect(portOf(lists), "127.0.0.1", () => {
        client.write("HTTP/1.1 200 Connection established\r\n\r\n");
        upstream.pipe(client).pipe(upstream);
      });
      for (const socket of [client, upstream]) socket.on("error", () => socket.destroy());
    });
    for (const server of [signIn, lists, proxy]) {
      server.on("connection", (socket: Socket) => {
        this.sockets.add(socket);
        socket.on("close", () => this.sockets.delete(socket));
      });
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      this.servers.push(server);
    }
  }

  private signIn({ url = "" }: IncomingMessage, response: ServerResponse): void {
    const { searchParams } = new URL(url, "http://localhost");
    const scope = searchParams.get("scope") ?? "";
    if (searchParams.get("how") === "signIn") {
      this.signIns++;
      this.tokens.clear();
    }
    const isNew = !this.tokens.has(scope);
    const token = this.tokens.get(scope) ?? newToken();
    this.tokens.set(scope, token);
    // One that was revoked stays so.
    if (isNew && scope.startsWith("https://storage.azure.com/")) this.emulator.setTokens([{ token }]);
    response.end(token);
  }

  private list({ url = "", headers }: IncomingMessage, response: ServerResponse): void {
    const { pathname } = new URL(url, `https://${management}`);
    const token = headers.authorization?.replace("Bearer ", "") ?? "";
    this.listed.push({ path: pathname, token });
    const value = pathname === "/subscriptions" ? [subscription] : this.accounts();
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ value }));
  }

  private accounts(): unknown[] {
    const group = `/subscriptions/${subscription.subscriptionId}/resourceGroups/rg-oea-production`;
    const named = (name: string, isHnsEnabled: boolean, dfs: string) => ({
      id: `${group}/providers/Microsoft.Storage/storageAccounts/${name}`,
      name,
      location: "westus2",
      properties: { isHnsEnabled, primaryEndpoints: { dfs } },
    });
    return [
      named("websitefiles", false, "https://websitefiles.dfs.core.windows.net/"),
      named(this.emulator.account, true, `${this.url}/`),
    ];
  }
}

/** A token in the form that Microsoft Entra gives it; good for an hour. */
function newToken(): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const exp = Math.floor(Date.now() / 1000) + 3600;
  return [part({ alg: "none" }), part({ exp, jti: randomUUID() }), "PlantedSignature6Rt1"].join(".");
}

function portOf(server: Server | undefined): number {
  return (server?.address() as AddressInfo | null)?.port ?? 0;
}
