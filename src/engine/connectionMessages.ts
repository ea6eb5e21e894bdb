import type { z } from "zod";
import type { Secrets as ConfigSecrets, configSchema } from "../config";
import type { ErrorCode } from "../errors";
import type { ProxySettings } from "../lake/adls/proxy";

export type { ProxySettings };

/** Server, lake and user types, as the settings have them. */
export type ConnectionSettings = Omit<z.input<typeof configSchema>, "minimumGroupSize"> & {
  /** The editor's own proxy on the way to Azure, where it has one set. */
  readonly proxy?: ProxySettings;
};

/**
 * Goes with each request that needs them. The engine keeps none longer than the request, but for the SFTP connections
 * that stay open for the next one. A lake that is signed in to with VS Code's account needs none: the engine asks for
 * tokens on its own.
 */
export interface Secrets extends ConfigSecrets {
  /** Contents of a private key file; `privateKeyPath` of the settings is for one that stays where it is. */
  readonly privateKey?: string;
}

export interface Connected {
  readonly connection: ConnectionSettings;
  readonly secrets: Secrets;
}

/** A server alone, before it is known which lake its reports go to. */
export interface ServerLogin {
  readonly sftp: ConnectionSettings["sftp"];
  readonly secrets: Secrets;
}

export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  readonly timeoutSeconds?: number;
}

export interface HostKey {
  /** `SHA256:…`, for a person to compare. */
  readonly hostKey: string;
}

/** What a lake that can be written says. */
export interface LakeTest {
  /**
   * How the salt stands to the lake. `unclaimed` is a lake that no salt was used on yet; `unproven` one that has
   * pseudonyms and nothing that tells their salt, so that a roster has to show it.
   */
  readonly salt: "matches" | "differs" | "unclaimed" | "unproven" | "notGiven";
  /** Whether OEA's own notebooks wrote it, so that it has to be adopted before anything is run on it. */
  readonly isOeas: boolean;
}

/** What a connection that works leads to. */
export interface ConnectionTest extends LakeTest {
  /** The folders at the server's root (`""` for files in the root itself), by name. */
  readonly folders: readonly {
    readonly name: string;
    readonly files: number;
    readonly reports: number;
  }[];
}

export interface TokenParams {
  /** Such as `https://storage.azure.com/.default`. */
  readonly scope: string;
  readonly refused: string | null;
}

export interface TokenAnswer {
  readonly token: string;
  /** When it runs out, in milliseconds since 1970. */
  readonly expires: number;
}

export interface LogMessage {
  readonly level: "error" | "warning" | "info";
  /** Without secrets and values of files. */
  readonly message: string;
}

/** An error as it crosses. `cancelled` answers a request that was called off. */
export interface WireError {
  readonly code: ErrorCode | "cancelled";
  readonly message: string;
  readonly subject: string | null;
  readonly hint: string | null;
}
