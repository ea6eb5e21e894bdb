import { allSettledOrThrow } from "../basics/allSettledOrThrow";
import { integer } from "../basics/counted";
import { CleverLakeError, describeError, isCleverLakeError } from "../basics/errors";
import { limitConcurrency } from "../basics/mapConcurrently";
import { ingestLogTable, pseudoTable } from "../clever/layout";
import { type ReportName, reportNames, reports } from "../clever/reports";
import type { Snapshot } from "../delta/snapshot";
import type { ReportSource } from "../sftp/source";
import { ReportTable } from "./commit/reportTable";
import { type Delivery, isJudged } from "./delivery";
import { landFile } from "./land/land";
import type { RunLock } from "./lock/runLock";
import type { LogEntry } from "./log/ingestLog";
import { landedAgainEntry } from "./log/logEntries";
import type { IngestLog } from "./log/logTable";
import { type OutcomeContext, RunOutcomes } from "./log/runOutcomes";
import { isGone } from "./plan/changedFiles";
import type { Landing } from "./plan/plan";
import { type Chunk, deliveryOf, isDue } from "./plan/work";
import type { Progress } from "./progress";
import { KnownPeople } from "./read/people/people";
import type { OpenReadEngine } from "./read/readEngine";
import type { CheckedVersions } from "./repair/foreignCommits";
import type { Workspace } from "./workspace";
import { countRowsBySource } from "./write/sourceRows";
import type { LakeTables, PseudoTables } from "./write/tables";

export interface ChunkContext extends OutcomeContext, Workspace {
  readonly log: IngestLog;
  readonly lock: RunLock;
  /** The tables at the start of the run. */
  readonly tables: LakeTables;
  /** Why nothing can be pseudonymized: a lookup table cannot be read, is gone, or lacks people. */
  readonly blocked: CleverLakeError | undefined;
  readonly checked: CheckedVersions;
  readonly source: ReportSource | undefined;
  /** Undefined if nothing is to be pseudonymized. */
  readonly salt: string | undefined;
  readonly engine: OpenReadEngine | undefined;
  readonly maxShrink: number;
  readonly connections: number;
  readonly progress: Progress;
}

/** A chunk whose files have landed. */
interface LandedChunk {
  /** New log entries, by source. */
  readonly entries: Map<string, LogEntry>;
  /** Deliveries whose rows are to enter the tables. */
  readonly due: LogEntry[];
  /** Files of current deliveries that have a new modification time and the same bytes. */
  readonly touched: Touched[];
}

interface Touched {
  /** The delivery, with the file's new time. */
  readonly entry: LogEntry;
  /** Its number if its rows must be compared by that time. */
  readonly version: number;
}

function landedChunk(due: readonly LogEntry[]): LandedChunk {
  return { entries: new Map(), due: [...due], touched: [] };
}

/** It has a row for everybody, so its people are known before the texts of other reports are masked. */
const reportWithAllPeople: ReportName = "daily_participation";

/** A one-time event to wait for. */
class Latch {
  release: () => void = () => undefined;
  readonly released = new Promise<void>((resolve) => {
    this.release = resolve;
  });
}

/** Processes a run's chunks: lands files, reads their rows and commits them, one commit per table. */
export class ChunkRunner {
  private readonly opened = new Map<ReportName, Promise<ReportTable>>();
  /** Reports whose table another program changed: the next run continues with them, so no more of their files are read. */
  private readonly conflicts = new Map<ReportName, CleverLakeError>();
  /** The new log entries of chunks that are under way. */
  private readonly unlogged = new Set<LandedChunk["entries"]>();
  private readonly landing;
  private readonly newestTables: Map<ReportName, Snapshot>;
  private readonly outcomes: RunOutcomes;
  private readonly knownPeople: KnownPeople;

  constructor(private readonly context: ChunkContext) {
    this.newestTables = new Map(context.tables.pseudo);
    this.landing = limitConcurrency(context.connections);
    this.outcomes = new RunOutcomes(context);
    this.knownPeople = new KnownPeople(context, context.salt ?? "");
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
    try {
      for (const chunk of [...rest, undefined]) {
        const landed = await next;
        next = chunk ? this.land(chunk) : Promise.resolve(landedChunk([]));
        // Awaited in the next iteration, or below if this one fails.
        next.catch(() => undefined);
        await this.process(landed);
      }
    } catch (error) {
      await next.catch(() => undefined);
      // The run fails for this reason, even if this fails, too.
      for (const entries of this.unlogged)
        await this.context.log.append([...entries.values()]).catch(() => undefined);
      throw error;
    }
  }

