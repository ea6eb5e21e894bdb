export interface WantedPackage {
  readonly name: string;
  readonly version: string;
  /** As in a lock file. */
  readonly integrity: string;
}

export function verifiedPackage(
  root: string,
  wanted: WantedPackage,
  needed?: readonly WantedPackage[],
): Promise<string>;
