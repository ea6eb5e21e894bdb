import { checkReadConditions } from "./conditions";
import { type Handler, metadataOf } from "./context";
import type { PathEntry } from "./entries";
import { StorageError, xml } from "./errors";
import { header, pageSize, type StorageRequest } from "./request";
import { fileSystemHeaders, jsonResponse, parseProperties, validators, xmlResponse } from "./response";
import type { FileSystem, Found } from "./store";

/** "Filesystem - Create" and the blob endpoint's "Create Container". */
export const createFileSystem: Handler = ({ request, account, kind, now }) => {
  const fileSystem = account.create(request.fileSystem, now);
  fileSystem.metadata =
    request.endpoint === "blob" ? metadataOf(request) : parseProperties(header(request, "x-ms-properties"));
  return {
    status: 201,
    headers: { ...validators(fileSystem.root), "x-ms-namespace-enabled": String(kind === "hierarchical") },
  };
};

/** Deletes a file system with its contents; unlike in Azure, its name is free immediately. */
export const deleteFileSystem: Handler = ({ request, account, now }) => {
  const fileSystem = account.get(request.fileSystem);
  checkReadConditions(request.headers, fileSystem.root);
  fileSystem.lease.checkWrite(header(request, "x-ms-lease-id"), now);
  account.fileSystems.delete(request.fileSystem);
  return { status: 202 };
};

export const getFileSystemProperties: Handler = ({ request, account, kind, now }) => ({
  status: 200,
  headers: fileSystemHeaders(account.get(request.fileSystem), kind === "hierarchical", now),
});

export const setFileSystemProperties: Handler = ({ request, account, now }) => {
  const fileSystem = account.get(request.fileSystem);
  checkReadConditions(request.headers, fileSystem.root);
  fileSystem.metadata =
    request.endpoint === "blob" ? metadataOf(request) : parseProperties(header(request, "x-ms-properties"));
  fileSystem.root.touch(now);
  return { status: 200, headers: validators(fileSystem.root) };
};

/** "Filesystem - List" of the Data Lake endpoint. */
export const listFileSystems: Handler = ({ request, account }) => {
  const { page, next } = cut(
    matching(account.sorted(), request.query.get("prefix")),
    pageSize(request, "maxresults"),
    request.query.get("continuation"),
  );
  const filesystems = page.map(({ name, root }) => ({
    name,
    lastModified: new Date(root.modified).toUTCString(),
    etag: `"${root.etag}"`,
  }));
  return jsonResponse({ filesystems }, next === undefined ? {} : { "x-ms-continuation": next });
};

/** "List Containers" of the blob endpoint, which clients use to list file systems. */
export const listContainers: Handler = ({ request, account, kind, now }) => {
  const prefix = request.query.get("prefix") ?? "";
  const { page, next } = cut(
    matching(account.sorted(), prefix),
    pageSize(request, "maxresults"),
    request.query.get("marker"),
  );
  const containers = page.map((fileSystem) => {
    const headers = fileSystemHeaders(fileSystem, kind === "hierarchical", now);
    const properties =
      `<Last-Modified>${headers["last-modified"]}</Last-Modified><Etag>${xml(headers.etag ?? "")}</Etag>` +
      `<LeaseStatus>${headers["x-ms-lease-status"]}</LeaseStatus><LeaseState>${headers["x-ms-lease-state"]}</LeaseState>` +
      "<HasImmutabilityPolicy>false</HasImmutabilityPolicy><HasLegalHold>false</HasLegalHold>";
    const metadata = [...fileSystem.metadata]
      .map(([name, value]) => `<${name}>${xml(value)}</${name}>`)
      .join("");
    return `<Container><Name>${fileSystem.name}</Name><Properties>${properties}</Properties><Metadata>${metadata}</Metadata></Container>`;
  });
  return xmlResponse(
    `<EnumerationResults><Prefix>${xml(prefix)}</Prefix><Containers>${containers.join("")}</Containers>` +
      `<NextMarker>${next ?? ""}</NextMarker></EnumerationResults>`,
  );
};

function matching(fileSystems: readonly FileSystem[], prefix: string | undefined): readonly FileSystem[] {
  return prefix === undefined ? fileSystems : fileSystems.filter(({ name }) => name.startsWith(prefix));
}

/** One page after the file system that `token` names. */
function cut(all: readonly FileSystem[], size: number, token: string | undefined) {
  const after = token === undefined || token === "" ? undefined : readToken(token);
  const rest = after === undefined ? all : all.filter(({ name }) => name > after);
  const page = rest.slice(0, size);
  const last = page.at(-1);
  return { page, next: rest.length > size && last !== undefined ? continuationToken(last.name) : undefined };
}

/** "Path - List": the contents of `directory`, page by page. */
export const listPaths: Handler = ({ request, account, kind }) => {
  const recursive = request.query.get("recursive");
  if (recursive === undefined) throw new StorageError("MissingRequiredQueryParameter");
  const fileSystem = account.get(request.fileSystem);
  const directory = (request.query.get("directory") ?? "").replace(/^\/+|\/+$/g, "");
  const size = pageSize(request, "maxresults");
  const paths: Found[] = [];
  let next: string | undefined;
  for (const found of pathsBelow(fileSystem, directory, recursive.toLowerCase() === "true", request)) {
    const last = paths.at(-1);
    if (paths.length === size && last !== undefined) {
      next = continuationToken(last.path);
      break;
    }
    paths.push(found);
  }
  return jsonResponse(
    { paths: paths.map(({ path, entry }) => listed(path, entry, kind === "hierarchical")) },
    next === undefined ? {} : { "x-ms-continuation": next },
  );
};

function* pathsBelow(
  fileSystem: FileSystem,
  directory: string,
  recursive: boolean,
  { query }: StorageRequest,
): Generator<Found> {
  const entry = fileSystem.get(directory);
  if (entry.kind === "file") {
    yield { path: directory, entry };
    return;
  }
  const token = query.get("continuation");
  const after = token === undefined || token === "" ? undefined : readToken(token);
  const begin = query.get("beginfrom");
  if (begin?.includes("/") && !recursive) throw new StorageError("InvalidQueryParameterValue");
  const from = begin === undefined || begin === "" ? undefined : joined(directory, begin);
  if (after === undefined && from !== undefined) {
    // The walk starts after a path, including the path's contents, so the first path itself is added.
    const first = fileSystem.find(from);
    if (first !== undefined) yield { path: from, entry: first };
  }
  yield* fileSystem.walk({ path: directory, entry }, { recursive, after: after ?? from });
}

function joined(directory: string, name: string): string {
  return directory === "" ? name : `${directory}/${name}`;
}

/** A path's list entry: Azure writes numbers and booleans as strings here, and omits false. */
function listed(path: string, entry: PathEntry, hierarchical: boolean) {
  return {
    name: path,
    ...(entry.kind === "directory" ? { isDirectory: "true" } : {}),
    contentLength: String(entry.kind === "file" ? entry.content.length : 0),
    // 100 ns since 1601.
    creationTime: String(BigInt(entry.created) * 10_000n + 116_444_736_000_000_000n),
    etag: entry.etag,
    lastModified: new Date(entry.modified).toUTCString(),
    ...(hierarchical ? { owner: entry.owner, group: entry.group, permissions: entry.permissions } : {}),
  };
}

/** A continuation token; opaque to clients. */
export function continuationToken(path: string): string {
  return Buffer.from(path).toString("base64url");
}

export function readToken(token: string): string {
  const path = Buffer.from(token, "base64url").toString("utf8");
  if (continuationToken(path) !== token) throw new StorageError("InvalidQueryParameterValue");
  return path;
}
