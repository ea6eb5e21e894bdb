import type { ReportName } from "../clever/reports";
import type { RunRecord, RunSummary } from "../pipeline/log/runRecord";

export type TableItem = {
  /** The table's folder in the lake, and the folder's last part. */
  readonly path: string;
  readonly name: string;
} & (
  | { readonly problem: string }
  | {
      readonly problem: null;
      readonly version: number;
      readonly files: number;
      readonly bytes: number;
      /** Null if another writer left a file without statistics. */
      readonly rows: number | null;
      /** When the newest version was committed. */
      readonly changed: string | null;
    }
);

/** A table as its log describes it, for a person to read. */
export interface TableReport {
  /** The table's folder in the lake. */
  readonly path: string;
  readonly version: number;
  readonly files: number;
  readonly bytes: number;
  /** Null if another writer left a file without statistics; also in the lists below. */
  readonly rows: number | null;
  readonly columns: readonly { readonly name: string; readonly type: string; readonly partition: boolean }[];
  /** Newest first; the partition of an unpartitioned table has no name. */
  readonly partitions: readonly {
    readonly name: string;
    readonly files: number;
    readonly bytes: number;
    readonly rows: number | null;
  }[];
  /** Newest first, as far back as the page shows. */
  readonly commits: readonly {
    readonly version: number;
    readonly time: string | null;
    readonly operation: string | null;
    readonly filesAdded: number;
    readonly filesRemoved: number;
    readonly rowsAdded: number | null;
  }[];
  /** A few rows as texts in the columns' order; null if the table may hold identities, and for the ingest log. */
  readonly firstRows: readonly (readonly (string | null)[])[] | null;
  /** The newest lines of the ingest log, newest first; null for every other table. */
  readonly log: readonly LogLine[] | null;
}

export interface LakeStage {
  /** `stage1np`, `stage2np` or `stage2p` */
  readonly name: string;
  /** Whether its files hold identities. */
  readonly identities: boolean;
  readonly tables: readonly TableItem[];
}

export interface LakeOverview {
  readonly stages: readonly LakeStage[];
  /** Folders of landed files, newest first; `landedFiles` lists their files. */
  readonly landings: readonly {
    readonly folder: string;
    readonly time: string;
    readonly reports: readonly ReportName[];
  }[];
}

export interface LandedFileItem {
  /** In the lake. */
  readonly path: string;
  readonly size: number;
  readonly modified: string;
}

export interface RunItem {
  readonly runId: string;
  readonly command: RunRecord["command"];
  /** The paths on the server that it was limited to; null for all. */
  readonly only: readonly string[] | null;
  /** Files that were to be accepted without their bad rows. */
  readonly accept: readonly string[];
  /** `interrupted`: ended without a record of its outcome; the next run completes it. */
  readonly outcome: RunRecord["outcome"] | "interrupted";
  readonly started: string;
  readonly ended: string | null;
  readonly error: string | null;
  /** Files that it planned to ingest. */
  readonly files: number;
  readonly counts: RunCounts | null;
}

/** A summary with lengths in place of its lists. */
export interface RunCounts {
  readonly landed: number;
  readonly bytes: number;
  readonly anonymized: number;
  readonly unchanged: number;
  /** Rows that newer files supersede. */
  readonly superseded: number;
  readonly quarantined: number;
  readonly failed: number;
  readonly refused: number;
  /** Rows written to all tables. */
  readonly rows: number;
  readonly milliseconds: number;
}

export interface RunDetails extends RunItem {
  readonly summary: RunSummary | null;
  /** The run's entries in the ingest log, by path; also for a run that was interrupted. */
  readonly log: readonly LogLine[];
  /** Files that it planned to ingest but recorded neither an outcome nor a failure for. */
  readonly notReached: readonly string[];
}

/** A line of the ingest log. It holds no identity. */
export interface LogLine {
  /** On the server. */
  readonly path: string;
  /** `unchanged`: a run found that the lake already has this content of the file. */
  readonly outcome: "landed" | "anonymized" | "quarantined" | "dismissed" | "duplicate" | "unchanged";
  /** Where the content is in the lake. */
  readonly landedPath: string;
  readonly size: number;
  readonly time: string;
  /** Null until the rows were read. */
  readonly rowsRead: number | null;
  readonly rowsWritten: number | null;
  readonly rowsRefused: number | null;
  /** Rows that newer files supersede. */
  readonly rowsSuperseded: number | null;
  readonly line: number | null;
  readonly column: string | null;
  readonly reason: string | null;
  readonly notes: string | null;
}
