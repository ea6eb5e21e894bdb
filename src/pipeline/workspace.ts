import { withScratch } from "../delta/files/localFiles";
import type { LakeAccess, OpenLake } from "../delta/openLake";
import { Duck } from "../duck/duck";

/** An open lake, with a local folder for files that are made during the work. */
export interface Workspace extends OpenLake {
  /** A folder made by the lake's `scratch`. */
  readonly scratch: string;
}

/** Runs `work` with an engine and a scratch folder, in which the engine puts what exceeds its memory. */
export function withWorkspace<T>(
  { lake, signal }: LakeAccess,
  work: (workspace: Workspace) => Promise<T>,
): Promise<T> {
  return withScratch(lake, async (scratch) => {
    await using duck = await Duck.open({ temporaryFolder: `${scratch}/spill` });
    return await work({ lake, duck, signal, scratch });
  });
}
