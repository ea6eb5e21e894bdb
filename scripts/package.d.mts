export interface Package {
  /** Path of the VSIX. */
  readonly vsix: string;
  readonly bytes: number;
  readonly files: readonly { readonly name: string; readonly bytes: number; readonly packed: number }[];
  /** Problems with it; empty if it may be released. */
  readonly problems: readonly string[];
}

export function makeVsix(target?: string): Promise<Package>;

/** VS Code's name of a platform → the suffix of DuckDB's package name for it. */
export const targets: Readonly<Record<string, string>>;
