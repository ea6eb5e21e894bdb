import { createHash } from "node:crypto";
import { checkReadConditions, checkSourceConditions, checkWriteConditions } from "./conditions";
import { type Call, type Handler, setHeadersAndProperties } from "./context";
import { Content, DirectoryEntry, FileEntry } from "./entries";
import { StorageError } from "./errors";
import { header, numberOf, requiredHeader, type StorageRequest } from "./request";
import { propertyHeaders, rangeOf, validators } from "./response";

/** "Path - Create" without a rename. */
export const createPath: Handler = (call) => {
  const { request, account, now, body } = call;
  if (body.length > 0) throw new StorageError("ContentLengthMustBeZero");
  const resource = request.query.get("resource");
  if (resource !== "file" && resource !== "directory") throw new StorageError("InvalidQueryParameterValue");
  const fileSystem = account.get(request.fileSystem);
  const existing = fileSystem.find(request.path);
  checkWriteConditions(request.headers, existing);
  existing?.lease.checkGiven(header(request, "x-ms-lease-id"), now);
  if (existing !== undefined && existing.kind !== resource) {
    throw new StorageError("PathConflict", { headers: { "x-ms-existing-resource-type": existing.kind } });
  }
  // An existing directory keeps its contents.
  const entry =
    existing?.kind === "directory"
      ? existing
      : resource === "file"
        ? new FileEntry(now)
        : new DirectoryEntry(now);
  setHeadersAndProperties(call, entry);
  const permissions = header(request, "x-ms-permissions");
  if (permissions !== undefined) entry.permissions = symbolic(permissions);
  const proposed = header(request, "x-ms-proposed-lease-id");
  if (proposed !== undefined) entry.lease.acquire(proposed, leaseSeconds(request), now);
  if (entry === existing) entry.touch(now);
  else fileSystem.put(request.path, entry, now);
  return { status: 201, headers: { ...validators(entry), "x-ms-request-server-encrypted": "true" } };
};

/** "Path - Create" with `x-ms-rename-source`: of files and directories, atomically. */
export const renamePath: Handler = (call) => {
  const { request, account, kind, now } = call;
  const source = renameSource(request);
  const from = account.get(source.fileSystem);
  const to = account.get(request.fileSystem);
  const entry = from.find(source.path);
  if (entry === undefined || source.path === "") throw new StorageError("SourcePathNotFound");
  checkSourceConditions(request.headers, entry);
  entry.lease.checkWrite(header(request, "x-ms-source-lease-id"), now);
  const existing = to.find(request.path);
  checkWriteConditions(request.headers, existing);
  existing?.lease.checkGiven(header(request, "x-ms-lease-id"), now);
  if (from === to && request.path === source.path) return { status: 201, headers: validators(entry) };
  if (from === to && `${request.path}/`.startsWith(`${source.path}/`)) {
    throw new StorageError("InvalidRenameSourcePath");
  }
  if (existing !== undefined && existing.kind !== entry.kind) {
    throw new StorageError("InvalidSourceOrDestinationResourceType");
  }
  if (existing?.kind === "directory" && existing.children.size > 0)
    throw new StorageError("PathAlreadyExists");
  // Detects a file among the destination's ancestors before anything moves.
  to.put(request.path, entry, now, "mustExist");
  from.remove(source.path);
  // A hierarchical account moves the file itself and keeps its ETag, by which clients recognize their own rename.
  if (kind !== "hierarchical") entry.touch(now);
  const properties = header(request, "x-ms-properties");
  if (properties !== undefined) setHeadersAndProperties(call, entry);
  return { status: 201, headers: { ...validators(entry), "content-length": "0" } };
};

/** `/FILESYSTEM/PATH`, percent-encoded, with a query if the source needs its own SAS; an account may precede it. */
export function renameSource(request: StorageRequest): { fileSystem: string; path: string; query: string } {
  const raw = requiredHeader(request, "x-ms-rename-source");
  const mark = raw.indexOf("?");
  let names: string[];
  try {
    names = decodeURIComponent(mark === -1 ? raw : raw.slice(0, mark))
      .split("/")
      .filter((name) => name !== "");
  } catch {
    throw new StorageError("InvalidSourceUri");
  }
  // The JavaScript client puts the account first if its URL starts with it.
  if (names.length > 1 && names[0] === request.account) names.shift();
  const [fileSystem, ...rest] = names;
  if (!raw.startsWith("/") || fileSystem === undefined) throw new StorageError("InvalidSourceUri");
  return { fileSystem, path: rest.join("/"), query: mark === -1 ? "" : raw.slice(mark + 1) };
}

