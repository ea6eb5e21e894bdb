import { bulkhead } from "cockatiel";
import { type ReportName, reports } from "../clever/reports";
import type { Snapshot } from "../delta/snapshot";
import type { Duck } from "../duck/duck";
import { CleverLakeError, describeError } from "../errors";
import type { Lake } from "../lake/lake";
import type { ReportSource } from "../sftp/source";
import { together } from "../together";
import { ReportAnonymizer } from "./anonymize";
import { type Chunk, chunksOf, isDue } from "./chunkPlan";
import { bothHealths, healthy, type IdentityHealth } from "./identityHealth";
import type { LogEntry } from "./ingestLog";
import { type LandedContents, type LandedFile, landFile } from "./land";
import type { IngestLog } from "./logTable";
import { isLanding, type LakeState, type Landing } from "./plan";
import type { Progress } from "./progress";
import type { RunLock } from "./runLock";
import type { RunSummary } from "./runRecord";
import {
  isAccepted,
  isDeferred,
  isStaged,
  leftOutIn,
  type PendingFile,
  type QuarantinedFile,
  type StagedFile,
  type Staging,
} from "./stageFile";
import type { PseudoTables } from "./tables";
import { twinInNotes, twinInReason } from "./userTypeTwins";

export interface ChunkContext {
  readonly lake: Lake;
  readonly duck: Duck;
  readonly log: IngestLog;
  readonly lock: RunLock;
  readonly state: LakeState;
  /** The tables as they were when the run began. */
  readonly tables: PseudoTables;
  readonly contents: LandedContents;
  readonly source: ReportSource | undefined;
  /** Undefined where nothing is to be anonymized. */
  readonly salt: string | undefined;
  readonly accept: ReadonlySet<string>;
  /** Sources that this run delivers anew. */
  readonly replaced: ReadonlySet<string>;
  readonly connections: number;
  /** A folder made by the lake's `scratch`. */
  readonly scratch: string;
  readonly signal: AbortSignal | undefined;
  readonly progress: Progress;
  /** Filled while the run goes on. */
  readonly summary: RunSummary;
}

/** Files whose rows are read at once, each on a core of its own: two cores are common. */
const stagedAtOnce = 2;

/** It has a row of everybody, so that its people are known before the texts of others are looked at. */
const reportOfEverybody: ReportName = "daily_participation";

/** Works through a run's chunks: files land and are read side by side, then each table gets one commit. */
export class ChunkRunner {
  private readonly anonymizers = new Map<ReportName, Promise<ReportAnonymizer>>();
  private readonly landing;
  private readonly staging = bulkhead(stagedAtOnce, Number.POSITIVE_INFINITY);
  /** Sources that this run delivers anew and of which it is not known yet whether their old rows go. */
  private unsettled: ReadonlySet<string>;
  /** Sources whose old rows go in the next commit. */
  private going: ReadonlySet<string> = new Set();
  private readonly settled = new Set<string>();
  /** Settles when the chunk's files of `reportOfEverybody` are staged. */
  private everybody: Promise<unknown> = Promise.resolve();
  /** The versions of the landings whose rows this run brought in, by source. */
  readonly delivered = new Map<string, number>();
  /** The modification times of the deliveries that this run staged, by source, until their commit failed. */
  private readonly stagedTimes = new Map<string, Date>();
  private deferred: { readonly entry: LogEntry; readonly waitsFor: readonly string[] }[] = [];

  private readonly newestTables: Map<ReportName, Snapshot>;

  constructor(private readonly context: ChunkContext) {
    this.newestTables = new Map(context.tables);
    this.landing = bulkhead(context.connections, Number.POSITIVE_INFINITY);
    this.unsettled = context.replaced;
  }

  /** The tables as this run knows them last. */
  get tables(): PseudoTables {
    return this.newestTables;
  }

