import type { IncomingHttpHeaders } from "node:http";
import { StorageError } from "./errors";
import { type Operation, operationOf } from "./operations";

/** A parsed request. */
export interface StorageRequest {
  /** Counts from 1 in the order in which requests arrive. */
  readonly number: number;
  readonly method: string;
  /** Path and query as sent. */
  readonly url: string;
  readonly operation: Operation;
  /** Which of the account's two endpoints was meant; one address serves both. */
  readonly endpoint: "dfs" | "blob";
  readonly account: string;
  /** "" for requests to the account. */
  readonly fileSystem: string;
  /** Decoded, with `/` between names and none at either end; "" for the file system or its root. */
  readonly path: string;
  readonly query: ReadonlyMap<string, string>;
  readonly headers: IncomingHttpHeaders;
}

/** A header that is given once; undefined if it is missing or empty. */
export function header(request: Pick<StorageRequest, "headers">, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

export function requiredHeader(request: StorageRequest, name: string): string {
  const value = header(request, name);
  if (value === undefined) throw new StorageError("MissingRequiredHeader");
  return value;
}

/** A whole number in the query; undefined if it is missing. */
export function numberOf(request: StorageRequest, name: string): number | undefined {
  const text = request.query.get(name);
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new StorageError("InvalidQueryParameterValue");
  return Number(text);
}

/** The page size in the query: 1 to 5000; 5000 if it is missing. */
export function pageSize(request: StorageRequest, name: string): number {
  const wanted = numberOf(request, name) ?? 5000;
  if (wanted === 0) throw new StorageError("OutOfRangeQueryParameterValue");
  return Math.min(wanted, 5000);
}

/**
 * Parses a request. `http://127.0.0.1:PORT/ACCOUNT/…` and `http://ACCOUNT.dfs.HOST:PORT/…` are equivalent:
 * a host that starts with a name and `.dfs.` or `.blob.` is the second kind. Where the first kind lacks the account,
 * as in the renames of the JavaScript client, `only` is meant.
 */
export function parseRequest(
  number: number,
  only: string,
  wire: { readonly method: string; readonly url: string; readonly headers: IncomingHttpHeaders },
): StorageRequest {
  const { url, headers } = wire;
  // The Hadoop driver cannot send PATCH and says so in this header.
  const override = headers["x-http-method-override"];
  const method = typeof override === "string" && wire.method === "PUT" ? override : wire.method;
  const mark = url.indexOf("?");
  const rawPath = mark === -1 ? url : url.slice(0, mark);
  const query = parseQuery(mark === -1 ? "" : url.slice(mark + 1));
  const named = /^([a-z0-9]+)\.(dfs|blob)\./.exec(headers.host ?? "");
  const names = decode(rawPath)
    .split("/")
    .filter((name) => name !== "");
  if (named === null && names[0] === only) names.shift();
  const account = named?.[1] ?? only;
  const fileSystem = names.shift() ?? "";
  const path = names.join("/");
  const parts = { method, fileSystem, path, query, headers };
  const operation = operationOf(parts);
  const sentTo = named?.[2];
  const endpoint = sentTo === "dfs" || sentTo === "blob" ? sentTo : endpointOf(operation, headers);
  return { number, url, endpoint, account, operation, ...parts };
}

/** The endpoint of a request to a shared address: by what only one of them has, or else by the accepted response format. */
function endpointOf(operation: Operation, headers: IncomingHttpHeaders): "dfs" | "blob" {
  if (operation.startsWith("Blob.") || operation.startsWith("Container.")) return "blob";
  return headers.accept?.includes("xml") ? "blob" : "dfs";
}

/** The decoded parameters of a query, by their names in lower case. */
export function parseQuery(text: string): Map<string, string> {
  const query = new Map<string, string>();
  for (const part of text.split("&")) {
    if (part === "") continue;
    const equals = part.indexOf("=");
    const [name, value] = equals === -1 ? [part, ""] : [part.slice(0, equals), part.slice(equals + 1)];
    query.set(decode(name).toLowerCase(), decode(value));
  }
  return query;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new StorageError("InvalidUri");
  }
}
