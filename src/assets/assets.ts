import type { Asset, AssetName } from "./asset";
import { pipelineAsset } from "./dataFactory/asset";
import { notebookAsset } from "./notebook/asset";
import { powerBiAsset } from "./powerBi/asset";
import { sqlAsset } from "./sql/asset";

/** The named assets, without duplicates, in the order of all assets. */
export function assetsNamed(names: readonly AssetName[]): Asset[] {
  return [sqlAsset, powerBiAsset, pipelineAsset, notebookAsset].filter(({ name }) => names.includes(name));
}
