import { CleverLakeError, describeError, type ErrorCode } from "../../basics/errors";
import {
  digitalActivityTable,
  groupsTable,
  ingestLogTable,
  lookupTable,
  pseudoTable,
  rosterTable,
} from "../../clever/layout";
import type { FileLayout } from "../../delta/files/dataFile";
import type { MergedTags } from "../../delta/merging/mergePlan";
import { activityTags } from "../activity/digitalActivity";
import { allReports, pseudoFiles } from "../write/tables";

/** A table whose data files are maintained, and how its files are written. */
export interface UpkeepTable extends FileLayout {
  readonly path: string;
  readonly tagsOf?: MergedTags;
}

/** The tables that this program writes, in the order of OEA's stages. */
export function upkeepTables(): UpkeepTable[] {
  const reports = allReports();
  return [
    { path: ingestLogTable },
    ...reports.map((report) => ({ path: lookupTable(report) })),
    ...reports.map((report) => ({ path: pseudoTable(report), ...pseudoFiles })),
    { path: rosterTable },
    { path: groupsTable },
    { path: digitalActivityTable, tagsOf: activityTags },
  ];
}

/** Errors that would affect all tables: the lake is unreachable, or another run has taken it over. */
const fatal: ReadonlySet<ErrorCode> = new Set(["network", "conflict"]);

/** A table's problem in words, so that the others are still processed; rethrows errors that are not one table's. */
export function problemOf(error: unknown, signal: AbortSignal | undefined): string {
  signal?.throwIfAborted();
  if (!(error instanceof CleverLakeError) || fatal.has(error.code)) throw error;
  return describeError(error);
}

/** Whether a table, or a part of one, could not be processed. */
export function hasUpkeepProblems({
  tables,
}: {
  readonly tables: readonly { readonly problem: string | null }[];
}): boolean {
  return tables.some(({ problem }) => problem !== null);
}
