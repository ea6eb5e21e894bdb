import type { LakePlace } from "./lakePlace";

export const assetNames = ["sql", "power-bi", "pipeline"] as const;
/** What can be made for a lake; also the name of its folder. */
export type AssetName = (typeof assetNames)[number];

export interface AssetFile {
  /** Below the folder of all assets, with slashes. */
  readonly path: string;
  readonly content: string;
}

/** Files that a district uses in another product, made for its lake. */
export interface Asset {
  readonly name: AssetName;
  readonly title: string;
  files(place: LakePlace): readonly AssetFile[];
  /** A section of README.md, without its heading: what to do with the files, and how they were checked. */
  guide(place: LakePlace): string;
}
