import { type AssetName, assetNames } from "../../assets/asset";
import { type AssetsSummary, writeAssets } from "../../assets/writeAssets";
import { counted } from "../../basics/counted";
import { readConfig } from "../../config";
import { scriptsOfProgram } from "../../spark/scripts";
import { type CommandAction, shown } from "../command";
import { integer, plain, styled } from "../text";

/** `assets`: files for other products, generated for this lake. The lake itself is not opened. */
export const createAssets: CommandAction<{
  readonly out: string;
  readonly only?: readonly AssetName[];
}> = async (options, { signal }) => {
  const { lake, saltKeyVaultUrl, minimumGroupSize } = await readConfig(options.config);
  const names = options.only ?? assetNames;
  const settings = { saltKeyVaultUrl, minimumGroupSize, scripts: scriptsOfProgram() };
  const summary = await writeAssets({ lakeUrl: lake.url, folder: options.out, names, signal, ...settings });
  return shown(summary, showAssets);
};

function showAssets({ folder, assets, written, unchanged, kept, skipped }: AssetsSummary): string {
  const lines = [
    `${styled("green", "Assets:")} ${assets.join(", ")}. ${counted(written.length, "file")} written to ${plain(folder)}, ${integer(unchanged.length)} unchanged.`,
  ];
  if (kept.length > 0) {
    lines.push(styled("yellow", "Kept, because they were changed there:"));
    lines.push(...kept.map((file) => `  ${plain(file)}`));
    lines.push("To write one again, delete it and run the command again.");
  }
  for (const { asset, reason } of skipped)
    lines.push(styled("yellow", `Skipped: ${asset}: ${plain(reason)}`));
  return [...lines, "README.md describes what to do with each asset."].join("\n");
}
