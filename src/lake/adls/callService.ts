import { errnoOf } from "../../basics/errors";
import { retryWhile } from "../../basics/retryWhile";
import { untilAborted } from "../../basics/untilAborted";
import { isCertificateCode, notFromAzureCode } from "./adlsErrors";
import { notFromAzure, untrusted } from "./adlsMessages";
import type { TokenKeeper } from "./tokens";
import { type WebRequest, type WebResponse, webRequest } from "./webRequest";

/** How to call a service. */
export interface ServiceOptions {
  /** Its name within a sentence. */
  readonly name: string;
  /** Undefined if no token is sent. */
  readonly tokens: TokenKeeper | undefined;
  /** How often a request is repeated. */
  readonly retries: number;
  /** Milliseconds. */
  readonly firstWait: number;
  readonly maxWait: number;
}

/** A request without a response; the cause is the error of Node.js. */
export class Unanswered extends Error {
  constructor(override readonly cause: unknown) {
    super("unanswered");
  }
}

/** A response after which a repetition may help. */
class Busy extends Error {
  constructor(readonly response: WebResponse) {
    super("busy");
  }
}

/**
 * Sends a request to a service, with a token that is renewed once if it is refused. Repeats the request if there is no
 * response or the service is busy, as soon as `Retry-After` says; a POST only if it was certainly not executed.
 * Resolves to the last response, whatever its status. Rejects with `Unanswered`, with `network` if a repetition cannot
 * help, and with the signal's reason.
 */
export async function callService(request: WebRequest, service: ServiceOptions): Promise<WebResponse> {
  const { name, tokens, retries, firstWait, maxWait } = service;
  const { signal } = request;
  const mayRepeat = request.method !== "POST";
  let refused: string | undefined;
  const once = async (): Promise<WebResponse> => {
    const token =
      tokens &&
      (await untilAborted(refused === undefined ? tokens.token() : tokens.renewed(refused), signal));
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const headers = { ...request.headers, ...authorization };
    const response = await webRequest({ ...request, headers }).catch((cause: NodeJS.ErrnoException) => {
      const { code = "", message } = cause;
      if (code === notFromAzureCode) throw notFromAzure(Number(message));
      if (isCertificateCode(code)) throw untrusted(code, name);
      throw new Unanswered(cause);
    });
    const { status } = response;
    if (status === 401 && token !== undefined && refused === undefined) {
      refused = token;
      return once();
    }
    if (status === 403 && token !== undefined) tokens?.forget(token);
    if (status === 429 || status === 503 || (mayRepeat && status >= 500)) throw new Busy(response);
    return response;
  };
  const mayRetry = (error: unknown, attempt: number) => {
    if (attempt >= retries) return false;
    if (error instanceof Unanswered) return mayRepeat || errnoOf(error.cause) === "ECONNREFUSED";
    return error instanceof Busy;
  };
  const retryAfter = (error: unknown) =>
    error instanceof Busy ? error.response.headers["retry-after"] : undefined;
  try {
    return await retryWhile(once, { firstWait, maxWait, mayRetry, retryAfter, signal });
  } catch (error) {
    if (error instanceof Busy) return error.response;
    throw error;
  }
}
