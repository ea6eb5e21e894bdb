import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { type RequestPolicyFactory, RestError, type WebResource } from "@azure/storage-file-datalake";
import { retryWhile } from "../../basics/retryWhile";
import { untilAborted } from "../../basics/untilAborted";
import { codeOf, isFromAzure, isUntrusted, notFromAzureCode, statusOf, wrongTenantCode } from "./adlsErrors";
import { type Agents, agents } from "./agents";
import type { ProxySettings } from "./proxy";
import { type TokenKeeper, tenantOf } from "./tokens";

/** A request for the log, without its query, which may contain a SAS. */
export interface RequestNote {
  readonly method: string;
  /** The path, followed by the operation, such as `PATCH append`. */
  readonly path: string;
  /** The id by which Azure support can find the request. */
  readonly clientRequestId: string;
  /** Undefined without a response. */
  readonly status: number | undefined;
  readonly code: string | undefined;
  readonly milliseconds: number;
  /** From 1. */
  readonly attempt: number;
}

export interface RequestOptions {
  readonly tokens?: TokenKeeper | undefined;
  /** The proxy; default: the environment's. */
  readonly proxy?: ProxySettings | undefined;
  /** The connections to use; default: those of the process. */
  readonly connections?: Agents | undefined;
  readonly onRequest?: ((note: RequestNote) => void) | undefined;
  /** Total attempts of a request; by default 5 without a response, 8 if Azure responds that it is busy. */
  readonly attempts?: number | undefined;
  /** The wait before the second attempt, doubled from then on; default 400 ms. */
  readonly firstWait?: number | undefined;
  /** Waits between two attempts, in milliseconds; rejects if the signal is aborted. Default: real time. */
  readonly wait?: ((milliseconds: number, signal?: AbortSignal) => Promise<void>) | undefined;
}

/**
 * Sends each request with a token if one is needed. Retries it if that may help: for broken or silent connections,
 * 408, 429 and 5xx, waiting as long as `Retry-After` says. The SDK's own retries, which handle neither 429 nor that
 * header, are turned off. A request may have taken effect before its response was lost: see `mayHaveSucceeded`.
 */
export function requestPolicy(options: RequestOptions): RequestPolicyFactory {
  return {
    create: (next) => ({
      sendRequest: (request) => send(request, (each) => next.sendRequest(each), options),
    }),
  };
}

/** Whether an earlier attempt of a finally failed request may have been executed. */
export function mayHaveSucceeded(error: unknown): boolean {
  return (
    error instanceof RestError &&
    (repeated.has(error) || isTransient(error) || codeOf(error) === notFromAzureCode)
  );
}

/** Milliseconds. */
const maxWait = 60_000;

/** Errors of requests that were sent more than once. */
const repeated = new WeakSet<object>();

