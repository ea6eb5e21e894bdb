import { posix } from "node:path";
import { landedFolder } from "../../clever/layout";
import type { ReportName } from "../../clever/reports";
import type { LakeAccess, OpenLake } from "../../delta/openLake";
import { commitPath } from "../../delta/paths";
import { commitTime, readSnapshot, type Snapshot } from "../../delta/snapshot";
import { filesBelow } from "../../lake/filesBelow";
import type { Lake } from "../../lake/lake";
import { problemOf, upkeepTables } from "../upkeep/upkeepTables";
import { allReports } from "../write/tables";
import { sizesOf, type TableSizes } from "./tableDetails";

/** A Delta table as described by its log, or why it cannot be read; no data file is read. */
export type TableItem = {
  /** The table's folder in the lake, and the folder's last part. */
  readonly path: string;
  readonly name: string;
} & ({ readonly problem: string } | ReadableTable);

interface ReadableTable extends TableSizes {
  readonly problem: null;
  readonly version: number;
  /** When the newest version was committed; null if a log clean-up removed that commit. */
  readonly changed: string | null;
}

/** The lake's tables, in the order of OEA's stages. */
export async function lakeTables(open: OpenLake): Promise<TableItem[]> {
  const tables: TableItem[] = [];
  for (const { path } of upkeepTables()) {
    const name = posix.basename(path);
    try {
      const snapshot = await readSnapshot(open, path);
      if (!snapshot) continue;
      const changed = await committedAt(open, snapshot);
      const { version, files } = snapshot;
      tables.push({ path, name, problem: null, version, ...sizesOf([...files.values()]), changed });
    } catch (error) {
      tables.push({ path, name, problem: problemOf(error, open.signal) });
    }
  }
  return tables;
}

/** The time in the commit, else the time of its file. */
async function committedAt(access: LakeAccess, snapshot: Snapshot): Promise<string | null> {
  const { tablePath, version } = snapshot;
  const recorded = await commitTime(access, snapshot);
  const time = recorded ?? (await access.lake.stat(commitPath(tablePath, version), access))?.modified;
  return time?.toISOString() ?? null;
}

/** A folder of landed files: those of one run, or those that would have collided in that run's folder. */
export interface LandingFolder {
  /** Its name: `yyyy-MM-ddTHH-mm-ss`, UTC. */
  readonly folder: string;
  /** The same as an ISO 8601 time. */
  readonly time: string;
  readonly reports: readonly ReportName[];
}

const landingName = /^\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}$/;

/** The folders with landed files, newest first. */
export async function landingFolders(lake: Lake, signal?: AbortSignal): Promise<LandingFolder[]> {
  const folders = new Map<string, ReportName[]>();
  for (const report of allReports()) {
    for await (const { path, kind } of lake.list(landedFolder(report), { signal })) {
      const name = posix.basename(path);
      if (kind === "folder" && landingName.test(name)) {
        folders.set(name, [...(folders.get(name) ?? []), report.name]);
      }
    }
  }
  return [...folders]
    .map(([folder, reports]) => ({ folder, time: timeOf(folder), reports }))
    .sort((a, b) => (a.folder < b.folder ? 1 : -1));
}

function timeOf(folder: string): string {
  const [date, time = ""] = folder.split("T");
  return `${date}T${time.replaceAll("-", ":")}.000Z`;
}

/** A file in a landing folder: a report in its original form, or its refused rows. */
export interface LandedFileItem {
  /** In the lake. */
  readonly path: string;
  readonly size: number;
  readonly modified: string;
}

/** The files of a landing folder, by path; none if the folder does not exist. */
export async function landedFiles(
  lake: Lake,
  folder: string,
  signal?: AbortSignal,
): Promise<LandedFileItem[]> {
  if (!landingName.test(folder)) return [];
  const files: LandedFileItem[] = [];
  for (const report of allReports()) {
    // OEA's production pipeline creates no folders for user types there.
    const found = await filesBelow(lake, `${landedFolder(report)}/${folder}`, { signal });
    files.push(
      ...found.map(({ path, size, modified }) => ({ path, size, modified: modified.toISOString() })),
    );
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}