  /**
   * Merges small data files of the tables that this run has written, as far as possible. Their rows are in them anyway.
   */
  async mergeFiles(): Promise<void> {
    const { lock, log, progress, signal, summary } = this.context;
    const onSkipped = (path: string, reason: CleverLakeError) => {
      summary.notes.push({ path, note: `Small data files were not merged: ${describeError(reason)}` });
    };
    if (this.opened.size > 0) progress.enter("merging");
    for (const name of this.opened.keys()) {
      // If it could not be opened, its files have reported it.
      const table = await this.table(name).catch(() => undefined);
      const merged = await table?.mergeFiles(lock.requireHeld, onSkipped);
      if (merged) this.newestTables.set(name, merged);
    }
    await log.mergeFiles(lock.requireHeld, (reason) => onSkipped(ingestLogTable, reason), signal);
  }

  private async land({ landings, pending }: Chunk): Promise<LandedChunk> {
    const { state, accept, signal } = this.context;
    const chunk = landedChunk(pending);
    this.unlogged.add(chunk.entries);
    const overlapping = this.outcomes.sourcesWithOverlaps();
    const isNeeded = (entry: LogEntry) =>
      (entry.outcome === "anonymized" && overlapping.has(entry.source)) || isDue(entry, state, accept);
    const landed = landings.map((landing) => this.landOne(landing, chunk, isNeeded));
    await allSettledOrThrow(landed).finally(() => signal?.throwIfAborted());
    return chunk;
  }

