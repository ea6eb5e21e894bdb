import { errnoOf } from "../../basics/errors";
import { retryWhile } from "../../basics/retryWhile";
import { untilAborted } from "../../basics/untilAborted";
import { isCertificateCode, notFromAzureCode } from "./adlsErrors";
import { notFromAzure, untrusted } from "./adlsMessages";
import type { TokenKeeper } from "./tokens";
import { type WebRequest, type WebResponse, webRequest } from "./webRequest";

/** A web service, and how often to retry requests to it. */
export interface ServiceOptions {
  /** Its name within a sentence. */
  readonly name: string;
  /** Undefined if no token is sent. */
  readonly tokens: TokenKeeper | undefined;
  /** The maximum number of retries. */
  readonly retries: number;
  /** Milliseconds. */
  readonly firstWait: number;
  readonly maxWait: number;
}

/** There was no response; the cause is the error of Node.js. */
export class NoResponse extends Error {
  constructor(override readonly cause: unknown) {
    super("no response");
  }
}

/** A response after which the request may be retried. */
class Busy extends Error {
  constructor(readonly response: WebResponse) {
    super("busy");
  }
}

/**
 * Sends a request to a service, with a token that is renewed once if it is rejected. If there is no response or the
 * service is busy, retries after the time in `Retry-After`; a POST only if it was certainly not executed. Resolves to
 * the last response, whatever its status. Rejects with `NoResponse`, with `network` if a retry cannot help, and with
 * the signal's reason.
 */
export async function callService(request: WebRequest, service: ServiceOptions): Promise<WebResponse> {
  const { name, tokens, retries, firstWait, maxWait } = service;
  const { signal } = request;
  const isRepeatable = request.method !== "POST";
  let rejected: string | undefined;
  const send = async (): Promise<WebResponse> => {
    const token =
      tokens &&
      (await untilAborted(rejected === undefined ? tokens.token() : tokens.renewed(rejected), signal));
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const headers = { ...request.headers, ...authorization };
    const response = await webRequest({ ...request, headers }).catch((cause: NodeJS.ErrnoException) => {
      const { code = "", message } = cause;
      if (code === notFromAzureCode) throw notFromAzure(Number(message));
      if (isCertificateCode(code)) throw untrusted(code, name);
      throw new NoResponse(cause);
    });
    const { status } = response;
    if (status === 401 && token !== undefined && rejected === undefined) {
      rejected = token;
      return send();
    }
    if (status === 403 && token !== undefined) tokens?.forget(token);
    if (status === 429 || status === 503 || (isRepeatable && status >= 500)) throw new Busy(response);
    return response;
  };
  const mayRetry = (error: unknown, attempt: number) => {
    if (attempt >= retries) return false;
    if (error instanceof NoResponse) return isRepeatable || errnoOf(error.cause) === "ECONNREFUSED";
    return error instanceof Busy;
  };
  const retryAfter = (error: unknown) =>
    error instanceof Busy ? error.response.headers["retry-after"] : undefined;
  try {
    return await retryWhile(send, { firstWait, maxWait, mayRetry, retryAfter, signal });
  } catch (error) {
    if (error instanceof Busy) return error.response;
    throw error;
  }
}
