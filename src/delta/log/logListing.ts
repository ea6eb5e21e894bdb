import type { LakeAccess } from "../openLake";
import { logFolder, parseLogFileName } from "../paths";

export interface CheckpointFiles {
  readonly version: number;
  /** Undefined for a single-file checkpoint. */
  readonly parts?: number | undefined;
}

/** The contents of a table's log folder. */
export interface LogListing {
  /** Versions with a commit file, ascending. */
  readonly commits: readonly number[];
  /** Complete classic checkpoints, newest first. */
  readonly checkpoints: readonly CheckpointFiles[];
  /** Whether there are checkpoints that only readers of version 3 understand. */
  readonly hasV2Checkpoints: boolean;
  /** The newest version of any of the files, complete or not; -1 if there is none. */
  readonly newest: number;
}

export async function listLog(access: LakeAccess, tablePath: string): Promise<LogListing> {
  const commits: number[] = [];
  const checkpoints: CheckpointFiles[] = [];
  const partCounts = new Map<string, number>();
  let hasV2Checkpoints = false;
  let newest = -1;
  for (const name of await access.lake.names(logFolder(tablePath), access)) {
    const file = parseLogFileName(name);
    if (file === undefined) continue;
    const { version } = file;
    newest = Math.max(newest, version);
    if (file.kind === "commit") commits.push(version);
    else if (file.kind === "v2Checkpoint") hasV2Checkpoints = true;
    else if (file.parts === undefined) checkpoints.push({ version });
    else {
      const key = `${version}/${file.parts}`;
      const seen = (partCounts.get(key) ?? 0) + 1;
      partCounts.set(key, seen);
      if (seen === file.parts) checkpoints.push({ version, parts: file.parts });
    }
  }
  return {
    commits: commits.sort((a, b) => a - b),
    checkpoints: checkpoints.sort((a, b) => b.version - a.version),
    hasV2Checkpoints,
    newest,
  };
}
