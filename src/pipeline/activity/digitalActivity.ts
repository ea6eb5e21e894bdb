import { createHash } from "node:crypto";
import { CleverLakeError } from "../../basics/errors";
import { activityColumns, cleverObjects } from "../../clever/digitalEngagement";
import { digitalActivityTable } from "../../clever/layout";
import { partitionColumns, type ReportName } from "../../clever/reports";
import { writeDataFile } from "../../delta/files/dataFile";
import { mayHaveText, numRecords } from "../../delta/files/statistics";
import type { Action, AddFile, PartitionValues } from "../../delta/log/actions";
import { commit } from "../../delta/log/commit";
import { filesByPartition } from "../../delta/merging/mergePlan";
import type { OpenLake } from "../../delta/openLake";
import { readQuery } from "../../delta/readQuery";
import { requireSameShape, tableColumns } from "../../delta/schema";
import { readSnapshot, type Snapshot } from "../../delta/snapshot";
import { removeFile, tableActions } from "../../delta/tableActions";
import { withDataFiles } from "../../delta/withTable";
import { Duck, type DuckSession, sqlName, sqlString } from "../../duck/duck";
import type { Lake } from "../../lake/lake";
import { requireLake } from "../../lake/requireLake";
import { requireComplete } from "../adopt/oeaTables";
import { RunLock } from "../lock/runLock";
import { newRunId } from "../log/runRecord";
import { nothingYet } from "../nothingYet";
import { monthName, replacementMark } from "../repair/foreignCommits";
import { writeInPlaceOrRebuild } from "../repair/swapTable";
import { type PseudoTables, readTables } from "../write/tables";
import { engagementSql } from "./engagementSql";

/**
 * The table of OEA's Digital Engagement schema. Each month is a function of the same month of the `_pseudo` tables, so
 * a month is due if their data files differ from those that it was made from. Its data file names these in a tag. No
 * other state is needed, and an interrupted update is due again.
 *
 * Files without the tag come from other programs: rows of other modules, or our rows merged with them. Clever's rows
 * are removed from these files, and all others stay. Files whose statistics exclude Clever's rows are not read.
 */

/** The tag of a data file with our rows of a month: a hash of the data files that they were made from. */
const inputsTag = "clever.madeOf";

/** Tags of such a file after a merge: there is one per month, and it is never merged. */
export function activityTags(files: readonly AddFile[]): AddFile["tags"] {
  const [file, ...others] = files;
  return others.length === 0 && file?.tags?.[inputsTag] ? file.tags : undefined;
}

export interface ActivityRequest extends OpenLake {
  /** The newest states of all `_pseudo` tables: those of `requireComplete`. */
  readonly tables: PseudoTables;
  /** The paths, in the table's log, of data files that are gone or damaged: their months are rebuilt. */
  readonly damaged?: ReadonlySet<string>;
  /** Rejects if another run has taken over the lake; called right before the commit. */
  readonly requireHeld: () => Promise<void>;
}

export interface ActivitySummary {
  /** Rewritten months, as `2025-09`. */
  readonly months: readonly string[];
  /** Rows that were written. */
  readonly rows: number;
}

/** A month that is due. */
interface Month {
  readonly partition: PartitionValues;
  readonly sources: readonly {
    readonly report: ReportName;
    readonly snapshot: Snapshot;
    readonly files: AddFile[];
  }[];
  readonly inputsHash: string;
  /** Whether our rows in it are correct. */
  readonly isCurrent: boolean;
  readonly ours: readonly AddFile[];
  /** Files of other programs that may have our rows; the others are never read, however many there are. */
  readonly foreign: readonly AddFile[];
}

/**
 * Makes the table contain each row of the `_pseudo` tables once. One commit replaces the months that changed; if none
 * did, there is no commit. Rejects with `unsupportedTable` if another program's table with different columns is there,
 * and as `commit` does. A table that this program cannot write is written again if it has no rows of other modules.
 */
export function updateDigitalActivity(request: ActivityRequest): Promise<ActivitySummary> {
  const write = (tablePath: string) => updateActivityAt(tablePath, request);
  return writeInPlaceOrRebuild(request, digitalActivityTable, write, ({ files }) =>
    [...files.values()].every((file) => activityTags([file])),
  );
}

