import { isAdlsAddress, parseAdlsAddress } from "../lake/adls/address";
import { Places } from "../lake/adls/places";

/** Where a service in Azure finds the lake's tables. */
export interface LakePlace {
  /** The storage account. `ACCOUNT`, to be replaced, for a lake that is not in Azure. */
  readonly account: string;
  /** Whether the lake is in Azure. */
  readonly inAzure: boolean;
  /** The address of a path of the lake at the Data Lake endpoint, as `https://…`. */
  url(lakePath: string): string;
}

const placeholder = "https://ACCOUNT.dfs.core.windows.net";

/** @param lakeUrl `lake.url` of the configuration */
export function lakePlaceOf(lakeUrl: string): LakePlace {
  const inAzure = isAdlsAddress(lakeUrl) && lakeUrl.toLowerCase().includes(".dfs.");
  if (!inAzure) {
    return { account: "ACCOUNT", inAzure, url: (lakePath) => `${placeholder}/${lakePath}` };
  }
  const address = parseAdlsAddress(lakeUrl);
  const places = new Places(address);
  return {
    account: address.account,
    inAzure,
    url: (lakePath) => {
      const place = places.of(lakePath);
      return [address.endpoint, place.fileSystem, places.encoded(place)]
        .filter((part) => part !== "")
        .join("/");
    },
  };
}
