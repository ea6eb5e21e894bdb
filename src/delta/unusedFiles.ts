import type { Duck } from "../duck/duck";
import { filesBelow } from "../lake/filesBelow";
import type { Lake, LakeEntry, LakeOptions } from "../lake/lake";
import type { Action } from "./actions";
import { commitPath, dataFilePath } from "./paths";
import { requireWritable } from "./protocol";
import { readCheckedSnapshot, readCommit, type Snapshot } from "./snapshot";
import { dataFilesAmong } from "./tableFiles";

/**
 * The data files in a table's folder that are older than `since` and not needed by any version that was the newest at
 * `since` or later: replaced files, and files that were never committed. Empty if there is no table. Rejects with
 * `unsupportedTable` for a table whose files may be in use in other ways.
 * @param since milliseconds since 1970
 */
export async function unusedFiles(
  lake: Lake,
  duck: Duck,
  tablePath: string,
  since: number,
  options: LakeOptions = {},
): Promise<LakeEntry[]> {
  // Listed first, so that files committed in the meantime are known to be in use.
  const stored = dataFilesAmong(await filesBelow(lake, tablePath, options), tablePath);
  const snapshot = await readCheckedSnapshot(lake, tablePath, duck, undefined, options);
  if (snapshot === undefined) return [];
  requireWritable(snapshot, []);
  const used = await usedPaths(lake, snapshot, since, options);
  return stored.filter(({ path, modified }) => modified.getTime() < since && !used.has(path));
}

/** The files of all versions since `since`, as paths in the lake. */
async function usedPaths(
  lake: Lake,
  snapshot: Snapshot,
  since: number,
  options: LakeOptions,
): Promise<Set<string>> {
  const { tablePath, files, tombstones } = snapshot;
  const used = new Set<string>();
  for (const { path } of files.values()) use(used, tablePath, path);
  for (const { path, deletionTimestamp } of tombstones.values()) {
    const isNeeded = deletionTimestamp === undefined || deletionTimestamp >= since;
    use(isNeeded ? used : new Set(), tablePath, path);
  }
  // A checkpoint leaves out tombstones that are older than the table's own retention.
  for (let version = snapshot.version; version >= 0; version--) {
    const actions = await readCommit(lake, tablePath, version, options);
    if (actions === undefined || (await isOlder(actions, commitPath(tablePath, version)))) break;
    for (const action of actions) if ("remove" in action) use(used, tablePath, action.remove.path);
  }
  return used;

  async function isOlder(actions: readonly Action[], file: string): Promise<boolean> {
    const infos = actions.flatMap((action) => ("commitInfo" in action ? [action.commitInfo] : []));
    if (infos.some(({ timestamp }) => timestamp !== undefined && timestamp >= since)) return false;
    const written = (await lake.stat(file, options))?.modified.getTime();
    return written !== undefined && written < since;
  }
}

/**
 * Counts a file as used. Refuses absolute paths, which cannot be matched to a file. Some writers do not encode paths;
 * the path in the log is then the file's own.
 */
function use(used: Set<string>, tablePath: string, path: string): void {
  used.add(dataFilePath(tablePath, path)).add(`${tablePath}/${path}`);
}