  /**
   * Works on the files that had to wait until the deliveries of others were committed; to be called when those were.
   *
   * @param further files that had to wait likewise
   */
  async runDeferred(further: readonly LogEntry[] = []): Promise<void> {
    this.deferred.push(...further.map((entry) => ({ entry, waitsFor: [] })));
    await this.runWhileFewer(() => [this.settled, new Set()]);
    // Those that wait for each other come in by one commit, in which the old rows of them all go.
    await this.runWhileFewer(() => {
      const together = new Set(this.deferred.map(({ entry }) => entry.source));
      return [new Set([...this.settled, ...together]), together];
    });
    for (const { entry, waitsFor } of this.deferred) {
      const message = `Rows of it are in the tables from ${waitsFor.join(", ")}, whose new delivery has yet to come in.`;
      this.fail(entry.path, new CleverLakeError("conflict", message));
    }
    this.deferred = [];
  }

  /** @param assume the sources to be taken as settled, and those whose old rows go in the round's one commit */
  private async runWhileFewer(assume: () => [ReadonlySet<string>, ReadonlySet<string>]): Promise<void> {
    for (let before = Number.POSITIVE_INFINITY; this.deferred.length < before; ) {
      before = this.deferred.length;
      const [settled, going] = assume();
      this.unsettled = new Set([...this.context.replaced].filter((source) => !settled.has(source)));
      this.going = going;
      const pending = this.deferred.map(({ entry }) => entry);
      this.deferred = [];
      // The tables have changed since they were opened.
      this.anonymizers.clear();
      const chunks = going.size > 0 ? [{ landings: [], pending }] : chunksOf([], pending);
      for (const chunk of chunks) await this.run(chunk);
    }
  }

  /** Rejects only when the run is aborted or the lake cannot be written; what was done is recorded even then. */
  async run(chunk: Chunk): Promise<void> {
    const { signal, log, lock } = this.context;
    const entries = new Map<string, LogEntry>();
    const workOn = (isChosen: (file: { readonly report: ReportName }) => boolean) => [
      ...chunk.pending.filter(isChosen).map((entry) => this.stage(entry, entries)),
      ...chunk.landings.filter(isChosen).map((landing) => this.land(landing, entries)),
    ];
    const first = workOn(({ report }) => report === reportOfEverybody);
    this.everybody = Promise.allSettled(first);
    const work = [...first, ...workOn(({ report }) => report !== reportOfEverybody)];
    await Promise.allSettled(work);
    try {
      signal?.throwIfAborted();
      await Promise.all(work);
      const anonymizers = await Promise.all(this.anonymizers.values());
      if (anonymizers.some((each) => each.waitingPaths().length > 0)) await lock.requireHeld();
      await together(anonymizers.map((each) => this.commit(each, entries)));
    } finally {
      await log.append([...entries.values()]);
    }
  }

  private async land(landing: Landing, entries: Map<string, LogEntry>): Promise<void> {
    const { lake, source, state, contents, progress, signal, summary, salt, accept } = this.context;
    if (!source) return;
    const before = state.log.get(landing.source);
    // The bytes of what was set aside as a duplicate are not in the lake as this source's.
    const previous = before?.outcome === "duplicate" ? undefined : before;
    let landed: LandedFile;
    try {
      landed = await this.landing.execute(() => {
        signal?.throwIfAborted();
        const onBytes = (bytes: number) => progress.bytes(bytes);
        return progress.during("landing", landing.path, () =>
          landFile(source, lake, landing, previous, contents, { signal, onBytes }),
        );
      });
    } catch (error) {
      return this.fail(landing.path, error);
    }
    const entry = this.entryOf(landed, before);
    entries.set(entry.source, entry);
    const staged = salt !== undefined && isDue(entry, state, accept);
    progress.landed(staged);
    if (landed.unchanged) summary.unchanged++;
    else if (landed.duplicateOf) summary.duplicates.push({ path: landing.path, reason: entry.reason ?? "" });
    else {
      summary.landed++;
      summary.bytes += landed.size;
      this.leaveQuarantine(entry.source);
    }
    if (staged) await this.stage(entry, entries);
    else this.settled.add(entry.source);
  }

  private entryOf(landed: LandedFile, before: LogEntry | undefined): LogEntry {
    const { unchanged, duplicateOf, ...facts } = landed;
    const time = new Date();
    const { runId } = this.context.summary;
    if (unchanged && before) {
      return { ...before, path: landed.path, size: landed.size, modified: landed.modified, runId, time };
    }
    if (!duplicateOf) return { ...facts, runId, time, outcome: "landed" };
    const reason = `The same bytes are in the lake already: ${duplicateOf}.`;
    return { ...facts, landedPath: duplicateOf, runId, time, outcome: "duplicate", reason };
  }

