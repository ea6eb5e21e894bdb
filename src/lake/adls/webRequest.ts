import { once } from "node:events";
import http, { type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import https from "node:https";
import { text } from "node:stream/consumers";
import { agents } from "./agents";
import type { ProxySettings } from "./proxy";

export interface WebRequest {
  readonly method: "GET" | "POST" | "DELETE";
  readonly address: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The proxy; default: the environment's. */
  readonly proxy?: ProxySettings | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface WebResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

const responseTimeout = 30_000;

/**
 * A single request for small data over the lake's connections. The platform's `fetch` has no proxy support. Redirects
 * are not followed, because they would send a token to another host. Rejects with the errors of Node.js.
 */
export async function webRequest({
  method,
  address,
  headers,
  body,
  proxy,
  signal,
}: WebRequest): Promise<WebResponse> {
  const limit = AbortSignal.timeout(responseTimeout);
  const request = (address.protocol === "http:" ? http : https).request(address, {
    method,
    headers: body === undefined ? headers : { ...headers, "content-length": Buffer.byteLength(body) },
    agent: agents.to(address.href, proxy),
    signal: signal ? AbortSignal.any([signal, limit]) : limit,
  });
  // An error after the response's headers is reported by its body.
  request.on("error", () => undefined);
  const answered = once(request, "response");
  request.end(body);
  const [answer] = (await answered) as [IncomingMessage];
  return { status: answer.statusCode ?? 0, headers: answer.headers, text: await text(answer) };
}
