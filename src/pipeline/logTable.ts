import { ingestLogTable } from "../clever/layout";
import { commit } from "../delta/commit";
import { compactSmallFiles } from "../delta/compact";
import { writeDataFile } from "../delta/dataFile";
import { withScratch } from "../delta/localFiles";
import { isNewest, type Snapshot } from "../delta/snapshot";
import { tableActions } from "../delta/tableActions";
import { withTables } from "../delta/withTable";
import { type Duck, sqlString } from "../duck/duck";
import type { Lake } from "../lake/lake";
import {
  entriesFromJsonSql,
  entriesToJson,
  entryFromRow,
  entryRowsSql,
  ingestLogColumns,
  type LogEntry,
} from "./ingestLog";

/** The ingest log as a Delta table: for people and for the plan; what is applied, the tables' own logs decide. */
export class IngestLog {
  private snapshot: Snapshot | undefined;
  /** What `last` came to, and in which state of the table. */
  private known: { readonly snapshot: Snapshot; readonly last: Map<string, LogEntry> } | undefined;

  constructor(
    private readonly lake: Lake,
    private readonly duck: Duck,
  ) {}

  /**
   * The last entry of each source: that of its newest delivery, and of those the one written last. Read again only where
   * the log has grown since.
   */
  async last(signal?: AbortSignal): Promise<Map<string, LogEntry>> {
    const { lake, known } = this;
    if (known && (await isNewest(lake, known.snapshot, signal ? { signal } : {}))) return new Map(known.last);
    const newest = `SELECT * FROM rows_ QUALIFY row_number() OVER
      (PARTITION BY source ORDER BY version DESC, time DESC, outcome = 'landed') = 1`;
    const entries = await this.select(newest, signal);
    const last = new Map(entries.map((entry) => [entry.source, entry]));
    this.known = this.snapshot && { snapshot: this.snapshot, last };
    return new Map(last);
  }

  /** All entries, oldest first. */
  all(signal?: AbortSignal): Promise<LogEntry[]> {
    return this.select("SELECT * FROM rows_ ORDER BY time, version, source", signal);
  }

  /** What a run did: for each source the last entry of that run, by path. */
  ofRun(runId: string, signal?: AbortSignal): Promise<LogEntry[]> {
    return this.select(
      `SELECT * FROM rows_ WHERE run_id = ${sqlString(runId)} QUALIFY row_number() OVER
        (PARTITION BY source ORDER BY version DESC, time DESC, outcome = 'landed') = 1 ORDER BY path`,
      signal,
    );
  }

  /** The newest entries, the newest first. */
  newest(count: number, signal?: AbortSignal): Promise<LogEntry[]> {
    return this.select(
      `SELECT * FROM rows_ ORDER BY time DESC, version DESC, source, outcome = 'landed' LIMIT ${count}`,
      signal,
    );
  }

  /** Adds entries in one commit. */
  async append(entries: readonly LogEntry[], signal?: AbortSignal): Promise<void> {
    if (entries.length === 0) return;
    const { lake, duck } = this;
    const add = await withScratch(lake, (scratch) =>
      duck.session((session) =>
        writeDataFile({
          session,
          lake,
          scratch,
          tablePath: ingestLogTable,
          columns: ingestLogColumns,
          query: entriesFromJsonSql(),
          parameters: [entriesToJson(entries)],
          ...(signal ? { signal } : {}),
        }),
      ),
    );
    if (add === undefined) return;
    const outcome = await commit({
      lake,
      duck,
      tablePath: ingestLogTable,
      snapshot: this.snapshot,
      operation: { name: "WRITE", parameters: { mode: "Append" } },
      attempt: (snapshot) =>
        Promise.resolve({
          actions: [
            ...(snapshot
              ? []
              : tableActions({
                  columns: ingestLogColumns,
                  name: "_ingest_log",
                  description: "What was brought over from Clever's reports server, and what became of it.",
                })),
            { add },
          ],
        }),
      ...(signal ? { signal } : {}),
    });
    this.snapshot = outcome.snapshot;
    // A run adds a file; merged from time to time, they stay few however many runs there were.
    this.snapshot =
      (await compactSmallFiles({
        lake,
        duck,
        tablePath: ingestLogTable,
        snapshot: this.snapshot,
        ...(signal ? { signal } : {}),
      })) ?? this.snapshot;
  }

  private async select(select: string, signal?: AbortSignal): Promise<LogEntry[]> {
    const { lake, duck } = this;
    const rows = await withTables(
      lake,
      duck,
      [{ tablePath: ingestLogTable }],
      signal ? { signal } : {},
      (session, [table]) => {
        this.snapshot = table?.snapshot;
        if (!table?.select) return Promise.resolve([]);
        const entries = entryRowsSql(`WITH rows_ AS (${table.select}) ${select}`);
        // One text for each entry: to take twenty values one by one out of the engine takes ten times as long.
        return session.query(
          `SELECT CAST(to_json(entry_) AS VARCHAR) AS entry FROM (${entries}) entry_`,
          [],
          signal,
        );
      },
    );
    return rows.map(({ entry }) => entryFromRow(JSON.parse(String(entry)) as Record<string, unknown>));
  }
}
