import { counted } from "../../basics/counted";
import { groupsColumns } from "../../clever/groupsTable";
import {
  digitalActivityTable,
  groupsTable,
  lookupTable,
  pseudoTable,
  rosterTable,
} from "../../clever/layout";
import type { Report } from "../../clever/reports";
import { rosterColumns } from "../../clever/roster";
import { tableGone } from "../../clever/tableGone";
import { isNamedByUs } from "../../delta/files/dataFile";
import { numRecords } from "../../delta/files/statistics";
import { corruptedFiles, type DamagedFile, filesOf, storedFiles } from "../../delta/files/storedFiles";
import { readQuery } from "../../delta/readQuery";
import { requireColumns, type TableShape } from "../../delta/schema";
import { readCheckedSnapshot, type Snapshot } from "../../delta/snapshot";
import { withUncheckedFiles } from "../../delta/withTable";
import { type DuckSession, sqlName } from "../../duck/duck";
import { countOurRows, monthsWithoutRows } from "../activity/digitalActivity";
import { requireAdopted } from "../adopt/oeaTables";
import { type LogEntry, unexplainedRows } from "../log/ingestLog";
import type { SourceEntries } from "../log/logTable";
import { changeSentences, changesByOthers, foreignChanges, monthOf } from "../repair/foreignCommits";
import type { Workspace } from "../workspace";
import { appliedVersions, readPseudoTables, requireLookupColumns, requireOurShape } from "../write/tables";
import type { Discrepancy, Leftover, VerifiedTable } from "./verify";
import { compareWithLanded, isSaltOf } from "./verifyDeliveries";
import { checkLookups } from "./verifyLookups";
import { unusedFilesOf } from "./verifyStorage";

export interface VerifyContext extends Workspace {
  readonly problems: Discrepancy[];
  readonly leftovers: Leftover[];
}

/** A table whose data files are those in its log. */
interface IntactTable {
  readonly snapshot: Snapshot;
  readonly select: string;
}

/**
 * Runs `work` with those of some tables that exist, by path. Undefined, with the reasons among the problems, if a data
 * file of one does not match its log: rows that cannot be read cannot be counted either.
 */
async function withIntactTables<T>(
  context: VerifyContext,
  tablePaths: readonly string[],
  work: (session: DuckSession, tables: ReadonlyMap<string, IntactTable>) => Promise<T>,
): Promise<T | undefined> {
  const { duck, signal, problems, leftovers } = context;
  const tables: { readonly snapshot: Snapshot }[] = [];
  const before = problems.length;
  for (const tablePath of tablePaths) {
    const snapshot = await readCheckedSnapshot(context, tablePath);
    if (snapshot === undefined) continue;
    tables.push({ snapshot });
    const stored = await storedFiles(context, snapshot);
    problems.push(...stored.damaged.map(asDiscrepancy));
    const unused = unusedFilesOf(tablePath, stored.unused);
    if (unused) leftovers.push(unused);
  }
  if (problems.length > before) return undefined;
  return withUncheckedFiles(context, tables, async (localPathOf) => {
    for (const { snapshot } of tables) {
      const corrupted = await corruptedFiles(snapshot, snapshot.files.values(), localPathOf, context);
      problems.push(...corrupted.map(asDiscrepancy));
    }
    if (problems.length > before) return undefined;
    const intact = tables.map((table) => {
      const select = readQuery(table.snapshot, filesOf(table), localPathOf);
      return [table.snapshot.tablePath, { ...table, select }] as const;
    });
    return duck.session((session) => work(session, new Map(intact)), signal);
  });
}

function asDiscrepancy({ path, problem }: DamagedFile): Discrepancy {
  return { subject: path, problem };
}

/**
 * Compares a report's two tables with each other, with the log and with the landed files.
 *
 * @param isComparable whether the landed file of an entry has the bytes that were ingested
 * @returns its tables; for each source, the version of the delivery whose rows are in the table; and the sources that have
 *   rows there
 */
