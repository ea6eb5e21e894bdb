import { bulkhead } from "cockatiel";
import { allSettledOrThrow } from "../allSettledOrThrow";
import { type ReportName, reportNames, reports } from "../clever/reports";
import type { Snapshot } from "../delta/snapshot";
import type { Duck } from "../duck/duck";
import { CleverLakeError, describeError } from "../errors";
import type { Lake } from "../lake/lake";
import type { ReportSource } from "../sftp/source";
import { type Committed, ReportTable } from "./commit/reportTable";
import type { Delivery, QuarantinedDelivery } from "./delivery";
import { landFile } from "./land/land";
import type { RunLock } from "./lock/runLock";
import { changeNotes } from "./log/changeNotes";
import type { LogEntry } from "./log/ingestLog";
import { affectedEntry, appliedEntry, landedAgainEntry, quarantinedEntry } from "./log/logEntries";
import type { IngestLog } from "./log/logTable";
import type { RunSummary } from "./log/runRecord";
import type { VerifiedVersions } from "./others/foreignCommits";
import { isCopyLost } from "./plan/lostCopies";
import type { LakeState, Landing } from "./plan/plan";
import { type Chunk, hasConsent, isDue, isNamed, isUnrecorded } from "./plan/work";
import type { Progress } from "./progress";
import { combinedHealth, healthy, type IdentityHealth } from "./read/identityHealth";
import type { OpenReadEngine } from "./read/readEngine";
import { rowsInTable } from "./write/sourceRows";
import type { PseudoTables } from "./write/tables";

export interface ChunkContext {
  readonly lake: Lake;
  readonly duck: Duck;
  readonly log: IngestLog;
  readonly lock: RunLock;
  readonly state: LakeState;
  /** The tables at the start of the run. */
  readonly tables: PseudoTables;
  readonly verifiedVersions: VerifiedVersions;
  readonly source: ReportSource | undefined;
  /** Undefined if nothing is to be pseudonymized. */
  readonly salt: string | undefined;
  readonly engine: OpenReadEngine | undefined;
  readonly accept: ReadonlySet<string>;
  readonly maxShrink: number;
  readonly connections: number;
  /** A folder made by the lake's `scratch`. */
  readonly scratch: string;
  readonly signal: AbortSignal | undefined;
  readonly progress: Progress;
  /** Filled during the run. */
  readonly summary: RunSummary;
}

/** A chunk whose files have landed. */
interface LandedChunk {
  /** Log entries, by source. */
  readonly entries: Map<string, LogEntry>;
  /** Deliveries whose rows are to enter the tables. */
  readonly due: readonly LogEntry[];
  /** Current deliveries that have a new modification time and the same bytes. */
  readonly touched: readonly LogEntry[];
}

/** It has a row for everybody, so its people are known before the texts of other reports are masked. */
const reportOfEverybody: ReportName = "daily_participation";

/** A one-time event to wait for. */
class Gate {
  open: () => void = () => undefined;
  readonly opened = new Promise<void>((resolve) => {
    this.open = resolve;
  });
}

/** Processes a run's chunks: lands files, reads their rows and commits them, one commit per table. */
export class ChunkRunner {
  private readonly opened = new Map<ReportName, Promise<ReportTable>>();
  private readonly landing;
  private readonly newestTables: Map<ReportName, Snapshot>;
  /** By source, the entry of the delivery whose rows are in the tables. */
  private readonly current: Map<string, LogEntry>;

  constructor(private readonly context: ChunkContext) {
    this.newestTables = new Map(context.tables);
    this.landing = bulkhead(context.connections, Number.POSITIVE_INFINITY);
    this.current = new Map(context.state.current);
  }

  /** The newest state of the tables that this run knows. */
  get tables(): PseudoTables {
    return this.newestTables;
  }

  /**
   * Processes chunks in order; the next one lands while the current one is read. Rejects only if the run is aborted or
   * the lake cannot be written. Completed work is recorded even then.
   */
  async run(chunks: readonly Chunk[]): Promise<void> {
    const [first, ...rest] = chunks;
    if (first === undefined) return;
    let next = this.land(first);
    for (const chunk of [...rest, undefined]) {
      const landed = await next;
      next = chunk ? this.land(chunk) : Promise.resolve({ entries: new Map(), due: [], touched: [] });
      // Awaited in the next iteration, or below if this one fails.
      next.catch(() => undefined);
      try {
        await this.process(landed);
      } catch (error) {
        const after = await next.catch(() => undefined);
        await this.context.log.append([...(after?.entries.values() ?? [])]);
        throw error;
      }
    }
  }

