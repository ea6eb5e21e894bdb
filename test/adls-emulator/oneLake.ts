import { StorageError } from "./errors";
import type { Operation } from "./operations";
import { renameSource } from "./paths";
import { header, type StorageRequest } from "./request";
import type { StorageResponse } from "./response";
import { type Account, FileSystem } from "./store";

/** A workspace of Fabric with its items, such as `Clever Data.Lakehouse`. */
export interface Workspace {
  readonly name: string;
  readonly id: string;
  readonly items: readonly { readonly name: string; readonly id: string }[];
}

/** What OneLake never does through this API: workspaces, items and permissions are managed by Fabric. */
const refused: ReadonlySet<Operation> = new Set<Operation>([
  ...(["Account.ListFileSystems", "Container.ListAll", "Container.Create", "Container.Delete"] as const),
  ...(["Container.SetMetadata", "Container.Lease", "FileSystem.Create", "FileSystem.Delete"] as const),
  ...(["FileSystem.SetProperties", "Path.SetAccessControl"] as const),
]);

/** Read requests, which are also allowed on an item and its managed folders. */
const reading: ReadonlySet<Operation> = new Set<Operation>([
  ...(["FileSystem.GetProperties", "FileSystem.ListPaths", "Container.GetProperties"] as const),
  ...(["Container.ListBlobs", "Path.Read", "Path.GetProperties", "Path.GetAccessControl"] as const),
]);

const ignoredHeaders = ["x-ms-owner", "x-ms-group", "x-ms-permissions", "x-ms-acl", "x-ms-access-tier"];
const ownerless: Readonly<Record<string, string>> = {
  "x-ms-owner": "$superuser",
  "x-ms-group": "$superuser",
  "x-ms-permissions": "---------",
  "x-ms-acl": "user::rwx",
};
const guid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** An item, and a folder that Fabric created in it. */
const managedDepth = 2;

/**
 * How OneLake differs from a storage account, after Microsoft's page "OneLake parity and integration": a file system
 * is a workspace, the first folder in it an item. Both are found by name, in any case, or both by GUID; responses name the
 * item as Fabric does.
 */
export class OneLake {
  constructor(private readonly workspaces: readonly Workspace[]) {}

  /** Creates workspaces and items, which no request can do. */
  fill(account: Account, now: number): void {
    for (const { name, items } of this.workspaces) {
      const fileSystem = new FileSystem(name, now);
      account.fileSystems.set(name, fileSystem);
      for (const item of items) {
        for (const folder of ["Files", "Tables"]) fileSystem.makeFolder(`${item.name}/${folder}`, now);
      }
    }
  }

  /** The request as it is executed; throws if OneLake refuses it. */
  asked(request: StorageRequest): StorageRequest {
    // OneLake accepts neither account keys nor account SAS.
    if (!/^Bearer /.test(request.headers.authorization ?? "")) throw new StorageError("AuthenticationFailed");
    if (refused.has(request.operation)) throw new StorageError("OperationNotAllowed");
    if (request.fileSystem === "") return request;
    const target = this.found(request.fileSystem, request.path);
    const headers = { ...request.headers };
    for (const name of ignoredHeaders) delete headers[name];
    const touched = reading.has(request.operation) ? [] : [target.path];
    if (request.operation === "Path.Rename") {
      const source = renameSource(request);
      const from = this.found(source.fileSystem, source.path);
      touched.push(from.path);
      headers["x-ms-rename-source"] = encodeURI(`/${from.fileSystem}/${from.path}`);
    }
    if (touched.some((path) => path.split("/").length <= managedDepth)) {
      throw new StorageError("OperationNotAllowed");
    }
    const query = new Map(request.query);
    const directory = query.get("directory");
    if (directory !== undefined) query.set("directory", this.found(request.fileSystem, directory).path);
    return { ...request, ...target, headers, query };
  }

  /** OneLake's form of a response: without owners, and with the ignored headers. */
  answered(request: StorageRequest, response: StorageResponse): StorageResponse {
    const headers: Record<string, string> = { ...response.headers };
    for (const [name, value] of Object.entries(ownerless)) if (name in headers) headers[name] = value;
    const ignored = ignoredHeaders.filter((name) => header(request, name) !== undefined);
    if (ignored.length > 0) headers["x-ms-rejected-headers"] = ignored.join(",");
    return { ...response, headers };
  }

  /** A path with Fabric's names. */
  private found(workspaceName: string, path: string): { readonly fileSystem: string; readonly path: string } {
    const workspace = this.workspaces.find((each) => isCalled(each, workspaceName));
    if (workspace === undefined) throw new StorageError("FilesystemNotFound");
    const [itemName = "", ...rest] = path.split("/");
    if (itemName === "") return { fileSystem: workspace.name, path };
    if (guid.test(workspaceName) !== guid.test(itemName)) throw new StorageError("InvalidUri");
    const item = workspace.items.find((each) => isCalled(each, itemName));
    if (item === undefined) throw new StorageError("PathNotFound");
    return { fileSystem: workspace.name, path: [item.name, ...rest].join("/") };
  }
}

function isCalled({ name, id }: { readonly name: string; readonly id: string }, asked: string): boolean {
  return [name, id].some((each) => each.toLowerCase() === asked.toLowerCase());
}
