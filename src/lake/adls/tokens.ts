import { claimsOf } from "../../basics/json";

/** An access token of Microsoft Entra. */
export interface Token {
  readonly token: string;
  /** Its expiry, in milliseconds since 1970. */
  readonly expires: number;
}

/** A source of tokens: the Azure sign-in of this machine, or VS Code's Microsoft account. */
export interface TokenSource {
  /**
   * A token for a scope such as `https://storage.azure.com/.default`.
   *
   * @param refused a token that the service no longer accepts: a new one is needed
   */
  token(scope: string, refused?: string): Promise<Token>;
}

export const storageScope = "https://storage.azure.com/.default";

const renewBefore = 5 * 60_000;
const forgetEvery = 60_000;

/** Caches a token until shortly before it expires. Of concurrent requests, only one fetches a new token. */
export class TokenKeeper {
  private kept: Token | undefined;
  private forgotten = 0;
  private fetching: Promise<Token> | undefined;

  constructor(
    private readonly source: TokenSource,
    private readonly scope: string,
  ) {}

  async token(): Promise<string> {
    if (this.kept !== undefined && this.kept.expires - renewBefore > Date.now()) return this.kept.token;
    return (await this.fetch()).token;
  }

  /** A new token after the service refused one. */
  async renewed(refused: string): Promise<string> {
    // Another request may already have fetched a new one.
    if (this.kept !== undefined && this.kept.token !== refused) return this.kept.token;
    return (await this.fetch(refused)).token;
  }

  /**
   * Drops a token without the necessary rights, so that a user who signs in to another account need not wait for its
   * expiry. At most once a minute, because some refusals are routine and a new token takes seconds.
   */
  forget(token: string): void {
    if (this.kept?.token !== token || Date.now() - this.forgotten < forgetEvery) return;
    this.forgotten = Date.now();
    this.kept = undefined;
  }

  private fetch(refused?: string): Promise<Token> {
    this.fetching ??= this.source
      .token(this.scope, refused)
      .then((token) => {
        this.kept = token;
        return token;
      })
      .finally(() => {
        this.fetching = undefined;
      });
    return this.fetching;
  }
}

/** The tenant in a token's claims; undefined if the token cannot be read. */
export function tenantOf(token: string): string | undefined {
  const { tid } = claimsOf(token);
  return typeof tid === "string" ? tid : undefined;
}