  private async land(chunk: Chunk): Promise<LandedChunk> {
    const { signal, log } = this.context;
    const entries = new Map<string, LogEntry>();
    const due: LogEntry[] = [...chunk.pending];
    const touched: LogEntry[] = [];
    const work = chunk.landings.map((landing) => this.landOne(landing, { entries, due, touched }));
    const results = await Promise.allSettled(work);
    const failed = results.find((result) => result.status === "rejected");
    if (failed === undefined && signal?.aborted !== true) return { entries, due, touched };
    await log.append([...entries.values()]);
    signal?.throwIfAborted();
    throw failed?.reason;
  }

  private async landOne(
    landing: Landing,
    { entries, due, touched }: { entries: Map<string, LogEntry>; due: LogEntry[]; touched: LogEntry[] },
  ): Promise<void> {
    const { lake, source, state, progress, signal, summary, salt, accept } = this.context;
    if (!source) return;
    const before = state.log.get(landing.source);
    let entry: LogEntry;
    let isNew: boolean;
    try {
      const { unchanged, ...landed } = await this.landing.execute(async () => {
        signal?.throwIfAborted();
        const onBytes = (bytes: number) => progress.bytes(bytes);
        // The same bytes count as unchanged only if the lake has them, or need not have them.
        const isLost =
          before && (await isCopyLost(lake, before, (each) => isDue(each, state, accept), signal));
        const previous = isLost ? undefined : before;
        return await progress.during("landing", landing.path, () =>
          landFile(source, lake, landing, previous, { signal, onBytes }),
        );
      });
      const now = { runId: summary.runId, time: new Date() };
      const { path, size, modified } = landed;
      isNew = !unchanged || before === undefined;
      entry =
        unchanged && before
          ? { ...before, path, size, modified, ...now }
          : { ...landed, ...now, outcome: "landed" };
    } catch (error) {
      return this.fail(landing.path, error);
    }
    // Logged only when its rows are ranked by the new time, so that the next run can do it if this one is interrupted.
    const isTouched = !isNew && this.isCurrent(entry);
    if (isTouched && salt !== undefined) touched.push(entry);
    else if (isTouched && this.hasOverlaps(entry.source)) {
      entries.set(entry.source, landedAgainEntry(entry, landing.version));
    } else entries.set(entry.source, entry);
    const isToBeRead = salt !== undefined && isDue(entry, state, accept);
    progress.landed(isToBeRead);
    if (isNew) {
      summary.landed++;
      summary.bytes += entry.size;
      this.leaveQuarantine(entry.source);
    } else summary.unchanged++;
    if (isToBeRead) due.push(entry);
  }

  /** A delivery in quarantine does not change the time of the rows of the previous one. */
  private isCurrent({ source, version }: LogEntry): boolean {
    return this.current.get(source)?.version === version;
  }

  /** Whether a source's rows were compared with those of other sources, so that its rank matters. */
  private hasOverlaps(source: string): boolean {
    const own = this.current.get(source);
    if (own === undefined) return false;
    if (own.supersededBy !== undefined || own.rowsSuperseded !== 0) return true;
    return [...this.current.values()].some(({ supersededBy }) => supersededBy?.[source] !== undefined);
  }

  private async process({ entries, due, touched }: LandedChunk): Promise<void> {
    const { log, salt } = this.context;
    const everybody = new Gate();
    const work = (salt === undefined ? [] : reportNames).map(async (name) => {
      const ofReport = ({ report }: LogEntry) => report === name;
      const chunk = { entries, due: due.filter(ofReport), touched: touched.filter(ofReport) };
      try {
        await this.processReport(name, chunk, everybody);
      } finally {
        if (name === reportOfEverybody) everybody.open();
      }
    });
    try {
      await allSettledOrThrow(work);
    } finally {
      await log.append([...entries.values()]);
    }
  }

