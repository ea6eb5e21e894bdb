import type { CleverLakeError } from "../../basics/errors";
import { ingestLogTable, newestEntryFirst } from "../../clever/layout";
import { compareCodePoints } from "../../delta/files/codePoints";
import { writeDataFile } from "../../delta/files/dataFile";
import { fileStatistics } from "../../delta/files/statistics";
import type { Action } from "../../delta/log/actions";
import { commit } from "../../delta/log/commit";
import { requireWritable } from "../../delta/log/protocol";
import { mergeSmallFiles } from "../../delta/merging/optimize";
import type { Column } from "../../delta/schema";
import { isNewest, type Snapshot } from "../../delta/snapshot";
import { addColumns, tableActions } from "../../delta/tableActions";
import { withTables } from "../../delta/withTable";
import { type Duck, sqlString } from "../../duck/duck";
import type { Lake } from "../../lake/lake";
import {
  entriesFromJsonSql,
  entriesFromLists,
  entriesToJson,
  entryListsSql,
  ingestLogColumns,
  type LogEntry,
} from "./ingestLog";

const newestFirst = newestEntryFirst.join(", ");

/** The log entries of each source. */
export interface SourceEntries {
  /** The last entry: that of its newest delivery; if there are several, the one written last. */
  readonly last: ReadonlyMap<string, LogEntry>;
  /** The last entry of a delivery whose rows entered the tables. */
  readonly anonymized: ReadonlyMap<string, LogEntry>;
  /** The last entry of that delivery and of each later one, oldest first. */
  readonly deliveries: ReadonlyMap<string, readonly LogEntry[]>;
}

/** The ingest log as a Delta table: for people and for the plan. The tables' own logs decide what has been applied. */
export class IngestLog {
  private snapshot: Snapshot | undefined;
  /** The result of `sources`, and the state of the table that it came from. */
  private known: { readonly snapshot: Snapshot; readonly entries: SourceEntries } | undefined;

  constructor(
    private readonly lake: Lake,
    private readonly duck: Duck,
  ) {}

  /** The log entries of each source. Read again only if the log has grown since. */
  async sources(signal?: AbortSignal): Promise<SourceEntries> {
    const { lake, known } = this;
    if (known && (await isNewest({ lake, signal }, known.snapshot))) return known.entries;
    // Of each source, those of the delivery whose rows are in the tables, and of later ones.
    const entries = await this.select(
      `SELECT rows_.* FROM rows_ LEFT JOIN (SELECT source, max(version) AS anonymized_ FROM rows_
         WHERE outcome = 'anonymized' GROUP BY source) known_ USING (source)
       WHERE version > coalesce(anonymized_, -1) OR (version = anonymized_ AND outcome <> 'landed')`,
      signal,
    );
    entries.sort(olderFirst);
    const anonymized = entries.filter(({ outcome }) => outcome === "anonymized");
    const found: SourceEntries = {
      last: new Map(entries.map((entry) => [entry.source, entry])),
      anonymized: new Map(anonymized.map((entry) => [entry.source, entry])),
      deliveries: deliveriesOf(entries),
    };
    this.known = this.snapshot && { snapshot: this.snapshot, entries: found };
    return found;
  }

  /** All entries, oldest first. */
  async all(signal?: AbortSignal): Promise<LogEntry[]> {
    return (await this.select("FROM rows_", signal)).sort(
      (a, b) =>
        a.time.getTime() - b.time.getTime() || a.version - b.version || compareCodePoints(a.source, b.source),
    );
  }

  /** The last entry of each delivery whose rows entered the tables, without the newest one of each source. */
  async replaced(signal?: AbortSignal): Promise<LogEntry[]> {
    const entries = await this.select(
      `SELECT * FROM (FROM rows_ WHERE outcome = 'anonymized'
         QUALIFY row_number() OVER (PARTITION BY source, version ORDER BY ${newestFirst}) = 1)
       QUALIFY version < max(version) OVER (PARTITION BY source)`,
      signal,
    );
    return entries.sort((a, b) => a.version - b.version || compareCodePoints(a.source, b.source));
  }

  /** The outcome of a run: for each source the last entry of that run, by path. */
  async ofRun(runId: string, signal?: AbortSignal): Promise<LogEntry[]> {
    const entries = await this.select(
      `SELECT * FROM rows_ WHERE run_id = ${sqlString(runId)} QUALIFY row_number() OVER
        (PARTITION BY source ORDER BY ${newestFirst}) = 1`,
      signal,
    );
    return entries.sort((a, b) => compareCodePoints(a.path, b.path));
  }

  /** The entries of files with one of these sizes. */
  ofSizes(sizes: readonly number[], signal?: AbortSignal): Promise<LogEntry[]> {
    return this.select(`FROM rows_ WHERE size IN (${sizes.map(Number).join(", ")})`, signal);
  }

