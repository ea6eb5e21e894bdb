export interface Package {
  /** Path of the VSIX. */
  readonly vsix: string;
  readonly bytes: number;
  readonly files: readonly { readonly name: string; readonly bytes: number; readonly packed: number }[];
  /** What is wrong with it; nothing, if it may be given to people. */
  readonly problems: readonly string[];
}

export function makeVsix(target?: string): Promise<Package>;

/** VS Code's name of a platform → the end of the name of DuckDB's package for it. */
export const targets: Readonly<Record<string, string>>;
