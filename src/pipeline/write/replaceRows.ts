import { ifReadable } from "../../basics/errors";
import { type DataFileRequest, writeDataFile } from "../../delta/files/dataFile";
import { filesOf } from "../../delta/files/storedFiles";
import { type CommitOutcome, commit } from "../../delta/log/commit";
import type { OpenLake } from "../../delta/openLake";
import { readQuery } from "../../delta/readQuery";
import { requireSameShape } from "../../delta/schema";
import type { Snapshot } from "../../delta/snapshot";
import { type NewTable, removeFile, tableActions } from "../../delta/tableActions";
import { withDataFiles } from "../../delta/withTable";
import { isMarked, replacementMark } from "../repair/foreignCommits";

/** A table without partitions whose rows are replaced together. */
export interface WholeTable extends NewTable {
  /** Its folder in the lake. */
  readonly path: string;
}

export interface Replacement
  extends OpenLake,
    Pick<DataFileRequest, "session" | "query" | "parameters" | "tags"> {
  readonly table: WholeTable;
  /** Whether a state of the table, with its rows as a SELECT, is already correct. */
  readonly isCurrent: (snapshot: Snapshot, select: string) => Promise<boolean>;
  /** Rejects if another run has taken over the lake; called right before the commit. */
  readonly requireHeld: () => Promise<void>;
}

/**
 * Makes a table contain exactly the rows of a query, in one commit, so that a reader finds the rows before or after it;
 * no commit if it already does. Rejects with `unsupportedTable` if another program's table with different columns is
 * there, and as `commit` does.
 */
export async function replaceRows({
  table,
  duck,
  isCurrent,
  requireHeld,
  ...rows
}: Replacement): Promise<CommitOutcome> {
  const { path: tablePath, columns } = table;
  const { lake, signal } = rows;
  return commit({
    lake,
    duck,
    tablePath,
    signal,
    operation: { name: "WRITE", parameters: { mode: "Overwrite" } },
    attempt: async (snapshot) => {
      requireShapeOf(table, snapshot);
      const files = filesOf({ snapshot });
      const same =
        snapshot &&
        isMarked(snapshot) &&
        withDataFiles(rows, [{ snapshot }], (localPathOf) =>
          isCurrent(snapshot, readQuery(snapshot, files, localPathOf)),
        );
      if (same && (await ifReadable(same))) return undefined;
      const add = await writeDataFile({ ...rows, tablePath, columns });
      await requireHeld();
      const before = snapshot
        ? files.map((file) => removeFile(file, { dataChange: true }))
        : tableActions(table);
      // Another run that took over in the meantime may have written other rows.
      const actions = [...before, ...(add ? [{ add }] : []), replacementMark(snapshot)];
      return { actions, readsTable: true };
    },
  });
}

/** Rejects with `unsupportedTable` if another program's table with different columns is there. */
export function requireShapeOf({ path, columns }: WholeTable, snapshot: Snapshot | undefined): void {
  if (snapshot) requireSameShape(snapshot.metadata, { columns, partitionColumns: [] }, path);
}
