import type { z } from "zod";
import type { ErrorCode } from "../../basics/errors";
import type { configSchema, Secrets } from "../../config";
import type { ProxySettings } from "../../lake/adls/proxy";

export type { Token as TokenAnswer } from "../../lake/adls/tokens";
export type { ProxySettings };

/** Server, lake and user types, as in the settings. */
export type ConnectionSettings = Omit<z.input<typeof configSchema>, "minimumGroupSize"> & {
  /** VS Code's own proxy for Azure, if one is set. */
  readonly proxy?: ProxySettings;
};

export interface Connected {
  readonly connection: ConnectionSettings;
  /**
   * Sent with each request that needs them. The engine does not keep them beyond the request, except in SFTP
   * connections that stay open for the next one. A lake with VS Code's sign-in needs none: the engine requests tokens
   * itself.
   */
  readonly secrets: Secrets;
}

/** A server alone, before its lake is known. */
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

/** The result of testing a lake that is writable. */
export interface LakeTest {
  /**
   * How the salt relates to the lake. `unclaimed`: no salt has been used on the lake yet. `unproven`: the lake has
   * pseudonyms but nothing that identifies their salt, so a roster must prove it.
   */
  readonly salt: "matches" | "differs" | "unclaimed" | "unproven" | "notGiven";
  /** Whether OEA's own notebooks wrote the lake, so that it must be adopted before any run. */
  readonly isOeas: boolean;
}

/** The result of testing a working connection. */
export interface ConnectionTest extends LakeTest {
  /** The number of reports on the server. */
  readonly reports: number;
}

export interface TokenParams {
  /** Such as `https://storage.azure.com/.default`. */
  readonly scope: string;
  readonly refused: string | null;
}

export interface LogMessage {
  readonly level: "error" | "warning";
  /** Contains no secrets or values of files. */
  readonly message: string;
}

/** An error on the wire. `cancelled` answers a cancelled request. */
export interface WireError {
  readonly code: ErrorCode | "cancelled";
  readonly message: string;
  readonly subject?: string | undefined;
  readonly hint?: string | undefined;
}