  private async stage(entry: LogEntry, entries: Map<string, LogEntry>): Promise<void> {
    const { accept, progress, signal, state, summary } = this.context;
    const before = state.log.get(entry.source);
    const isConsented = hasConsent(accept, entry, before);
    const { report } = entry;
    if (report !== reportOfEverybody) await this.everybody;
    let result: Staging;
    try {
      result = await this.staging.execute(async () => {
        signal?.throwIfAborted();
        const anonymizer = await this.anonymizer(report);
        const others = report === reportOfEverybody ? undefined : await this.opened(reportOfEverybody);
        return progress.during("anonymizing", entry.path, () =>
          anonymizer.stage({ ...entry, ...consentTo(entry, before, isConsented) }, others?.persons),
        );
      });
    } catch (error) {
      return this.fail(entry.path, error);
    }
    if (isDeferred(result)) {
      this.deferred.push({ entry, waitsFor: result.waitsFor });
      return;
    }
    progress.anonymized(isStaged(result) ? result.rowsWritten : 0);
    if (isStaged(result)) {
      entries.set(entry.source, withStaged(entry, result, summary.runId, "landed"));
      this.stagedTimes.set(entry.source, entry.modified);
      return;
    }
    this.quarantine(entry, result, entries);
    if (isAccepted(accept, entry) && !isConsented) {
      const note =
        "It was not accepted: nobody can have looked yet at what is wrong with it, since this delivery is new.";
      summary.notes.push({ path: entry.path, note });
    }
  }

  private quarantine(entry: LogEntry, quarantined: QuarantinedFile, entries: Map<string, LogEntry>): void {
    const { summary, replaced, state } = this.context;
    const { line, column, reason, acceptable } = quarantined;
    this.leaveQuarantine(entry.source);
    this.settled.add(entry.source);
    summary.quarantined.push({
      path: entry.path,
      line: line ?? null,
      column: column ?? null,
      reason,
      acceptable,
      hasEarlierRows: replaced.has(entry.source) || state.applied.has(entry.source),
    });
    entries.set(entry.source, {
      ...entry,
      runId: summary.runId,
      time: new Date(),
      outcome: "quarantined",
      reason,
      ...(line !== undefined ? { line } : {}),
      ...(column !== undefined ? { column } : {}),
    });
  }