  private async processReport(
    name: ReportName,
    { entries, due, touched }: LandedChunk,
    everybody: Gate,
  ): Promise<void> {
    const { lock, progress, state } = this.context;
    // Checked only now: the previous chunk may have added files with the same rows.
    const reranked: LogEntry[] = [];
    for (const entry of touched) {
      // The entry may have changed between the check and the landing.
      const retimed = { ...(this.current.get(entry.source) ?? entry), ...timesOf(entry), time: new Date() };
      if (this.hasOverlaps(entry.source)) reranked.push(retimed);
      // Rows that arrive now are compared by the new time, too.
      else this.note(retimed, entries);
    }
    if (due.length + reranked.length === 0) return;
    const isFirst = name === reportOfEverybody;
    const others = everybody.opened.then(() => this.openedTable(reportOfEverybody));
    const options = isFirst ? {} : { after: everybody.opened, others: others.then((each) => each?.persons) };
    const reading = await this.orFail([...due, ...reranked], async () => {
      const table = await this.table(name);
      const deliveries = due.map((entry) => this.deliveryOf(entry));
      return progress.duringAll("anonymizing", due, () => table.read(deliveries, options));
    });
    if (isFirst) everybody.open();
    if (reading === undefined) return;
    for (const { rows } of reading.read) progress.anonymized(rows);
    for (const { entry, error } of reading.failed) this.fail(entry.path, error);
    for (const each of reading.quarantined) {
      progress.anonymized(0);
      this.quarantine(each, entries);
    }
    if (reading.read.length + reranked.length === 0) return;
    // A run that lost its lock stops here.
    await lock.requireHeld();
    const again = new Set(due.filter((entry) => isUnrecorded(entry, state)).map(({ source }) => source));
    const waiting = [...reading.read.map(({ entry }) => entry), ...reranked];
    await this.orFail(waiting, async () => {
      const committed = await (await this.table(name)).commit({ ...reading, reranked, again });
      await this.record(name, committed, reranked, entries);
    });
  }

