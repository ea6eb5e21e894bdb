import { isAdlsAddress, type LakeAuth } from "./adls/address";
import type { AzureAccess } from "./adls/identity";
import type { RequestNote } from "./adls/requests";
import { FolderLake } from "./folder";
import type { Lake } from "./lake";

export interface LakeLocation extends AzureAccess {
  /** `file:///…`, or an address in Azure or OneLake, see `parseAdlsAddress`. */
  readonly url: string;
  readonly auth: LakeAuth;
  readonly accountKey?: string | undefined;
  readonly sas?: string | undefined;
  /** Receives each request to Azure. */
  readonly onRequest?: ((note: RequestNote) => void) | undefined;
}

/** Opens a lake. Nothing is created, and Azure is not contacted, until the lake is used. */
export async function openLakeAt(location: LakeLocation): Promise<Lake> {
  if (!isAdlsAddress(location.url)) return FolderLake.open(location.url);
  // Loaded only here: a lake in a folder must not wait for Azure's packages.
  const { openAdlsLake } = await import("./adls/open");
  return openAdlsLake(location);
}
