import type { AssetName } from "../assets/asset";
import type { AssetsSummary } from "../assets/writeAssets";
import type { Problem } from "../clever/header";
import type { ColumnType, ReportName, UserType } from "../clever/reports";
import type { DashboardAnswer, NoAnswer } from "../dashboard/answer";
import type { DistrictFiles } from "../dashboard/districtFiles";
import type { DashboardFilter } from "../dashboard/filter";
import type { IndexProgress } from "../dashboard/index/indexKeeper";
import type { MetricsFilterInput, ParticipationMetrics } from "../dashboard/metrics";
import type { KeepWhole } from "../dashboard/opening";
import type { ActivitySummary } from "../pipeline/activity/digitalActivity";
import type { AdoptProgress, AdoptSummary, AdoptWarning } from "../pipeline/adopt/adoptSummary";
import type { ComparedMonth } from "../pipeline/adopt/compareRows";
import type { Reveal } from "../pipeline/log/reveals";
import type { RunRecord, RunSummary } from "../pipeline/log/runRecord";
import type { Finding } from "../pipeline/others/finding";
import type { RepairedTable, RepairProgress, RepairSummary } from "../pipeline/others/repair";
import type { Freshness } from "../pipeline/plan/freshness";
import type { FileState, Unread } from "../pipeline/plan/plan";
import type { ProgressState } from "../pipeline/progress";
import type { RosterProgress, RosterSummary } from "../pipeline/roster/importRoster";
import type { RunCommand } from "../pipeline/run";
import type { OptimizeProgress, OptimizeSummary } from "../pipeline/upkeep/optimizeLake";
import type { VacuumProgress, VacuumSummary } from "../pipeline/upkeep/vacuumLake";
import type { Verification } from "../pipeline/verify/verify";
import type { Connected } from "./connectionMessages";

export type * from "./connectionMessages";
/**
 * Messages between the extension host and the engine: plain JSON. Times are ISO 8601 texts, missing values are
 * `null`, sizes are bytes.
 */
export type {
  ActivitySummary,
  AdoptProgress,
  AdoptSummary,
  AdoptWarning,
  AssetName,
  AssetsSummary,
  ColumnType,
  ComparedMonth,
  DashboardAnswer,
  DashboardFilter,
  FileState,
  Finding,
  Freshness,
  MetricsFilterInput,
  NoAnswer,
  OptimizeProgress,
  OptimizeSummary,
  ParticipationMetrics,
  Problem,
  RepairedTable,
  RepairProgress,
  RepairSummary,
  ReportName,
  Reveal,
  RosterProgress,
  RosterSummary,
  RunSummary,
  Unread,
  UserType,
  VacuumProgress,
  VacuumSummary,
  Verification,
};

export interface ReportItem {
  /** On the server. */
  readonly path: string;
  readonly state: FileState;
  /** Why it is ignored or quarantined, without any value of the file; `line` and `column` locate the problem. */
  readonly reason: string | null;
  readonly line: number | null;
  readonly column: string | null;
  /** Why the newest run that tried to process this file failed; null if none failed, or a later run succeeded. */
  readonly failure: string | null;
  /** Whether it is in quarantine and can be accepted without its bad rows. */
  readonly acceptable: boolean;
  readonly report: ReportName | null;
  readonly userType: UserType | null;
  readonly size: number;
  readonly modified: string | null;
  /** Its latest entry in the ingest log. */
  readonly landed: LandedDetails | null;
  /** Set if the file is not read although someone may rely on it. */
  readonly unread: Unread | null;
}

/** The answer besides the files themselves. */
export interface ReportsAnswer {
  /** Number of files. */
  readonly count: number;
  /** The kinds of reports that are overdue. */
  readonly overdue: readonly Freshness[];
  /** Whether OEA's notebooks wrote the tables, so that runs are refused until they are adopted. */
  readonly needsAdoption: boolean;
  /** Changes to the tables by other programs. */
  readonly changedByOthers: readonly Finding[];
}

export interface LandedDetails {
  readonly sha256: string;
  readonly landedPath: string;
  /** Null until the rows were read. */
  readonly rowsRead: number | null;
  readonly rowsWritten: number | null;
  readonly rowsRefused: number | null;
  readonly runId: string;
  readonly time: string;
  readonly notes: string | null;
}

export interface RunParams extends Connected {
  readonly command: RunCommand;
  /** Only these paths on the server; null for all. */
  readonly only: readonly string[] | null;
  /** Quarantined files to accept without their bad rows. */
  readonly accept: readonly string[];
}

/** A run's progress, at most ten times a second. */
export type RunProgress = ProgressState;

export interface RosterParams extends Connected {
  /** Where the roster is: on the SFTP server, relative to its root, or on this machine. */
  readonly origin: "server" | "disk";
  readonly path: string;
  /** Also keep the file unchanged in `stage1np`. */
  readonly keepRaw: boolean;
}

export interface AdoptParams extends Connected {
  /** Reports the current state and the planned changes, and changes nothing. */
  readonly dryRun: boolean;
}

