import { type DataFileRequest, writeDataFile } from "../../src/delta/files/dataFile";
import { withLocalFiles } from "../../src/delta/files/localFiles";
import type { Action, AddFile } from "../../src/delta/log/actions";
import { commit } from "../../src/delta/log/commit";
import { lakePathOf, readQuery } from "../../src/delta/readQuery";
import type { Column } from "../../src/delta/schema";
import type { Snapshot } from "../../src/delta/snapshot";
import { tableActions } from "../../src/delta/tableActions";
import type { SqlRow } from "../../src/duck/duck";
import type { Lake } from "../../src/lake/lake";
import { sharedDuck } from "./lakeRows";

/** A small table for tests of the Delta layer. */

export const table = "stage2p/clever/t";
export const columns: Column[] = [
  { name: "date", type: "date" },
  { name: "n", type: "integer" },
  { name: "year", type: "integer" },
  { name: "school", type: "string" },
  { name: "source_file", type: "string" },
];

/** The contents of one of its data files. */
export type Part = Pick<
  DataFileRequest,
  "query" | "partitionValues" | "parameters" | "exactStatistics" | "tags"
>;

export async function write(lake: Lake, part: Part): Promise<AddFile | undefined> {
  const duck = await sharedDuck();
  return duck.session((session) => writeDataFile({ session, lake, tablePath: table, columns, ...part }));
}

/** Creates the table with these files. */
export async function tableOf(
  lake: Lake,
  partitionColumns: readonly string[],
  parts: readonly Part[],
): Promise<Snapshot> {
  const actions: Action[] = tableActions({ columns, partitionColumns });
  for (const part of parts) {
    const add = await write(lake, part);
    if (add !== undefined) actions.push({ add });
  }
  return committed(lake, actions);
}

export async function committed(lake: Lake, actions: readonly Action[]): Promise<Snapshot> {
  const request = { lake, duck: await sharedDuck(), tablePath: table, operation: { name: "WRITE" } };
  const { snapshot } = await commit({ ...request, attempt: async () => ({ actions }) });
  if (snapshot === undefined) throw new Error("there is no table");
  return snapshot;
}

/** Rows of files as text, ordered by `n`. */
export async function rowsOf(
  lake: Lake,
  snapshot: Snapshot,
  files: readonly AddFile[] = [...snapshot.files.values()],
) {
  const duck = await sharedDuck();
  const lakePaths = files.map((file) => lakePathOf(snapshot, file));
  return withLocalFiles(lake, lakePaths, {}, (local) => {
    const query = readQuery(snapshot, files, (lakePath) => local[lakePaths.indexOf(lakePath)] ?? "");
    return duck.session((session) =>
      session.query(`SELECT date::VARCHAR AS date, * EXCLUDE (date) FROM (${query}) ORDER BY n`),
    );
  });
}

export const row = (n: number, more: SqlRow = {}): SqlRow => ({
  date: `2022-01-0${n}`,
  n,
  year: 2022,
  school: "A 'b'",
  source_file: `f${n}`,
  ...more,
});
