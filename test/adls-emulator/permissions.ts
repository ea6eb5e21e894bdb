import type { Operation } from "./operations";
import type { StorageRequest } from "./request";

/** What a request needs; `sas` lists letters of which any one is enough, `resource` an account SAS's resource type. */
export interface Need {
  readonly access: "read" | "write";
  readonly sas: string;
  readonly resource: "s" | "c" | "o";
}

const list: Need = { access: "read", sas: "l", resource: "c" };
const read: Need = { access: "read", sas: "r", resource: "o" };
const write: Need = { access: "write", sas: "w", resource: "o" };
const create: Need = { access: "write", sas: "cw", resource: "o" };
const container: Need = { access: "write", sas: "w", resource: "c" };

/** After the tables of "Create an account SAS" and "Create a service SAS". */
const needs: Record<Operation, Need> = {
  "Account.GetInformation": { access: "read", sas: "racwdlup", resource: "s" },
  "Account.ListFileSystems": { access: "read", sas: "l", resource: "s" },
  "Blob.Lease": { access: "write", sas: "wd", resource: "o" },
  "Blob.Put": create,
  "Blob.PutBlock": write,
  "Blob.PutBlockList": write,
  "Blob.SetMetadata": write,
  "Blob.SetProperties": write,
  "Container.Create": { access: "write", sas: "cw", resource: "c" },
  "Container.Delete": { access: "write", sas: "d", resource: "c" },
  "Container.GetProperties": { access: "read", sas: "r", resource: "c" },
  "Container.Lease": { access: "write", sas: "wd", resource: "c" },
  "Container.ListAll": { access: "read", sas: "l", resource: "s" },
  "Container.ListBlobs": list,
  "Container.SetMetadata": container,
  "FileSystem.Create": { access: "write", sas: "cw", resource: "c" },
  "FileSystem.Delete": { access: "write", sas: "d", resource: "c" },
  "FileSystem.GetProperties": { access: "read", sas: "r", resource: "c" },
  "FileSystem.ListPaths": list,
  "FileSystem.SetProperties": container,
  "Path.Append": { access: "write", sas: "wa", resource: "o" },
  "Path.Create": create,
  "Path.Delete": { access: "write", sas: "d", resource: "o" },
  "Path.Flush": write,
  "Path.GetAccessControl": { access: "read", sas: "re", resource: "o" },
  "Path.GetProperties": { access: "read", sas: "re", resource: "o" },
  "Path.Lease": { access: "write", sas: "wd", resource: "o" },
  "Path.Read": read,
  "Path.Rename": create,
  "Path.SetAccessControl": { access: "write", sas: "p", resource: "o" },
  "Path.SetProperties": write,
  Unknown: write,
};

/** A recursive list needs the list permission only; a path's own properties can also be read with `e`. */
export function needOf(request: StorageRequest): Need {
  return needs[request.operation];
}
