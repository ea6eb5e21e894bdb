import { CleverLakeError, isCleverLakeError, isUnreadable } from "../../basics/errors";
import { mapConcurrently } from "../../basics/mapConcurrently";
import { sha256Of } from "../../basics/sha256";
import { ingestLogTable, pseudoTable, saltFingerprintPath } from "../../clever/layout";
import { userTypes as allUserTypes, type UserType } from "../../clever/reports";
import type { Lake } from "../../lake/lake";
import { requireLake } from "../../lake/requireLake";
import { watchForRuns } from "../lock/runWatch";
import type { LogEntry } from "../log/ingestLog";
import { IngestLog } from "../log/logTable";
import { nothingYet } from "../nothingYet";
import { lakeState } from "../plan/plan";
import { waitingInQuarantine } from "../plan/quarantine";
import { concurrentFiles } from "../read/landedFiles";
import { checkedSaltFor } from "../salt/salt";
import { withWorkspace } from "../workspace";
import { allReports } from "../write/tables";
import { leftoverFiles, unloggedLandings, unloggedProblem } from "./verifyStorage";
import { hasIntactFiles, otherTables, type VerifyContext, verifyReport, verifyTable } from "./verifyTables";

export interface VerifiedTable {
  readonly table: string;
  readonly version: number;
  readonly files: number;
  readonly rows: number;
}

/** A discrepancy, and where it is. */
export interface Discrepancy {
  readonly subject: string;
  readonly problem: string;
}

/**
 * What a killed run left, and what will happen to it: not a fault of the data. None is reported during a run, which may
 * own the files.
 */
export interface Leftover {
  readonly subject: string;
  readonly note: string;
}

/** The document of `verify --json`. */
export interface Verification {
  readonly tables: readonly VerifiedTable[];
  /** Rows of the pseudonymized tables of reports, without those of lookups and of the roster. */
  readonly reportRows: number;
  /** Landed files whose bytes and rows were recounted. */
  readonly landedFiles: number;
  /** Server paths of files in quarantine, of the requested user types: no row of these deliveries is in a table. */
  readonly inQuarantine: readonly string[];
  /** Those whose previous delivery has rows in the tables. */
  readonly withEarlierRows: readonly string[];
  readonly problems: readonly Discrepancy[];
  readonly leftovers: readonly Leftover[];
}

/**
 * Compares the tables with the ingest log, the Delta logs and the landed files: bytes by their hashes, rows by reading
 * them again, value by value, pseudonyms by their lookups and, if the salt is given, by hashing again. Also looks for
 * rows that two files added, or that no file can have. Reads everything and writes nothing.
 *
 * Rejects with `notFound` if there is no lake or nothing in it, and with `busy` if a run is active, or was active when
 * a discrepancy was found: it may be unfinished work of that run.
 */
export async function verifyLake(
  lake: Lake,
  given: string | undefined,
  signal?: AbortSignal,
  userTypes: readonly UserType[] = allUserTypes,
): Promise<Verification> {
  await requireLake(lake, { signal });
  const sawRun = await watchForRuns(lake, { signal });
  return withWorkspace({ lake, signal }, async (workspace) => {
    const context: VerifyContext = { ...workspace, problems: [], leftovers: [] };
    const salt = given === undefined ? undefined : await verifiedSalt(context, given);
    const found = await verifyAll(context, salt, userTypes);
    const { problems, leftovers } = context;
    leftovers.push(...(await leftoverFiles(context)));
    // Checked last: earlier findings may come from a run that has begun since.
    const isDoubtful = await sawRun();
    if (problems.length > 0 && isDoubtful) throw doubtful(lake);
    return { ...found, problems, leftovers: isDoubtful ? [] : leftovers };
  });
}

function doubtful(lake: Lake): CleverLakeError {
  return new CleverLakeError(
    "busy",
    "A run is active, or was while the lake was verified; the discrepancies may be its unfinished work.",
    { subject: lake.url, hint: "Verify again when it has ended." },
  );
}

