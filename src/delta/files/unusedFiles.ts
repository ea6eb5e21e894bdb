import { filesBelow } from "../../lake/filesBelow";
import type { LakeEntry } from "../../lake/lake";
import { type Action, commitInfoOf } from "../log/actions";
import { requireWritable } from "../log/protocol";
import type { LakeAccess, OpenLake } from "../openLake";
import { commitPath, dataFilePath } from "../paths";
import { readCheckedSnapshot, readCommit, type Snapshot } from "../snapshot";
import { dataFilesAmong } from "./tableFiles";

/**
 * The data files in a table's folder that are older than `since` and not needed by any version that was the newest at
 * `since` or later: replaced files, and files that were never committed. Empty if there is no table. Rejects with
 * `unsupportedTable` for a table whose files may be in use in other ways.
 * @param since milliseconds since 1970
 */
export async function unusedFiles(open: OpenLake, tablePath: string, since: number): Promise<LakeEntry[]> {
  // Listed first, so that files committed in the meantime are known to be in use.
  const stored = dataFilesAmong(await filesBelow(open.lake, tablePath, open), tablePath);
  const snapshot = await readCheckedSnapshot(open, tablePath);
  if (snapshot === undefined) return [];
  requireWritable(snapshot, []);
  const used = await usedPaths(open, snapshot, since);
  return stored.filter(({ path, modified }) => modified.getTime() < since && !used.has(path));
}

/** The files of all versions since `since`, as paths in the lake. */
async function usedPaths(access: LakeAccess, snapshot: Snapshot, since: number): Promise<Set<string>> {
  const { tablePath, files, tombstones } = snapshot;
  const used = new Set<string>();
  for (const { path } of files.values()) markUsed(used, tablePath, path);
  for (const { path, deletionTimestamp } of tombstones.values()) {
    const isNeeded = deletionTimestamp === undefined || deletionTimestamp >= since;
    markUsed(isNeeded ? used : new Set(), tablePath, path);
  }
  // A checkpoint leaves out tombstones that are older than the table's own retention.
  for (let version = snapshot.version; version >= 0; version--) {
    const actions = await readCommit(access, tablePath, version);
    if (actions === undefined || (await isOlder(actions, commitPath(tablePath, version)))) break;
    for (const action of actions) if ("remove" in action) markUsed(used, tablePath, action.remove.path);
  }
  return used;

  async function isOlder(actions: readonly Action[], file: string): Promise<boolean> {
    if ((commitInfoOf(actions)?.timestamp ?? 0) >= since) return false;
    const written = (await access.lake.stat(file, access))?.modified.getTime();
    return written !== undefined && written < since;
  }
}

/**
 * Counts a file as used. Refuses absolute paths, which cannot be matched to a file. Some writers do not encode paths;
 * the path in the log is then the file's own.
 */
function markUsed(used: Set<string>, tablePath: string, path: string): void {
  used.add(dataFilePath(tablePath, path)).add(`${tablePath}/${path}`);
}
