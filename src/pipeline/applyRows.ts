import { pseudoTable } from "../clever/layout";
import { partitionColumns, pseudoColumns, type Report } from "../clever/reports";
import type { Action, AddFile } from "../delta/actions";
import { commit } from "../delta/commit";
import type { Attempt } from "../delta/conflict";
import { writeDataFile } from "../delta/dataFile";
import { withLocalFiles } from "../delta/localFiles";
import { lakePathOf, readQuery } from "../delta/readQuery";
import { scanFiles } from "../delta/scan";
import { requireSameShape, tableColumns } from "../delta/schema";
import type { Snapshot } from "../delta/snapshot";
import { removeFile, tableActions } from "../delta/tableActions";
import { type Duck, sqlString } from "../duck/duck";
import type { Lake } from "../lake/lake";
import type { RepeatedRows } from "./repeatedRows";
import type { StagedFile } from "./stageFile";
import { appliedVersions, sourceAppId, sourceTag } from "./tables";

export interface ApplyContext {
  readonly lake: Lake;
  readonly duck: Duck;
  readonly scratch: string;
  /** What the staged rows were compared with. */
  readonly repeated: RepeatedRows;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Brings the rows of staged files into a report's table, all in one commit: with the rows comes a `txn` per source
 * that says which delivery they are, and the rows of the delivery before go. Exactly once: a source whose delivery
 * is in the table already, by another run, is left out. Rejects with `conflict` where another run brought in rows that
 * may be the same as some of these: they were compared with the table as it was before.
 *
 * @param table the table as it was known last
 * @returns the sources whose rows this call brought in, and the table as it is then
 */
export async function applyRows(
  report: Report,
  staged: readonly StagedFile[],
  table: Snapshot | undefined,
  context: ApplyContext,
): Promise<{ readonly applied: Set<string>; readonly table: Snapshot | undefined }> {
  let applied = new Set<string>();
  const { snapshot: newest } = await commit({
    snapshot: table,
    lake: context.lake,
    duck: context.duck,
    tablePath: pseudoTable(report),
    operation: {
      name: "WRITE",
      parameters: { mode: "Append", partitionBy: JSON.stringify(partitionColumns) },
    },
    attempt: async (snapshot) => {
      const versions = appliedVersions(snapshot);
      const due = staged.filter(({ file }) => (versions.get(file.source) ?? 0) < file.version);
      applied = new Set(due.map(({ file }) => file.source));
      if (due.length === 0) return undefined;
      requireOurShape(report, snapshot);
      context.repeated.requireNothingNew(due, snapshot);
      return actionsFor(report, due, snapshot, context);
    },
    ...(context.signal ? { signal: context.signal } : {}),
  });
  return { applied, table: newest };
}

/**
 * Rejects with `unsupportedTable` where another program gave the table other columns or partitions than the data files
 * that we write have; its own columns behind ours are null in our rows.
 */
export function requireOurShape(report: Report, table: Snapshot | undefined): void {
  if (table === undefined) return;
  const expected = { columns: pseudoColumns(report), partitionColumns };
  requireSameShape(table.metadata, expected, pseudoTable(report), "mayFollow");
}

async function actionsFor(
  report: Report,
  due: readonly StagedFile[],
  snapshot: Snapshot | undefined,
  context: ApplyContext,
): Promise<Attempt> {
  // Not only where the log has a `txn` of the source: another program may let it forget these and keep the rows.
  const sources = due.map(({ file }) => file.source);
  const replaced = snapshot ? await rowsGo(snapshot, sources, context) : [];
  const actions: Action[] = [
    ...(snapshot
      ? []
      : tableActions({
          columns: pseudoColumns(report),
          partitionColumns,
          name: `${report.name}_pseudo`,
          description: `${report.title} of Clever, pseudonymized.`,
        })),
    ...due.map(({ file }) => ({
      txn: { appId: sourceAppId(file.source), version: file.version, lastUpdated: Date.now() },
    })),
    ...replaced,
    ...due.flatMap(({ adds }) => adds.map((add) => ({ add }))),
  ];
  context.repeated.know(replaced.flatMap((action) => ("add" in action ? [action.add] : [])));
  // Whatever another writer adds has to be looked at first: it may be the same rows.
  return { actions, reads: "table" };
}

/**
 * Removes the rows of sources from the table. Files that we wrote hold one source's rows and go as they are; where
 * another program has merged files (OPTIMIZE), those that may hold such rows are written anew without them.
 */
async function rowsGo(
  snapshot: Snapshot,
  sources: readonly string[],
  context: ApplyContext,
): Promise<Action[]> {
  const gone = new Set(sources);
  const actions: Action[] = [];
  const untagged = new Map<string, AddFile>();
  for (const [path, file] of snapshot.files) {
    const source = file.tags?.[sourceTag];
    if (!source) untagged.set(path, file);
    else if (gone.has(source)) actions.push(removeFile(file, { dataChange: true }));
  }
  const merged = new Set(
    sources.flatMap((source) =>
      scanFiles(
        { ...snapshot, files: untagged },
        { ranges: [{ column: "source_file", from: source, to: source }] },
      ),
    ),
  );
  for (const file of merged) {
    const rest = await withoutSources(snapshot, file, sources, context);
    if (rest === "untouched") continue;
    actions.push(removeFile(file, { dataChange: true }), ...(rest ? [{ add: rest }] : []));
  }
  return actions;
}

async function withoutSources(
  snapshot: Snapshot,
  file: AddFile,
  sources: readonly string[],
  { lake, duck, scratch, signal }: ApplyContext,
): Promise<AddFile | undefined | "untouched"> {
  const options = signal ? { signal } : {};
  return withLocalFiles(lake, [lakePathOf(snapshot, file)], options, ([local]) =>
    duck.session(async (session) => {
      const rows = readQuery(snapshot, [file], (path) => local ?? path);
      const theirs = `source_file IN (${sources.map(sqlString).join(", ")})`;
      const found = await session.query(`SELECT 1 FROM (${rows}) WHERE ${theirs} LIMIT 1`, [], signal);
      if (found.length === 0) return "untouched";
      return writeDataFile({
        ...options,
        session,
        lake,
        scratch,
        tablePath: snapshot.tablePath,
        columns: tableColumns(snapshot.metadata.columns, snapshot.tablePath),
        query: `SELECT * FROM (${rows}) WHERE (${theirs}) IS NOT TRUE`,
        partitionValues: file.partitionValues,
        exactStatistics: ["source_file"],
      });
    }),
  );
}
