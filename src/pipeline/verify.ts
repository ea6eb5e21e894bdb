import { rm } from "node:fs/promises";
import { ingestLogTable, lookupTable, pseudoTable, rosterTable } from "../clever/layout";
import { hashedColumns, pseudonymName, type Report } from "../clever/reports";
import { counted } from "../counted";
import { readSnapshot, type Snapshot } from "../delta/snapshot";
import { withTables } from "../delta/withTable";
import { Duck, type DuckSession, sqlName } from "../duck/duck";
import { describeError, isCleverLakeError } from "../errors";
import type { Lake } from "../lake/lake";
import type { LogEntry } from "./ingestLog";
import { IngestLog } from "./logTable";
import { allReports, appliedVersions } from "./tables";
import { checkRows } from "./verifyRows";
import { damagedDataFiles, unloggedLandings, verifyLanded } from "./verifyStorage";

export interface VerifiedTable {
  readonly table: string;
  readonly version: number;
  readonly files: number;
  readonly rows: number;
}

/** Something that does not add up, and where. */
export interface Discrepancy {
  readonly subject: string;
  readonly problem: string;
}

/** The document of `verify --json`. */
export interface Verification {
  readonly tables: readonly VerifiedTable[];
  /** Rows of the pseudonymized tables of reports; those of lookups and of the roster are not among them. */
  readonly reportRows: number;
  /** Landed files whose bytes and rows were counted anew. */
  readonly landedFiles: number;
  /** Paths on the server of files that wait in quarantine: no row of them is in a table. */
  readonly inQuarantine: readonly string[];
  readonly problems: readonly Discrepancy[];
}

/**
 * Recounts the tables against the ingest log, the Delta logs and the landed files: bytes by their hash, rows by
 * reading them anew, pseudonyms by their lookups and, with the salt at hand, by hashing anew; and looks for rows that two
 * files have brought in, or none can have. Reads everything and writes nothing.
 */
export async function verifyLake(
  lake: Lake,
  salt: string | undefined,
  signal?: AbortSignal,
): Promise<Verification> {
  const scratch = await lake.scratch();
  const duck = await Duck.open({ temporaryFolder: `${scratch}/spill` });
  const problems: Discrepancy[] = [];
  const tables: VerifiedTable[] = [];
  try {
    const log = new IngestLog(lake, duck);
    const read = await orDamage(problems, ingestLogTable, async () => ({
      all: await log.all(signal),
      last: await log.last(signal),
    }));
    if (read === undefined) return { tables, reportRows: 0, landedFiles: 0, inQuarantine: [], problems };
    const entries = [...read.last.values()];
    for (const report of allReports()) {
      const ours = entries.filter((entry) => entry.report === report.name);
      const verified = await orDamage(problems, pseudoTable(report), () =>
        verifyTables(lake, duck, report, ours, salt, problems, signal),
      );
      tables.push(...(verified ?? []));
    }
    tables.push(
      ...((await orDamage(problems, rosterTable, () => verifyRoster(lake, duck, problems, signal))) ?? []),
    );
    problems.push(...(await unloggedLandings(lake, read.all, signal)));
    let landedFiles = 0;
    for (const entry of entries) {
      if (entry.outcome === "duplicate") continue;
      signal?.throwIfAborted();
      landedFiles++;
      for (const problem of await verifyLanded(lake, duck, entry, signal)) {
        problems.push({ subject: entry.landedPath, problem });
      }
    }
    const reportTables = new Set(allReports().map(pseudoTable));
    const reportRows = tables.reduce((sum, { table, rows }) => sum + (reportTables.has(table) ? rows : 0), 0);
    const inQuarantine = entries.filter(({ outcome }) => outcome === "quarantined").map(({ path }) => path);
    return { tables, reportRows, landedFiles, inQuarantine, problems };
  } finally {
    duck.close();
    await rm(scratch, { recursive: true, force: true });
  }
}

/** What shows that stored data is damaged is told among the problems; undefined then. */
async function orDamage<T>(
  problems: Discrepancy[],
  subject: string,
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!(["corrupt", "engine", "notFound"] as const).some((code) => isCleverLakeError(error, code)))
      throw error;
    problems.push({ subject, problem: `It could not be read. ${describeError(error)}` });
    return undefined;
  }
}