export interface AssetsParams {
  /** The lake that they are generated for; nothing of it is read. */
  readonly lakeUrl: string;
  readonly saltKeyVaultUrl: string | undefined;
  readonly minimumGroupSize: number;
  /** On this machine. */
  readonly folder: string;
  readonly names: readonly AssetName[];
}

export interface OptimizeParams extends Connected {
  /** Reports what would be merged, and writes nothing. */
  readonly dryRun: boolean;
}

export interface DismissParams extends Connected {
  /** Paths on the server of quarantined files. */
  readonly files: readonly string[];
}

export interface RepairParams extends Connected {
  /** Reports what would be rebuilt, and writes nothing. */
  readonly dryRun: boolean;
}

export interface VacuumParams extends Connected {
  /** Reports what would be removed, and removes nothing. */
  readonly dryRun: boolean;
  readonly olderThanDays: number;
}

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

/** A table as described by its log, for people. */
export interface TableReport {
  /** The table's folder in the lake. */
  readonly path: string;
  readonly version: number;
  readonly files: number;
  readonly bytes: number;
  /** Null if another writer left a file without statistics; likewise in the lists below. */
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
  /** Whether its files contain identities. */
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
  /** Files that it planned to ingest, without a recorded outcome or failure. */
  readonly notReached: readonly string[];
}

/** A line of the ingest log. Contains no identities. */
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

export interface PreviewParams extends Connected {
  readonly origin: "server" | "lake";
  /** On the server, or in the lake. */
  readonly path: string;
  /** How much of the file to read; default: 2 MB. */
  readonly bytes?: number;
}

export interface PreviewColumn {
  /** As in the file; null for an unknown column whose header does not look like a name. */
  readonly name: string | null;
  /** The report's column that it corresponds to; null for one that the report does not have. */
  readonly reportColumn: string | null;
  readonly type: ColumnType;
  /** Whether it contains identities or may contain them: the content of an unknown column is unknown. */
  readonly identity: boolean;
}

export interface PreviewInfo {
  /** For `previewRows`, `previewMore` and `closePreview`. */
  readonly token: string;
  readonly report: ReportName | null;
  readonly userType: UserType | null;
  /** The file's size, and the bytes of the rows read so far. */
  readonly size: number;
  readonly bytesRead: number;
  /** Whether the file has further rows; `previewMore` reads more unless the preview is `full`. */
  readonly truncated: boolean;
  readonly full: boolean;
  readonly columns: readonly PreviewColumn[];
  readonly rows: number;
  /** How many of them would be refused. */
  readonly badRows: number;
  /** Why the file cannot be read as a report at all; it then has no rows. */
  readonly problem: Problem | null;
}

export interface PreviewRow {
  readonly line: number;
  /**
   * In the file's order; null if masked. Masked are all identities and, in a refused row, every cell unless its form
   * proves that it is no identity: a shifted column can put an identity anywhere. The number of cells of a refused
   * row can differ from the number of columns. A row that cannot be split is one masked cell.
   */
  readonly cells: readonly (string | null)[];
  readonly problem: { readonly column: string | null; readonly reason: string } | null;
}

export interface PreviewPage {
  readonly from: number;
  readonly rows: readonly PreviewRow[];
  /** Only if reveal was requested: for each row its masked cells, null where `cells` has a value. */
  readonly identities: readonly (readonly (string | null)[])[] | null;
}

/** How the dashboard's engine counts; the same for every question. */
export interface CountingParams extends Connected {
  /** Numbers are about groups of at least this many people. */
  readonly minimumGroupSize: number;
  readonly keepWhole: KeepWhole;
  /** A local folder for the cache that speeds up the next start; only pseudonymized data is stored there. */
  readonly cacheFolder: string;
}

/** The result of updating the table of groups. */
export interface GroupsSummary {
  /** Whether it was written; false if it was up to date. */
  readonly written: boolean;
  /** Number of groups of people. */
  readonly groups: number;
}

export interface DashboardParams extends CountingParams, DistrictFiles {
  readonly filter: DashboardFilter;
  /** The first day of the school year, `MM-dd`. */
  readonly schoolYearStart: string;
}

export interface MetricsParams extends CountingParams {
  readonly filter: MetricsFilterInput;
}

/** The engine's progress in reading changed tables. */
export type DashboardProgress = IndexProgress;

export interface SampleParams {
  /** The district's folder. A district from an earlier start is reused. */
  readonly folder: string;
  /** The account's password; a new one if omitted. */
  readonly password?: string;
  readonly size?: SampleSize;
}

export interface SampleSize {
  readonly students: number;
  readonly teachers: number;
  readonly staff: number;
  readonly schools: number;
  readonly days: number;
}

/**
 * A running sample server. The host key and the lake with its salt belong to the district; the port is new at each
 * start.
 */
export interface SampleServer {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly hostKey: string;
  /** Local path of the reports. */
  readonly reportsFolder: string;
  /** The roster's path on the server; null in a district that an older version created. */
  readonly rosterPath: string | null;
  /** The location of a lake, as a `file:///` URL, and the salt to pseudonymize it with. */
  readonly lakeUrl: string;
  readonly salt: string;
}
