import { type Report, reports, type UserType, userTypeFolder } from "./reports";

/** All paths in the lake (OEA 0.6). No other module builds them. */

const raw = "stage1np/clever";

/** The raw file: `stage1np/clever/<report>/<yyyy-MM-ddTHH-mm-ss>/<Students|Teachers|Staff>/<file name>`. */
export function landedPath(report: Report, folder: string, userType: UserType, fileName: string): string {
  return `${landedFolder(report)}/${folder}/${userTypeFolder[userType]}/${fileName}`;
}

/** The folder of a report's raw files. */
export function landedFolder(report: Report): string {
  return `${raw}/${report.slug}`;
}

/** The refused rows of an accepted landed file; not `.csv`, so that OEA's notebooks skip it. */
export function refusedRowsPath(landed: string): string {
  return `${landed}.refused`;
}

/** The Delta table that records every landing and its outcome. */
export const ingestLogTable = `${raw}/_ingest_log`;

/**
 * Sorts a source's log entries, as SQL, so that the first one is its current state. A delivery's first entry is its
 * landing.
 */
export const newestEntryFirst = ["version DESC", "outcome = 'landed'", "time DESC"] as const;

/** One JSON document per run: its plan while it is running, its summary afterwards. */
export const runsFolder = `${raw}/_runs`;
export function runRecordPath(runId: string): string {
  return `${runsFolder}/${runId}.json`;
}

/** Earlier versions named the newest run in it. */
export const newestRunPath = `${raw}/_newest_run.json`;

/** Exists while a run is active; identifies the run. */
export const runLockPath = `${raw}/_run.lock`;

/** The expiry of the lock with this id; written only by its holder. */
export function runLeasePath(lockId: string): string {
  return `${runLockPath}.${lockId}`;
}

/** Whether a file belongs to the run lock: a lease, or a dead lock that is being removed. */
export function isRunLockFile(path: string): boolean {
  return path.startsWith(`${runLockPath}.`);
}

/**
 * The module's folders in the stages with tables. OEA treats each of their children as a table, so nothing else may
 * be there.
 */
export const tableFolders = ["stage2np/clever", "stage2p/clever"] as const;

/**
 * Folders in which a file is written and removed, to check whether the lake is writable. There is one in each stage,
 * because each stage has its own permissions. In stages with tables it is a table's folder.
 */
export function writeCheckFolders(): readonly string[] {
  return [raw, lookupTable(reports.daily_participation), pseudoTable(reports.daily_participation)];
}
export function writeCheckPath(folder: string, id: string): string {
  return `${folder}/_write_check_${id}`;
}

/** One small JSON document for each time that a user revealed identities: who, when, which file. */
export const revealsFolder = `${raw}/_reveals`;
export function revealPath(time: Date, id: string): string {
  return `${revealsFolder}/${time.toISOString().slice(0, 19).replaceAll(":", "-")}-${id}.json`;
}

/** The program that runs on a cluster: the scripts and the specifications, named by the hash of all of them. */
export function sparkProgramFolder(hash: string): string {
  return `${raw}/_spark/programs/${hash}`;
}

/**
 * The messages exchanged with one Spark session on a cluster, and its jobs' output, which contains identities.
 * Removed when the session has ended.
 */
export const sparkBatchesFolder = `${raw}/_spark/batches`;
export function sparkBatchFolder(id: string): string {
  return `${sparkBatchesFolder}/${id}`;
}

/** The salt's fingerprint, not the salt. */
export const saltFingerprintPath = `${raw}/_salt_fingerprint.json`;
/** Where earlier versions kept the fingerprint, among the tables. */
export const earlierSaltFingerprintPath = "stage2np/clever/_salt_fingerprint.json";

export function pseudoTable(report: Report): string {
  return `stage2p/clever/${report.name}_pseudo`;
}

/** Whether a table has the rows of a report. */
export function isPseudoTable(table: string): boolean {
  return Object.values(reports).some((report) => pseudoTable(report) === table);
}

/**
 * Where one of OEA's own tables is once the lake is adopted. It is a separate table next to ours, because OEA treats
 * every folder there as a table.
 */
export function oeaTable(table: string): string {
  return `${table}_oea`;
}

/**
 * Maps each pseudonym that OEA computed without a salt to ours. It is in the stage with identities, like the lookups.
 */
export const pseudonymMapTable = "stage2np/clever/pseudonyms_oea";

/**
 * A table that is being rebuilt. It is within the folder of the table that it replaces, so that readers of tables
 * skip it.
 */
export function rebuildFolder(table: string): string {
  return `${table}/_rebuilt`;
}

/** Where a replaced table is kept: next to the folder in which OEA looks for tables. */
export function replacedTable(table: string, time: string): string {
  const [stage = "", ...rest] = table.split("/");
  return `${stage}/_replaced/${rest.join("/")}-${time}`;
}

/** The roster: one row for each student, with school and grade. */
export const rosterTable = "stage2p/clever/students_pseudo";

/** How people are divided into groups, for products that compute their own counts. Contains no ids. */
export const groupsTable = "stage2p/clever/groups";

/** Roster files kept in their original form, by the time of their import: `<yyyy-MM-ddTHH-mm-ss>/<file name>`. */
export const rosterFolder = `${raw}/roster`;
export function keptRosterPath(folder: string, fileName: string): string {
  return `${rosterFolder}/${folder}/${fileName}`;
}

/**
 * The use of digital tools from all modules, in OEA's Digital Engagement schema. It is next to the modules' folders,
 * as in OEA.
 */
export const digitalActivityTable = "stage2p/digital_activity";

export function lookupTable(report: Report): string {
  return `stage2np/clever/${report.name}_lookup`;
}
