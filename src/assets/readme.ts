import { version } from "../../package.json";
import type { Asset, AssetFile } from "./asset";
import type { LakeAddresses } from "./lakeAddresses";

/** README.md of the folder: how to use each asset. */
export function readme(chosen: readonly Asset[], addresses: LakeAddresses): AssetFile {
  const inAzure = addresses.oneLake
    ? `\`${addresses.oneLake.item}\` of the workspace \`${addresses.oneLake.workspace}\` in OneLake`
    : `the storage account \`${addresses.account}\``;
  const where = addresses.inAzure
    ? `They were generated for the lake in ${inAzure}.`
    : "The lake is in a folder on a machine, where Azure services cannot read it. Copy the lake to a storage account, and replace ACCOUNT in the files with the account's name.";
  const sections = chosen.map((asset) => `## ${asset.title}\n\n${asset.guide(addresses)}`);
  const content = `# Analytics assets for your lake

Written by Clever Lake ${version}. ${where}

You may change any file. When the assets are written again, files that you changed are kept, and the command lists them. To
get such a file again, delete it first.

${sections.join("\n\n")}
`;
  return { path: "README.md", content };
}
