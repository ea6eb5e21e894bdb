import { createHmac, timingSafeEqual } from "node:crypto";
import { StorageError } from "./errors";
import { header, type StorageRequest } from "./request";

/** HMAC-SHA256 in base64, with an account key in base64. */
export function sign(key: string, text: string): string {
  return createHmac("sha256", Buffer.from(key, "base64")).update(text, "utf8").digest("base64");
}

export function sameSignature(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/**
 * Checks `Authorization: SharedKey ACCOUNT:SIGNATURE` after "Authorize with Shared Key". `wireMethod` is the method as
 * sent, which clients sign even if a header overrides it.
 */
export function checkSharedKey(
  request: StorageRequest,
  { wireMethod, account, key, now }: { wireMethod: string; account: string; key: string; now: number },
): void {
  const given = /^SharedKey ([^:]+):(.+)$/.exec(request.headers.authorization ?? "");
  if (given?.[1] !== account || given[2] === undefined) throw refused("The account name is wrong.");
  const date = Date.parse(header(request, "x-ms-date") ?? header(request, "date") ?? "");
  if (Number.isNaN(date)) throw refused("The Date header in the request is missing or incorrect.");
  if (Math.abs(date - now) > 15 * 60_000) {
    throw refused(`Request date header too old: '${new Date(date).toUTCString()}'`);
  }
  const signature = given[2];
  const candidates = stringsToSign(request, wireMethod, account);
  if (candidates.some((text) => sameSignature(sign(key, text), signature))) return;
  throw refused(
    `The MAC signature found in the HTTP request '${signature}' is not the same as any computed signature. ` +
      `Server used following string to sign: '${candidates[0] ?? ""}'.`,
  );
}

function refused(detail: string): StorageError {
  return new StorageError("AuthenticationFailed", { detail });
}

/**
 * The string to sign. Headers are sorted by the service's culture, in which a hyphen weighs nothing, while most clients
 * sort by bytes: both are taken, as the two differ only for names that one client or the other gets wrong.
 */
function stringsToSign(request: StorageRequest, method: string, account: string): string[] {
  const plain = (name: string) => header(request, name) ?? "";
  const length = plain("content-length");
  const first = [
    method,
    plain("content-encoding"),
    plain("content-language"),
    length === "0" ? "" : length,
    plain("content-md5"),
    plain("content-type"),
    header(request, "x-ms-date") === undefined ? plain("date") : "",
    plain("if-modified-since"),
    plain("if-match"),
    plain("if-none-match"),
    plain("if-unmodified-since"),
    plain("range"),
  ];
  const resource = canonicalResource(request, account);
  const names = Object.keys(request.headers).filter((name) => name.startsWith("x-ms-"));
  const orders = [names.toSorted(), names.toSorted((a, b) => compare(bare(a), bare(b)))];
  return orders.map((order) => {
    const headers = order.map((name) => `${name}:${String(request.headers[name]).trim()}\n`).join("");
    return `${first.join("\n")}\n${headers}${resource}`;
  });
}

function bare(name: string): string {
  return name.replaceAll("-", "");
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function canonicalResource({ url, query }: StorageRequest, account: string): string {
  const mark = url.indexOf("?");
  const path = mark === -1 ? url : url.slice(0, mark);
  const parameters = [...query]
    .sort(([a], [b]) => compare(a, b))
    .map(([name, value]) => `\n${name}:${value}`);
  return `/${account}${path}${parameters.join("")}`;
}
