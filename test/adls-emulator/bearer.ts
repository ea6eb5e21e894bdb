import { StorageError } from "./errors";
import { renameSource } from "./paths";
import { needOf } from "./permissions";
import type { StorageRequest } from "./request";

/** What an identity may do on a file system, by Azure's built-in roles: "Storage Blob Data Contributor" or "… Reader". */
export type Role = "contributor" | "reader" | "none";

/** A bearer token that the emulator accepts; its text means nothing. */
export interface Token {
  readonly token: string;
  /** Milliseconds since 1970; without it, the token does not expire. */
  readonly expires?: number;
  /** For the whole account, or by file system; others have none. Contributor everywhere by default. */
  readonly role?: Role | Readonly<Record<string, Role>>;
}

const challenge = {
  "www-authenticate":
    "Bearer authorization_uri=https://login.microsoftonline.com/00000000-0000-0000-0000-000000000000/oauth2/authorize resource_id=https://storage.azure.com",
};

/** The response to a request without credentials. */
export function noCredentials(): StorageError {
  return new StorageError("NoAuthenticationInformation", { headers: challenge });
}

/** The response to an expired token. */
export function expiredToken(): StorageError {
  return new StorageError("InvalidAuthenticationInfo", {
    headers: challenge,
    detail: "Lifetime validation failed. The token is expired.",
  });
}

export function checkToken(request: StorageRequest, tokens: readonly Token[], now: number): void {
  const text = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
  const known = tokens.find(({ token }) => token === text);
  if (known === undefined) {
    throw new StorageError("InvalidAuthenticationInfo", {
      headers: challenge,
      detail: "Signature validation failed. Signature verification failed.",
    });
  }
  if (known.expires !== undefined && now >= known.expires) throw expiredToken();
  // Azure gives this response to account keys and SAS only.
  if (request.operation === "Account.GetInformation") throw new StorageError("AuthorizationFailure");
  const { access } = needOf(request);
  const touched = [request.fileSystem];
  if (request.operation === "Path.Rename") touched.push(renameSource(request).fileSystem);
  for (const fileSystem of touched) {
    const role = roleOn(known, fileSystem);
    if (role === "none" || (role === "reader" && access === "write")) {
      throw new StorageError("AuthorizationPermissionMismatch");
    }
  }
}

function roleOn({ role = "contributor" }: Token, fileSystem: string): Role {
  return typeof role === "string" ? role : (role[fileSystem] ?? "none");
}