async function updateActivityAt(tablePath: string, request: ActivityRequest): Promise<ActivitySummary> {
  const { lake, duck, tables, damaged, requireHeld, signal } = request;
  let months: string[] = [];
  let rows = 0;
  // Usually nothing is due, and a commit lists the log first.
  const known = await readSnapshot(request, tablePath);
  if (dueMonths(known, tables, damaged).length === 0) return { months, rows };
  await commit({
    lake,
    duck,
    signal,
    tablePath,
    snapshot: known,
    operation: {
      name: "WRITE",
      parameters: { mode: "Overwrite", partitionBy: JSON.stringify(partitionColumns) },
    },
    attempt: async (snapshot) => {
      if (snapshot)
        requireSameShape(snapshot.metadata, { columns: activityColumns, partitionColumns }, tablePath);
      months = [];
      rows = 0;
      const actions: Action[] = [];
      for (const month of dueMonths(snapshot, tables, damaged)) {
        const before = actions.length;
        const add = await replaceMonth({ ...request, tablePath }, snapshot, month, actions);
        const { year, month: number } = month.partition;
        if (actions.length > before) months.push(monthName(Number(year), Number(number)));
        rows += numRecords(add ? [add] : []) ?? 0;
      }
      if (actions.length === 0) return undefined;
      await requireHeld();
      actions.push(replacementMark(snapshot));
      // Another run that took over in the meantime may have written the same months.
      return { actions: [...(snapshot ? [] : newTable()), ...actions], readsTable: true };
    },
  });
  return { months, rows };
}

/**
 * `updateDigitalActivity` without a run. Rejects for the same reasons and those of `requireComplete`, with `notFound` if
 * there is no lake or no table, and with `busy` while a run is active.
 */
export async function updateActivityWithoutRun(lake: Lake, signal?: AbortSignal): Promise<ActivitySummary> {
  await requireLake(lake, { signal });
  await using lock = await RunLock.acquire(lake, newRunId(new Date()), { signal });
  await using duck = await Duck.open();
  const open = { lake, duck, signal };
  const tables = await requireComplete(open, await readTables(open));
  if (tables.size === 0) throw nothingYet(lake);
  const { requireHeld } = lock;
  return await updateDigitalActivity({ ...open, tables, requireHeld });
}

/**
 * The number of our rows in the table, given as SQL, if its own data files must have all rows of the `_pseudo` tables;
 * undefined if a month has to be written again. Files of other programs count too: they may have copies of our rows.
 */
export async function countOurRows(
  session: DuckSession,
  { snapshot, select }: { readonly snapshot: Snapshot; readonly select: string },
  tables: PseudoTables,
): Promise<number | undefined> {
  if (dueMonths(snapshot, tables).some(({ isCurrent }) => !isCurrent)) return undefined;
  const { rows } = await session.one(
    `SELECT count(*)::DOUBLE AS rows FROM (${select}) WHERE NOT ${isOthers}`,
  );
  return Number(rows);
}

/** The months, `yyyy-MM`, of the `_pseudo` tables of which the table has no data file with our rows. */
export function monthsWithoutRows(snapshot: Snapshot, tables: PseudoTables): ReadonlySet<string> {
  const due = dueMonths(snapshot, tables).filter(({ isCurrent, ours }) => !isCurrent && ours.length === 0);
  return new Set(due.map(({ partition: { year, month } }) => monthName(Number(year), Number(month))));
}

function newTable(): Action[] {
  return tableActions({
    columns: activityColumns,
    partitionColumns,
    name: "digital_activity",
    description: "Use of digital tools in OEA's Digital Engagement schema.",
  });
}