/** "Path - Update" with `action=append`. */
export const appendToPath: Handler = (call) => {
  const { request, account, body, now } = call;
  const position = numberOf(request, "position");
  if (position === undefined) throw new StorageError("MissingRequiredQueryParameter");
  const file = account.get(request.fileSystem).getFile(request.path);
  checkWritable(call, file);
  if (body.length === 0) throw new StorageError("InvalidHeaderValue");
  const md5 = header(request, "content-md5");
  if (md5 !== undefined && md5 !== createHash("md5").update(body).digest("base64")) {
    throw new StorageError("Md5Mismatch");
  }
  if (position < file.content.length) throw new StorageError("InvalidQueryParameterValue");
  file.pending.set(position, body);
  if (request.query.get("flush") !== "true") {
    return { status: 202, headers: { "x-ms-request-server-encrypted": "true" } };
  }
  commit(file, position + body.length, false);
  file.contentMd5 = undefined;
  file.touch(now);
  leaveLease(call, file);
  return { status: 202, headers: { ...validators(file), "x-ms-request-server-encrypted": "true" } };
};

/** "Path - Update" with `action=flush`. */
export const flushPath: Handler = (call) => {
  const { request, account, body, now } = call;
  const position = numberOf(request, "position");
  if (position === undefined) throw new StorageError("MissingRequiredQueryParameter");
  if (body.length > 0) throw new StorageError("ContentLengthMustBeZero");
  const file = account.get(request.fileSystem).getFile(request.path);
  checkWriteConditions(request.headers, file);
  checkWritable(call, file);
  commit(file, position, request.query.get("retainuncommitteddata") === "true");
  setHeadersAndProperties(call, file);
  file.contentMd5 = header(request, "x-ms-content-md5");
  file.touch(now);
  leaveLease(call, file);
  return {
    status: 200,
    headers: { ...validators(file), "content-length": "0", "x-ms-request-server-encrypted": "true" },
  };
};

function checkWritable({ request, now }: Call, file: FileEntry): void {
  const action = header(request, "x-ms-lease-action");
  if (action === "acquire" || action === "acquire-release") {
    file.lease.acquire(requiredHeader(request, "x-ms-proposed-lease-id"), leaseSeconds(request), now);
  } else {
    file.lease.checkWrite(header(request, "x-ms-lease-id"), now);
    const held = header(request, "x-ms-lease-id");
    if (action === "auto-renew" && held !== undefined) file.lease.renew(held, now);
  }
  if (file.writtenAsBlob) throw new StorageError("InvalidFlushOperation");
}

/** Releases the lease after the flush if the request asks for it. */
function leaveLease({ request, now }: Call, file: FileEntry): void {
  const action = header(request, "x-ms-lease-action");
  const id = header(request, action === "acquire-release" ? "x-ms-proposed-lease-id" : "x-ms-lease-id");
  if ((action === "release" || action === "acquire-release") && id !== undefined) file.lease.release(id, now);
}

function leaseSeconds(request: StorageRequest): number {
  return Number(header(request, "x-ms-lease-duration") ?? -1);
}

/** Adds the appended bytes up to `position` to the file, if they are contiguous. */
function commit(file: FileEntry, position: number, retain: boolean): void {
  const fresh: Buffer[] = [];
  let at = file.content.length;
  while (at < position) {
    const block = file.pending.get(at);
    if (block === undefined) break;
    fresh.push(block);
    at += block.length;
  }
  if (at !== position) throw new StorageError("InvalidFlushPosition");
  if (fresh.length > 0) file.content = new Content([...file.content.chunks, ...fresh]);
  for (const start of [...file.pending.keys()]) if (!retain || start < position) file.pending.delete(start);
}

