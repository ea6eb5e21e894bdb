import { replacedTable, tableBeside } from "../../clever/layout";
import type { Lake, LakeOptions } from "../../lake/lake";
import { folderName } from "../plan/plan";

/** Removes what a killed repair left where a table is to be built next to another one. */
export async function clearBeside(lake: Lake, table: string, options: LakeOptions): Promise<void> {
  const left: string[] = [];
  for await (const { kind, path } of lake.list(tableBeside(table), { ...options, recursive: true })) {
    if (kind === "file") left.push(path);
  }
  for (const path of left) await lake.delete(path, options);
}

/**
 * Puts the table that was built next to another one in its place, by two renames. A reader between them finds no table;
 * if this is interrupted there, the next run rebuilds the table from the landed files.
 *
 * @returns where the old table is kept
 */
export async function swapTable(lake: Lake, table: string, now: Date, options: LakeOptions): Promise<string> {
  const kept = replacedTable(table, folderName(now));
  await lake.rename(table, kept, options);
  try {
    await lake.rename(tableBeside(kept), table, options);
  } catch (error) {
    await lake.rename(kept, table).catch(() => undefined);
    throw error;
  }
  return kept;
}
