import { checkToken, expiredToken, noCredentials, type Token } from "./bearer";
import type { AccountKind, Call } from "./context";
import { StorageError } from "./errors";
import type { Fault } from "./faults";
import { handle } from "./handlers";
import type { OneLake } from "./oneLake";
import { header, type StorageRequest } from "./request";
import type { StorageResponse } from "./response";
import { checkSas } from "./sas";
import { checkSharedKey } from "./sharedKey";
import { Account } from "./store";

/** One storage account with its credentials, without the network. */
export class StorageService {
  readonly account = new Account();
  /** May be changed while the emulator runs. */
  tokens: readonly Token[];
  readonly kind: AccountKind;
  readonly #name: string;
  readonly #key: string;
  readonly #now: () => number;
  readonly #secure: boolean;
  readonly #oneLake: OneLake | undefined;

  constructor(options: {
    readonly name: string;
    readonly key: string;
    readonly kind: AccountKind;
    readonly tokens: readonly Token[];
    readonly now: () => number;
    readonly secure: boolean;
    readonly oneLake: OneLake | undefined;
  }) {
    this.#name = options.name;
    this.#key = options.key;
    this.kind = options.kind;
    this.tokens = options.tokens;
    this.#now = options.now;
    this.#secure = options.secure;
    this.#oneLake = options.oneLake;
    this.#oneLake?.fill(this.account, this.#now());
  }

  /** Authenticates and executes a request. Throws a `StorageError` if Azure would refuse it. */
  answer(
    request: StorageRequest,
    wireMethod: string,
    body: Buffer,
    fault: Fault | undefined,
  ): StorageResponse {
    const now = this.#now();
    if (fault?.kind === "busy") throw busy(fault.status, fault.retryAfterSeconds);
    if (fault?.kind === "expiredToken") throw expiredToken();
    if (request.account !== this.#name) throw new StorageError("ResourceNotFound");
    this.#authenticate(request, wireMethod, now);
    if (fault?.kind === "missedParent") throw new StorageError("RenameDestinationParentPathNotFound");
    if (fault?.kind === "forbidden") throw new StorageError("AuthorizationPermissionMismatch");
    const asked = this.#oneLake?.asked(request) ?? request;
    const call = { request: asked, body, account: this.account, kind: this.kind, now };
    const handled = handle(fault?.kind === "halfAppend" ? halved(call) : call);
    const response = this.#oneLake?.answered(request, handled) ?? handled;
    return { ...response, headers: { date: new Date(now).toUTCString(), ...response.headers } };
  }

  #authenticate(request: StorageRequest, wireMethod: string, now: number): void {
    const signer = { account: this.#name, key: this.#key, now };
    const scheme = header(request, "authorization")?.split(" ")[0];
    if (scheme === "SharedKey") checkSharedKey(request, { wireMethod, ...signer });
    else if (scheme === "Bearer") checkToken(request, this.tokens, now);
    else if (scheme !== undefined) throw new StorageError("InvalidAuthenticationInfo", { status: 400 });
    else if (request.query.has("sig")) checkSas(request, { ...signer, secure: this.#secure });
    else throw noCredentials();
  }
}

/** An append of which the service got half before the connection ended: nothing is flushed. */
function halved(call: Call): Call {
  const query = new Map(call.request.query);
  query.delete("flush");
  return {
    ...call,
    request: { ...call.request, query },
    body: call.body.subarray(0, Math.ceil(call.body.length / 2)),
  };
}

function busy(status: 429 | 500 | 503, retryAfterSeconds: number | undefined): StorageError {
  const code = status === 503 ? "ServerBusy" : status === 429 ? "TooManyRequests" : "InternalError";
  const headers = retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) };
  return new StorageError(code, { headers });
}
