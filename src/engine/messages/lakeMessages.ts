import type { LandedFileItem, LandingFolder, TableItem } from "../../pipeline/catalogue/lakeContents";
import type { TableDetails } from "../../pipeline/catalogue/tableDetails";
import type { LogEntry } from "../../pipeline/log/ingestLog";
import type { ListedRun } from "../../pipeline/log/listRuns";
import type { RunSummary } from "../../pipeline/log/runRecord";
import type { Json } from "./json";

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

/** A run's record without its lists. */
export interface RunItem extends Json<Omit<ListedRun, "landings" | "summary">> {
  /** Files that it planned to ingest. */
  readonly files: number;
  readonly counts?: RunCounts | undefined;
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
  readonly summary?: RunSummary | undefined;
  /** The run's entries in the ingest log, by path; also for a run that was interrupted. */
  readonly log: readonly LogLine[];
  /** Files that it planned to ingest but recorded neither an outcome nor a failure for. */
  readonly notReached: readonly string[];
}

/** A line of the ingest log. It holds no identity. */
export interface LogLine extends Omit<Json<LogEntry>, "outcome"> {
  /** `unchanged`: a run found that the lake already has this content of the file. */
  readonly outcome: LogEntry["outcome"] | "unchanged";
}
