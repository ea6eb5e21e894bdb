import { CleverLakeError } from "../../basics/errors";
import { fileSystems } from "../lakePath";

/**
 * How to sign in to a lake in Azure: the machine's own sign-in (Azure CLI, environment, managed identity), VS Code's
 * Microsoft account, the account's key, or a shared access signature.
 */
export const lakeAuths = ["default", "vscode", "sharedKey", "sas"] as const;
export type LakeAuth = (typeof lakeAuths)[number];

/** The location of a lake in Azure Data Lake Storage, or in OneLake, which has the same interface. */
export interface AdlsAddress {
  /**
   * OneLake is one account for all of Fabric: its file systems are workspaces, and the first folder in them is an item.
   * It accepts no account key, cannot create file systems and has no access lists.
   */
  readonly kind: "account" | "oneLake";
  readonly account: string;
  /** The Data Lake endpoint, without a trailing slash. */
  readonly endpoint: string;
  /** The prefix of the file system in an endpoint path: empty, or `ACCOUNT/` if an emulator needs it. */
  readonly accountPath: string;
  /** The one file system that has the stages as folders; undefined if each stage is a file system of its own. */
  readonly fileSystem: string | undefined;
  /**
   * The folder within the file system, without leading or trailing slashes; may be empty. In OneLake it begins with
   * `ITEM/Files`.
   */
  readonly prefix: string;
}

/** The account's name in OneLake, on every endpoint. */
const oneLakeAccount = "onelake";
/** One global host, and one for each region, such as `westus-onelake`. */
const oneLakeHost = /^(?<region>(?:[a-z0-9]+-)?onelake)\.(?:dfs|blob)\.fabric\.microsoft\.com$/;
const guid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Only the hosts of Azure's clouds. A sign-in sends its token to the host in the address, and the token opens every
 * account that the user may open. An account can have its own DNS zone.
 */
const accountHost =
  /^(?<account>[a-z0-9]{3,24})(?<zone>\.z\d{1,2})?\.(?:dfs|blob)\.(?<cloud>core\.windows\.net|core\.usgovcloudapi\.net|core\.chinacloudapi\.cn|storage\.azure\.net)$/;
const loopback = new Set(["127.0.0.1", "localhost", "[::1]"]);

/** Whether an address is for Azure Data Lake Storage, valid or not. */
export function isAdlsAddress(url: string): boolean {
  return /^(https?|abfss?):/i.test(url);
}

const vaultHosts =
  /^https:\/\/[A-Za-z0-9-]+\.(?<host>vault\.(?:azure\.net|usgovcloudapi\.net|azure\.cn))\/?$/;

/** Whether an address is that of a key vault in one of Azure's clouds. Loopback addresses are for tests. */
export function isVaultAddress(url: string): boolean {
  return vaultHosts.test(url) || /^http:\/\/127\.0\.0\.1:\d+\/?$/.test(url);
}

/** The key vault secret in which OEA keeps its salt. */
export const saltName = "oeaSalt";

/** The token scope for reading a key vault. */
export function vaultScope(url: string): string {
  return `https://${vaultHosts.exec(url)?.groups?.host ?? "vault.azure.net"}/.default`;
}

/**
 * Parses an address:
 * - `https://ACCOUNT.dfs.core.windows.net[/FOLDER]`: the stages are the account's file systems, as in OEA
 * - `abfss://FILESYSTEM@ACCOUNT.dfs.core.windows.net[/FOLDER]`: the stages are folders of that one file system
 * - `https://onelake.dfs.fabric.microsoft.com/WORKSPACE/ITEM.Lakehouse/Files[/FOLDER]`, or with `abfss://WORKSPACE@…`:
 *   the stages are folders of a lakehouse's files. Workspace and item are both named, or both given by their GUIDs
 * - `http://127.0.0.1:PORT/ACCOUNT[/FOLDER]`: an emulator on this machine, of OneLake if the account is `onelake`
 *
 * Rejects with `config` and the expected form. An address with a SAS in it is refused, because it would put a secret
 * into settings and logs.
 */
