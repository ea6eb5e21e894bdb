import { lookupTable, pseudoTable, rosterTable } from "../clever/layout";
import type { Report } from "../clever/reports";
import { counted } from "../counted";
import { hashTag } from "../delta/fileHash";
import { withLocalFiles } from "../delta/localFiles";
import { lakePathOf, readQuery } from "../delta/readQuery";
import { readCheckedSnapshot, type Snapshot } from "../delta/snapshot";
import type { Duck, DuckSession } from "../duck/duck";
import type { Lake } from "../lake/lake";
import type { LogEntry } from "./ingestLog";
import { appliedVersions, sourceTag } from "./tables";
import type { Discrepancy, Leftover, VerifiedTable } from "./verify";
import { checkLookups } from "./verifyLookups";
import { checkRows } from "./verifyRows";
import { flippedDataFiles, storedDataFiles } from "./verifyStorage";
import { isSaltOf, type TableRows, tableRows } from "./verifyValues";

export interface VerifyContext {
  readonly lake: Lake;
  readonly duck: Duck;
  readonly signal: AbortSignal | undefined;
  /** A folder made by the lake's `scratch`. */
  readonly scratch: string;
  readonly problems: Discrepancy[];
  readonly leftovers: Leftover[];
}

/** A table whose data files are those that its log names. */
interface SoundTable {
  readonly snapshot: Snapshot;
  readonly select: string;
}

/**
 * Runs `work` with those of some tables that there are, by their paths. Undefined, with the reasons among the problems,
 * where a data file of one is not as its log says: rows that cannot be read cannot be counted either.
 */
async function withSoundTables<T>(
  { lake, duck, signal, problems, leftovers }: VerifyContext,
  tablePaths: readonly string[],
  work: (session: DuckSession, tables: ReadonlyMap<string, SoundTable>) => Promise<T>,
): Promise<T | undefined> {
  const options = signal ? { signal } : {};
  const snapshots: Snapshot[] = [];
  const before = problems.length;
  for (const tablePath of tablePaths) {
    const snapshot = await readCheckedSnapshot(lake, tablePath, duck, undefined, options);
    if (snapshot === undefined) continue;
    snapshots.push(snapshot);
    const stored = await storedDataFiles(lake, snapshot, options);
    problems.push(...stored.damaged);
    if (stored.unused) leftovers.push(stored.unused);
  }
  if (problems.length > before) return undefined;
  const files = snapshots.flatMap((snapshot) =>
    [...snapshot.files.values()].map((file) => ({ file, path: lakePathOf(snapshot, file) })),
  );
  const paths = files.map(({ path }) => path);
  return withLocalFiles(lake, paths, options, async (local) => {
    const places = new Map(paths.map((path, index) => [path, local[index] ?? path]));
    const placeOf = (path: string) => places.get(path) ?? path;
    problems.push(...(await flippedDataFiles(files, placeOf, options)));
    if (problems.length > before) return undefined;
    const tables = snapshots.map((snapshot) => {
      const select = readQuery(snapshot, [...snapshot.files.values()], placeOf);
      return [snapshot.tablePath, { snapshot, select }] as const;
    });
    return duck.session((session) => work(session, new Map(tables)));
  });
}

/** A report's tables, and its rows for the comparison with the landed files; undefined where they cannot be read. */
export interface VerifiedReport {
  readonly tables: readonly VerifiedTable[];
  readonly rows: TableRows | undefined;
  /** Per source the version of the delivery whose rows are in the table. */
  readonly applied: ReadonlyMap<string, number>;
}

