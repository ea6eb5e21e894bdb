import type { LakePlace } from "./lakePlace";

export const assetNames = ["sql", "power-bi", "pipeline", "notebook"] as const;
/** What can be made for a lake; also the name of its folder. */
export type AssetName = (typeof assetNames)[number];

export interface AssetFile {
  /** Below the folder of all assets, with slashes. */
  readonly path: string;
  readonly content: string | Buffer;
}

/** What assets take from the configuration beside the lake's place, and what they are made from. */
export interface AssetSettings {
  readonly saltKeyVaultUrl: string | undefined;
  readonly minimumGroupSize: number;
  /** The folder with what runs in Spark. */
  readonly scripts: string;
}

/** Files that a district uses in another product, made for its lake. */
export interface Asset {
  readonly name: AssetName;
  readonly title: string;
  files(place: LakePlace, settings: AssetSettings): readonly AssetFile[] | Promise<readonly AssetFile[]>;
  /** A section of README.md, without its heading: what to do with the files, and how they were checked. */
  guide(place: LakePlace): string;
}
