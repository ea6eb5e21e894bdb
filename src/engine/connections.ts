import { createHmac, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { reportNamesOnServer } from "../clever/fileNames";
import { type Config, expandHome, parseConfig, parseServerConfig } from "../config";
import { CleverLakeError, isCleverLakeError } from "../errors";
import type { Lake } from "../lake/lake";
import { openLakeAt } from "../lake/open";
import { findAgent } from "../sftp/agent";
import { SftpSource, type SftpSourceConfig } from "../sftp/sftpSource";
import type { AzureAccess } from "../spark/openEngine";
import type { ConnectionSettings, Secrets, ServerLogin } from "./messages";
import { logRequest, vscodeTokens } from "./tokens";

/** Checks settings as they came; rejects with code `config`, naming the key. */
export function checkedSettings({ proxy: _, ...settings }: ConnectionSettings): Config {
  return parseConfig(settings, "settings");
}

/** The lake of a connection; a folder is made where it is missing, and Azure is spoken to when first used. */
export function openLake(connection: ConnectionSettings, secrets: Secrets): Promise<Lake> {
  const { lake } = checkedSettings(connection);
  return openLakeAt({
    ...lake,
    accountKey: secrets.lakeAccountKey,
    sas: secrets.lakeSas,
    proxy: connection.proxy,
    onRequest: logRequest,
    ...(lake.auth === "vscode" ? { tokens: vscodeTokens() } : {}),
  });
}

/** The salt: the one given, else that of the key vault, where one is set. */
export async function readSalt(
  connection: ConnectionSettings,
  secrets: Secrets,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { saltKeyVaultUrl: url } = checkedSettings(connection);
  if (secrets.salt || url === undefined) return secrets.salt || undefined;
  const { saltFromKeyVault } = await import("../lake/adls/keyVault");
  return saltFromKeyVault({ url, ...azureAccess(connection) }, signal);
}

/** How a connection signs in to Azure beside its lake, and reaches it. */
export function azureAccess(connection: ConnectionSettings): AzureAccess {
  const { lake } = checkedSettings(connection);
  return { proxy: connection.proxy, tokens: lake.auth === "vscode" ? vscodeTokens() : undefined };
}

interface Kept {
  readonly source: SftpSource;
  users: number;
  /** No new user gets it; it is closed when the last one is done. */
  retired: boolean;
  idle: NodeJS.Timeout | undefined;
}

/**
 * SFTP sources that stay connected for a minute after their last use, so that clicking through a tree does not log in
 * each time. They are told apart by a keyed hash of settings and credentials; the credentials themselves are in the
 * source alone, and go with it.
 */
export class Sources implements AsyncDisposable {
  private readonly kept = new Map<string, Kept>();
  private readonly hashKey = randomBytes(32);

  constructor(private readonly idleMilliseconds = 60_000) {}

  /** Runs `work` with the server's source. */
  async use<T>(
    connection: ConnectionSettings,
    secrets: Secrets,
    work: (source: SftpSource, settings: Config) => Promise<T>,
  ): Promise<T> {
    const settings = checkedSettings(connection);
    const account = await accountOf(settings.sftp, secrets);
    const name = createHmac("sha256", this.hashKey).update(JSON.stringify(account)).digest("hex");
    const kept = this.kept.get(name) ?? {
      source: new SftpSource(account),
      users: 0,
      retired: false,
      idle: undefined,
    };
    this.kept.set(name, kept);
    clearTimeout(kept.idle);
    kept.users++;
    try {
      return await work(kept.source, settings);
    } catch (error) {
      // A source tries refused credentials never again; what was wrong may be put right on the server.
      if (isCleverLakeError(error, "auth") || isCleverLakeError(error, "hostKey")) this.retire(name, kept);
      throw error;
    } finally {
      kept.users--;
      if (kept.users === 0) await this.rest(name, kept);
    }
  }

  /** Closes what is idle now, and the others as soon as they are. */
  async forget(): Promise<void> {
    const all = [...this.kept];
    for (const [name, kept] of all) this.retire(name, kept);
    await Promise.all(all.filter(([, { users }]) => users === 0).map(([, { source }]) => source.close()));
  }

  /** Closes everything; what is under way rejects. */
  async [Symbol.asyncDispose](): Promise<void> {
    const all = [...this.kept];
    for (const [name, kept] of all) this.retire(name, kept);
    await Promise.all(all.map(([, { source }]) => source.close()));
  }

  private retire(name: string, kept: Kept): void {
    clearTimeout(kept.idle);
    kept.retired = true;
    if (this.kept.get(name) === kept) this.kept.delete(name);
  }

  private async rest(name: string, kept: Kept): Promise<void> {
    if (kept.retired) return kept.source.close();
    kept.idle = setTimeout(() => {
      this.retire(name, kept);
      kept.source.close().catch(() => undefined);
    }, this.idleMilliseconds);
    kept.idle.unref();
  }
}

/** A source of one's own, for the caller to close. */
export async function sourceOf({ sftp, secrets }: ServerLogin): Promise<SftpSource> {
  return new SftpSource(await accountOf(parseServerConfig(sftp, "settings"), secrets));
}

async function accountOf(sftp: Config["sftp"], secrets: Secrets): Promise<SftpSourceConfig> {
  const privateKey = secrets.privateKey ?? (await readKey(sftp.privateKeyPath));
  const { password, passphrase } = secrets;
  const agent = privateKey || password ? undefined : await findAgent();
  return {
    host: sftp.host,
    port: sftp.port,
    username: sftp.username,
    root: sftp.root,
    connections: sftp.connections,
    timeoutSeconds: sftp.timeoutSeconds,
    names: reportNamesOnServer,
    ...(sftp.hostKey ? { hostKey: sftp.hostKey.replace(/=$/, "") } : {}),
    ...(password ? { password } : {}),
    ...(privateKey ? { privateKey } : {}),
    ...(passphrase ? { passphrase } : {}),
    ...(agent ? { agent } : {}),
  };
}

async function readKey(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    return await readFile(expandHome(file), "utf8");
  } catch {
    throw new CleverLakeError("config", "The private key cannot be read.", {
      subject: file,
      hint: `Check "privateKeyPath" under "sftp".`,
    });
  }
}
