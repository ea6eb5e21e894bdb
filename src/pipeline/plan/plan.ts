import { posix } from "node:path";
import { CleverLakeError } from "../../basics/errors";
import { type ReportFile, recognizeReport, resembledReport, strayReport } from "../../clever/fileNames";
import { landedPath } from "../../clever/layout";
import type { ReportName, UserType } from "../../clever/reports";
import type { SkippedEntry, SourceFile, SourceListing } from "../../sftp/source";
import type { LogEntry } from "../log/ingestLog";
import type { SourceEntries } from "../log/logTable";
import type { RunRecord } from "../log/runRecord";
import { sourceNamer, sourcesByName } from "./sourceNames";
import { isDue } from "./work";

/** The state of a server file in relation to the lake. */
export type FileState = "new" | "landed" | "anonymized" | "changed" | "quarantined" | "dismissed" | "ignored";

/** A file on the server and what a run would do with it. */
export interface PlannedFile extends SourceFile {
  readonly state: FileState;
  /** Undefined if it is not a report. */
  readonly report?: ReportName | undefined;
  readonly userType?: UserType | undefined;
  /** Why it is ignored or quarantined. */
  readonly reason?: string | undefined;
  /** The source that it is a delivery of. */
  readonly source?: string | undefined;
  /** The source's newest log entry. */
  readonly entry?: LogEntry | undefined;
  /** Set if the file is not read although a user may expect it. */
  readonly unread?: Unread | undefined;
}

/** Why something on the server is not read. */
export interface Unread {
  /** A clause, not a full sentence. */
  readonly reason: string;
  /** Whether rows may be missing: it has a report's name, or is the only file whose name begins like that report's. */
  readonly report: boolean;
}

/** A file to be ingested, and its target path. */
export type Landing = RunRecord["landings"][number];

/** What the lake holds, as far as a plan needs it. */
export interface LakeState {
  /** The newest entry of the ingest log for each source. */
  readonly log: ReadonlyMap<string, LogEntry>;
  /** For each source, the version whose rows are in the tables, according to the Delta logs. */
  readonly applied: ReadonlyMap<string, number>;
  /** By source, the entry of the delivery whose rows are in the tables, if the log knows it. */
  readonly current: ReadonlyMap<string, LogEntry>;
  /** By source, oldest first, the deliveries that are to be judged: landed ones, and those whose rows the tables lost. */
  readonly open: ReadonlyMap<string, readonly LogEntry[]>;
  /** The source of each report that the lake knows, by the report's name. */
  readonly named: ReadonlyMap<string, string>;
}

/** What the lake holds, from its log and the versions in its tables. */
export function lakeState(
  { last, anonymized, deliveries }: SourceEntries,
  applied: ReadonlyMap<string, number>,
): LakeState {
  const current = new Map<string, LogEntry>();
  for (const [source, entry] of anonymized)
    if (applied.get(source) === entry.version) current.set(source, entry);
  const open = new Map<string, LogEntry[]>();
  for (const [source, entries] of deliveries) {
    const due = entries.filter((entry) => isDue(entry, { applied }, noConsents));
    if (due.length > 0) open.set(source, due);
  }
  const state = { log: last, applied, current, open };
  return { ...state, named: sourcesByName(state) };
}

const noConsents: ReadonlySet<string> = new Set();

/** Compares the server's files with the lake, in the listing's order; entries that could not be read come last. */
export function makePlan(
  listing: SourceListing,
  lake: LakeState,
  userTypes: readonly UserType[],
): PlannedFile[] {
  const current = new Map<string, SourceFile>();
  const nameOfSource = sourceNamer(lake);
  const recognized = listing.files.map((file) => ({ file, report: recognizeReport(file.path) }));
  const newestFirst = recognized.toSorted(
    (a, b) =>
      b.file.modified.getTime() - a.file.modified.getTime() || (a.report?.copy ?? 0) - (b.report?.copy ?? 0),
  );
  for (const { file, report } of newestFirst) {
    const source = report && nameOfSource(report);
    if (source !== undefined && !current.has(source)) current.set(source, file);
  }
  let listed: Set<string | undefined> | undefined;
  const isKnown = (name: string) => {
    listed ??= new Set(recognized.map(({ report }) => report?.name));
    return listed.has(name) || lake.named.has(name);
  };
  const misnamed = (path: string): Unread | undefined => {
    const resembled = resembledReport(path);
    if (resembled === undefined) {
      const stray = strayReport(path);
      return stray && { reason: "its name is not a report's, but its folder's is", report: stray.isDated };
    }
    // Next to the report itself, it is most likely another copy of it.
    const isMissed = userTypes.includes(resembled.userType) && !isKnown(resembled.name);
    return { reason: "its name begins like a report's, but does not end like one", report: isMissed };
  };
  const files = recognized.map(({ file, report }): PlannedFile => {
    if (!report)
      return planned(file, { state: "ignored", reason: "Not a report.", unread: misnamed(file.path) });
    if (!userTypes.includes(report.userType)) {
      return planned(
        file,
        { state: "ignored", reason: "The configuration leaves out this user type." },
        report,
      );
    }
    const source = nameOfSource(report);
    const newest = current.get(source) ?? file;
    if (newest !== file) {
      const reason = `An older copy of ${newest.path}.`;
      return planned(file, { state: "ignored", reason, unread: unreadBeside(file, newest) }, report);
    }
    const entry = lake.log.get(source);
    return planned(file, stateOf(file, source, entry, lake), report, source, entry);
  });
  return [...files, ...listing.skipped.map((entry) => skippedFile(entry, userTypes))];
}

