import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { lookupTable, pseudoTable } from "../clever/layout";
import { hashedColumns, pseudonymName, type Report, reports } from "../clever/reports";
import { withLocalFiles } from "../delta/localFiles";
import type { Snapshot } from "../delta/snapshot";
import { withTables } from "../delta/withTable";
import { Duck, type DuckSession, sqlName } from "../duck/duck";
import { isCleverLakeError } from "../errors";
import type { Lake } from "../lake/lake";
import type { LogEntry } from "./ingestLog";
import { loadCsv } from "./loadCsv";
import { IngestLog } from "./logTable";
import { findBadRows } from "./refuseRows";
import { allReports, appliedVersions } from "./tables";

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
  /** Landed files whose bytes and rows were counted anew. */
  readonly landedFiles: number;
  readonly problems: readonly Discrepancy[];
}

/**
 * Recounts the tables against the ingest log, the Delta logs and the landed files: bytes by their hash, rows by
 * reading them anew, pseudonyms by their lookups and, with the salt at hand, by hashing anew. Reads everything and
 * writes nothing.
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
    const entries = [...(await new IngestLog(lake, duck).last(signal)).values()];
    for (const report of allReports()) {
      const ours = entries.filter((entry) => entry.report === report.name);
      tables.push(...(await verifyTables(lake, duck, report, ours, salt, problems, signal)));
    }
    let landedFiles = 0;
    for (const entry of entries) {
      if (entry.outcome === "duplicate") continue;
      signal?.throwIfAborted();
      landedFiles++;
      for (const problem of await verifyLanded(lake, duck, entry, signal)) {
        problems.push({ subject: entry.landedPath, problem });
      }
    }
    return { tables, landedFiles, problems };
  } finally {
    duck.close();
    await rm(scratch, { recursive: true, force: true });
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
    if (pseudo?.select && lookup?.select) {
      problems.push(...(await checkLookups(session, report, pseudo.select, lookup.select, salt, signal)));
    }
    return verified;
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
  const counted = new Map<string, number>();
  if (select) {
    const rows = await session.query(
      `SELECT coalesce(source_file, '') AS source, count(*)::DOUBLE AS rows FROM (${select}) GROUP BY 1`,
      [],
      signal,
    );
    for (const { source, rows: count } of rows) counted.set(String(source), Number(count));
  }
  const problems: Discrepancy[] = [];
  const applied = appliedVersions(snapshot);
  for (const entry of entries) {
    const inTable = counted.get(entry.source) ?? 0;
    counted.delete(entry.source);
    const { rowsRead = 0, rowsWritten = 0, rowsRefused = 0 } = entry;
    const tell = (problem: string) => problems.push({ subject: entry.path, problem });
    if (entry.outcome !== "anonymized") continue;
    if (applied.get(entry.source) !== entry.version) tell("The log calls it anonymized, the table does not.");
    if (inTable !== rowsWritten) tell(`${rowsWritten} rows were written, ${inTable} are in the table.`);
    if (entry.rowsRead !== undefined && rowsRead !== rowsWritten + rowsRefused) {
      tell(`${rowsRead} rows were read, but ${rowsWritten} written and ${rowsRefused} refused.`);
    }
  }
  for (const [source, rows] of counted) {
    const problem = `${rows} rows are in the table that the ingest log does not know.`;
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

async function verifyLanded(
  lake: Lake,
  duck: Duck,
  entry: LogEntry,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const options = signal ? { signal } : {};
  const hash = createHash("sha256");
  try {
    for await (const chunk of lake.readStream(entry.landedPath, options)) hash.update(chunk as Uint8Array);
  } catch (error) {
    if (isCleverLakeError(error, "notFound")) return ["The landed file is gone."];
    throw error;
  }
  if (hash.digest("hex") !== entry.sha256)
    return ["The landed file's bytes are not those that were brought over."];
  if (entry.outcome !== "anonymized" || entry.rowsRead === undefined) return [];
  const rows = await withLocalFiles(lake, [entry.landedPath], options, ([local]) =>
    duck.session((session) => countRows(session, local ?? entry.landedPath, reports[entry.report], signal)),
  );
  return rows === entry.rowsRead ? [] : [`${entry.rowsRead} rows were read from it; it has ${rows}.`];
}

async function countRows(
  session: DuckSession,
  file: string,
  report: Report,
  signal: AbortSignal | undefined,
): Promise<number> {
  const loaded = await loadCsv(session, file, report, signal);
  if ("reason" in loaded) return 0;
  if ("rows" in loaded) return loaded.rows;
  const { rows, goodRows } = await findBadRows(file, report, loaded.header);
  return rows + goodRows;
}