async function send<R extends Answer>(
  request: WebResource,
  next: (request: WebResource) => Promise<R>,
  { tokens, proxy, connections = agents, onRequest, attempts, firstWait = 400, wait }: RequestOptions,
): Promise<R> {
  const signal = request.abortSignal as AbortSignal | undefined;
  let number = 0;
  let renewed = false;
  let doubtful = false;
  request.agent = connections.to(request.url, proxy);
  request.body = inSlices(request);
  const once = async (): Promise<R> => {
    const attempt = ++number;
    const clientRequestId = randomUUID();
    request.headers.set("x-ms-client-request-id", clientRequestId);
    const token = tokens && (await untilAborted(tokens.token(), signal));
    if (token !== undefined) request.headers.set("authorization", `Bearer ${token}`);
    const started = performance.now();
    const note = (status: number | undefined, code: string | undefined) =>
      onRequest?.({
        method: request.method,
        path: pathOf(request.url),
        clientRequestId,
        status,
        code,
        milliseconds: performance.now() - started,
        attempt,
      });
    try {
      const answer = await next(request);
      if (!isFromAzure(answer.headers)) {
        // Otherwise its connection would stay open until its idle timeout and keep the process alive.
        if (answer.readableStreamBody instanceof Readable) answer.readableStreamBody.destroy();
        throw notFromAzureError(answer.status, request);
      }
      note(answer.status, undefined);
      return answer;
    } catch (thrown) {
      signal?.throwIfAborted();
      const error = judged(thrown, request);
      note(statusOf(error), codeOf(error));
      if (doubtful && error instanceof RestError) repeated.add(error);
      if (statusOf(error) === 401 && tokens && token !== undefined && !renewed) {
        requireTenant(error, token, request);
        renewed = true;
        await untilAborted(tokens.renewed(token), signal);
        return once();
      }
      if (statusOf(error) === 403 && token !== undefined) tokens?.forget(token);
      doubtful ||= isTransient(error);
      throw error;
    }
  };
  return retryWhile(once, {
    firstWait,
    maxWait,
    // If the network is down, the user should soon know; if the service moves a partition, that takes longer.
    mayRetry: (error) => isTransient(error) && number < (attempts ?? (statusOf(error) === undefined ? 5 : 8)),
    retryAfter: (error) =>
      error instanceof RestError ? error.response?.headers.get("retry-after") : undefined,
    signal,
    wait,
  });
}

interface Answer {
  readonly status: number;
  readonly headers: { get(name: string): string | undefined };
  readonly readableStreamBody?: NodeJS.ReadableStream | undefined;
}

const sliceBytes = 256 * 1024;

/**
 * Sends a large body in slices. If it were written at once, its progress would be invisible, and a slow upload would
 * look like a silent connection.
 */
function inSlices({ body, headers }: WebResource): WebResource["body"] {
  if (!Buffer.isBuffer(body) || body.length <= sliceBytes) return body;
  headers.set("content-length", String(body.length));
  const slices = function* () {
    for (let from = 0; from < body.length; from += sliceBytes) yield body.subarray(from, from + sliceBytes);
  };
  return () => Readable.from(slices(), { objectMode: false });
}

/** Throws if the account's tenant differs from the token's: a new token would be for the same tenant. */
function requireTenant(error: unknown, token: string, request: WebResource): void {
  const challenge = error instanceof RestError ? error.response?.headers.get("www-authenticate") : undefined;
  const requested = /authorization_uri="?https:\/\/[^/]+\/([0-9a-f-]{36})\b/.exec(challenge ?? "")?.[1];
  const given = tenantOf(token);
  if (requested === undefined || given === undefined || requested === given) return;
  throw new RestError(requested, { code: wrongTenantCode, statusCode: 401, request: request as never });
}

function notFromAzureError(status: number, request: WebResource): RestError {
  return new RestError(String(status), { code: notFromAzureCode, request: request as never });
}

function isTransient(error: unknown): boolean {
  if (!(error instanceof RestError)) return false;
  const status = statusOf(error);
  if (status === 409) return codeOf(error) === "InternalOperationAbortError";
  if (status !== undefined) return status === 408 || status === 429 || status >= 500;
  // An unknown name will still be unknown, and a certificate still untrusted, a second later.
  if (error.code === notFromAzureCode) return Number(error.message) >= 500;
  if (isUntrusted(error)) return false;
  return !/ENOTFOUND/.test(`${error.code} ${error.message}`);
}

/** Marks a refusal by something other than Azure; any other error is returned unchanged. */
function judged(thrown: unknown, request: WebResource): unknown {
  if (!(thrown instanceof RestError) || thrown.response === undefined || isTransient(thrown)) return thrown;
  return isFromAzure(thrown.response.headers) ? thrown : notFromAzureError(thrown.response.status, request);
}

function pathOf(url: string): string {
  const { pathname, searchParams } = new URL(url);
  const operation = searchParams.get("action") ?? searchParams.get("comp") ?? searchParams.get("resource");
  return operation === null ? pathname : `${pathname} ${operation}`;
}