async function verifyAll(
  context: VerifyContext,
  salt: string | undefined,
  userTypes: readonly UserType[],
): Promise<Omit<Verification, "problems" | "leftovers">> {
  const { lake, duck, signal, problems } = context;
  const log = new IngestLog(lake, duck);
  const read = await collectDamage(context, ingestLogTable, async () =>
    (await hasIntactFiles(context, ingestLogTable))
      ? { all: await log.all(signal), sources: await log.sources(signal) }
      : undefined,
  );
  if (read === undefined)
    return { tables: [], reportRows: 0, landedFiles: 0, inQuarantine: [], withEarlierRows: [] };
  // The rows of a source whose newest delivery is in quarantine are those of an earlier one.
  const entries = [...read.sources.last.values(), ...read.sources.anonymized.values()];
  const files = entries.filter(({ outcome }) => outcome !== "duplicate");
  const landed = [...new Map(files.map((entry) => [entry.landedPath, entry])).values()];
  const corrupted = await damagedLandings(context, landed);
  const tables: VerifiedTable[] = [];
  const applied = new Map<string, number>();
  const withRows = new Set<string>();
  for (const report of allReports()) {
    const verified = await collectDamage(context, pseudoTable(report), () =>
      verifyReport(context, report, read.sources, salt, (each) => !corrupted.has(each.landedPath)),
    );
    tables.push(...(verified?.tables ?? []));
    for (const [source, version] of verified?.applied ?? []) applied.set(source, version);
    for (const source of verified?.sources ?? []) withRows.add(source);
  }
  for (const other of otherTables) {
    const table = await collectDamage(context, other.path, () => verifyTable(context, other));
    if (table) tables.push(table);
  }
  const unlogged = await unloggedLandings(context, read.all);
  problems.push(...unlogged.map((subject) => ({ subject, problem: unloggedProblem })));
  // A lake from which everything is gone must not pass.
  if (tables.length === 0 && landed.length === 0 && problems.length === 0) throw nothingYet(lake);
  const reportTables = new Set(allReports().map(pseudoTable));
  const reportRows = tables.reduce((sum, table) => sum + (reportTables.has(table.table) ? table.rows : 0), 0);
  const quarantined = waitingInQuarantine(lakeState(read.sources, applied), userTypes);
  return {
    tables,
    reportRows,
    landedFiles: landed.length,
    inQuarantine: quarantined.map(({ path }) => path),
    withEarlierRows: quarantined.filter(({ source }) => withRows.has(source)).map(({ path }) => path),
  };
}

/** What to do where `repair` has nothing to read. */
const restoreIt =
  "Restore it from a backup of the lake: without it, rows cannot be checked or rebuilt. Those in the tables stay.";

/** Landed files that are gone, or whose bytes are not those that were ingested; the reasons are among the problems. */
async function damagedLandings(
  { lake, problems, signal }: VerifyContext,
  entries: readonly LogEntry[],
): Promise<ReadonlySet<string>> {
  const checked = await mapConcurrently(entries, concurrentFiles, async ({ landedPath: subject, sha256 }) => {
    signal?.throwIfAborted();
    try {
      if ((await sha256Of(lake.readStream(subject, { signal }))) === sha256) return undefined;
      return { subject, problem: `The landed file's bytes are not those that were ingested. ${restoreIt}` };
    } catch (error) {
      if (!isCleverLakeError(error, "notFound")) throw error;
      return { subject, problem: `The landed file is gone. ${restoreIt}` };
    }
  });
  const found = checked.filter((each) => each !== undefined);
  problems.push(...found);
  return new Set(found.map(({ subject }) => subject));
}

/** The salt in the lake's form; if it is not the lake's, that is among the problems. */
async function verifiedSalt({ lake, problems, signal }: VerifyContext, given: string): Promise<string> {
  try {
    const { salt, evidence } = await checkedSaltFor(lake, given, signal);
    if (evidence === "lookups" || evidence === "unproven") {
      problems.push({ subject: saltFingerprintPath, problem: "The lake's salt fingerprint is missing." });
    }
    return salt;
  } catch (error) {
    if (!isCleverLakeError(error, "salt") && !isCleverLakeError(error, "corrupt")) throw error;
    const problem = [error.message, error.hint].filter(Boolean).join(" ");
    problems.push({ subject: error.subject ?? saltFingerprintPath, problem });
    return given;
  }
}

/** Adds evidence of damaged data, and a table that another program made unreadable, to the problems; then undefined. */
async function collectDamage<T>(
  { problems }: VerifyContext,
  subject: string,
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    const problem = ["It could not be read.", error.message, error.hint].filter(Boolean).join(" ");
    problems.push({ subject: error.subject ?? subject, problem });
    return undefined;
  }
}
