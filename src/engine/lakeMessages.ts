import type { LandedFileItem, LandingFolder, TableItem } from "../pipeline/catalogue/lakeContents";
import type { TableDetails } from "../pipeline/catalogue/tableDetails";
import type { RunRecord, RunSummary } from "../pipeline/log/runRecord";

export type { LandedFileItem, TableItem };

/** A table as its log describes it, for a person to read. */
export interface TableReport extends TableDetails {
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
  readonly landings: readonly LandingFolder[];
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
export interface RunCounts
  extends Pick<
    RunSummary,
    "landed" | "bytes" | "anonymized" | "unchanged" | "superseded" | "refused" | "milliseconds"
  > {
  readonly quarantined: number;
  readonly failed: number;
  /** Rows written to all tables. */
  readonly rows: number;
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
