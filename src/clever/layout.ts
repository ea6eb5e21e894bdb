import { type Report, reports, type UserType, userTypeFolder } from "./reports";

/** Where everything stands in the lake (OEA 0.6). No other place builds these paths. */

const raw = "stage1np/clever";

/** The raw file: `stage1np/clever/<report>/<yyyy-MM-ddTHH-mm-ss>/<Students|Teachers|Staff>/<file name>`. */
export function landedPath(report: Report, folder: string, userType: UserType, fileName: string): string {
  return `${landedFolder(report)}/${folder}/${userTypeFolder[userType]}/${fileName}`;
}

/** The folder of a report's raw files. */
export function landedFolder(report: Report): string {
  return `${raw}/${report.slug}`;
}

/** The rows of a landed file that a person chose to leave out; not `.csv`, so that OEA's notebooks pass it over. */
export function refusedRowsPath(landed: string): string {
  return `${landed}.refused`;
}

/** The Delta table that records every landing and its outcome. */
export const ingestLogTable = `${raw}/_ingest_log`;

/** Which of a source's entries in the log says how it stands: the first in this order, as SQL. */
export const newestEntryFirst = ["version DESC", "time DESC", "outcome = 'landed'"] as const;

/** One JSON document per run: its plan while it works, its summary when it ended. */
export const runsFolder = `${raw}/_runs`;
export function runRecordPath(runId: string): string {
  return `${runsFolder}/${runId}.json`;
}

/** Names the newest run, so that nobody has to list them all to find it. */
export const newestRunPath = `${raw}/_newest_run.json`;

/** Present while a run is at work; says whose it is. */
export const runLockPath = `${raw}/_run.lock`;

/** How long the lock with this id is held, written again by its holder and nobody else. */
export function runLeasePath(lockId: string): string {
  return `${runLockPath}.${lockId}`;
}

/** Whether a file is one that runs have beside the lock: a lease, or a dead lock that is being removed. */
export function isBesideRunLock(path: string): boolean {
  return path.startsWith(`${runLockPath}.`);
}

/**
 * The modules' folders of the stages of tables. OEA takes each of their children for a table, so nothing else may stand
 * there.
 */
export const tableFolders = ["stage2np/clever", "stage2p/clever"] as const;

/**
 * Folders in which a file is written and removed again, to see whether the lake can be written: in each stage, since each
 * has rights of its own, and there within a table's folder.
 */
export function writeCheckFolders(): readonly string[] {
  return [raw, lookupTable(reports.daily_participation), pseudoTable(reports.daily_participation)];
}
export function writeCheckPath(folder: string, id: string): string {
  return `${folder}/_write_check_${id}`;
}

/** One small JSON document for each time that somebody had identities shown: who, when, which file. */
export const revealsFolder = `${raw}/_reveals`;
export function revealPath(time: Date, id: string): string {
  return `${revealsFolder}/${time.toISOString().slice(0, 19).replaceAll(":", "-")}-${id}.json`;
}

/** What a cluster runs: the scripts and the specifications, by the hash of all of them. */
export function sparkProgramFolder(hash: string): string {
  return `${raw}/_spark/programs/${hash}`;
}

/** The messages with one Spark on a cluster, and what its jobs write, with identities; removed when it has ended. */
export const sparkBatchesFolder = `${raw}/_spark/batches`;
export function sparkBatchFolder(id: string): string {
  return `${sparkBatchesFolder}/${id}`;
}

/** The salt's fingerprint, not the salt. */
export const saltFingerprintPath = `${raw}/_salt_fingerprint.json`;
/** Where earlier versions kept it, among the tables. */
export const earlierSaltFingerprintPath = "stage2np/clever/_salt_fingerprint.json";

export function pseudoTable(report: Report): string {
  return `stage2p/clever/${report.name}_pseudo`;
}

/**
 * Where a table of OEA's own stands once the lake is adopted. It stays beside ours, and a table by itself: OEA takes every
 * folder there for one.
 */
export function oeaTable(table: string): string {
  return `${table}_oea`;
}

/** Which pseudonym of ours takes the place of one that OEA made without a salt. On the identities' side, as the lookups. */
export const pseudonymMapTable = "stage2np/clever/pseudonyms_oea";

/** A table that is built again, within the folder of the one that it replaces: whoever reads tables passes over it. */
export function tableBeside(table: string): string {
  return `${table}/_rebuilt`;
}

/** Where a table is kept that another one has replaced, beside the folder in which OEA looks for tables. */
export function replacedTable(table: string, time: string): string {
  const [stage = "", ...rest] = table.split("/");
  return `${stage}/_replaced/${rest.join("/")}-${time}`;
}

/** The roster: one row for each student, with school and grade. */
export const rosterTable = "stage2p/clever/students_pseudo";

/** How people are divided into groups, for products that count by themselves. Holds no id. */
export const groupsTable = "stage2p/clever/groups";

/** Roster files that were kept as they came, by the time of their import: `<yyyy-MM-ddTHH-mm-ss>/<file name>`. */
export const rosterFolder = `${raw}/roster`;
export function keptRosterPath(folder: string, fileName: string): string {
  return `${rosterFolder}/${folder}/${fileName}`;
}

/** All modules' use of digital tools in OEA's Digital Engagement schema; beside the modules' folders, as OEA has it. */
export const digitalActivityTable = "stage2p/digital_activity";

export function lookupTable(report: Report): string {
  return `stage2np/clever/${report.name}_lookup`;
}
