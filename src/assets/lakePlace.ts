import { type AdlsAddress, isAdlsAddress, parseAdlsAddress, placeInOneLake } from "../lake/adls/address";
import { type Place, Places } from "../lake/adls/places";
import { abfssAddress, hadoopAddress } from "../lake/hadoopAddress";

/** Where a service in Azure finds the lake's tables. */
export interface LakePlace {
  /** The storage account. `ACCOUNT`, to be replaced, for a lake that is not in Azure. */
  readonly account: string;
  /** Whether the lake is in Azure. */
  readonly inAzure: boolean;
  /** The workspace and the item, where the lake is in OneLake. */
  readonly oneLake: { readonly workspace: string; readonly item: string } | undefined;
  /** The host of the Data Lake endpoint. */
  readonly host: string;
  /** The address of a path of the lake at the Data Lake endpoint, as `https://…`. */
  url(lakePath: string): string;
  /** The file system of a path of the lake, and the path within it. */
  partsOf(lakePath: string): Pick<Place, "fileSystem" | "name">;
  /** The address of a path of the lake for Spark: `abfss://…`, or `file:/…` of a folder. Nothing is percent-encoded. */
  spark(lakePath: string): string;
}

const placeholder: AdlsAddress = {
  kind: "account",
  account: "ACCOUNT",
  endpoint: "https://ACCOUNT.dfs.core.windows.net",
  accountPath: "",
  fileSystem: undefined,
  prefix: "",
};

/** @param lakeUrl `lake.url` of the configuration */
export function lakePlaceOf(lakeUrl: string): LakePlace {
  const inAzure = isAdlsAddress(lakeUrl) && /\.(?:dfs|blob)\./i.test(lakeUrl);
  const address = inAzure ? parseAdlsAddress(lakeUrl) : placeholder;
  const places = new Places(address);
  return {
    account: address.account,
    inAzure,
    oneLake: placeInOneLake(address),
    host: address.endpoint.slice("https://".length),
    url: (lakePath) => places.url(lakePath),
    partsOf: (lakePath) => places.of(lakePath),
    spark: (lakePath) =>
      (isAdlsAddress(lakeUrl) ? abfssAddress(address, lakePath) : hadoopAddress(lakeUrl, lakePath)).replace(
        /\/$/,
        "",
      ),
  };
}
