import { isCleverLakeError, undefinedIf } from "../../basics/errors";
import { rebuildFolder, replacedTable } from "../../clever/layout";
import type { LakeAccess, OpenLake } from "../../delta/openLake";
import { logFolder } from "../../delta/paths";
import { readUncheckedSnapshot, type Snapshot } from "../../delta/snapshot";
import { filesBelow } from "../../lake/filesBelow";
import { folderName } from "../plan/plan";
import { hasOurCommits } from "./foreignCommits";

/** Removes what a killed repair left where a table is to be built next to another one. */
export async function clearRebuildFolder(access: LakeAccess, table: string): Promise<void> {
  const leftovers = await filesBelow(access.lake, rebuildFolder(table), access);
  for (const { path } of leftovers) await access.lake.delete(path, access);
}

/**
 * Puts the table that was built next to another one in its place, by two renames. A reader between them finds no table.
 * If this is interrupted there, the next run rebuilds a table of rows, and the next repair a lookup table.
 *
 * @returns where the old table is kept; null if there was none
 */
export async function swapTable(access: LakeAccess, table: string, now: Date): Promise<string | null> {
  const { lake } = access;
  const isThere = (await lake.stat(logFolder(table), access)) !== undefined;
  const kept = replacedTable(table, folderName(now));
  await lake.rename(table, kept, access);
  try {
    await lake.rename(rebuildFolder(kept), table, access);
  } catch (error) {
    await lake.rename(kept, table).catch(() => undefined);
    throw error;
  }
  return isThere ? kept : null;
}

/**
 * Writes a table that follows from other data: in place or, if another program gave it columns or features with which
 * this program cannot write it, next to it, to take its place. Rejects like `write` if not all of its rows are ours.
 *
 * @param requireHeld rejects if another run has taken over the lake
 * @param isOurs whether all rows of a state of the table are ours; their data files may be unreadable
 */
export async function writeInPlaceOrRebuild<T>(
  { requireHeld, ...open }: OpenLake & { readonly requireHeld: () => Promise<void> },
  table: string,
  write: (tablePath: string) => Promise<T>,
  isOurs: (snapshot: Snapshot) => boolean = () => true,
): Promise<T> {
  const isUnsupported = (error: unknown) => isCleverLakeError(error, "unsupportedTable");
  try {
    return await write(table);
  } catch (error) {
    if (!isUnsupported(error)) throw error;
    const old = await undefinedIf(isUnsupported, readUncheckedSnapshot(open, table));
    if (!old || !hasOurCommits(old) || !isOurs(old)) throw error;
    await clearRebuildFolder(open, table);
    const written = await write(rebuildFolder(table));
    await requireHeld();
    await swapTable(open, table, new Date());
    return written;
  }
}
