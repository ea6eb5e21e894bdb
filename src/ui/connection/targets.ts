import { isDeepStrictEqual } from "node:util";
import type { Config } from "../../config";

/** The server that reports come from, and the user who logs in. */
export interface ServerTarget {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  /** Empty if none is set. */
  readonly hostKey: string;
}

/** The lake that reports go to, and the key vault with its salt. */
export interface LakeTarget {
  readonly url: string;
  /** Empty if the salt is in the secret store. */
  readonly saltKeyVaultUrl: string;
}

/** Where a connection's secrets and data go. */
export interface Targets {
  readonly server: ServerTarget;
  readonly lake: LakeTarget;
}

/** The targets of a configuration, normalized. */
export function targetsOf({
  sftp,
  lake,
  saltKeyVaultUrl = "",
}: {
  readonly sftp: Pick<Config["sftp"], keyof ServerTarget>;
  readonly lake: Pick<Config["lake"], "url">;
  readonly saltKeyVaultUrl?: string | undefined;
}): Targets {
  const { host, port, username, hostKey = "" } = sftp;
  return {
    server: { host: host.toLowerCase(), port, username, hostKey: hostKey.replace(/=$/, "") },
    lake: { url: withoutSlash(lake.url), saltKeyVaultUrl: withoutSlash(saltKeyVaultUrl) },
  };
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, "");
}

export function sameTargets<T extends Targets | ServerTarget | LakeTarget>(one: T, other: T): boolean {
  return isDeepStrictEqual(one, other);
}

/** Targets as stored; undefined for anything else. */
export function parseTargets(stored: unknown): Targets | undefined {
  if (!isRecord(stored) || !isRecord(stored.server) || !isRecord(stored.lake)) return undefined;
  const { host, port, username, hostKey } = stored.server;
  const { url, saltKeyVaultUrl } = stored.lake;
  if (typeof host !== "string" || typeof port !== "number" || typeof username !== "string") return undefined;
  if (typeof hostKey !== "string" || typeof url !== "string" || typeof saltKeyVaultUrl !== "string")
    return undefined;
  return { server: { host, port, username, hostKey }, lake: { url, saltKeyVaultUrl } };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
