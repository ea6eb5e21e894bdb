import { bulkhead } from "cockatiel";
import { type ReportName, reports } from "../clever/reports";
import type { Duck } from "../duck/duck";
import { CleverLakeError, describeError } from "../errors";
import type { Lake } from "../lake/lake";
import type { ReportSource } from "../sftp/source";
import { ReportAnonymizer } from "./anonymize";
import type { LogEntry } from "./ingestLog";
import { type LandedContents, type LandedFile, landFile } from "./land";
import type { IngestLog } from "./logTable";
import type { LakeState, Landing } from "./plan";
import type { Progress } from "./progress";
import type { RunSummary } from "./runRecord";
import { isAccepted, isQuarantined, type QuarantinedFile, type StagedFile } from "./stageFile";

/** Files that are worked on side by side and committed together. */
export interface Chunk {
  readonly landings: readonly Landing[];
  readonly pending: readonly LogEntry[];
}

const filesPerChunk = 64;
const bytesPerChunk = 512 * 1024 * 1024;

/** Cuts a run's work so that an interruption costs no more than one chunk, and a commit stays small. */
export function chunksOf(landings: readonly Landing[], pending: readonly LogEntry[]): Chunk[] {
  const work = [
    ...pending.map((entry) => ({ entry, landing: undefined, size: entry.size })),
    ...landings.map((landing) => ({ entry: undefined, landing, size: landing.size })),
  ];
  const chunks: { landings: Landing[]; pending: LogEntry[] }[] = [];
  let bytes = 0;
  for (const { entry, landing, size } of work) {
    const last = chunks.at(-1);
    const full =
      !last || last.landings.length + last.pending.length >= filesPerChunk || bytes + size > bytesPerChunk;
    const chunk = full ? { landings: [], pending: [] } : last;
    if (full) {
      chunks.push(chunk);
      bytes = 0;
    }
    bytes += size;
    if (entry) chunk.pending.push(entry);
    if (landing) chunk.landings.push(landing);
  }
  return chunks;
}

export interface ChunkContext {
  readonly lake: Lake;
  readonly duck: Duck;
  readonly log: IngestLog;
  readonly state: LakeState;
  readonly contents: LandedContents;
  readonly source: ReportSource | undefined;
  /** Undefined where nothing is to be anonymized. */
  readonly salt: string | undefined;
  readonly accept: ReadonlySet<string>;
  readonly connections: number;
  /** A folder made by the lake's `scratch`. */
  readonly scratch: string;
  readonly signal: AbortSignal | undefined;
  readonly progress: Progress;
  /** Filled while the run goes on. */
  readonly summary: RunSummary;
}

/** Files whose rows are read at once: the engine writes a file's Parquet on one core, and two cores are common. */
const stagedAtOnce = 2;

/** Works through a run's chunks: files land and are read side by side, then each table gets one commit. */
export class ChunkRunner {
  private readonly anonymizers = new Map<ReportName, Promise<ReportAnonymizer>>();
  private readonly landing;
  private readonly staging = bulkhead(stagedAtOnce, Number.POSITIVE_INFINITY);

  constructor(private readonly context: ChunkContext) {
    this.landing = bulkhead(context.connections, Number.POSITIVE_INFINITY);
  }

  /** Rejects only when the run is aborted or the lake cannot be written; what was done is recorded even then. */
  async run(chunk: Chunk): Promise<void> {
    const { signal, log } = this.context;
    const entries = new Map<string, LogEntry>();
    const work = [
      ...chunk.pending.map((entry) => this.stage(entry, entries)),
      ...chunk.landings.map((landing) => this.land(landing, entries)),
    ];
    const settled = await Promise.allSettled(work);
    try {
      signal?.throwIfAborted();
      for (const result of settled) if (result.status === "rejected") throw result.reason;
      for (const anonymizer of this.anonymizers.values()) await this.commit(await anonymizer, entries);
    } finally {
      await log.append([...entries.values()]);
    }
  }

  private async land(landing: Landing, entries: Map<string, LogEntry>): Promise<void> {
    const { lake, source, state, contents, progress, signal, summary, salt } = this.context;
    if (!source) return;
    const before = state.log.get(landing.source);
    let landed: LandedFile;
    try {
      landed = await this.landing.execute(() => {
        signal?.throwIfAborted();
        const onBytes = (bytes: number) => progress.bytes(bytes);
        return landFile(source, lake, landing, before?.sha256, contents, { signal, onBytes });
      });
    } catch (error) {
      return this.fail(landing.path, error);
    }
    const entry = this.entryOf(landed, before);
    entries.set(entry.source, entry);
    const staged = salt !== undefined && entry.outcome === "landed";
    progress.landed(staged);
    if (landed.unchanged) summary.unchanged++;
    else if (landed.duplicateOf) summary.duplicates.push({ path: landing.path, reason: entry.reason ?? "" });
    else {
      summary.landed++;
      summary.bytes += landed.size;
    }
    if (staged) await this.stage(entry, entries);
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
    const { accept, progress, signal, summary, state } = this.context;
    if ((state.applied.get(entry.source) ?? 0) >= entry.version) return;
    let result: StagedFile | QuarantinedFile;
    try {
      result = await this.staging.execute(async () => {
        signal?.throwIfAborted();
        const anonymizer = await this.anonymizer(entry.report);
        return anonymizer.stage({ ...entry, accept: isAccepted(accept, entry) });
      });
    } catch (error) {
      return this.fail(entry.path, error);
    }
    progress.anonymized(isQuarantined(result) ? 0 : result.rowsWritten);
    if (!isQuarantined(result)) {
      entries.set(entry.source, withStaged(entry, result, summary.runId, "landed"));
      return;
    }
    const { line, column, reason } = result;
    summary.quarantined.push({ path: entry.path, line: line ?? null, column: column ?? null, reason });
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
    const waiting = anonymizer.waitingPaths();
    try {
      const { staged } = await anonymizer.commit();
      for (const file of staged) {
        const entry = entries.get(file.file.source);
        if (entry) entries.set(entry.source, { ...entry, time: new Date(), outcome: "anonymized" });
        summary.anonymized++;
        summary.rows[anonymizer.report.name] += file.rowsWritten;
        summary.refused += file.rowsRefused;
        for (const note of file.notes) summary.notes.push({ path: file.file.path, note });
        summary.inQuarantine = summary.inQuarantine.filter((path) => path !== file.file.path);
      }
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof CleverLakeError)) throw error;
      for (const path of waiting) this.fail(path, error);
    }
  }

  private anonymizer(name: ReportName): Promise<ReportAnonymizer> {
    const opened =
      this.anonymizers.get(name) ??
      ReportAnonymizer.open(reports[name], { ...this.context, salt: this.context.salt ?? "" });
    this.anonymizers.set(name, opened);
    return opened;
  }

  /** One file's failure keeps no other file back; an abort, and what is no error of ours, ends the run. */
  private fail(path: string, error: unknown): void {
    this.context.signal?.throwIfAborted();
    if (!(error instanceof CleverLakeError)) throw error;
    this.context.summary.failed.push({ path, reason: describeError(error) });
  }
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