/** Holds a report's two tables against each other and against the log. */
export async function verifyReport(
  context: VerifyContext,
  report: Report,
  entries: readonly LogEntry[],
  salt: string | undefined,
): Promise<VerifiedReport | undefined> {
  const { problems, signal } = context;
  const paths = [pseudoTable(report), lookupTable(report)] as const;
  return withSoundTables(context, paths, async (session, found) => {
    const [pseudo, lookup] = paths.map((path) => found.get(path));
    const tables: VerifiedTable[] = [];
    for (const table of found.values()) tables.push(await countedTable(session, table, signal));
    let rows: TableRows | undefined;
    if (pseudo) {
      const isSalt =
        salt !== undefined && lookup && (await isSaltOf(session, report, lookup.select, salt, signal));
      const partial = new Set(entries.filter((entry) => !isWhole(entry)).map(({ source }) => source));
      const files = [...pseudo.snapshot.files.values()];
      const hashed = new Set(
        files.flatMap(({ tags }) => (tags?.[hashTag] && tags[sourceTag] ? [tags[sourceTag]] : [])),
      );
      const known = isSalt ? salt : undefined;
      rows = await tableRows(session, report, pseudo.select, { partial, hashed }, known, signal);
      problems.push(...(await checkRows(session, report, pseudo.select, signal)));
    }
    problems.push(...compareWithLog(report, entries, pseudo?.snapshot, rows));
    if (pseudo && !lookup)
      problems.push({ subject: lookupTable(report), problem: "The lookup table is gone." });
    if (pseudo && lookup) {
      problems.push(...(await checkLookups(session, report, pseudo.select, lookup.select, salt, signal)));
    }
    return { tables, rows, applied: appliedVersions(pseudo?.snapshot) };
  });
}

/** Whether all of a delivery's rows entered the table, as far as the log knows. */
export function isWhole({ rowsRead, rowsRefused }: LogEntry): boolean {
  return rowsRead !== undefined && (rowsRefused ?? 0) === 0;
}

/** The roster, where one was imported: whole, and with each student once, since grades are joined to people by it. */
export async function verifyRoster(context: VerifyContext): Promise<VerifiedTable[]> {
  const { problems, signal } = context;
  const verified = await withSoundTables(context, [rosterTable], async (session, found) => {
    const roster = found.get(rosterTable);
    if (!roster) return [];
    const table = await countedTable(session, roster, signal);
    const { students } = await session.one(
      `SELECT count(DISTINCT sis_id_pseudonym)::DOUBLE AS students FROM (${roster.select})`,
      [],
      signal,
    );
    if (table.rows !== students) {
      const problem = `It has ${counted(table.rows, "row")} about ${counted(Number(students), "student")}.`;
      problems.push({ subject: rosterTable, problem });
    }
    return [table];
  });
  return verified ?? [];
}

/** Whether a table's data files are as its log says; otherwise the reasons are among the problems. */
export async function isSound(context: VerifyContext, tablePath: string): Promise<boolean> {
  return (await withSoundTables(context, [tablePath], () => Promise.resolve(true))) ?? false;
}

async function countedTable(
  session: DuckSession,
  { snapshot, select }: SoundTable,
  signal: AbortSignal | undefined,
): Promise<VerifiedTable> {
  const { rows } = await session.one(`SELECT count(*)::DOUBLE AS rows FROM (${select})`, [], signal);
  const { tablePath: table, version, files } = snapshot;
  return { table, version, files: files.size, rows: Number(rows) };
}

function compareWithLog(
  report: Report,
  entries: readonly LogEntry[],
  snapshot: Snapshot | undefined,
  table: TableRows | undefined,
): Discrepancy[] {
  const inTables = new Map([...(table?.sources ?? [])].map(([source, { rows }]) => [source, rows]));
  const problems: Discrepancy[] = [];
  const applied = appliedVersions(snapshot);
  for (const entry of entries) {
    const inTable = inTables.get(entry.source) ?? 0;
    inTables.delete(entry.source);
    const { rowsRead = 0, rowsWritten = 0, rowsRefused = 0 } = entry;
    const tell = (problem: string) => problems.push({ subject: entry.path, problem });
    if (entry.outcome !== "anonymized") continue;
    if (applied.get(entry.source) !== entry.version) tell("The log calls it anonymized, the table does not.");
    if (inTable !== rowsWritten) tell(`${counted(rowsWritten, "row")} written, but ${inTable} in the table.`);
    if (entry.rowsRead !== undefined && rowsRead !== rowsWritten + rowsRefused) {
      tell(`${counted(rowsRead, "row")} read, but ${rowsWritten} written and ${rowsRefused} refused.`);
    }
  }
  for (const [source, rows] of inTables) {
    const problem = `The table has ${counted(rows, "row")} of it that the ingest log does not know.`;
    problems.push({ subject: source === "" ? pseudoTable(report) : source, problem });
  }
  return problems;
}
