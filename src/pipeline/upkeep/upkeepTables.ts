import { CleverLakeError, describeError, type ErrorCode } from "../../basics/errors";
import { activityColumns } from "../../clever/digitalEngagement";
import { groupsColumns } from "../../clever/groupsTable";
import {
  digitalActivityTable,
  groupsTable,
  ingestLogTable,
  lookupTable,
  pseudoTable,
  rosterTable,
} from "../../clever/layout";
import { lookupColumns, pseudoColumns } from "../../clever/reports";
import { rosterColumns } from "../../clever/roster";
import type { FileLayout } from "../../delta/files/dataFile";
import type { MergedTags } from "../../delta/merging/mergePlan";
import type { TableShape } from "../../delta/schema";
import { activityTags } from "../activity/digitalActivity";
import { allReports, pseudoFiles } from "../write/tables";

/** A table whose data files are maintained, and how its files are written. */
export interface UpkeepTable extends FileLayout {
  readonly path: string;
  /** The columns without which its data files must not be written again: these still have the values. */
  readonly columns: TableShape["columns"];
  readonly tagsOf?: MergedTags;
}

/** The tables that this program writes, in the order of OEA's stages. */
export function upkeepTables(): UpkeepTable[] {
  const reports = allReports();
  return [
    // A run adds those that an earlier version did not have.
    { path: ingestLogTable, columns: [] },
    ...reports.map((report) => ({ path: lookupTable(report), columns: lookupColumns })),
    ...reports.map((report) => ({
      path: pseudoTable(report),
      columns: pseudoColumns(report),
      ...pseudoFiles,
    })),
    { path: rosterTable, columns: rosterColumns },
    { path: groupsTable, columns: groupsColumns },
    { path: digitalActivityTable, columns: activityColumns, tagsOf: activityTags },
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
