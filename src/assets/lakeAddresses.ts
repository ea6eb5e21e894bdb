import { type AdlsAddress, isAdlsAddress, oneLakeItemOf, parseAdlsAddress } from "../lake/adls/address";
import { Places } from "../lake/adls/places";
import { abfssAddress, hadoopAddress } from "../lake/hadoopAddress";

const placeholder: AdlsAddress = {
  kind: "account",
  account: "ACCOUNT",
  endpoint: "https://ACCOUNT.dfs.core.windows.net",
  accountPath: "",
  fileSystem: undefined,
  prefix: "",
};

export type LakeAddresses = ReturnType<typeof lakeAddressesOf>;

/**
 * How Azure services address the lake's tables.
 *
 * @param lakeUrl `lake.url` of the configuration
 */
export function lakeAddressesOf(lakeUrl: string) {
  const inAzure = isAdlsAddress(lakeUrl) && /\.(?:dfs|blob)\./i.test(lakeUrl);
  const address = inAzure ? parseAdlsAddress(lakeUrl) : placeholder;
  const places = new Places(address);
  return {
    /** The storage account. For a lake outside Azure, the placeholder `ACCOUNT`. */
    account: address.account,
    inAzure,
    /** The workspace and the item, if the lake is in OneLake. */
    oneLake: oneLakeItemOf(address),
    /** The host of the Data Lake endpoint. */
    host: address.endpoint.slice("https://".length),
    /** The URL of a lake path at the Data Lake endpoint, as `https://…`. */
    url: (lakePath: string) => places.url(lakePath),
    /** The file system of a lake path, and the path within it. */
    partsOf: (lakePath: string) => places.of(lakePath),
    /** The URL of a lake path for Spark: `abfss://…`, or `file:/…` for a folder. Nothing is percent-encoded. */
    spark: (lakePath: string) =>
      (isAdlsAddress(lakeUrl) ? abfssAddress(address, lakePath) : hadoopAddress(lakeUrl, lakePath)).replace(
        /\/$/,
        "",
      ),
  };
}
