import { replacedTable, tableBeside } from "../../clever/layout";
import type { Lake, LakeOptions } from "../../lake/lake";
import { folderName } from "../plan/plan";

/** Makes room for a table that is built beside another one: takes away what a killed repair left there. */
export async function clearBeside(lake: Lake, table: string, options: LakeOptions): Promise<void> {
  const left: string[] = [];
  for await (const { kind, path } of lake.list(tableBeside(table), { ...options, recursive: true })) {
    if (kind === "file") left.push(path);
  }
  for (const path of left) await lake.delete(path, options);
}

/**
 * Puts the table that was built beside another one into its place. Two renames: whoever reads between them finds no table,
 * and where this is cut off there, the next run makes the table again from the landed files.
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