  /** Runs `work`. If it fails because of the lake, these files fail with it, and no others. */
  private async orFail<T>(files: readonly LogEntry[], work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      for (const { path } of files) this.fail(path, error);
      this.context.signal?.throwIfAborted();
      if (!(error instanceof CleverLakeError)) throw error;
      return undefined;
    }
  }

  private deliveryOf(entry: LogEntry): Delivery {
    const { accept, state } = this.context;
    const before = entry.outcome === "anonymized" ? entry : state.log.get(entry.source);
    // If it needed consent, it had it when it was first applied.
    const isConsented = hasConsent(accept, entry, before) || isUnrecorded(entry, state);
    // Bytes whose rows are in the table need no consent: only their time, or what came between, has changed.
    const current = this.current.get(entry.source);
    const isAsCurrent = current?.sha256 === entry.sha256;
    const known = isAsCurrent ? current : before;
    const wasConsented = isAsCurrent || wasAccepted(known, entry);
    const isAccepted = isConsented || wasConsented;
    const agreedTwin = isAccepted && known?.sha256 === entry.sha256 ? known.twinOf : undefined;
    const mostRefused = wasConsented && !isConsented ? (known?.rowsRefused ?? 0) : undefined;
    return { entry, isAccepted, agreedTwin, mostRefused };
  }

  private quarantine(delivery: QuarantinedDelivery, entries: Map<string, LogEntry>): void {
    const { summary, accept } = this.context;
    const { entry, line, column, reason, acceptable, isAccepted } = delivery;
    this.leaveQuarantine(entry.source);
    const hasEarlierRows =
      this.current.has(entry.source) || (this.context.state.applied.get(entry.source) ?? 0) > 0;
    summary.quarantined.push({
      path: entry.path,
      line: line ?? null,
      column: column ?? null,
      reason,
      acceptable,
      hasEarlierRows,
    });
    entries.set(entry.source, quarantinedEntry(delivery, summary.runId));
    if (isNamed(accept, entry) && !isAccepted) {
      const note =
        "It was not accepted: nobody can have looked yet at what is wrong with it, since this delivery is new.";
      summary.notes.push({ path: entry.path, note });
    }
  }

  /** Records in the summary and the log what a commit did. */
  private async record(
    name: ReportName,
    { applied, quarantined, overlaps, completed, table, identities }: Committed,
    reranked: readonly LogEntry[],
    entries: Map<string, LogEntry>,
  ): Promise<void> {
    const { lake, duck, signal, summary } = this.context;
    const { runId } = summary;
    if (table) this.newestTables.set(name, table);
    this.noteIdentities(name, { ...identities, wordsForNothing: 0 });
    for (const each of quarantined) this.quarantine(each, entries);
    const sources = [...applied.map(({ entry }) => entry), ...reranked].map(({ source }) => source);
    const changed = new Set([...sources, ...completed.keys()]);
    const affected = [...completed.keys(), ...overlaps.map(({ source }) => source), ...this.takenBy(changed)];
    const rows = await rowsInTable(lake, duck, table, [...changed, ...affected], signal);
    for (const delivery of applied) {
      const { source } = delivery.entry;
      const notes = [...delivery.notes, ...changeNotes(delivery, overlaps)];
      const entry = appliedEntry(delivery, rows.get(source) ?? 0, overlaps, notes, runId);
      this.note(entry, entries);
      summary.anonymized++;
      summary.rows[name] += entry.rowsWritten ?? 0;
      summary.refused += delivery.refused;
      summary.superseded += entry.rowsSuperseded ?? 0;
      this.noteIdentities(name, { ...healthy, wordsForNothing: delivery.wordsForNothing });
      for (const note of notes) summary.notes.push({ path: entry.path, note });
      // A newer delivery may still be in quarantine.
      if (!isOlder(entry, this.context.state.log.get(source))) this.leaveQuarantine(source);
    }
    const appliedNow = new Set(applied.map(({ entry }) => entry.source));
    for (const source of new Set([...affected, ...reranked.map((entry) => entry.source)])) {
      const retimed = reranked.find((entry) => entry.source === source);
      const before = retimed ?? this.current.get(source);
      if (appliedNow.has(source) || before === undefined) continue;
      const entry =
        affectedEntry(before, rows.get(source) ?? 0, completed.get(source), overlaps, changed, runId) ??
        retimed;
      if (entry) this.note(entry, entries);
    }
  }

  /** Sources that lost rows to these. */
  private takenBy(takers: ReadonlySet<string>): string[] {
    return [...this.current.values()]
      .filter(({ supersededBy }) => Object.keys(supersededBy ?? {}).some((taker) => takers.has(taker)))
      .map(({ source }) => source);
  }

  private note(entry: LogEntry, entries: Map<string, LogEntry>): void {
    this.current.set(entry.source, entry);
    const newest = entries.get(entry.source) ?? this.context.state.log.get(entry.source);
    // A newer delivery in quarantine stays the newest entry; this one is written in addition.
    if (newest && newest.version > entry.version) entries.set(`${entry.source}\n${entry.version}`, entry);
    else entries.set(entry.source, entry);
  }

  private noteIdentities(name: ReportName, news: IdentityHealth): void {
    const { identities } = this.context.summary;
    if (identities) identities[name] = combinedHealth(identities[name], news);
  }

  /** The table of a report that has files in this run; undefined if it could not be opened, which its files report. */
  private async openedTable(name: ReportName): Promise<ReportTable | undefined> {
    return this.opened.get(name)?.catch(() => undefined);
  }

  private table(name: ReportName): Promise<ReportTable> {
    const opened =
      this.opened.get(name) ??
      ReportTable.open(reports[name], {
        ...this.context,
        onEngineState: (state) => this.context.progress.engine(state),
        table: this.context.tables.get(name),
        salt: this.context.salt ?? "",
        currentOf: (source) => this.current.get(source),
        current: () => [...this.current.values()].filter(({ report }) => report === name),
      });
    this.opened.set(name, opened);
    return opened;
  }

  /** Removes a source from the list of those in quarantine since an earlier run. */
  private leaveQuarantine(source: string): void {
    const { state, summary } = this.context;
    const before = state.log.get(source)?.path;
    summary.inQuarantine = summary.inQuarantine.filter((path) => path !== before);
  }

  /** One file's failure does not block the others; an abort or an unexpected error ends the run. */
  private fail(path: string, error: unknown): void {
    this.context.signal?.throwIfAborted();
    if (!(error instanceof CleverLakeError)) throw error;
    this.context.summary.failed.push({ path, reason: describeError(error) });
  }
}

function timesOf({ path, size, modified, runId, time }: LogEntry): Partial<LogEntry> {
  return { path, size, modified, runId, time };
}

function isOlder({ version }: LogEntry, newest: LogEntry | undefined): boolean {
  return newest !== undefined && newest.version > version;
}

/** Whether a person already accepted a delivery with the same bytes. */
function wasAccepted(before: LogEntry | undefined, { sha256 }: LogEntry): boolean {
  if (before?.outcome !== "anonymized" || before.sha256 !== sha256) return false;
  return before.accepted ?? (before.rowsRefused ?? 0) > 0;
}