  private async commit(anonymizer: ReportAnonymizer, entries: Map<string, LogEntry>): Promise<void> {
    const { summary, signal } = this.context;
    const { name } = anonymizer.report;
    const waiting = anonymizer.waitingPaths();
    try {
      const { staged, alreadyThere, leftOut, setAside, identities, table } = await anonymizer.commit();
      if (table) this.newestTables.set(name, table);
      this.noteIdentities(name, { ...identities, wordsForNothing: 0 });
      for (const file of setAside) {
        const entry = entries.get(file.file.source);
        if (entry) this.quarantine(withoutRows(entry), file, entries);
      }
      for (const { file, reliesOn } of leftOut) {
        const entry = entries.get(file.source);
        if (entry) this.deferred.push({ entry, waitsFor: reliesOn });
      }
      for (const { file } of [...staged, ...alreadyThere]) this.settled.add(file.source);
      for (const file of staged) {
        const entry = entries.get(file.file.source);
        if (entry) entries.set(entry.source, { ...entry, time: new Date(), outcome: "anonymized" });
        if (isLanding(file.file)) this.delivered.set(file.file.source, file.file.version);
        summary.anonymized++;
        summary.rows[name] += file.rowsWritten;
        this.noteIdentities(name, { ...healthy, wordsForNothing: file.wordsForNothing });
        summary.refused += file.rowsRefused;
        for (const note of file.notes) summary.notes.push({ path: file.file.path, note });
        this.leaveQuarantine(file.file.source);
      }
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof CleverLakeError)) throw error;
      for (const entry of entries.values()) {
        if (waiting.includes(entry.path)) this.stagedTimes.delete(entry.source);
      }
      for (const path of waiting) this.fail(path, error);
    }
  }

  private noteIdentities(name: ReportName, news: IdentityHealth): void {
    const { identities } = this.context.summary;
    if (identities) identities[name] = bothHealths(identities[name], news);
  }

  /** The anonymizer of a report that the chunk has files of; none where it could not be opened, which these tell. */
  private async opened(name: ReportName): Promise<ReportAnonymizer | undefined> {
    return this.anonymizers.get(name)?.catch(() => undefined);
  }

  private anonymizer(name: ReportName): Promise<ReportAnonymizer> {
    const opened =
      this.anonymizers.get(name) ??
      ReportAnonymizer.open(reports[name], {
        ...this.context,
        table: this.context.tables.get(name),
        salt: this.context.salt ?? "",
        replaced: this.unsettled,
        going: this.going,
        modifiedOf: (source) => this.modifiedOf(source),
      });
    this.anonymizers.set(name, opened);
    return opened;
  }

  /** Of the delivery whose rows the tables have; of a later one that was not taken it would say too much. */
  private modifiedOf(source: string): Date | undefined {
    const { log, applied } = this.context.state;
    const entry = log.get(source);
    const isApplied = entry !== undefined && applied.get(source) === entry.version;
    return this.stagedTimes.get(source) ?? (isApplied ? entry.modified : undefined);
  }

  /** Takes a source out of those that wait in quarantine since an earlier run. */
  private leaveQuarantine(source: string): void {
    const { state, summary } = this.context;
    const before = state.log.get(source)?.path;
    summary.inQuarantine = summary.inQuarantine.filter((path) => path !== before);
  }

  /** One file's failure keeps no other file back; an abort, and what is no error of ours, ends the run. */
  private fail(path: string, error: unknown): void {
    this.context.signal?.throwIfAborted();
    if (!(error instanceof CleverLakeError)) throw error;
    this.context.summary.failed.push({ path, reason: describeError(error) });
  }
}

/**
 * Whether a person's consent to leave a file's bad rows out is for this delivery: for a file that is named as the lake
 * does not know it yet, for one that was read before and has the same bytes, and wherever its place in the lake is named.
 *
 * @param before how the source stood when the run began
 */
function hasConsent(accept: ReadonlySet<string>, entry: LogEntry, before: LogEntry | undefined): boolean {
  if (!isAccepted(accept, entry)) return false;
  if (before === undefined || accept.has(entry.landedPath)) return true;
  if (accept.has(entry.path) && entry.path !== before.path) return true;
  return before.outcome !== "landed" && before.sha256 === entry.sha256;
}

/**
 * What a person has agreed to of a delivery: in this run, or in an earlier one that read the same bytes, where what was left
 * out then tells. Rules for bad rows that came since, or know more by now, ask anew. That rows count beside those of another
 * user type is agreed to only where the reason for the quarantine named that.
 */
function consentTo(
  { sha256 }: LogEntry,
  before: LogEntry | undefined,
  isConsented: boolean,
): Pick<PendingFile, "acceptedBadRows" | "acceptRepeats" | "besides"> {
  const { reason, notes, rowsRefused = 0 } = before?.sha256 === sha256 ? before : {};
  const repeats = leftOutIn(notes);
  return {
    acceptedBadRows: isConsented ? Number.POSITIVE_INFINITY : rowsRefused - repeats,
    acceptRepeats: isConsented || repeats > 0,
    besides: (isConsented ? twinInReason(reason) : undefined) ?? twinInNotes(notes),
  };
}

/** An entry of a file that was read and is not to count. */
function withoutRows(entry: LogEntry): LogEntry {
  const { rowsRead: _read, rowsWritten: _written, rowsRefused: _refused, notes: _notes, ...facts } = entry;
  return facts;
}

function withStaged(
  entry: LogEntry,
  { rowsRead, rowsWritten, rowsRefused, notes }: StagedFile,
  runId: string,
  outcome: LogEntry["outcome"],
): LogEntry {
  const { line: _line, column: _column, reason: _reason, ...facts } = entry;
  return {
    ...facts,
    runId,
    time: new Date(),
    outcome,
    rowsRead,
    rowsWritten,
    rowsRefused,
    ...(notes.length > 0 ? { notes: notes.join(" ") } : {}),
  };
}
