import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { type RequestPolicyFactory, RestError, type WebResource } from "@azure/storage-file-datalake";
import { pause } from "../../pause";
import {
  answeredInPlaceCode,
  codeOf,
  isFromAzure,
  isUntrusted,
  statusOf,
  wrongTenantCode,
} from "./adlsErrors";
import { type Agents, agents } from "./agents";
import type { ProxySettings } from "./proxy";
import { type TokenKeeper, tenantOf } from "./tokens";
import { waitBefore } from "./waitBefore";
import { within } from "./within";

/** One request as it went, for the log. Without query: a SAS stands there. */
export interface RequestNote {
  readonly method: string;
  /** The path, with the operation behind it, such as `PATCH append`. */
  readonly path: string;
  /** What Azure's support finds it by. */
  readonly clientRequestId: string;
  /** Undefined where no answer came. */
  readonly status: number | undefined;
  readonly code: string | undefined;
  readonly milliseconds: number;
  /** From 1. */
  readonly attempt: number;
}

export interface RequestOptions {
  readonly tokens?: TokenKeeper | undefined;
  /** The proxy on the way; the environment's if left out. */
  readonly proxy?: ProxySettings | undefined;
  /** The connections to ask on; those of the process if left out. */
  readonly connections?: Agents | undefined;
  readonly onRequest?: ((note: RequestNote) => void) | undefined;
  /** Attempts of a request altogether; if left out, 5 where no answer comes, 8 where Azure answers that it is busy. */
  readonly attempts?: number | undefined;
  /** The wait before the second attempt, doubled from then on; 400 ms if left out. */
  readonly firstWait?: number | undefined;
  /** Waits so many milliseconds between two attempts; rejects when the signal is aborted. Real time if left out. */
  readonly wait?: ((milliseconds: number, signal?: AbortSignal) => Promise<void>) | undefined;
}

/**
 * Sends each request with a token where one is needed, and again where that may help: connections that broke or stayed
 * silent, 408, 429 and 5xx, waiting as long as `Retry-After` says. The SDK's own retries know neither 429 nor that
 * header, and are switched off. A request may have taken effect before its answer was lost: see `maybeDone`.
 */
export function requestPolicy(options: RequestOptions): RequestPolicyFactory {
  return {
    create: (next) => ({
      sendRequest: (request) => send(request, (each) => next.sendRequest(each), options),
    }),
  };
}

/** Whether an earlier attempt of a request that failed in the end may have been carried out. */
export function maybeDone(error: unknown): boolean {
  return (
    error instanceof RestError &&
    (repeated.has(error) || isTransient(error) || codeOf(error) === answeredInPlaceCode)
  );
}

/** Errors of requests that were sent more than once. */
const repeated = new WeakSet<object>();

async function send<R extends Answer>(
  request: WebResource,
  next: (request: WebResource) => Promise<R>,
  { tokens, proxy, connections = agents, onRequest, attempts, firstWait = 400, wait = pause }: RequestOptions,
): Promise<R> {
  const signal = request.abortSignal as AbortSignal | undefined;
  let renewed = false;
  let doubtful = false;
  request.agent = connections.to(request.url, proxy);
  request.body = inSlices(request);
  for (let attempt = 1; ; attempt++) {
    const clientRequestId = randomUUID();
    request.headers.set("x-ms-client-request-id", clientRequestId);
    const token = tokens && (await within(tokens.token(), { signal }));
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
        // Else its connection would stay until it falls silent, and the process with it.
        if (answer.readableStreamBody instanceof Readable) answer.readableStreamBody.destroy();
        throw strange(answer.status, request);
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
        await within(tokens.renewed(token), { signal });
        continue;
      }
      if (statusOf(error) === 403 && token !== undefined) tokens?.forget(token);
      // Whoever waits for a network that is away wants to hear of it; a partition that moves takes its time.
      const most = attempts ?? (statusOf(error) === undefined ? 5 : 8);
      if (attempt >= most || !isTransient(error)) throw error;
      doubtful = true;
      const header = error instanceof RestError ? error.response?.headers.get("retry-after") : undefined;
      await wait(waitBefore(header, attempt, firstWait), signal);
    }
  }
}

interface Answer {
  readonly status: number;
  readonly headers: { get(name: string): string | undefined };
  readonly readableStreamBody?: NodeJS.ReadableStream | undefined;
}

const sliceBytes = 256 * 1024;

/**
 * A large body by and by. Of one that is written at once nobody sees how far it has gone, so that a slow upload looks
 * like a connection that has fallen silent.
 */
function inSlices({ body, headers }: WebResource): WebResource["body"] {
  if (!Buffer.isBuffer(body) || body.length <= sliceBytes) return body;
  headers.set("content-length", String(body.length));
  const slices = function* () {
    for (let from = 0; from < body.length; from += sliceBytes) yield body.subarray(from, from + sliceBytes);
  };
  return () => Readable.from(slices(), { objectMode: false });
}

/** Throws where the account is of another tenant than the token: a new one would be of the same. */
function requireTenant(error: unknown, token: string, request: WebResource): void {
  const challenge = error instanceof RestError ? error.response?.headers.get("www-authenticate") : undefined;
  const wanted = /authorization_uri="?https:\/\/[^/]+\/([0-9a-f-]{36})\b/.exec(challenge ?? "")?.[1];
  const given = tenantOf(token);
  if (wanted === undefined || given === undefined || wanted === given) return;
  throw new RestError(wanted, { code: wrongTenantCode, statusCode: 401, request: request as never });
}

function strange(status: number, request: WebResource): RestError {
  return new RestError(String(status), { code: answeredInPlaceCode, request: request as never });
}

function isTransient(error: unknown): boolean {
  if (!(error instanceof RestError)) return false;
  const status = statusOf(error);
  if (status === 409) return codeOf(error) === "InternalOperationAbortError";
  if (status !== undefined) return status === 408 || status === 429 || status >= 500;
  // A name that is not known will not be known in a second, nor a certificate be trusted.
  if (error.code === answeredInPlaceCode) return Number(error.message) >= 500;
  if (isUntrusted(error)) return false;
  return !/ENOTFOUND/.test(`${error.code} ${error.message}`);
}

/** A refusal that is not Azure's, as one; whatever else was thrown as it is. */
function judged(thrown: unknown, request: WebResource): unknown {
  if (!(thrown instanceof RestError) || thrown.response === undefined || isTransient(thrown)) return thrown;
  return isFromAzure(thrown.response.headers) ? thrown : strange(thrown.response.status, request);
}

function pathOf(url: string): string {
  const { pathname, searchParams } = new URL(url);
  const operation = searchParams.get("action") ?? searchParams.get("comp") ?? searchParams.get("resource");
  return operation === null ? pathname : `${pathname} ${operation}`;
}