/** "Path - Read", and the blob endpoint's "Get Blob". */
export const readPath: Handler = ({ request, account, kind, now }) => {
  const entry = account.get(request.fileSystem).get(request.path);
  checkReadConditions(request.headers, entry);
  entry.lease.checkGiven(header(request, "x-ms-lease-id"), now);
  if (entry.kind === "directory") {
    // The blob endpoint shows a directory as an empty blob.
    if (request.endpoint === "dfs") throw new StorageError("PathConflict");
    return { status: 200, headers: propertyHeaders(entry, kind === "hierarchical", now) };
  }
  const length = entry.content.length;
  const range = rangeOf(header(request, "x-ms-range") ?? header(request, "range"), entry);
  const { "content-md5": md5, ...headers } = propertyHeaders(entry, kind === "hierarchical", now);
  if (range === undefined) {
    const whole = md5 === undefined ? headers : { ...headers, "content-md5": md5 };
    return { status: 200, headers: whole, body: entry.content.slice(0, length) };
  }
  // The stored MD5 is that of the whole; Content-MD5 would be that of the range.
  const { start, end } = range;
  return {
    status: 206,
    headers: {
      ...headers,
      ...(md5 === undefined ? {} : { "x-ms-blob-content-md5": md5 }),
      "content-length": String(end - start),
      "content-range": `bytes ${start}-${end - 1}/${length}`,
    },
    body: entry.content.slice(start, end),
  };
};

/** "Path - Get Properties" with all properties or `action=getStatus`, and the blob endpoint's "Get Blob Properties". */
export const getPathProperties: Handler = ({ request, account, kind, now }) => {
  const entry = account.get(request.fileSystem).get(request.path);
  checkReadConditions(request.headers, entry);
  entry.lease.checkGiven(header(request, "x-ms-lease-id"), now);
  return { status: 200, headers: propertyHeaders(entry, kind === "hierarchical", now) };
};

/** "Path - Update" with `action=setProperties`: replaces all existing properties. */
export const setPathProperties: Handler = (call) => {
  const { request, account, now } = call;
  const entry = account.get(request.fileSystem).get(request.path);
  checkWriteConditions(request.headers, entry);
  entry.lease.checkWrite(header(request, "x-ms-lease-id"), now);
  setHeadersAndProperties(call, entry);
  entry.touch(now);
  return { status: 200, headers: validators(entry) };
};

/** "Path - Delete", and the blob endpoint's "Delete Blob". A directory is deleted atomically with its contents. */
export const deletePath: Handler = ({ request, account, now }) => {
  const fileSystem = account.get(request.fileSystem);
  const entry = fileSystem.get(request.path);
  checkWriteConditions(request.headers, entry);
  entry.lease.checkWrite(header(request, "x-ms-lease-id"), now);
  if (entry.kind === "directory" && entry.children.size > 0 && request.query.get("recursive") !== "true") {
    throw new StorageError("DirectoryNotEmpty");
  }
  fileSystem.remove(request.path);
  return request.endpoint === "blob"
    ? { status: 202, headers: { "x-ms-delete-type-permanent": "true" } }
    : { status: 200, headers: { "content-length": "0" } };
};

export const getAccessControl: Handler = ({ request, account, kind }) => {
  if (kind !== "hierarchical") throw new StorageError("HierarchicalNamespaceNotEnabled");
  const entry = account.get(request.fileSystem).get(request.path);
  checkReadConditions(request.headers, entry);
  return {
    status: 200,
    headers: {
      ...validators(entry),
      "x-ms-owner": entry.owner,
      "x-ms-group": entry.group,
      "x-ms-permissions": entry.permissions,
      "x-ms-acl": entry.acl,
    },
  };
};

/** Stored and shown, but never evaluated. */
export const setAccessControl: Handler = ({ request, account, kind, now }) => {
  if (kind !== "hierarchical") throw new StorageError("HierarchicalNamespaceNotEnabled");
  const entry = account.get(request.fileSystem).get(request.path);
  checkWriteConditions(request.headers, entry);
  entry.lease.checkWrite(header(request, "x-ms-lease-id"), now);
  entry.owner = header(request, "x-ms-owner") ?? entry.owner;
  entry.group = header(request, "x-ms-group") ?? entry.group;
  entry.acl = header(request, "x-ms-acl") ?? entry.acl;
  const permissions = header(request, "x-ms-permissions");
  if (permissions !== undefined) entry.permissions = symbolic(permissions);
  entry.touch(now);
  return { status: 200, headers: validators(entry) };
};

/** `0750` as `rwxr-x---`; symbolic permissions as they are. */
function symbolic(permissions: string): string {
  if (!/^[01]?[0-7]{3}$/.test(permissions)) return permissions;
  return [...permissions.slice(-3)]
    .map((digit) => {
      const bits = Number(digit);
      return `${bits & 4 ? "r" : "-"}${bits & 2 ? "w" : "-"}${bits & 1 ? "x" : "-"}`;
    })
    .join("");
}
