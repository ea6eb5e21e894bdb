import { replacedTable } from "../../clever/layout";
import type { LakeAccess } from "../../delta/openLake";
import { logFolder } from "../../delta/paths";
import { folderName } from "../plan/plan";

/**
 * Moves a table aside, right before a new one is committed in its place. If this is interrupted between the two, the
 * table is gone: the next run rebuilds a table of rows, and the next repair a lookup table.
 *
 * @returns where the old table is kept; null if there was none
 */
export async function moveAside(access: LakeAccess, table: string): Promise<string | null> {
  const { lake } = access;
  if ((await lake.names(table, access)).length === 0) return null;
  const isThere = (await lake.stat(logFolder(table), access)) !== undefined;
  const kept = replacedTable(table, folderName(new Date()));
  await lake.rename(table, kept, access);
  return isThere ? kept : null;
}
