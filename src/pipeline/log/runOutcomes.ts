import { CleverLakeError, describeError } from "../../basics/errors";
import type { ReportName } from "../../clever/reports";
import type { OpenLake } from "../../delta/openLake";
import type { Committed } from "../commit/reportTable";
import type { QuarantinedDelivery } from "../delivery";
import type { LakeState } from "../plan/plan";
import { acceptsFile } from "../plan/work";
import { combinedHealth, healthy, type IdentityHealth } from "../read/checks/identityHealth";
import { countRowsBySource } from "../write/sourceRows";
import { affectedNotes, changeNotes, unrestoredNote } from "./changeNotes";
import type { LogEntry } from "./ingestLog";
import { affectedEntry, appliedEntry, quarantinedEntry } from "./logEntries";
import type { RunSummary } from "./runRecord";

export interface OutcomeContext extends OpenLake {
  /** What the lake held at the start of the run. */
  readonly state: LakeState;
  /** Files that a person accepted. */
  readonly accept: ReadonlySet<string>;
  /** Filled during the run. */
  readonly summary: RunSummary;
}

/**
 * The outcomes of a run's files: fills the run's summary and the log entries of its chunks, and knows which delivery of
 * each source currently has its rows in the tables.
 */
export class RunOutcomes {
  /** By source, the entry of the delivery whose rows are in the tables. */
  private readonly current: Map<string, LogEntry>;
  /** By source, the entry of the newest delivery. */
  private readonly newest: Map<string, LogEntry>;

  constructor(private readonly context: OutcomeContext) {
    this.current = new Map(context.state.current);
    this.newest = new Map(context.state.log);
  }

  /** The entry of the newest delivery of a source. */
  newestOf(source: string): LogEntry | undefined {
    return this.newest.get(source);
  }

  /** The entry of the delivery of a source whose rows are in the tables. */
  currentOf(source: string): LogEntry | undefined {
    return this.current.get(source);
  }

  currentOfReport(name: ReportName): LogEntry[] {
    return [...this.current.values()].filter(({ report }) => report === name);
  }

  /** The sources whose rows were compared with those of other sources, so that their ranks matter. */
  sourcesWithOverlaps(): ReadonlySet<string> {
    return new Set(
      [...this.current.values()].flatMap(({ source, supersededBy, rowsSuperseded }) =>
        supersededBy !== undefined || rowsSuperseded !== 0
          ? [source, ...Object.keys(supersededBy ?? {})]
          : [],
      ),
    );
  }

  /** @param isNew whether its bytes differ from the previous delivery's */
  landed(entry: LogEntry, isNew: boolean): void {
    const { summary } = this.context;
    if (!isNew) {
      summary.unchanged++;
      return;
    }
    summary.landed++;
    summary.bytes += entry.size;
    const before = this.context.state.log.get(entry.source);
    if (before?.outcome === "quarantined" && before.path !== entry.path && entry.modified < before.modified) {
      const note = `It is no longer in quarantine, because it is no longer on the server: the older ${entry.path} counts.`;
      summary.notes.push({ path: before.path, note });
    }
    this.leaveQuarantine(entry);
  }

  /** One file's failure does not block the others; an abort or an unexpected error ends the run. */
  failed(path: string, error: unknown): void {
    this.context.signal?.throwIfAborted();
    if (!(error instanceof CleverLakeError)) throw error;
    this.context.summary.failed.push({ path, reason: describeError(error) });
  }

  /** @param entries the chunk's log entries */
  quarantined(delivery: QuarantinedDelivery, entries: Map<string, LogEntry>): void {
    const { summary, accept, state } = this.context;
    const { entry, line, column, acceptable, isAccepted } = delivery;
    this.leaveQuarantine(entry);
    const hasEarlierRows = this.current.has(entry.source) || (state.applied.get(entry.source) ?? 0) > 0;
    const staying = `The earlier rows stay${acceptable ? " until the file is accepted" : ""}.`;
    const reason = hasEarlierRows ? `${delivery.reason} ${staying}` : delivery.reason;
    summary.quarantined.push({
      path: entry.path,
      line: line ?? null,
      column: column ?? null,
      reason,
      acceptable,
      hasEarlierRows,
    });
    this.enter(quarantinedEntry({ ...delivery, reason }, summary.runId), entries);
    if (acceptsFile(accept, entry) && !isAccepted) {
      const note = "It was not accepted: this delivery is new, so nobody can have reviewed its problems yet.";
      summary.notes.push({ path: entry.path, note });
    }
  }

