import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { lookupTable, pseudoTable } from "../../src/clever/layout";
import { allReports } from "../../src/pipeline/write/tables";

/** The tables that a run writes, except the ingest log. */
export const runTables = allReports().flatMap((report) => [pseudoTable(report), lookupTable(report)]);

/** The files below a folder, by their paths in it, sorted; none if there is no folder. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
}

/** A folder's files with the hashes of their contents. */
export async function contentsBelow(folder: string): Promise<Record<string, string>> {
  const files = await filesBelow(folder);
  const hashes = files.map(async (file) =>
    createHash("sha256")
      .update(await readFile(path.join(folder, file)))
      .digest("hex"),
  );
  const contents = await Promise.all(hashes);
  return Object.fromEntries(files.map((file, index) => [file, contents[index] ?? ""]));
}