export function parseAdlsAddress(text: string): AdlsAddress {
  let url: URL;
  try {
    url = new URL(text.replace(/^abfss?:/i, "https:"));
  } catch {
    throw wrong("It is not a valid address.");
  }
  if (url.search !== "" || url.hash !== "" || url.password !== "") {
    throw wrong("It must contain neither a SAS nor anything else after `?` or `#`.");
  }
  const isAbfs = /^abfss?:/i.test(text);
  const parts = url.pathname
    .split("/")
    .filter((part) => part !== "")
    .map(decoded);
  if (!isAbfs && loopback.has(url.hostname)) {
    const [account, ...folders] = parts;
    if (account === undefined) throw wrong("An emulator's address ends in /ACCOUNT.");
    const endpoint = `${url.origin}/${account}`;
    if (account === oneLakeAccount) return inOneLake(endpoint, `${account}/`, folders);
    const prefix = folders.join("/");
    return { kind: "account", account, endpoint, accountPath: `${account}/`, fileSystem: undefined, prefix };
  }
  const oneLake = oneLakeHost.exec(url.hostname)?.groups?.region;
  if (oneLake !== undefined && url.port === "" && url.protocol === "https:") {
    const workspace = isAbfs ? [decoded(url.username)] : [];
    return inOneLake(`https://${oneLake}.dfs.fabric.microsoft.com`, "", [...workspace, ...parts]);
  }
  const host = accountHost.exec(url.hostname)?.groups;
  if (!host?.account || !host.cloud || url.port !== "" || url.protocol !== "https:") {
    throw wrong("The host is not one of Azure Data Lake Storage.");
  }
  const { account, zone = "", cloud } = host;
  const endpoint = `https://${account}${zone}.dfs.${cloud}`;
  const prefix = parts.join("/");
  if (!isAbfs) {
    const [first] = parts;
    if (fileSystems.some((name) => name === first)) {
      throw wrong("Leave out the file system: the lake uses all of stage1np, stage2np and stage2p.");
    }
    return { kind: "account", account, endpoint, accountPath: "", fileSystem: undefined, prefix };
  }
  const fileSystem = url.username;
  if (!/^[a-z0-9](?:-?[a-z0-9])+$/.test(fileSystem)) throw wrong("The file system before the @ is missing.");
  if (fileSystems.some((name) => name === fileSystem)) {
    throw wrong(
      `${fileSystem} is only one of the lake's three file systems: write https://${url.hostname} to use them all.`,
    );
  }
  return { kind: "account", account, endpoint, accountPath: "", fileSystem, prefix };
}

/** @param parts the workspace, the item, and the folders in it */
function inOneLake(endpoint: string, accountPath: string, parts: readonly string[]): AdlsAddress {
  const [workspace = "", item = "", top = "", ...folders] = parts;
  if (workspace === "") throw wrongInOneLake("The workspace is missing.");
  if (guid.test(workspace) !== guid.test(item)) {
    throw wrongInOneLake("Workspace and item must both be names or both be GUIDs.");
  }
  if (!guid.test(item) && !/.\.lakehouse$/i.test(item)) {
    throw wrongInOneLake("The lakehouse is missing; its name must end in .Lakehouse.");
  }
  // Fabric treats everything below Tables as its own tables.
  if (top.toLowerCase() !== "files") {
    throw wrongInOneLake("The lake must be below Files; use shortcuts to show its tables under Tables.");
  }
  const prefix = [item, "Files", ...folders].join("/");
  return { kind: "oneLake", account: oneLakeAccount, endpoint, accountPath, fileSystem: workspace, prefix };
}

function decoded(part: string): string {
  let text: string;
  try {
    text = decodeURIComponent(part);
  } catch {
    throw wrong("A part of its path is not correctly encoded.");
  }
  if (text === "." || text === ".." || /[\\/\0]/.test(text)) throw wrong("Its path leaves the account.");
  return text;
}

/** The error does not repeat the address, which may contain a SAS. */
function wrong(
  what: string,
  hint = "It looks like https://ACCOUNT.dfs.core.windows.net, optionally followed by a folder.",
): CleverLakeError {
  return new CleverLakeError("config", `The lake's address cannot be used. ${what}`, { hint });
}

function wrongInOneLake(what: string): CleverLakeError {
  return wrong(
    what,
    "It looks like https://onelake.dfs.fabric.microsoft.com/WORKSPACE/LAKEHOUSE.Lakehouse/Files.",
  );
}

/** The workspace and the item of an address of OneLake. */
export function oneLakeItemOf({
  kind,
  fileSystem: workspace = "",
  prefix,
}: AdlsAddress): { readonly workspace: string; readonly item: string } | undefined {
  const [item = ""] = prefix.split("/", 1);
  return kind === "oneLake" ? { workspace, item } : undefined;
}

/** The ways to sign in to an address: account keys and their SAS exist only for storage accounts. */
export function lakeAuthsFor({ kind }: AdlsAddress): readonly LakeAuth[] {
  return kind === "oneLake" ? ["default", "vscode"] : lakeAuths;
}
