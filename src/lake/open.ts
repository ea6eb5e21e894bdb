import { isAdlsAddress, type LakeAuth } from "./adls/address";
import type { ProxySettings } from "./adls/proxy";
import type { RequestNote } from "./adls/requests";
import type { TokenSource } from "./adls/tokens";
import { FolderLake } from "./folder";
import type { Lake } from "./lake";

export interface LakeLocation {
  /** `file:///…`, or an address of Azure or OneLake, see `parseAdlsAddress`. */
  readonly url: string;
  readonly auth: LakeAuth;
  readonly accountKey?: string | undefined;
  readonly sas?: string | undefined;
  /** Where tokens come from; the machine's sign-in if left out. */
  readonly tokens?: TokenSource | undefined;
  /** The proxy on the way to Azure; the environment's if left out. */
  readonly proxy?: ProxySettings | undefined;
  /** Told of each request to Azure. */
  readonly onRequest?: ((note: RequestNote) => void) | undefined;
}

/** Opens a lake: a folder, which is made where it is missing, or Azure, which is not spoken to before it is used. */
export async function openLakeAt(location: LakeLocation): Promise<Lake> {
  if (!isAdlsAddress(location.url)) return FolderLake.open(location.url);
  // Loaded only here: a lake in a folder is not to wait for Azure's packages.
  const { openAdlsLake } = await import("./adls/open");
  return openAdlsLake(location);
}