  /** @param entries the chunk's log entries */
  async committed(
    name: ReportName,
    { applied, quarantined, overlaps, completed, unrestored, table, identities }: Committed,
    entries: Map<string, LogEntry>,
  ): Promise<void> {
    const { summary } = this.context;
    const { runId } = summary;
    this.noteIdentities(name, identities);
    for (const each of quarantined) this.quarantined(each, entries);
    const appliedNow = new Set(applied.map(({ entry }) => entry.source));
    const changed = new Set([...appliedNow, ...completed.keys()]);
    const affected = [
      ...completed.keys(),
      ...overlaps.map(({ source }) => source),
      ...this.sourcesSupersededBy(changed),
    ];
    for (const { path } of unrestored) summary.notes.push({ path, note: unrestoredNote });
    // A commit that only quarantined does not need the count, which may read data files.
    if (changed.size === 0) return;
    const rows = await countRowsBySource(this.context, table);
    for (const delivery of applied) {
      const { source } = delivery.entry;
      const notes = [...delivery.notes, ...changeNotes(delivery, overlaps)];
      const entry = appliedEntry(delivery, rows.get(source) ?? 0, overlaps, notes, runId);
      this.note(entry, entries);
      summary.anonymized++;
      summary.rows[name] += entry.rowsWritten ?? 0;
      summary.refused += delivery.refused;
      summary.superseded += entry.rowsSuperseded ?? 0;
      this.noteIdentities(name, { ...healthy, wordsForNothing: delivery.placeholders });
      for (const note of notes) summary.notes.push({ path: entry.path, note });
      this.leaveQuarantine(entry);
    }
    for (const source of new Set(affected)) {
      const before = this.current.get(source);
      if (appliedNow.has(source) || before === undefined) continue;
      const count = rows.get(source) ?? 0;
      const entry = affectedEntry(before, count, completed.get(source), overlaps, changed, runId);
      if (entry === undefined) continue;
      this.note(entry, entries);
      for (const note of affectedNotes(before, entry)) summary.notes.push({ path: entry.path, note });
    }
  }

  /**
   * Records an entry as that of its source's current delivery.
   *
   * @param entries the chunk's log entries
   */
  note(entry: LogEntry, entries: Map<string, LogEntry>): void {
    this.current.set(entry.source, entry);
    this.enter(entry, entries);
  }

  /** A newer delivery in quarantine stays the newest one; the entry of an older one is written in addition. */
  private enter(entry: LogEntry, entries: Map<string, LogEntry>): void {
    const { source, version } = entry;
    const newest = entries.get(source) ?? this.newest.get(source);
    if (newest && newest.version > version) {
      entries.set(`${source}\n${version}`, entry);
    } else {
      entries.set(source, entry);
      this.newest.set(source, entry);
    }
  }

  /** Sources with rows that one of these superseded. */
  private sourcesSupersededBy(sources: ReadonlySet<string>): string[] {
    return [...this.current.values()]
      .filter(
        ({ supersededBy }) => supersededBy && Object.keys(supersededBy).some((each) => sources.has(each)),
      )
      .map(({ source }) => source);
  }

  private noteIdentities(name: ReportName, health: IdentityHealth): void {
    const { identities } = this.context.summary;
    if (identities) identities[name] = combinedHealth(identities[name], health);
  }

  /** Removes a source from the list of those in quarantine since an earlier run, unless a newer delivery is in it. */
  private leaveQuarantine({ source, version }: LogEntry): void {
    const { state, summary } = this.context;
    const before = state.log.get(source);
    if (before === undefined || before.version > version) return;
    summary.inQuarantine = summary.inQuarantine.filter((path) => path !== before.path);
  }
}
