import { rebuildFolder, replacedTable } from "../../clever/layout";
import type { LakeAccess } from "../../delta/openLake";
import { logFolder } from "../../delta/paths";
import { filesBelow } from "../../lake/filesBelow";
import { folderName } from "../plan/plan";

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