  /** The newest entries, newest first. */
  async newest(count: number, signal?: AbortSignal): Promise<LogEntry[]> {
    const order = "time DESC, version DESC, source, outcome = 'landed'";
    const entries = await this.select(`FROM rows_ ORDER BY ${order} LIMIT ${count}`, signal);
    return entries.sort(
      (a, b) =>
        b.time.getTime() - a.time.getTime() ||
        b.version - a.version ||
        compareCodePoints(a.source, b.source) ||
        Number(a.outcome === "landed") - Number(b.outcome === "landed"),
    );
  }

  /** Rejects with `unsupportedTable` if another program gave the table, as last read, a feature that keeps entries out. */
  requireAppendable(): void {
    if (this.snapshot) requireWritable(this.snapshot, []);
  }

  /**
   * Adds entries in one commit. None of them is older than those already read or written: if this machine's clock is
   * behind that of another, the entry written last still counts.
   */
  async append(entries: readonly LogEntry[], signal?: AbortSignal): Promise<void> {
    if (entries.length === 0) return;
    const { lake, duck } = this;
    const newest = newestTime(this.snapshot);
    const dated = entries.map((entry) =>
      entry.time.getTime() < newest ? { ...entry, time: new Date(newest + 1) } : entry,
    );
    const add = await duck.session(
      (session) =>
        writeDataFile({
          session,
          lake,
          tablePath: ingestLogTable,
          columns: ingestLogColumns,
          query: entriesFromJsonSql(),
          parameters: [entriesToJson(dated)],
          signal,
        }),
      signal,
    );
    if (add === undefined) return;
    const outcome = await commit({
      lake,
      duck,
      tablePath: ingestLogTable,
      snapshot: this.snapshot,
      operation: { name: "WRITE", parameters: { mode: "Append" } },
      attempt: (snapshot) => Promise.resolve({ actions: [...tableWithAllColumns(snapshot), { add }] }),
      signal,
    });
    if (outcome.committed) this.snapshot = outcome.snapshot;
  }

  /**
   * Merges small data files, if possible. Each run adds some; occasional merging keeps them few however many runs there
   * were.
   *
   * @param requireHeld called before each commit; if it rejects, nothing is merged
   * @param onSkipped receives why files stay as they are
   */
  async mergeFiles(
    requireHeld: () => Promise<void>,
    onSkipped: (reason: CleverLakeError) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    const { lake, duck, snapshot } = this;
    if (snapshot === undefined) return;
    this.snapshot = await mergeSmallFiles({
      lake,
      duck,
      tablePath: ingestLogTable,
      snapshot,
      maxFiles: 20,
      requireHeld,
      onSkipped,
      signal,
    });
  }

  /** The entries that a SELECT from `rows_` finds, in any order. */
  private async select(select: string, signal?: AbortSignal): Promise<LogEntry[]> {
    const { lake, duck } = this;
    return withTables({ lake, duck, signal }, [ingestLogTable], async (session, [table]) => {
      this.snapshot = table?.snapshot;
      if (!table) return [];
      // A log of an earlier version lacks columns.
      const nulls = missingFrom(table.snapshot).map(({ name }) => `, NULL AS "${name}"`);
      const rows = `WITH rows_ AS (SELECT *${nulls.join("")} FROM (${table.select})) ${select}`;
      return entriesFromLists(await session.one(entryListsSql(rows)));
    });
  }
}

/** By delivery; those of one as `newestEntryFirst` has it, the last one first. */
function olderFirst(a: LogEntry, b: LogEntry): number {
  const isOutcome = ({ outcome }: LogEntry) => Number(outcome !== "landed");
  return a.version - b.version || isOutcome(a) - isOutcome(b) || a.time.getTime() - b.time.getTime();
}

/** The last entry of the delivery that was anonymized last and of each later one, by source. */
function deliveriesOf(entries: readonly LogEntry[]): Map<string, readonly LogEntry[]> {
  const deliveries = new Map<string, LogEntry[]>();
  for (const entry of entries) {
    const known = deliveries.get(entry.source) ?? [];
    if (known.at(-1)?.version === entry.version) known.pop();
    known.push(entry);
    deliveries.set(entry.source, known);
  }
  return deliveries;
}

/** The time of the newest entry in milliseconds, from the statistics of the data files; 0 if there is none. */
function newestTime(snapshot: Snapshot | undefined): number {
  const times = [...(snapshot?.files.values() ?? [])].map((file) =>
    Date.parse(String(fileStatistics(file)?.maxValues.time)),
  );
  return Math.max(0, ...times.filter((time) => !Number.isNaN(time)));
}

/** The actions that create the log, or add the columns that a log of an earlier version lacks. */
function tableWithAllColumns(snapshot: Snapshot | undefined): Action[] {
  if (snapshot === undefined) {
    return tableActions({
      columns: ingestLogColumns,
      name: "_ingest_log",
      description: "What was ingested from Clever's reports server, and what became of it.",
    });
  }
  const missing = missingFrom(snapshot);
  return missing.length > 0 ? [addColumns(snapshot.metadata, missing)] : [];
}

/** The columns that a log of an earlier version lacks; all if there is no log. */
function missingFrom(snapshot: Snapshot | undefined): Column[] {
  const existing = new Set(snapshot?.metadata.columns.map(({ name }) => name));
  return ingestLogColumns.filter(({ name }) => !existing.has(name));
}