export async function verifyReport(
  context: VerifyContext,
  report: Report,
  log: SourceEntries,
  salt: string | undefined,
  isComparable: (entry: LogEntry) => boolean,
) {
  const { problems } = context;
  const paths = [pseudoTable(report), lookupTable(report)] as const;
  return withIntactTables(context, paths, async (session, opened) => {
    const [pseudo, lookup] = paths.map((path) => opened.get(path));
    if (pseudo) requireAdopted(new Map([[report.name, pseudo.snapshot]]));
    requireOurShape(report, pseudo?.snapshot);
    requireLookupColumns(lookup?.snapshot);
    const tables: VerifiedTable[] = [];
    const applied = appliedVersions(pseudo?.snapshot);
    const counts = pseudo && (await countRows(session, report, pseudo.select));
    const rows = counts?.ofSources ?? new Map<string, number>();
    if (pseudo)
      tables.push(
        verifiedTable(
          pseudo,
          [...rows.values()].reduce((sum, count) => sum + count, 0),
        ),
      );
    if (lookup) tables.push(await countedTable(session, lookup));
    const entries = [...log.last.values()].filter((entry) => entry.report === report.name);
    const current = [...log.anonymized.values()].filter(
      (entry) => entry.report === report.name && applied.get(entry.source) === entry.version,
    );
    const found = compareWithLog(report, entries, current, applied, rows);
    const isGone = !pseudo && found.length > 0;
    const { message, hint } = tableGone(report);
    problems.push(...(isGone ? [{ subject: pseudoTable(report), problem: `${message} ${hint}` }] : found));
    if (pseudo) {
      problems.push(...missingValues(report, counts?.withoutValue ?? new Map()));
      const saltMatches = salt !== undefined && lookup && (await isSaltOf(session, lookup.select, salt));
      const { unreadable, different } = await compareWithLanded(
        context,
        session,
        {
          report,
          select: pseudo.select,
          lookups: lookup?.snapshot,
          salt: saltMatches ? salt : undefined,
          areIntact: true,
        },
        // Including those whose rows newer files all have: they in turn supersede rows of older ones.
        current.filter(isComparable),
      );
      for (const { source, landedPath, rowsWritten = 0 } of current) {
        const problem = unreadable.get(source) ?? (different.has(source) ? differs : undefined);
        // Missing or surplus rows show in the counts.
        const isCounted = (rows.get(source) ?? 0) === rowsWritten;
        if (problem !== undefined && isCounted) problems.push({ subject: landedPath, problem });
      }
    }
    if (pseudo && !lookup)
      problems.push({ subject: lookupTable(report), problem: "The lookup table is gone." });
    if (pseudo && lookup) {
      problems.push(...(await checkLookups(session, report, pseudo.select, lookup.select, salt)));
    }
    return { tables, applied, sources: new Set(rows.keys()) };
  });
}

const differs = "Its rows in the table differ from its landed file.";

interface RowCounts {
  /** The rows of each source; those without a source are under "". */
  readonly ofSources: ReadonlyMap<string, number>;
  /** The rows without a value in a column, for those columns that no file may leave blank. */
  readonly withoutValue: ReadonlyMap<string, number>;
}

async function countRows(session: DuckSession, report: Report, select: string): Promise<RowCounts> {
  const needed = report.columns.filter(({ blank }) => !blank).map(({ name }) => name);
  const nulls = needed.map(
    (name) => `count(*) FILTER (WHERE ${sqlName(name)} IS NULL)::DOUBLE AS ${sqlName(name)}`,
  );
  const counts = await session.query(
    `SELECT coalesce(source_file, '') AS source_, count(*)::DOUBLE AS rows_, ${nulls.join(", ")}
     FROM (${select}) GROUP BY 1`,
  );
  const sum = (name: string) => counts.reduce((all, row) => all + Number(row[name]), 0);
  return {
    ofSources: new Map(counts.map(({ source_, rows_ }) => [String(source_), Number(rows_)])),
    withoutValue: new Map(needed.map((name) => [name, sum(name)])),
  };
}

function missingValues(report: Report, withoutValue: RowCounts["withoutValue"]): Discrepancy[] {
  return [...withoutValue].flatMap(([name, rows]) => {
    if (rows === 0) return [];
    const problem = `${counted(rows, "row")} without a value in ${name}, which every row of a report has.`;
    return [{ subject: pseudoTable(report), problem }];
  });
}

/** An intact table to be checked, with its row count. */
interface CountedTable extends IntactTable {
  readonly context: VerifyContext;
  readonly session: DuckSession;
  readonly rows: number;
}

/** What is wrong with the rows of a table, in words. */
type CheckRows = (table: CountedTable) => Promise<string | undefined>;

interface OtherTable {
  readonly path: string;
  readonly columns: TableShape["columns"];
  readonly check: CheckRows;
}

/** The tables other than the reports' tables, with a check of the rows of each. */
export const otherTables: readonly OtherTable[] = [
  { path: rosterTable, columns: rosterColumns, check: checkRoster },
  // Another module may have created it, with columns of its own.
  { path: digitalActivityTable, columns: [], check: checkActivity },
  {
    path: groupsTable,
    columns: groupsColumns,
    check: (table) => changedByOthers(table, "Update the table."),
  },
];

/** Checks a table, if it exists: complete, and with the right rows. */
export async function verifyTable(
  context: VerifyContext,
  { path, columns, check }: OtherTable,
): Promise<VerifiedTable | undefined> {
  const { problems } = context;
  return withIntactTables(context, [path], async (session, found) => {
    const intact = found.get(path);
    if (!intact) return undefined;
    requireColumns(intact.snapshot.metadata, columns, path);
    const table = await countedTable(session, intact);
    const problem = await check({ ...intact, context, session, rows: table.rows });
    if (problem !== undefined) problems.push({ subject: path, problem });
    return table;
  });
}

