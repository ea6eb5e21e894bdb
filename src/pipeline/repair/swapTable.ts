import { rebuildFolder, replacedTable } from "../../clever/layout";
import { logFolder } from "../../delta/paths";
import { filesBelow } from "../../lake/filesBelow";
import type { Lake, LakeOptions } from "../../lake/lake";
import { folderName } from "../plan/plan";

/** Removes what a killed repair left where a table is to be built next to another one. */
export async function clearRebuildFolder(lake: Lake, table: string, options: LakeOptions): Promise<void> {
  const left = await filesBelow(lake, rebuildFolder(table), options);
  for (const { path } of left) await lake.delete(path, options);
}

/**
 * Puts the table that was built next to another one in its place, by two renames. A reader between them finds no table.
 * If this is interrupted there, the next run rebuilds a table of rows, and the next repair a lookup table.
 *
 * @returns where the old table is kept; null if there was none
 */
export async function swapTable(
  lake: Lake,
  table: string,
  now: Date,
  options: LakeOptions,
): Promise<string | null> {
  const isThere = (await lake.stat(logFolder(table), options)) !== undefined;
  const kept = replacedTable(table, folderName(now));
  await lake.rename(table, kept, options);
  try {
    await lake.rename(rebuildFolder(kept), table, options);
  } catch (error) {
    await lake.rename(kept, table).catch(() => undefined);
    throw error;
  }
  return isThere ? kept : null;
}
