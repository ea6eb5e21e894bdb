import { isCleverLakeError } from "../../basics/errors";
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
  const isThere = (await lake.stat(logFolder(table), access)) !== undefined;
  const kept = replacedTable(table, folderName(new Date()));
  try {
    await lake.rename(table, kept, access);
  } catch (error) {
    if (!isCleverLakeError(error, "notFound")) throw error;
  }
  return isThere ? kept : null;
}