/** Each student once, because grades are joined to people by it. */
async function checkRoster({ session, ...table }: CountedTable): Promise<string | undefined> {
  const { select, rows } = table;
  const { students } = await session.one(
    `SELECT count(DISTINCT sis_id_pseudonym)::DOUBLE AS students FROM (${select})`,
  );
  const remedy = "Import the roster again, to replace it.";
  if (rows === students) return changedByOthers(table, remedy);
  return `It has ${counted(rows, "row")} about ${counted(Number(students), "student")}. ${remedy}`;
}

/** If it is up to date, a row for each row of the reports' tables; other modules may have rows in it, too. */
async function checkActivity({ context, session, ...table }: CountedTable): Promise<string | undefined> {
  const { pseudo: reportTables } = await readPseudoTables(context);
  const due = numRecords([...reportTables.values()].flatMap(({ files }) => [...files.values()]));
  const ours = await countOurRows(session, table, reportTables);
  if (ours === undefined) {
    // It is not up to date, which is no problem by itself.
    const { changes } = await foreignChanges(context, table.snapshot);
    const months = monthsWithoutRows(table.snapshot, reportTables);
    const removing = changes.filter(({ removed }) =>
      removed.some((file) => isNamedByUs(file.path) && months.has(monthOf(file) ?? "")),
    );
    if (removing.length === 0) return undefined;
    return `${changeSentences(removing).join(" ")} Rows of reports are missing; update the table.`;
  }
  if (due === undefined || due === ours) return undefined;
  return `It has ${counted(ours, "row")} of reports where the reports' tables have ${due}.`;
}

/** What other programs did to a table since this program wrote it. */
async function changedByOthers(
  { context, snapshot }: Pick<CountedTable, "context" | "snapshot">,
  remedy: string,
): Promise<string | undefined> {
  const changes = await changesByOthers(context, snapshot);
  return changes.length > 0 ? `${changes.join(" ")} ${remedy}` : undefined;
}

/** Whether a table's data files match its log; otherwise the reasons are among the problems. */
export async function hasIntactFiles(context: VerifyContext, tablePath: string): Promise<boolean> {
  return (await withIntactTables(context, [tablePath], () => Promise.resolve(true))) ?? false;
}

async function countedTable(session: DuckSession, table: IntactTable): Promise<VerifiedTable> {
  const { rows } = await session.one(`SELECT count(*)::DOUBLE AS rows FROM (${table.select})`);
  return verifiedTable(table, Number(rows));
}

function verifiedTable(
  { snapshot: { tablePath: table, version, files } }: IntactTable,
  rows: number,
): VerifiedTable {
  return { table, version, files: files.size, rows };
}

function compareWithLog(
  report: Report,
  entries: readonly LogEntry[],
  current: readonly LogEntry[],
  applied: ReadonlyMap<string, number>,
  rows: ReadonlyMap<string, number>,
): Discrepancy[] {
  const problems: Discrepancy[] = [];
  const unknown = new Map(rows);
  for (const { outcome, source, version, path: subject } of entries) {
    const inTable = applied.get(source);
    if (outcome !== "anonymized" || inTable === version) continue;
    const isDue = (inTable ?? 0) < version;
    const problem = "It is anonymized according to the log, but not according to the table.";
    problems.push({ subject, problem: isDue ? `${problem} The next run reads it again.` : problem });
    // The run replaces the rows that the table has of it.
    if (isDue) unknown.delete(source);
  }
  for (const entry of current) {
    const inTable = rows.get(entry.source) ?? 0;
    unknown.delete(entry.source);
    const { rowsRead, rowsWritten = 0, rowsRefused = 0, rowsSuperseded = 0 } = entry;
    const addProblem = (problem: string) => problems.push({ subject: entry.path, problem });
    if (inTable !== rowsWritten)
      addProblem(`${counted(rowsWritten, "row")} written, but ${inTable} in the table.`);
    const unexplained = unexplainedRows(entry);
    if (unexplained > 0)
      addProblem(
        `The table may lack ${counted(unexplained, "row")} of it. The next run reads it again if its landed file is restored, or if that is gone and the report is on the server.`,
      );
    if (rowsRead !== undefined && rowsRead !== rowsWritten + rowsRefused + rowsSuperseded) {
      addProblem(
        `${counted(rowsRead, "row")} read, but ${rowsWritten} written, ${rowsRefused} refused and ${rowsSuperseded} superseded.`,
      );
    }
  }
  for (const [source, count] of unknown) {
    const problem = `The table has ${counted(count, "row")} from it that ${count === 1 ? "is" : "are"} not in the ingest log. If a run was interrupted, the next one adds the entry.`;
    problems.push({ subject: source === "" ? pseudoTable(report) : source, problem });
  }
  return problems;
}
