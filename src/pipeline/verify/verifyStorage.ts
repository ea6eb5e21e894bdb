import { earlierSaltFingerprintPath, landedFolder, runLockPath, tableFolders } from "../../clever/layout";
import { counted } from "../../counted";
import type { AddFile } from "../../delta/actions";
import { hashOfFile, hashTag } from "../../delta/fileHash";
import { logFolder } from "../../delta/paths";
import { lakePathOf } from "../../delta/readQuery";
import type { Snapshot } from "../../delta/snapshot";
import type { Lake, LakeOptions } from "../../lake/lake";
import { lockFiles } from "../lock/runLock";
import type { LogEntry } from "../log/ingestLog";
import { upkeepTables } from "../upkeep/upkeepTables";
import { allReports } from "../write/tables";
import type { Discrepancy, Leftover } from "./verify";

/** A table's folder compared with its log, with one listing. */
export interface StoredDataFiles {
  /** Data files that are gone, or whose size differs from the log. */
  readonly damaged: readonly Discrepancy[];
  /** Data files that the table no longer uses, or that were never committed. */
  readonly unused: Leftover | undefined;
}

export async function storedDataFiles(
  lake: Lake,
  snapshot: Snapshot,
  options: LakeOptions,
): Promise<StoredDataFiles> {
  const { tablePath, files, tombstones } = snapshot;
  const sizes = new Map<string, number>();
  let unused = 0;
  let bytes = 0;
  for await (const { kind, path, size } of lake.list(tablePath, { ...options, recursive: true })) {
    if (kind !== "file") continue;
    sizes.set(path, size);
    const name = path.slice(tablePath.length + 1);
    const isData = name.endsWith(".parquet") && !name.split("/").some((part) => part.startsWith("_"));
    if (!isData || files.has(name) || tombstones.has(name)) continue;
    unused++;
    bytes += size;
  }
  const damaged: Discrepancy[] = [];
  for (const file of files.values()) {
    const subject = lakePathOf(snapshot, file);
    const size = sizes.get(subject);
    if (size === undefined) damaged.push({ subject, problem: "The table's data file is gone." });
    else if (size !== file.size) {
      const problem = `The table's data file has ${size} bytes; its log says ${file.size}.`;
      damaged.push({ subject, problem });
    }
  }
  const note = `${counted(unused, "data file")} that the table does not use (${counted(bytes, "byte")}): VACUUM removes them.`;
  return { damaged, unused: unused === 0 ? undefined : { subject: tablePath, note } };
}

/** Data files whose bytes changed since they were written; those of other writers carry no hash and are not checked. */
export async function flippedDataFiles(
  tables: readonly { readonly snapshot: Snapshot; readonly files: readonly AddFile[] }[],
  placeOf: (path: string) => string,
  options: LakeOptions,
): Promise<Discrepancy[]> {
  const problems: Discrepancy[] = [];
  for (const { snapshot, files } of tables) {
    for (const file of files) {
      const subject = lakePathOf(snapshot, file);
      const sha256 = file.tags?.[hashTag];
      if (!sha256 || (await hashOfFile(placeOf(subject), options)) === sha256) continue;
      const problem = "The table's data file has changed since it was written.";
      problems.push({ subject, problem });
    }
  }
  return problems;
}

/** Raw files without an entry in the ingest log: OEA's notebooks would read them anyway. */
export async function unloggedLandings(
  lake: Lake,
  entries: readonly LogEntry[],
  signal?: AbortSignal,
): Promise<Discrepancy[]> {
  const known = new Set(entries.map(({ landedPath }) => landedPath));
  const problems: Discrepancy[] = [];
  for (const report of allReports()) {
    const options = { recursive: true, signal };
    for await (const { kind, path } of lake.list(landedFolder(report), options)) {
      if (kind !== "file" || !path.endsWith(".csv") || known.has(path)) continue;
      const problem =
        "The ingest log has no entry for this raw file. If a run was interrupted, the next one adds the entry. If the log was lost and the report was ingested again, this copy is no longer needed.";
      problems.push({ subject: path, problem });
    }
  }
  return problems.sort((a, b) => (a.subject < b.subject ? -1 : 1));
}

/** Entries that OEA would take for a table. */
async function foreignEntriesAmongTables(lake: Lake, options: LakeOptions): Promise<Leftover[]> {
  const strangers: Leftover[] = [];
  const own = new Set(upkeepTables().map(({ path }) => path));
  for (const folder of tableFolders) {
    for await (const { path, kind } of lake.list(folder, options)) {
      // An interrupted first run left a table's folder; the next one continues with it.
      if (own.has(path)) continue;
      if (kind === "folder" && (await lake.stat(logFolder(path), options)) !== undefined) continue;
      const end =
        path === earlierSaltFingerprintPath ? "The next run moves it." : "Move it to another place.";
      strangers.push({
        subject: path,
        note: `It is not a table, but OEA treats everything here as one. ${end}`,
      });
    }
  }
  return strangers;
}

/** Entries among the tables that are not tables, and files that killed processes left in the lake. */
export async function leftoverFiles(lake: Lake, options: LakeOptions): Promise<Leftover[]> {
  const left = await foreignEntriesAmongTables(lake, options);
  for (const { path } of await lockFiles(lake, options)) {
    const note =
      path === runLockPath
        ? "The lock of a killed run: it is removed by the next run."
        : "A file of a killed run's lock: it is removed by a later run when it is a day old.";
    left.push({ subject: path, note });
  }
  for await (const { path, kind, modified } of lake.temporaries(options)) {
    const what = kind === "folder" ? "A temporary folder" : "A temporary file";
    const note = `${what} of ${modified.toISOString()}; what killed runs left is removed by a later one when it is a day old.`;
    left.push({ subject: path, note });
  }
  return left;
}