function dueMonths(
  snapshot: Snapshot | undefined,
  tables: PseudoTables,
  damaged: ReadonlySet<string> = new Set(),
): Month[] {
  const existing = snapshot ? filesByPartition(snapshot) : new Map<string, AddFile[]>();
  const sources = [...tables].map(([report, table]) => ({
    report,
    snapshot: table,
    byMonth: filesByPartition(table),
  }));
  const names = new Set([...existing.keys(), ...sources.flatMap(({ byMonth }) => [...byMonth.keys()])]);
  const months = [...names].map((name): Month => {
    const files = existing.get(name) ?? [];
    const ours = files.filter((file) => activityTags([file]) !== undefined);
    const from = sources.flatMap(({ report, snapshot: table, byMonth }) => {
      const own = byMonth.get(name);
      return own ? [{ report, snapshot: table, files: own }] : [];
    });
    const values = (from[0]?.files ?? files)[0]?.partitionValues ?? {};
    const partition = Object.fromEntries(partitionColumns.map((column) => [column, values[column] ?? null]));
    const foreign = files.filter((file) => !ours.includes(file) && mayHaveOurRows(file));
    const inputsHash = hashOf(from);
    const [built, ...further] = ours;
    const isBuilt =
      further.length === 0 && built?.tags?.[inputsTag] === inputsHash && !damaged.has(built.path);
    const isCurrent = from.length === 0 ? ours.length === 0 : isBuilt;
    return { partition, sources: from, inputsHash, isCurrent, ours, foreign };
  });
  return months.filter(({ foreign, isCurrent }) => foreign.length > 0 || !isCurrent);
}

function hashOf(sources: Month["sources"]): string {
  const names = sources.flatMap(({ report, files }) => files.map(({ path }) => `${report}/${path}`)).sort();
  return createHash("sha256").update(names.join("\n")).digest("hex");
}

/**
 * Makes a month contain our rows once and other modules' rows as before.
 *
 * @param actions receives those to commit, none if the month is already correct
 * @returns the new file with our rows
 */
async function replaceMonth(
  request: ActivityRequest & { readonly tablePath: string },
  snapshot: Snapshot | undefined,
  { partition, sources, inputsHash, isCurrent, ours, foreign }: Month,
  actions: Action[],
): Promise<AddFile | undefined> {
  const { lake, duck, tablePath, signal } = request;
  const read = [...(isCurrent ? [] : sources), { snapshot, files: foreign }];
  const write = {
    lake,
    signal,
    tablePath,
    columns: activityColumns,
    partitionValues: partition,
  };
  return withDataFiles(request, read, (localPathOf) =>
    duck.session(async (session) => {
      for (const file of foreign) {
        if (snapshot === undefined) break;
        const rows = readQuery(snapshot, [file], localPathOf);
        if (!(await hasOurRows(session, rows))) continue;
        const columns = tableColumns(snapshot.metadata.columns, tablePath);
        const query = `SELECT * FROM (${rows}) WHERE ${isOthers}`;
        const add = await writeDataFile({ ...write, session, columns, query });
        if (add) actions.push({ add });
        actions.push(removeFile(file, { dataChange: true }));
      }
      if (isCurrent) return undefined;
      const selects = sources.map((source) =>
        engagementSql(source.report, readQuery(source.snapshot, source.files, localPathOf), ["user_type"]),
      );
      actions.push(...ours.map((file) => removeFile(file, { dataChange: true })));
      if (selects.length === 0) return undefined;
      const query = selects.join(" UNION ALL ");
      const add = await writeDataFile({ ...write, session, query, tags: { [inputsTag]: inputsHash } });
      if (add) actions.push({ add });
      requireEveryRow(sources, add);
      return add;
    }, signal),
  );
}

const isOthers = `coalesce(${sqlName(cleverObjects.column)} NOT IN (${cleverObjects.values.map(sqlString).join(", ")}), true)`;

function mayHaveOurRows(file: AddFile): boolean {
  return cleverObjects.values.some((text) => mayHaveText(file, cleverObjects.column, text));
}

async function hasOurRows(session: DuckSession, rows: string): Promise<boolean> {
  const found = await session.query(`SELECT 1 FROM (${rows}) WHERE NOT ${isOthers} LIMIT 1`);
  return found.length > 0;
}

/** Checks that all rows of the tables' files, as counted in their logs, are there. */
function requireEveryRow(sources: Month["sources"], add: AddFile | undefined): void {
  const due = numRecords(sources.flatMap(({ files }) => files));
  const written = numRecords(add ? [add] : []);
  if (due === undefined || due === written) return;
  throw new CleverLakeError(
    "corrupt",
    `The month's data files have ${written} rows where the tables' logs say ${due}; nothing was written.`,
    { subject: digitalActivityTable, hint: "Run clever-lake verify: it names what is damaged." },
  );
}
