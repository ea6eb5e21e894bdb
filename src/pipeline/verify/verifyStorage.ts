import { counted } from "../../basics/counted";
import {
  digitalActivityTable,
  earlierSaltFingerprintPath,
  groupsTable,
  landedFolder,
  rosterTable,
  runLockPath,
  tableFolders,
} from "../../clever/layout";
import type { LakeAccess } from "../../delta/openLake";
import { logFolder } from "../../delta/paths";
import { filesBelow } from "../../lake/filesBelow";
import { lockFiles } from "../lock/runLock";
import type { LogEntry } from "../log/ingestLog";
import { upkeepTables } from "../upkeep/upkeepTables";
import { allReports } from "../write/tables";
import type { Leftover } from "./verify";

/** What the note about a table's unused data files says; undefined if there are none. */
export function unusedFilesOf(tablePath: string, sizes: readonly number[]): Leftover | undefined {
  if (sizes.length === 0) return undefined;
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  const note = `${counted(sizes.length, "data file")} that the table does not use (${counted(bytes, "byte")}): VACUUM removes them.`;
  return { subject: tablePath, note };
}

/** The paths of raw files without an entry in the ingest log: OEA's notebooks would read them anyway. */
export async function unloggedLandings(access: LakeAccess, entries: readonly LogEntry[]): Promise<string[]> {
  const known = new Set(entries.map(({ landedPath }) => landedPath));
  const unlogged: string[] = [];
  for (const report of allReports()) {
    for (const { path } of await filesBelow(access.lake, landedFolder(report), access)) {
      if (path.endsWith(".csv") && !known.has(path)) unlogged.push(path);
    }
  }
  return unlogged.sort();
}

export const unloggedProblem =
  "The ingest log has no entry for this raw file. If a run was interrupted, the next one adds the entry. If the log was lost, `clever-lake repair` adds it, if the record of its run is there; otherwise, if the report was ingested again, this copy is no longer needed.";

/** Entries that OEA would take for a table. */
async function foreignEntriesAmongTables({ lake, ...options }: LakeAccess): Promise<Leftover[]> {
  const foreign: Leftover[] = [];
  const own = new Set(upkeepTables().map(({ path }) => path));
  for (const folder of tableFolders) {
    for await (const { path, kind } of lake.list(folder, options)) {
      // An interrupted first run left a table's folder; the next one continues with it.
      if (own.has(path)) continue;
      if (kind === "folder" && (await lake.stat(logFolder(path), options)) !== undefined) continue;
      const end =
        path === earlierSaltFingerprintPath ? "The next run moves it." : "Move it to another place.";
      foreign.push({
        subject: path,
        note: `It is not a table, but OEA treats everything here as one. ${end}`,
      });
    }
  }
  return foreign;
}

/**
 * Tables that have data files but no log, and so count as missing. The ingest log shows the loss of a report's table;
 * only this check finds the loss of another one.
 */
async function tablesWithoutLog(access: LakeAccess): Promise<Leftover[]> {
  const lost: Leftover[] = [];
  for (const path of [rosterTable, groupsTable, digitalActivityTable]) {
    const files = (await filesBelow(access.lake, path, access)).map((file) => file.path);
    const isLog = (file: string) => file.startsWith(`${logFolder(path)}/`);
    const dataFiles = files.filter((file) => file.endsWith(".parquet") && !isLog(file));
    if (dataFiles.length === 0 || files.some(isLog)) continue;
    const note = `${counted(dataFiles.length, "data file")} but no Delta log, so the table counts as missing: its log was lost, or its first write was interrupted. Write the table again.`;
    lost.push({ subject: path, note });
  }
  return lost;
}

/**
 * Entries among the tables that are not tables, tables without a log, and files that killed processes left in the lake.
 */
export async function leftoverFiles(access: LakeAccess): Promise<Leftover[]> {
  const left = [...(await foreignEntriesAmongTables(access)), ...(await tablesWithoutLog(access))];
  for (const { path } of await lockFiles(access.lake, access)) {
    const note =
      path === runLockPath
        ? "The lock of a killed run: it is removed by the next run."
        : "A file of a killed run's lock: it is removed by a later run when it is a day old.";
    left.push({ subject: path, note });
  }
  for await (const { path, kind, modified } of access.lake.temporaries(access)) {
    const what = kind === "folder" ? "A temporary folder" : "A temporary file";
    const note = `${what} of ${modified.toISOString()}; what killed runs left is removed by a later one when it is a day old.`;
    left.push({ subject: path, note });
  }
  return left;
}
