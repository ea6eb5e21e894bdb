import { createHash } from "node:crypto";
import { fileStatistics } from "../../delta/files/statistics";
import type { AddFile } from "../../delta/log/actions";
import { lakePathOf } from "../../delta/readQuery";
import type { Snapshot } from "../../delta/snapshot";
import { type ReportKind, reportKinds } from "../answer";
import type { Snapshots } from "./watchedTables";

/** The data files that hold a month's rows. */
export interface MonthFiles extends Readonly<Record<ReportKind, readonly AddFile[]>> {
  /** Changes with any of the files, which never change under their names. */
  readonly key: string;
}

/** The months (`yyyy-MM`) of a file, for files whose statistics do not give them. */
export type ReadMonths = (snapshot: Snapshot, file: AddFile, lakePath: string) => Promise<readonly string[]>;

/** The tables' data files by month. Rows without a date belong to no month. */
export interface FilesByMonth {
  /** The months with rows, ascending. */
  readonly months: ReadonlyMap<string, MonthFiles>;
  /** Files in which no row has a date. */
  readonly undated: Omit<MonthFiles, "key">;
}

/** Sorts the tables' data files by month. */
export async function monthFiles(tables: Snapshots, readMonths: ReadMonths): Promise<FilesByMonth> {
  const participation = await byMonth(tables.dailyParticipation, readMonths);
  const usage = await byMonth(tables.resourceUsage, readMonths);
  const filesOf = (month: string) => ({
    dailyParticipation: participation.get(month) ?? [],
    resourceUsage: usage.get(month) ?? [],
  });
  const months = [...new Set([...participation.keys(), ...usage.keys()])]
    .filter((month) => month !== undatedName)
    .sort();
  return {
    months: new Map(
      months.map((month) => {
        const files = filesOf(month);
        return [month, { key: keyOf(tables, files), ...files }];
      }),
    ),
    undated: filesOf(undatedName),
  };
}

const undatedName = "";

async function byMonth(
  snapshot: Snapshot | undefined,
  readMonths: ReadMonths,
): Promise<Map<string, AddFile[]>> {
  const months = new Map<string, AddFile[]>();
  if (snapshot === undefined) return months;
  for (const file of snapshot.files.values()) {
    const found = monthsByStatistics(file) ?? (await readMonths(snapshot, file, lakePathOf(snapshot, file)));
    for (const month of found.length > 0 ? found : [undatedName]) {
      const files = months.get(month);
      if (files) files.push(file);
      else months.set(month, [file]);
    }
  }
  return months;
}

function monthsByStatistics(file: AddFile): readonly string[] | undefined {
  const statistics = fileStatistics(file);
  if (statistics === undefined) return undefined;
  const { numRecords, minValues, maxValues, nullCount } = statistics;
  if (nullCount.date === numRecords) return [];
  const [first, last] = [monthOf(minValues.date), monthOf(maxValues.date)];
  // If first and last month differ, statistics do not say whether the file has rows of the months between.
  return first !== undefined && first === last ? [first] : undefined;
}

function monthOf(date: unknown): string | undefined {
  return typeof date === "string" ? /^(\d{4}-\d{2})-\d{2}$/.exec(date)?.[1] : undefined;
}

function keyOf(tables: Snapshots, files: Omit<MonthFiles, "key">): string {
  const hash = createHash("sha256");
  for (const table of reportKinds) {
    const snapshot = tables[table];
    if (snapshot === undefined || files[table].length === 0) continue;
    // The schema determines how values are read.
    hash.update(`${snapshot.metadata.schemaString}\n`);
    for (const path of files[table].map((file) => lakePathOf(snapshot, file)).sort())
      hash.update(`${path}\n`);
  }
  return hash.digest("hex");
}