/** Created here for all files of a server, without a spread: it takes several times as long. */
function planned(
  { path, size, modified }: SourceFile,
  { state, reason, unread }: Pick<PlannedFile, "state" | "reason" | "unread">,
  report?: ReportFile,
  source?: string,
  entry?: LogEntry,
): PlannedFile {
  const [name, userType] = [report?.report.name, report?.userType];
  return { path, size, modified, state, reason, unread, report: name, userType, source, entry };
}

/**
 * An older copy in the same folder is most likely the one that a correction replaced. In another folder it may be
 * another district's, and with equal times nobody knows which copy is right.
 */
function unreadBeside(file: SourceFile, newest: SourceFile): Unread | undefined {
  const isOlder = file.modified.getTime() < newest.modified.getTime();
  const isSameFolder = posix.dirname(file.path) === posix.dirname(newest.path);
  if ((isSameFolder && isOlder) || file.size === newest.size) return undefined;
  const why = isOlder ? "has the same name and is newer" : "is a copy of it with the same time";
  return { reason: `${newest.path} ${why}; only that one is read`, report: true };
}

/** An entry that the listing could not read; a report of a user type that the configuration excludes is not missed. */
function skippedFile({ path, reason, isRead }: SkippedEntry, userTypes: readonly UserType[]): PlannedFile {
  const report = recognizeReport(path);
  const isMissed = !isRead && (report === undefined || userTypes.includes(report.userType));
  return {
    path,
    size: 0,
    modified: new Date(0),
    state: "ignored",
    reason: `Not read: ${reason}.`,
    unread: isMissed ? { reason, report: report !== undefined } : undefined,
  };
}

function stateOf(
  file: SourceFile,
  source: string,
  entry: LogEntry | undefined,
  lake: LakeState,
): Pick<PlannedFile, "state" | "reason"> {
  if (!entry) return { state: "new" };
  if (isOlderCopy(file, entry)) {
    const reason = `Older than ${entry.path}, whose rows are in the lake and which is no longer on the server; this file is read if it gets a newer date.`;
    return { state: "ignored", reason };
  }
  const hasNewTime = hasTime(file) && toSeconds(file.modified) !== toSeconds(entry.modified);
  if (file.size !== entry.size || hasNewTime) return { state: "changed" };
  if ((lake.applied.get(source) ?? 0) >= entry.version) return { state: "anonymized" };
  if (entry.outcome === "quarantined" || entry.outcome === "dismissed") {
    return { state: entry.outcome, reason: entry.reason };
  }
  return { state: "landed" };
}

/**
 * Whether it is the original, or another copy, of a newer one that was ingested and has since left the server: tidying
 * up must not undo a correction. If the newer one could not be read, the older one counts.
 */
function isOlderCopy(file: SourceFile, entry: LogEntry): boolean {
  const isTaken = entry.outcome === "anonymized" || entry.outcome === "landed";
  const isOlder = hasTime(file) && toSeconds(file.modified) < toSeconds(entry.modified);
  return isTaken && file.path !== entry.path && isOlder;
}

/** Some servers keep no times: their files have no age, and only the size tells them apart. */
export function hasTime({ modified }: Pick<SourceFile, "modified">): boolean {
  return modified.getTime() !== 0;
}

/**
 * Target paths of the plan's new and changed files. The folder is the run's start. If two files would collide (the same
 * name in two server folders), the second gets a folder one second later.
 */
export function planLandings(plan: readonly PlannedFile[], start: Date): Landing[] {
  const taken = new Set<string>();
  return plan.flatMap((file): Landing[] => {
    const { source } = file;
    if ((file.state !== "new" && file.state !== "changed") || source === undefined) return [];
    const recognized = recognizeReport(file.path);
    if (recognized === undefined) return [];
    let time = start;
    const place = () =>
      landedPath(recognized.report, folderName(time), recognized.userType, posix.basename(file.path));
    while (taken.has(place().toLowerCase())) time = new Date(time.getTime() + 1000);
    taken.add(place().toLowerCase());
    return [
      {
        path: file.path,
        source,
        report: recognized.report.name,
        userType: recognized.userType,
        size: file.size,
        modified: file.modified,
        landedPath: place(),
        version: toSeconds(time),
      },
    ];
  });
}

/**
 * The start time that names a run's folder: now, or one second after the lake's newest delivery if the clock is behind
 * it, because versions must increase.
 */
export function runStart(lake: LakeState, now: Date): Date {
  let newest = 0;
  for (const { version } of lake.log.values()) newest = Math.max(newest, version);
  for (const version of lake.applied.values()) newest = Math.max(newest, version);
  if (newest > latestVersion) {
    throw new CleverLakeError("corrupt", "The lake has a delivery dated in the year 10000 or later.", {
      hint: "Restore the tables and the ingest log from a backup of the lake.",
    });
  }
  return new Date(Math.max(toSeconds(now), newest + 1) * 1000);
}

/** The last second whose folder name has the usual form. */
const latestVersion = Date.UTC(9999, 11, 31) / 1000;

/** `yyyy-MM-ddTHH-mm-ss`, in UTC. */
export function folderName(time: Date): string {
  return time.toISOString().slice(0, 19).replaceAll(":", "-");
}

/** A time as used in versions: seconds since 1970. */
export function toSeconds(time: Date): number {
  return Math.floor(time.getTime() / 1000);
}
