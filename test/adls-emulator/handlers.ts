import * as blobs from "./blobs";
import { checkReadConditions } from "./conditions";
import type { Call, Handler } from "./context";
import { StorageError } from "./errors";
import * as fileSystems from "./fileSystems";
import type { Lease } from "./lease";
import type { Operation } from "./operations";
import * as paths from "./paths";
import { header, requiredHeader } from "./request";
import { type StorageResponse, validators } from "./response";

/** "Get Account Information": shows whether the account is hierarchical. */
const getAccountInformation: Handler = ({ kind }) => ({
  status: 200,
  headers: {
    "x-ms-sku-name": "Standard_LRS",
    "x-ms-account-kind": "StorageV2",
    "x-ms-is-hns-enabled": String(kind === "hierarchical"),
  },
});

const leasePath: Handler = (call) => {
  const { request, account } = call;
  const entry = account.get(request.fileSystem).get(request.path);
  checkReadConditions(request.headers, entry);
  return changeLease(call, entry.lease, validators(entry));
};

const leaseContainer: Handler = (call) => {
  const fileSystem = call.account.get(call.request.fileSystem);
  return changeLease(call, fileSystem.lease, validators(fileSystem.root));
};

function changeLease({ request, now }: Call, lease: Lease, headers: Record<string, string>): StorageResponse {
  const proposed = header(request, "x-ms-proposed-lease-id");
  const period = header(request, "x-ms-lease-break-period");
  const held = (id: string) => ({ ...headers, "x-ms-lease-id": id });
  switch (header(request, "x-ms-lease-action")?.toLowerCase()) {
    case "acquire": {
      const seconds = Number(requiredHeader(request, "x-ms-lease-duration"));
      return { status: 201, headers: held(lease.acquire(proposed, seconds, now)) };
    }
    case "renew":
      return { status: 200, headers: held(lease.renew(requiredHeader(request, "x-ms-lease-id"), now)) };
    case "change": {
      const id = requiredHeader(request, "x-ms-lease-id");
      const wanted = requiredHeader(request, "x-ms-proposed-lease-id");
      return { status: 200, headers: held(lease.change(id, wanted, now)) };
    }
    case "release":
      lease.release(requiredHeader(request, "x-ms-lease-id"), now);
      return { status: 200, headers };
    case "break": {
      const seconds = lease.break(period === undefined ? undefined : Number(period), now);
      return { status: 202, headers: { ...headers, "x-ms-lease-time": String(seconds) } };
    }
    default:
      throw new StorageError("InvalidHeaderValue");
  }
}

const unknown: Handler = () => {
  throw new StorageError("NotImplemented");
};

const handlers: Record<Operation, Handler> = {
  "Account.GetInformation": getAccountInformation,
  "Account.ListFileSystems": fileSystems.listFileSystems,
  "Blob.Lease": leasePath,
  "Blob.Put": blobs.putBlob,
  "Blob.PutBlock": blobs.putBlock,
  "Blob.PutBlockList": blobs.putBlockList,
  "Blob.SetMetadata": blobs.setBlobMetadata,
  "Blob.SetProperties": blobs.setBlobProperties,
  "Container.Create": fileSystems.createFileSystem,
  "Container.Delete": fileSystems.deleteFileSystem,
  "Container.GetProperties": fileSystems.getFileSystemProperties,
  "Container.Lease": leaseContainer,
  "Container.ListAll": fileSystems.listContainers,
  "Container.ListBlobs": blobs.listBlobs,
  "Container.SetMetadata": fileSystems.setFileSystemProperties,
  "FileSystem.Create": fileSystems.createFileSystem,
  "FileSystem.Delete": fileSystems.deleteFileSystem,
  "FileSystem.GetProperties": fileSystems.getFileSystemProperties,
  "FileSystem.ListPaths": fileSystems.listPaths,
  "FileSystem.SetProperties": fileSystems.setFileSystemProperties,
  "Path.Append": paths.appendToPath,
  "Path.Create": paths.createPath,
  "Path.Delete": paths.deletePath,
  "Path.Flush": paths.flushPath,
  "Path.GetAccessControl": paths.getAccessControl,
  "Path.GetProperties": paths.getPathProperties,
  "Path.Lease": leasePath,
  "Path.Read": paths.readPath,
  "Path.Rename": paths.renamePath,
  "Path.SetAccessControl": paths.setAccessControl,
  "Path.SetProperties": paths.setPathProperties,
  Unknown: unknown,
};

/** Executes an authorized request. */
export function handle(call: Call): StorageResponse {
  if (call.kind === "flatWithSoftDelete" && call.request.endpoint === "dfs") {
    throw new StorageError("EndpointUnsupportedAccountFeatures");
  }
  return handlers[call.request.operation](call);
}
