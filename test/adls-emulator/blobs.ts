import { createHash } from "node:crypto";
import { checkWriteConditions } from "./conditions";
import { type Call, type Handler, metadataOf, setHeadersAndProperties } from "./context";
import { Content, FileEntry, type PathEntry } from "./entries";
import { StorageError, xml } from "./errors";
import { continuationToken, readToken } from "./fileSystems";
import { header, pageSize } from "./request";
import { validators, xmlResponse } from "./response";
import type { FileSystem } from "./store";

/** "Put Blob": a whole file in one request. */
export const putBlob: Handler = (call) => {
  const md5 = createHash("md5").update(call.body).digest("base64");
  const given = header(call.request, "content-md5");
  if (given !== undefined && given !== md5) throw new StorageError("Md5Mismatch");
  const file = replaceFile(call, new Content(call.body.length === 0 ? [] : [call.body]));
  file.contentMd5 = md5;
  return {
    status: 201,
    headers: { ...validators(file), "content-md5": md5, "x-ms-request-server-encrypted": "true" },
  };
};

/** "Put Block": bytes under an id, part of the blob once a list names them. */
export const putBlock: Handler = ({ request, account, body, now }) => {
  const id = request.query.get("blockid");
  if (id === undefined || id === "") throw new StorageError("MissingRequiredQueryParameter");
  const fileSystem = account.get(request.fileSystem);
  const existing = fileSystem.find(request.path);
  if (existing?.kind === "directory") throw new StorageError("PathConflict");
  existing?.lease.checkWrite(header(request, "x-ms-lease-id"), now);
  blocksOf(fileSystem, request.path).set(id, body);
  return { status: 201, headers: { "x-ms-request-server-encrypted": "true" } };
};

/** "Put Block List": the blob becomes the concatenation of the named blocks. */
export const putBlockList: Handler = (call) => {
  const { request, account, body } = call;
  const blocks = blocksOf(account.get(request.fileSystem), request.path);
  const chunks: Buffer[] = [];
  for (const [, kind, id] of body
    .toString("utf8")
    .matchAll(/<(Latest|Uncommitted|Committed)>([^<]*)<\/\1>/g)) {
    const block = kind === undefined || id === undefined ? undefined : blocks.get(id);
    if (block === undefined) throw new StorageError("InvalidBlockList");
    chunks.push(block);
  }
  const file = replaceFile(call, new Content(chunks));
  blocks.clear();
  return { status: 201, headers: { ...validators(file), "x-ms-request-server-encrypted": "true" } };
};

/** Uncommitted blocks, by file system, path and id: the blob need not exist. */
const waiting = new WeakMap<FileSystem, Map<string, Map<string, Buffer>>>();

function blocksOf(fileSystem: FileSystem, path: string): Map<string, Buffer> {
  const byPath = waiting.get(fileSystem) ?? new Map<string, Map<string, Buffer>>();
  waiting.set(fileSystem, byPath);
  const blocks = byPath.get(path) ?? new Map<string, Buffer>();
  byPath.set(path, blocks);
  return blocks;
}

function replaceFile(call: Call, content: Content): FileEntry {
  const { request, account, now } = call;
  const fileSystem = account.get(request.fileSystem);
  const existing = fileSystem.find(request.path);
  checkWriteConditions(request.headers, existing);
  if (existing?.kind === "directory") throw new StorageError("PathConflict");
  existing?.lease.checkWrite(header(request, "x-ms-lease-id"), now);
  const file = new FileEntry(now);
  file.content = content;
  file.metadata = metadataOf(request);
  file.writtenAsBlob = true;
  setHeadersAndProperties(call, file);
  const type = header(request, "content-type");
  if (!file.headers.has("content-type") && type !== undefined) file.headers.set("content-type", type);
  fileSystem.put(request.path, file, now);
  return file;
}