async function verifyTables(
  lake: Lake,
  duck: Duck,
  report: Report,
  entries: readonly LogEntry[],
  salt: string | undefined,
  problems: Discrepancy[],
  signal: AbortSignal | undefined,
): Promise<VerifiedTable[]> {
  const paths = [pseudoTable(report), lookupTable(report)];
  let isDamaged = false;
  for (const tablePath of paths) {
    const snapshot = await readSnapshot(lake, tablePath, duck, signal ? { signal } : {});
    const damaged = await damagedDataFiles(lake, snapshot, signal);
    problems.push(...damaged);
    isDamaged ||= damaged.length > 0;
  }
  // Rows that cannot be read cannot be counted either.
  if (isDamaged) return [];
  const tables = paths.map((tablePath) => ({ tablePath }));
  return withTables(lake, duck, tables, signal ? { signal } : {}, async (session, [pseudo, lookup]) => {
    const verified: VerifiedTable[] = [];
    for (const table of [pseudo, lookup]) {
      if (!table?.snapshot || !table.select) continue;
      const { rows } = await session.one(
        `SELECT count(*)::DOUBLE AS rows FROM (${table.select})`,
        [],
        signal,
      );
      const { tablePath, version, files } = table.snapshot;
      verified.push({ table: tablePath, version, files: files.size, rows: Number(rows) });
    }
    problems.push(
      ...(await compareWithLog(session, report, entries, pseudo?.snapshot, pseudo?.select, signal)),
    );
    if (pseudo?.select) problems.push(...(await checkRows(session, report, pseudo.select, signal)));
    if (pseudo?.select && !lookup?.select) {
      problems.push({ subject: lookupTable(report), problem: "The lookup table is gone." });
    }
    if (pseudo?.select && lookup?.select) {
      problems.push(...(await checkLookups(session, report, pseudo.select, lookup.select, salt, signal)));
    }
    return verified;
  });
}

/** The roster, where one was imported: whole, and with each student once, since grades are joined to people by it. */
async function verifyRoster(
  lake: Lake,
  duck: Duck,
  problems: Discrepancy[],
  signal: AbortSignal | undefined,
): Promise<VerifiedTable[]> {
  const options = signal ? { signal } : {};
  const damaged = await damagedDataFiles(lake, await readSnapshot(lake, rosterTable, duck, options), signal);
  problems.push(...damaged);
  if (damaged.length > 0) return [];
  return withTables(lake, duck, [{ tablePath: rosterTable }], options, async (session, [roster]) => {
    if (!roster?.snapshot || !roster.select) return [];
    const { rows, students } = await session.one(
      `SELECT count(*)::DOUBLE AS rows, count(DISTINCT sis_id_pseudonym)::DOUBLE AS students FROM (${roster.select})`,
      [],
      signal,
    );
    if (rows !== students) {
      const problem = `It has ${counted(Number(rows), "row")} about ${counted(Number(students), "student")}.`;
      problems.push({ subject: rosterTable, problem });
    }
    const { version, files } = roster.snapshot;
    return [{ table: rosterTable, version, files: files.size, rows: Number(rows) }];
  });
}

async function compareWithLog(
  session: DuckSession,
  report: Report,
  entries: readonly LogEntry[],
  snapshot: Snapshot | undefined,
  select: string | undefined,
  signal: AbortSignal | undefined,
): Promise<Discrepancy[]> {
  const inTables = new Map<string, number>();
  if (select) {
    const rows = await session.query(
      `SELECT coalesce(source_file, '') AS source, count(*)::DOUBLE AS rows FROM (${select}) GROUP BY 1`,
      [],
      signal,
    );
    for (const { source, rows: count } of rows) inTables.set(String(source), Number(count));
  }
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

async function checkLookups(
  session: DuckSession,
  report: Report,
  pseudo: string,
  lookup: string,
  salt: string | undefined,
  signal: AbortSignal | undefined,
): Promise<Discrepancy[]> {
  const hashed = hashedColumns(report).map(({ name }) => ({
    raw: sqlName(name),
    pseudonym: sqlName(pseudonymName(name)),
  }));
  const same = hashed
    .map(({ pseudonym }) => `p.${pseudonym} IS NOT DISTINCT FROM l.${pseudonym}`)
    .join(" AND ");
  const pseudonyms = hashed.map(({ pseudonym }) => pseudonym).join(", ");
  const some = hashed.map(({ pseudonym }) => `p.${pseudonym} IS NOT NULL`).join(" OR ");
  const raws = hashed.map(({ raw }) => raw).join(", ");
  const questions = [
    {
      problem: "pseudonym pairs are in the table and not in its lookup",
      sql: `SELECT count(*)::DOUBLE AS n FROM (SELECT DISTINCT ${pseudonyms} FROM (${pseudo})) p
            WHERE (${some}) AND NOT EXISTS (SELECT 1 FROM (${lookup}) l WHERE ${same})`,
    },
    {
      problem: "pairs stand more than once in the lookup",
      sql: `SELECT count(*)::DOUBLE AS n FROM (SELECT ${raws} FROM (${lookup}) GROUP BY ALL HAVING count(*) > 1)`,
    },
  ];
  const problems: Discrepancy[] = [];
  const ask = async (problem: string, sql: string, parameters: readonly string[]) => {
    const { n } = await session.one(sql, parameters, signal);
    if (Number(n) > 0) problems.push({ subject: lookupTable(report), problem: `${Number(n)} ${problem}.` });
  };
  for (const { problem, sql } of questions) await ask(problem, sql, []);
  if (salt === undefined) return problems;
  const wrong = hashed
    .map(({ raw, pseudonym }) => `${pseudonym} IS DISTINCT FROM sha256(${raw} || $1)`)
    .join(" OR ");
  await ask(
    "pseudonyms are not what hashing with this salt gives",
    `SELECT count(*)::DOUBLE AS n FROM (${lookup}) WHERE ${wrong}`,
    [salt],
  );
  return problems;
}
