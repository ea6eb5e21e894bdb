import { type Asset, type AssetName, assetNames } from "./asset";
import { pipelineAsset } from "./dataFactory/asset";
import { notebookAsset } from "./notebook/asset";
import { powerBiAsset } from "./powerBi/asset";
import { sqlAsset } from "./sql/asset";

/** Every asset, by name. */
const assets: Readonly<Record<AssetName, Asset>> = {
  sql: sqlAsset,
  "power-bi": powerBiAsset,
  pipeline: pipelineAsset,
  notebook: notebookAsset,
};

/** The named assets, without duplicates, in the order of all assets. */
export function assetsNamed(names: readonly AssetName[]): Asset[] {
  return assetNames.filter((name) => names.includes(name)).map((name) => assets[name]);
}