  /** @param isNeeded whether the rows of a delivery would be read, although its bytes are known */
  private async landOne(
    landing: Landing,
    { entries, due, touched }: LandedChunk,
    isNeeded: (entry: LogEntry) => boolean,
  ): Promise<void> {
    const { outcomes } = this;
    const { lake, source, state, progress, signal, summary, salt, accept } = this.context;
    if (!source) return;
    const before = outcomes.newestOf(landing.source);
    let entry: LogEntry;
    let isNew: boolean;
    try {
      const { unchanged, ...landed } = await this.landing.execute(async () => {
        signal?.throwIfAborted();
        const onBytes = (bytes: number) => progress.bytes(bytes);
        // The same bytes count as unchanged only if the lake has them, or need not have them.
        const isLost = before && isNeeded(before) && (await isGone(lake, before, signal));
        const previous = isLost ? undefined : before;
        return await progress.during("landing", [landing], () =>
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
      return outcomes.failed(landing.path, error);
    }
    const isCurrent = outcomes.currentOf(entry.source)?.version === entry.version;
    const isTouched = !isNew && isCurrent;
    if (isTouched) touched.push({ entry, version: landing.version });
    else entries.set(entry.source, entry);
    const isToBeRead = salt !== undefined && !isCurrent && isDue(entry, state, accept);
    progress.landed();
    progress.due(isToBeRead ? 1 : 0);
    outcomes.landed(entry, isNew);
    if (isToBeRead) due.push(entry);
  }

  /**
   * Records the new times of files with the same bytes. Resolves to the deliveries whose rows must be compared with
   * those of other sources by their new time: these are new deliveries of the same bytes.
   */
  private async retime(touched: readonly Touched[], entries: Map<string, LogEntry>): Promise<LogEntry[]> {
    const { outcomes } = this;
    const { log, salt } = this.context;
    if (touched.length === 0) return [];
    const again: LogEntry[] = [];
    const overlapping = outcomes.sourcesWithOverlaps();
    for (const { entry, version } of touched) {
      // The previous chunk may have changed the delivery's counts.
      const before = outcomes.currentOf(entry.source) ?? entry;
      const { path, size, modified, runId } = entry;
      const retimed = { ...before, path, size, modified, runId, time: new Date() };
      if (overlapping.has(entry.source)) again.push(landedAgainEntry(retimed, version));
      else outcomes.note(retimed, entries);
    }
    // Logged before its rows: after an interruption, the table must not have a delivery that nothing records.
    await log.append(again);
    return salt === undefined ? [] : again;
  }

  private async process({ entries, due: landed, touched }: LandedChunk): Promise<void> {
    const { log, progress, salt } = this.context;
    const again = await this.retime(touched, entries);
    progress.due(again.length);
    const due = [...landed, ...again];
    const peopleKnown = new Latch();
    const work = (salt === undefined ? [] : reportNames).map(async (name) => {
      const ofReport = ({ report }: LogEntry) => report === name;
      try {
        await this.processReport(name, due.filter(ofReport), entries, peopleKnown);
      } finally {
        if (name === reportWithAllPeople) peopleKnown.release();
      }
    });
    await allSettledOrThrow(work);
    this.unlogged.delete(entries);
    await log.append([...entries.values()]);
  }

  private async processReport(
    name: ReportName,
    all: readonly LogEntry[],
    entries: Map<string, LogEntry>,
    peopleKnown: Latch,
  ): Promise<void> {
    const { lock, progress, blocked } = this.context;
    const { outcomes } = this;
    const due = (await this.failFilesOnError(all, () => this.comparable(name, all))) ?? [];
    if (due.length === 0) return;
    const isFirst = name === reportWithAllPeople;
    const after = isFirst ? undefined : peopleKnown.released;
    const reading = await this.failFilesOnError(due, async () => {
      const conflict = this.conflicts.get(name);
      if (conflict) throw conflict;
      if (blocked) throw blocked;
      const table = await this.table(name);
      return progress.during("anonymizing", due, () => table.read(due.map(this.deliveryOf), after));
    });
    if (isFirst) peopleKnown.release();
    if (reading === undefined) return;
    for (const { rows } of reading.read) progress.anonymized(rows);
    for (const { entry, error } of reading.failed) outcomes.failed(entry.path, error);
    for (const each of reading.quarantined) {
      progress.anonymized(0);
      outcomes.quarantined(each, entries);
    }
    if (reading.read.length === 0) return;
    // A run that lost its lock stops here.
    await lock.requireHeld();
    const waiting = reading.read.map(({ entry }) => entry);
    await this.failFilesOnError(waiting, async () => {
      const committed = await (await this.table(name)).commit(reading).catch((error: unknown) => {
        if (isCleverLakeError(error, "conflict")) this.conflicts.set(name, error);
        throw error;
      });
      if (committed.table) this.newestTables.set(name, committed.table);
      await outcomes.committed(name, committed, entries);
    });
  }

  private readonly deliveryOf = (entry: LogEntry): Delivery => {
    const { state, accept } = this.context;
    return deliveryOf(entry, this.outcomes.currentOf(entry.source), state, accept);
  };

  /**
   * The deliveries that can be compared with all rows that they replace. If another program removed some of these, a
   * delivery fails, and a run after the repair continues with it.
   */
  private async comparable(name: ReportName, due: readonly LogEntry[]): Promise<readonly LogEntry[]> {
    const { tables, summary } = this.context;
    const path = pseudoTable(reports[name]);
    if (summary.changedByOthers.every(({ table }) => table !== path)) return due;
    const rowsReplaced = ({ source }: LogEntry) => this.outcomes.currentOf(source)?.rowsWritten ?? 0;
    const redelivered = new Set(
      due.filter((entry) => rowsReplaced(entry) > 0 && isJudged(this.deliveryOf(entry))),
    );
    // Counting may read data files.
    if (redelivered.size === 0) return due;
    const snapshot = this.newestTables.get(name) ?? tables.pseudo.get(name);
    const rows = await countRowsBySource(this.context, snapshot);
    return due.filter((entry) => {
      const removed = rowsReplaced(entry) - (rows.get(entry.source) ?? 0);
      if (removed <= 0 || !redelivered.has(entry)) return true;
      this.outcomes.failed(entry.path, rowsRemoved(path, removed));
      return false;
    });
  }

  /** Runs `work`. If it fails because of the lake, these files fail with it, and no others. */
  private async failFilesOnError<T>(
    files: readonly LogEntry[],
    work: () => Promise<T>,
  ): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      for (const { path } of files) this.outcomes.failed(path, error);
      return undefined;
    }
  }

  private table(name: ReportName): Promise<ReportTable> {
    const opened =
      this.opened.get(name) ??
      ReportTable.open(reports[name], {
        ...this.context,
        onEngineState: (state) => this.context.progress.engine(state),
        table: this.context.tables.pseudo.get(name),
        salt: this.context.salt ?? "",
        knownPeople: this.knownPeople,
        currentOf: (source) => this.outcomes.currentOf(source),
        current: () => this.outcomes.currentOfReport(name),
      });
    this.opened.set(name, opened);
    return opened;
  }
}

function rowsRemoved(table: string, rows: number): CleverLakeError {
  return new CleverLakeError(
    "corrupt",
    `Another program removed ${integer(rows)} of the rows that the file replaces, so they cannot be compared.`,
    { subject: table, hint: "Run clever-lake repair; the next run then continues with the file." },
  );
}
