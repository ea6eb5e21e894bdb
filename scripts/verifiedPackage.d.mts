export interface WantedPackage {
  readonly name: string;
  readonly version: string;
  /** As a lock file has it. */
  readonly integrity: string;
}

export function verifiedPackage(
  root: string,
  wanted: WantedPackage,
  needed?: readonly WantedPackage[],
): Promise<string>;
