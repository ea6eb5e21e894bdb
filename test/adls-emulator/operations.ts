import type { IncomingHttpHeaders } from "node:http";

/**
 * A request's operation. `Blob.…` and `Container.…` exist on the blob endpoint only; `Path.Read`, `Path.GetProperties`
 * and `Path.Delete` on both, where they look the same.
 */
export type Operation =
  | "Account.ListFileSystems"
  | "Account.GetInformation"
  | "Container.ListAll"
  | "Container.Create"
  | "Container.Delete"
  | "Container.GetProperties"
  | "Container.SetMetadata"
  | "Container.Lease"
  | "Container.ListBlobs"
  | "FileSystem.Create"
  | "FileSystem.Delete"
  | "FileSystem.GetProperties"
  | "FileSystem.SetProperties"
  | "FileSystem.ListPaths"
  | "Path.Create"
  | "Path.Rename"
  | "Path.Append"
  | "Path.Flush"
  | "Path.SetProperties"
  | "Path.GetAccessControl"
  | "Path.SetAccessControl"
  | "Path.Lease"
  | "Path.Read"
  | "Path.GetProperties"
  | "Path.Delete"
  | "Blob.Put"
  | "Blob.PutBlock"
  | "Blob.PutBlockList"
  | "Blob.SetProperties"
  | "Blob.SetMetadata"
  | "Blob.Lease"
  | "Unknown";

interface Parts {
  readonly method: string;
  readonly fileSystem: string;
  readonly path: string;
  readonly query: ReadonlyMap<string, string>;
  readonly headers: IncomingHttpHeaders;
}

export function operationOf(parts: Parts): Operation {
  const { query, fileSystem, path } = parts;
  if (query.get("restype") === "account" && query.get("comp") === "properties")
    return "Account.GetInformation";
  if (fileSystem === "") return ofAccount(parts);
  if (query.get("restype") === "container") return ofContainer(parts);
  if (query.get("resource") === "filesystem") return ofFileSystem(parts);
  // Without a path, this can only be the root directory's access control.
  if (path === "" && query.get("action") === undefined && parts.method !== "HEAD") return "Unknown";
  return ofPath(parts);
}

function ofAccount({ method, query }: Parts): Operation {
  if (method !== "GET") return "Unknown";
  if (query.get("resource") === "account") return "Account.ListFileSystems";
  return query.get("comp") === "list" ? "Container.ListAll" : "Unknown";
}

function ofContainer({ method, query }: Parts): Operation {
  switch (`${method} ${query.get("comp") ?? ""}`) {
    case "PUT ":
      return "Container.Create";
    case "DELETE ":
      return "Container.Delete";
    case "GET ":
    case "HEAD ":
      return "Container.GetProperties";
    case "PUT metadata":
      return "Container.SetMetadata";
    case "PUT lease":
      return "Container.Lease";
    case "GET list":
      return "Container.ListBlobs";
    default:
      return "Unknown";
  }
}

function ofFileSystem({ method }: Parts): Operation {
  switch (method) {
    case "PUT":
      return "FileSystem.Create";
    case "DELETE":
      return "FileSystem.Delete";
    case "HEAD":
      return "FileSystem.GetProperties";
    case "PATCH":
      return "FileSystem.SetProperties";
    case "GET":
      return "FileSystem.ListPaths";
    default:
      return "Unknown";
  }
}

function ofPath(parts: Parts): Operation {
  const { method, query } = parts;
  switch (method) {
    case "PUT":
      return ofPut(parts);
    case "PATCH":
      return ofPatch(query.get("action"));
    case "POST":
      return parts.headers["x-ms-lease-action"] === undefined ? "Unknown" : "Path.Lease";
    case "HEAD":
      return query.get("action")?.toLowerCase() === "getaccesscontrol"
        ? "Path.GetAccessControl"
        : "Path.GetProperties";
    case "GET":
      return query.get("comp") === undefined ? "Path.Read" : "Unknown";
    case "DELETE":
      return "Path.Delete";
    default:
      return "Unknown";
  }
}

function ofPut({ query, headers }: Parts): Operation {
  if (headers["x-ms-rename-source"] !== undefined) return "Path.Rename";
  if (query.get("resource") !== undefined) return "Path.Create";
  switch (query.get("comp")) {
    case "properties":
      return "Blob.SetProperties";
    case "metadata":
      return "Blob.SetMetadata";
    case "lease":
      return "Blob.Lease";
    case "block":
      return "Blob.PutBlock";
    case "blocklist":
      return "Blob.PutBlockList";
    case undefined:
      return headers["x-ms-blob-type"] === "BlockBlob" && headers["x-ms-copy-source"] === undefined
        ? "Blob.Put"
        : "Unknown";
    default:
      return "Unknown";
  }
}

function ofPatch(action: string | undefined): Operation {
  switch (action?.toLowerCase()) {
    case "append":
      return "Path.Append";
    case "flush":
      return "Path.Flush";
    case "setproperties":
      return "Path.SetProperties";
    case "setaccesscontrol":
      return "Path.SetAccessControl";
    default:
      return "Unknown";
  }
}
