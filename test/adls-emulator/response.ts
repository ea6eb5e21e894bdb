import { contentHeaders, type FileEntry, type PathEntry } from "./entries";
import { StorageError } from "./errors";
import type { FileSystem } from "./store";

/** A handler's response; common headers are added when it is sent. */
export interface StorageResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: readonly Buffer[];
}

export function jsonResponse(value: unknown, headers: Record<string, string> = {}): StorageResponse {
  return {
    status: 200,
    headers: { "content-type": "application/json;charset=utf-8", ...headers },
    body: [Buffer.from(JSON.stringify(value))],
  };
}

export function xmlResponse(text: string): StorageResponse {
  return {
    status: 200,
    headers: { "content-type": "application/xml" },
    body: [Buffer.from(`\uFEFF<?xml version="1.0" encoding="utf-8"?>${text}`)],
  };
}

/** `ETag` and `Last-Modified`. */
export function validators(entry: Pick<PathEntry, "etag" | "modified">): Record<string, string> {
  return { etag: `"${entry.etag}"`, "last-modified": new Date(entry.modified).toUTCString() };
}

/** The headers of a path's properties, of both endpoints together: clients read the ones they know. */
export function propertyHeaders(
  entry: PathEntry,
  hierarchical: boolean,
  now: number,
): Record<string, string> {
  const length = entry.kind === "file" ? entry.content.length : 0;
  const headers: Record<string, string> = {
    ...validators(entry),
    ...entry.lease.headers(now),
    "accept-ranges": "bytes",
    "content-length": String(length),
    "content-type": "application/octet-stream",
    "x-ms-creation-time": new Date(entry.created).toUTCString(),
    "x-ms-server-encrypted": "true",
    "x-ms-blob-type": "BlockBlob",
    "x-ms-access-tier": "Hot",
    "x-ms-access-tier-inferred": "true",
    "x-ms-resource-type": entry.kind,
    "x-ms-properties": formatProperties(entry.metadata),
  };
  if (hierarchical) {
    headers["x-ms-owner"] = entry.owner;
    headers["x-ms-group"] = entry.group;
    headers["x-ms-permissions"] = entry.permissions;
    headers["x-ms-acl"] = entry.acl;
  }
  for (const name of contentHeaders) {
    const value = entry.headers.get(name);
    if (value !== undefined) headers[name] = value;
  }
  for (const [name, value] of entry.metadata) headers[`x-ms-meta-${name}`] = value;
  if (entry.kind === "directory") headers["x-ms-meta-hdi_isfolder"] = "true";
  else if (entry.contentMd5 !== undefined) headers["content-md5"] = entry.contentMd5;
  return headers;
}

export function fileSystemHeaders(
  fileSystem: FileSystem,
  hierarchical: boolean,
  now: number,
): Record<string, string> {
  const headers: Record<string, string> = {
    ...validators(fileSystem.root),
    ...fileSystem.lease.headers(now),
    "x-ms-namespace-enabled": String(hierarchical),
    "x-ms-properties": formatProperties(fileSystem.metadata),
    "x-ms-has-immutability-policy": "false",
    "x-ms-has-legal-hold": "false",
    "x-ms-default-encryption-scope": "$account-encryption-key",
    "x-ms-deny-encryption-scope-override": "false",
  };
  for (const [name, value] of fileSystem.metadata) headers[`x-ms-meta-${name}`] = value;
  return headers;
}

/** `x-ms-properties`: names with values in base64. */
function formatProperties(metadata: ReadonlyMap<string, string>): string {
  return [...metadata]
    .map(([name, value]) => `${name}=${Buffer.from(value, "latin1").toString("base64")}`)
    .join(",");
}

export function parseProperties(text: string | undefined): Map<string, string> {
  const properties = new Map<string, string>();
  for (const part of (text ?? "").split(",")) {
    if (part.trim() === "") continue;
    const equals = part.indexOf("=");
    const name = part.slice(0, equals).trim();
    if (equals === -1 || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
      throw new StorageError("InvalidPropertyName");
    properties.set(name, Buffer.from(part.slice(equals + 1).trim(), "base64").toString("latin1"));
  }
  return properties;
}

/**
 * The bytes that `x-ms-range` or `Range` request; undefined for all. Forms other than `bytes=A-B` and `bytes=A-` are not
 * supported and therefore ignored, as HTTP specifies.
 */
export function rangeOf(
  text: string | undefined,
  file: FileEntry,
): { start: number; end: number } | undefined {
  const match = /^bytes=(\d+)-(\d*)$/.exec(text ?? "");
  if (match === null) return undefined;
  const length = file.content.length;
  const start = Number(match[1]);
  const end = match[2] === "" ? length : Math.min(Number(match[2]) + 1, length);
  if (start >= length || end <= start) {
    throw new StorageError("InvalidRange", { headers: { "content-range": `bytes */${length}` } });
  }
  return { start, end };
}