/** "Set Blob Properties": the HTTP headers, all of them. */
export const setBlobProperties: Handler = (call) => {
  const { request, account, now } = call;
  const entry = account.get(request.fileSystem).get(request.path);
  checkWriteConditions(request.headers, entry);
  entry.lease.checkWrite(header(request, "x-ms-lease-id"), now);
  entry.headers.clear();
  setHeadersAndProperties(call, entry);
  if (entry.kind === "file") entry.contentMd5 = header(request, "x-ms-blob-content-md5");
  entry.touch(now);
  return { status: 200, headers: validators(entry) };
};

/** "Set Blob Metadata": replaces all of it. */
export const setBlobMetadata: Handler = ({ request, account, now }) => {
  const entry = account.get(request.fileSystem).get(request.path);
  checkWriteConditions(request.headers, entry);
  entry.lease.checkWrite(header(request, "x-ms-lease-id"), now);
  entry.metadata = metadataOf(request);
  entry.touch(now);
  return { status: 200, headers: validators(entry) };
};

/** "List Blobs", flat or by `delimiter=/`. Directories of a hierarchical account are listed too, marked as such. */
export const listBlobs: Handler = ({ request, account, now }) => {
  const { query } = request;
  const delimiter = query.get("delimiter");
  if (delimiter !== undefined && delimiter !== "" && delimiter !== "/")
    throw new StorageError("NotImplemented");
  const prefix = query.get("prefix") ?? "";
  const size = pageSize(request, "maxresults");
  const marker = query.get("marker");
  const after = marker === undefined || marker === "" ? undefined : readToken(marker);
  const items: string[] = [];
  let [last, next]: [string, string | undefined] = ["", undefined];
  for (const { path, entry } of blobsBelow(
    account.get(request.fileSystem),
    prefix,
    delimiter === "/",
    after,
  )) {
    if (items.length === size) {
      next = continuationToken(last);
      break;
    }
    last = path;
    const isPrefix = delimiter === "/" && entry.kind === "directory";
    items.push(isPrefix ? `<BlobPrefix><Name>${xml(path)}/</Name></BlobPrefix>` : blobItem(path, entry, now));
  }
  return xmlResponse(
    `<EnumerationResults ContainerName="${request.fileSystem}"><Prefix>${xml(prefix)}</Prefix>` +
      `<Blobs>${items.join("")}</Blobs><NextMarker>${next ?? ""}</NextMarker></EnumerationResults>`,
  );
};

function* blobsBelow(
  fileSystem: FileSystem,
  prefix: string,
  byDelimiter: boolean,
  after: string | undefined,
) {
  const folder = prefix.slice(0, prefix.lastIndexOf("/") + 1).replace(/\/$/, "");
  const entry = fileSystem.find(folder);
  if (entry?.kind !== "directory") return;
  for (const found of fileSystem.walk({ path: folder, entry }, { recursive: !byDelimiter, after })) {
    if (found.path.startsWith(prefix)) yield found;
  }
}

function blobItem(path: string, entry: PathEntry, now: number): string {
  const lease = entry.lease.headers(now);
  const metadata = [...entry.metadata, ...(entry.kind === "directory" ? [["hdi_isfolder", "true"]] : [])];
  return (
    `<Blob><Name>${xml(path)}</Name><Properties>` +
    `<Creation-Time>${new Date(entry.created).toUTCString()}</Creation-Time>` +
    `<Last-Modified>${new Date(entry.modified).toUTCString()}</Last-Modified><Etag>${entry.etag}</Etag>` +
    `<ResourceType>${entry.kind}</ResourceType>` +
    `<Content-Length>${entry.kind === "file" ? entry.content.length : 0}</Content-Length>` +
    `<Content-Type>${xml(entry.headers.get("content-type") ?? "application/octet-stream")}</Content-Type>` +
    `<BlobType>BlockBlob</BlobType><AccessTier>Hot</AccessTier><ServerEncrypted>true</ServerEncrypted>` +
    `<LeaseStatus>${lease["x-ms-lease-status"]}</LeaseStatus><LeaseState>${lease["x-ms-lease-state"]}</LeaseState>` +
    `</Properties><Metadata>${metadata.map(([name, value]) => `<${name}>${xml(value ?? "")}</${name}>`).join("")}</Metadata></Blob>`
  );
}
