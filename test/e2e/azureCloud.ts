import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createVSIX } from "@vscode/vsce";
import { makeCertificate } from "../adls-emulator/certificate";
import { AdlsEmulator } from "../adls-emulator/emulator";
import { ConnectProxy } from "../helpers/connectProxy";
import { DelayProxy } from "../helpers/delayProxy";

const management = "management.azure.com";
/** The choices of the user. */
export const subscription = { subscriptionId: "5ab1-oea", displayName: "District Analytics" };

/**
 * The parts of Azure that the extension uses: a storage account, the list of subscriptions, and the sign-in. Account and
 * list have Azure's own addresses and are reached as from many districts: only through VS Code's `http.proxy`,
 * with certificates that only the machine's store knows. The network can be cut off.
 */
export class AzureCloud implements AsyncDisposable {
  /** The requests to the list of subscriptions: path and token. */
  readonly listed: { readonly path: string; readonly token: string }[] = [];
  /** How often somebody signed in. */
  signIns = 0;
  private readonly tokens = new Map<string, string>();
  private readonly certificate = makeCertificate([management]);
  private readonly signInServer = createServer((request, response) => this.signIn(request, response));
  private readonly listServer = createSecureServer(
    { cert: this.certificate.certificate, key: this.certificate.privateKey },
    (request, response) => this.list(request, response),
  );
  private proxy: ConnectProxy | undefined;
  private way: DelayProxy | undefined;

  private constructor(
    private readonly folder: string,
    readonly emulator: AdlsEmulator,
  ) {}

  static async start(): Promise<AzureCloud> {
    const folder = await mkdtemp(path.join(tmpdir(), "clever-lake-azure-"));
    const cloud = new AzureCloud(folder, await AdlsEmulator.start({ tls: true }));
    await cloud.listen();
    return cloud;
  }

  /** The lake's address. */
  get url(): string {
    return `https://${this.emulator.account}.dfs.core.windows.net`;
  }

  /** The proxy to everything except the sign-in. */
  get network(): DelayProxy {
    if (this.way === undefined) throw new Error("The cloud has not been started.");
    return this.way;
  }

  /** For the extension host. */
  get env(): Readonly<Record<string, string>> {
    return {
      CLEVER_LAKE_TEST_SIGN_IN: `http://127.0.0.1:${portOf(this.signInServer)}/token`,
      // In place of the machine's own certificates, which in a district include the proxy's.
      SSL_CERT_FILE: this.certificateFile,
    };
  }

  /** VS Code's settings on a machine behind the proxy. */
  get userSettings(): Readonly<Record<string, unknown>> {
    return {
      "http.proxy": `http://127.0.0.1:${this.network.port}`,
      "http.systemCertificatesNode": true,
    };
  }

  /** The packaged extension that provides the tokens. */
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

  /** Lets the current tokens expire; a signed-in user gets new ones without a prompt. */
  expireTokens(): void {
    this.tokens.clear();
    this.emulator.setTokens([]);
  }

  /** Revokes the current tokens; only a new sign-in gives a valid one. */
  revokeSignIn(): void {
    this.emulator.setTokens([]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.way?.close();
    await this.proxy?.[Symbol.asyncDispose]();
    for (const server of [this.signInServer, this.listServer]) {
      server.close();
      server.closeAllConnections();
    }
    await this.emulator[Symbol.asyncDispose]();
    await rm(this.folder, { recursive: true, force: true });
  }

  private get certificateFile(): string {
    return path.join(this.folder, "district-proxy.pem");
  }

  private async listen(): Promise<void> {
    const { emulator, certificate } = this;
    await writeFile(this.certificateFile, certificate.certificate + (emulator.certificate ?? ""));
    for (const server of [this.signInServer, this.listServer]) {
      await once(server.listen(0, "127.0.0.1"), "listening");
    }
    const endpoints = ["dfs", "blob"].map((endpoint) => [
      `${emulator.account}.${endpoint}.core.windows.net`,
      emulator.port,
    ]);
    this.proxy = await ConnectProxy.start({
      hosts: { ...Object.fromEntries(endpoints), [management]: portOf(this.listServer) },
    });
    this.way = await DelayProxy.start({ target: this.proxy.port });
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
    // A revoked token stays revoked.
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

/** A token in Microsoft Entra's format, valid for an hour. */
function newToken(): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const exp = Math.floor(Date.now() / 1000) + 3600;
  return [part({ alg: "none" }), part({ exp, jti: randomUUID() }), "PlantedSignature6Rt1"].join(".");
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
