import { type AdlsAddress, isAdlsAddress, oneLakeItemOf, parseAdlsAddress } from "../lake/adls/address";
import { type Place, Places } from "../lake/adls/places";
import { abfssAddress, hadoopAddress } from "../lake/hadoopAddress";

/** How Azure services address the lake's tables. */
export interface LakeAddresses {
  /** The storage account. For a lake outside Azure, the placeholder `ACCOUNT`. */
  readonly account: string;
  /** Whether the lake is in Azure. */
  readonly inAzure: boolean;
  /** The workspace and the item, if the lake is in OneLake. */
  readonly oneLake: { readonly workspace: string; readonly item: string } | undefined;
  /** The host of the Data Lake endpoint. */
  readonly host: string;
  /** The URL of a lake path at the Data Lake endpoint, as `https://…`. */
  url(lakePath: string): string;
  /** The file system of a lake path, and the path within it. */
  partsOf(lakePath: string): Pick<Place, "fileSystem" | "name">;
  /** The URL of a lake path for Spark: `abfss://…`, or `file:/…` for a folder. Nothing is percent-encoded. */
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
export function lakeAddressesOf(lakeUrl: string): LakeAddresses {
  const inAzure = isAdlsAddress(lakeUrl) && /\.(?:dfs|blob)\./i.test(lakeUrl);
  const address = inAzure ? parseAdlsAddress(lakeUrl) : placeholder;
  const places = new Places(address);
  return {
    account: address.account,
    inAzure,
    oneLake: oneLakeItemOf(address),
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
