import { posix } from "node:path";
import { landedFolder } from "../../clever/layout";
import type { ReportName } from "../../clever/reports";
import { commitPath } from "../../delta/paths";
import { commitTime, readSnapshot } from "../../delta/snapshot";
import type { Duck } from "../../duck/duck";
import type { Lake, LakeEntry, LakeOptions } from "../../lake/lake";
import { problemOf, upkeepTables } from "../upkeep/upkeepTables";
import { allReports } from "../write/tables";
import { sizesOf, type TableSizes } from "./tableDetails";

/** A Delta table as described by its log; no data file is read. */
export interface LakeTable extends TableSizes {
  /** The table's folder in the lake. */
  readonly path: string;
  readonly version: number;
  /** When the newest version was committed; undefined if a log clean-up removed that commit. */
  readonly changed: Date | undefined;
}

/** A table that exists but cannot be read. */
export interface UnreadableTable {
  readonly path: string;
  readonly problem: string;
}

/** The lake's tables, in the order of OEA's stages. */
export async function lakeTables(
  lake: Lake,
  duck: Duck,
  signal?: AbortSignal,
): Promise<(LakeTable | UnreadableTable)[]> {
  const tables: (LakeTable | UnreadableTable)[] = [];
  for (const { path } of upkeepTables()) {
    try {
      const snapshot = await readSnapshot(lake, path, duck, { signal });
      if (!snapshot) continue;
      const changed = await committedAt(lake, path, snapshot.version, { signal });
      const { version, files } = snapshot;
      tables.push({ path, version, ...sizesOf([...files.values()]), changed });
    } catch (error) {
      tables.push({ path, problem: problemOf(error, signal) });
    }
  }
  return tables;
}

/** The time in the commit, else the time of its file. */
async function committedAt(
  lake: Lake,
  path: string,
  version: number,
  options: LakeOptions,
): Promise<Date | undefined> {
  const noted = await commitTime(lake, path, version, options);
  return noted ?? (await lake.stat(commitPath(path, version), options))?.modified;
}

/** A folder of landed files: those of one run, or those that would have collided in that run's folder. */
export interface LandingFolder {
  /** `yyyy-MM-ddTHH-mm-ss`, UTC */
  readonly name: string;
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
    .map(([name, reports]) => ({ name, reports }))
    .sort((a, b) => (a.name < b.name ? 1 : -1));
}

/** A file in a landing folder: a report in its original form, or its refused rows. */
export type LandedLakeFile = Omit<LakeEntry, "kind">;

/** The files of a landing folder, by path; none if the folder does not exist. */
export async function landedFiles(
  lake: Lake,
  folder: string,
  signal?: AbortSignal,
): Promise<LandedLakeFile[]> {
  if (!landingName.test(folder)) return [];
  const files: LandedLakeFile[] = [];
  for (const report of allReports()) {
    // OEA's production pipeline has no folders for user types in it.
    const options = { recursive: true, signal };
    for await (const entry of lake.list(`${landedFolder(report)}/${folder}`, options)) {
      const { path, kind, size, modified } = entry;
      if (kind === "file") files.push({ path, size, modified });
    }
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}
