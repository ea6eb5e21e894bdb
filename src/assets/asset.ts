import type { LakeAddresses } from "./lakeAddresses";

export const assetNames = ["sql", "power-bi", "pipeline", "notebook"] as const;
/** An asset that can be created for a lake; also the name of its folder. */
export type AssetName = (typeof assetNames)[number];

export interface AssetFile {
  /** Relative to the folder of all assets, with forward slashes. */
  readonly path: string;
  readonly content: string | Buffer;
}

export function jsonFile(path: string, value: unknown): AssetFile {
  return { path, content: `${JSON.stringify(value, undefined, 2)}\n` };
}

/** A string literal in SQL, in an expression of a pipeline and in Power BI. */
export const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;

/** The configuration for assets in addition to the lake's location, and the scripts that they contain. */
export interface AssetSettings {
  readonly saltKeyVaultUrl: string | undefined;
  readonly minimumGroupSize: number;
  /** The folder with the code that runs in Spark. */
  readonly scripts: string;
}

/** Files for use in another product, generated for a district's lake. */
export interface Asset {
  readonly name: AssetName;
  readonly title: string;
  files(
    addresses: LakeAddresses,
    settings: AssetSettings,
  ): readonly AssetFile[] | Promise<readonly AssetFile[]>;
  /** A section of README.md, without its heading: how to use the files, and how they were verified. */
  guide(addresses: LakeAddresses): string;
}
