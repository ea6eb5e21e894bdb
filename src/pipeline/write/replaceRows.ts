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
import { sqlName } from "../../duck/duck";
import { changesByOthers, isRecentlyOurs, replacementMark } from "../repair/foreignCommits";
import { writeInPlaceOrRebuild } from "../repair/swapTable";

/** A table without partitions whose rows are replaced together. */
export interface WholeTable extends NewTable {
  /** Its folder in the lake. */
  readonly path: string;
}

export interface Replacement extends OpenLake, Pick<DataFileRequest, "session" | "query" | "parameters"> {
  readonly table: WholeTable;
  /** Rejects if another run has taken over the lake; called right before the commit. */
  readonly requireHeld: () => Promise<void>;
}

/**
 * Makes a table contain exactly the rows of a query, in one commit, so that a reader finds the rows before or after it;
 * no commit if it already does and no other program changed its rows. If another program changed its columns, or gave
 * it features that this program cannot write, it is written again. Rejects with `unsupportedTable` if the table is not
 * ours, and as `commit` does.
 */
export function replaceRows(replacement: Replacement): Promise<CommitOutcome> {
  const { path } = replacement.table;
  return writeInPlaceOrRebuild(replacement, path, (tablePath) => replaceRowsAt(tablePath, replacement));
}

async function replaceRowsAt(tablePath: string, replacement: Replacement): Promise<CommitOutcome> {
  const { table, requireHeld, lake, duck, signal } = replacement;
  const { columns } = table;
  return commit({
    lake,
    duck,
    tablePath,
    signal,
    operation: { name: "WRITE", parameters: { mode: "Overwrite" } },
    attempt: async (snapshot) => {
      requireShapeOf(table, snapshot);
      if (snapshot && (await ifReadable(hasSameRows(replacement, snapshot)))) return undefined;
      const add = await writeDataFile({ ...replacement, tablePath, columns });
      await requireHeld();
      const before = snapshot
        ? filesOf({ snapshot }).map((file) => removeFile(file, { dataChange: true }))
        : tableActions(table);
      // Another run that took over in the meantime may have written other rows.
      const actions = [...before, ...(add ? [{ add }] : []), replacementMark(snapshot)];
      return { actions, readsTable: true };
    },
  });
}

async function hasSameRows(replacement: Replacement, snapshot: Snapshot): Promise<boolean> {
  const { session, table, query, parameters } = replacement;
  // The commit that replaces them records that they are ours.
  if (!isRecentlyOurs(snapshot) || (await changesByOthers(replacement, snapshot)).length > 0) return false;
  const texts = table.columns.map(({ name }) => `${sqlName(name)}::VARCHAR`).join(", ");
  const different = await withDataFiles(replacement, [{ snapshot }], (localPathOf) =>
    session.query(
      `WITH stored AS (SELECT ${texts} FROM (${readQuery(snapshot, filesOf({ snapshot }), localPathOf)})),
         due AS (SELECT ${texts} FROM (${query}))
       (FROM stored EXCEPT ALL FROM due) UNION ALL (FROM due EXCEPT ALL FROM stored) LIMIT 1`,
      parameters,
    ),
  );
  return different.length === 0;
}

/** Rejects with `unsupportedTable` if another program's table with different columns is there. */
export function requireShapeOf({ path, columns }: WholeTable, snapshot: Snapshot | undefined): void {
  if (snapshot) requireSameShape(snapshot.metadata, { columns, partitionColumns: [] }, path);
}
