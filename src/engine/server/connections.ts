import { createHmac, randomBytes } from "node:crypto";
import { isRefusal } from "../../basics/errors";
import { type Config, parseConfig, parseServerConfig } from "../../config";
import { sftpAccount } from "../../connect/account";
import { saltOf } from "../../connect/salt";
import type { AzureAccess } from "../../lake/adls/identity";
import type { Lake } from "../../lake/lake";
import { openLakeAt } from "../../lake/open";
import type { SftpSource } from "../../sftp/sftpSource";
import type { Connected, ConnectionSettings, ServerLogin } from "../messages/messages";
import { logRequest, vscodeTokens } from "./tokens";

/** Validates received settings; throws `config`, naming the key. */
export function checkedSettings({ proxy: _, ...settings }: ConnectionSettings): Config {
  return parseConfig(settings, "settings");
}

/** The lake of a connection; a folder is created by the first write, and Azure is contacted on first use. */
export function openLake({ connection, secrets }: Connected): Promise<Lake> {
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

/** The salt of a connection; undefined if there is none. */
export function readSalt(
  { connection, secrets }: Connected,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { saltKeyVaultUrl } = checkedSettings(connection);
  return saltOf(secrets.salt || undefined, saltKeyVaultUrl, azureAccess(connection), signal);
}

/** The settings, the lake and the salt of a connection. */
export async function openConnected(connected: Connected, signal: AbortSignal) {
  const settings = checkedSettings(connected.connection);
  const lake = await openLake(connected);
  return { settings, lake, salt: await readSalt(connected, signal) };
}

/** How a connection signs in to Azure outside its lake, and through which proxy. */
export function azureAccess(connection: ConnectionSettings): AzureAccess {
  const { lake } = checkedSettings(connection);
  return { proxy: connection.proxy, tokens: lake.auth === "vscode" ? vscodeTokens() : undefined };
}

interface OpenSource {
  readonly source: SftpSource;
  users: number;
  /** Gets no new users, and is closed after its last one. */
  retired: boolean;
  idle: NodeJS.Timeout | undefined;
}

const idleMilliseconds = 60_000;

/**
 * SFTP sources that stay connected for a minute after their last use, so that browsing a tree does not log in each
 * time. They are identified by a keyed hash of settings and credentials. Only the source contains the credentials,
 * and they are discarded with it.
 */
export class Sources implements AsyncDisposable {
  private readonly kept = new Map<string, OpenSource>();
  private readonly hashKey = randomBytes(32);

  /** Runs `work` with the server's source. */
  async use<T>(
    { connection, secrets }: Connected,
    work: (source: SftpSource, settings: Config) => Promise<T>,
  ): Promise<T> {
    const settings = checkedSettings(connection);
    const account = await sftpAccount(settings.sftp, secrets);
    const { SftpSource } = await loadSftp();
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
      // A source never retries refused credentials, but the cause may have been fixed on the server.
      if (isRefusal(error)) this.retire(name, kept);
      throw error;
    } finally {
      kept.users--;
      if (kept.users === 0) await this.startIdleTimer(name, kept);
    }
  }

  /** Closes idle sources now, and the others as soon as they are idle. */
  forget(): Promise<void> {
    return this.retireAll(({ users }) => users === 0);
  }

  /** Closes everything; work in progress rejects. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.retireAll(() => true);
  }

  private async retireAll(isClosed: (kept: OpenSource) => boolean): Promise<void> {
    const all = [...this.kept];
    for (const [name, kept] of all) this.retire(name, kept);
    await Promise.all(all.map(([, kept]) => (isClosed(kept) ? kept.source.close() : undefined)));
  }

  private retire(name: string, kept: OpenSource): void {
    clearTimeout(kept.idle);
    kept.retired = true;
    if (this.kept.get(name) === kept) this.kept.delete(name);
  }

  private async startIdleTimer(name: string, kept: OpenSource): Promise<void> {
    if (kept.retired) return kept.source.close();
    kept.idle = setTimeout(() => {
      this.retire(name, kept);
      kept.source.close().catch(() => undefined);
    }, idleMilliseconds);
    kept.idle.unref();
  }
}

/** A new source that the caller must close. */
export async function sourceOf({ sftp, secrets }: ServerLogin): Promise<SftpSource> {
  const account = await sftpAccount(parseServerConfig(sftp, "settings"), secrets);
  const { SftpSource } = await loadSftp();
  return new SftpSource(account);
}

/** Loads the SSH library, which takes tens of milliseconds: showing the dashboard does not need it. */
const loadSftp = () => import("../../sftp/sftpSource");
