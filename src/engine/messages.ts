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
 * What goes between the extension host and the engine: plain JSON. Times are ISO 8601 texts, what is not there is
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
  /** Why it is ignored or in quarantine, without a value of the file; `line` and `column` say where. */
  readonly reason: string | null;
  readonly line: number | null;
  readonly column: string | null;
  /** Why the newest run that tried it failed at it; null where none did, or a later one brought it on. */
  readonly failure: string | null;
  /** Whether it is in quarantine and can be taken without its bad rows. */
  readonly acceptable: boolean;
  readonly report: ReportName | null;
  readonly userType: UserType | null;
  readonly size: number;
  readonly modified: string | null;
  /** What the ingest log last said of it. */
  readonly landed: LandedFacts | null;
  /** Said of what is not read although somebody may count on it. */
  readonly unread: Unread | null;
}

export interface LandedFacts {
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
  /** Quarantined files to be taken without their bad rows. */
  readonly accept: readonly string[];
}

/** How far a run is, at most ten times a second. */
export type RunProgress = ProgressState;

export interface RosterParams extends Connected {
  /** Where the roster is: on the SFTP server, below its root, or on this machine. */
  readonly origin: "server" | "disk";
  readonly path: string;
  /** Also keep the file as it came, in `stage1np`. */
  readonly keepRaw: boolean;
}

export interface AdoptParams extends Connected {
  /** Tells what is there and what would be done, and changes nothing. */
  readonly dryRun: boolean;
}

export interface AssetsParams {
  /** Of the lake that they are made for; nothing of it is read. */
  readonly lakeUrl: string;
  readonly saltKeyVaultUrl: string | undefined;
  readonly minimumGroupSize: number;
  /** On this machine. */
  readonly folder: string;
  readonly names: readonly AssetName[];
}

export interface OptimizeParams extends Connected {
  /** Tells what would be merged, and writes nothing. */
  readonly dryRun: boolean;
}

export interface DismissParams extends Connected {
  /** Paths on the server of files in quarantine. */
  readonly files: readonly string[];
}

export interface RepairParams extends Connected {
  /** Tells what would be built again, and writes nothing. */
  readonly dryRun: boolean;
}

export interface VacuumParams extends Connected {
  /** Tells what would be removed, and removes nothing. */
  readonly dryRun: boolean;
  readonly olderThanDays: number;
}

export type TableItem = {
  /** The table's folder in the lake, and the last part of it. */
  readonly path: string;
  readonly name: string;
} & (
  | { readonly problem: string }
  | {
      readonly problem: null;
      readonly version: number;
      readonly files: number;
      readonly bytes: number;
      /** Null where another writer left a file without statistics. */
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
  /** Null where another writer left a file without statistics; so in the lists below. */
  readonly rows: number | null;
  readonly columns: readonly { readonly name: string; readonly type: string; readonly partition: boolean }[];
  /** The newest first; the one of a table without partitions has no name. */
  readonly partitions: readonly {
    readonly name: string;
    readonly files: number;
    readonly bytes: number;
    readonly rows: number | null;
  }[];
  /** The newest first, as far back as the page shows. */
  readonly commits: readonly {
    readonly version: number;
    readonly time: string | null;
    readonly operation: string | null;
    readonly filesAdded: number;
    readonly filesRemoved: number;
    readonly rowsAdded: number | null;
  }[];
  /** A few rows as texts in the columns' order; null where the table may hold identities, and for the ingest log. */
  readonly firstRows: readonly (readonly (string | null)[])[] | null;
  /** The newest lines of the ingest log, the newest first; null for every other table. */
  readonly log: readonly LogLine[] | null;
}

export interface LakeStage {
  /** `stage1np`, `stage2np` or `stage2p` */
  readonly name: string;
  /** Its files hold identities. */
  readonly identities: boolean;
  readonly tables: readonly TableItem[];
}

export interface LakeOverview {
  readonly stages: readonly LakeStage[];
  /** Folders of landed files, newest first; their files come with `landedFiles`. */
  readonly landings: readonly {
    readonly folder: string;
    readonly time: string;
    readonly reports: readonly ReportName[];
  }[];
}

export interface LandedFileItem {
  /** In the lake. */
  readonly path: string;
  readonly report: ReportName;
  readonly userType: UserType;
  readonly size: number;
  readonly modified: string;
}

export interface RunItem {
  readonly runId: string;
  readonly command: RunRecord["command"];
  /** `interrupted`: cut off without a word; the next run completes it. */
  readonly outcome: RunRecord["outcome"] | "interrupted";
  readonly started: string;
  readonly ended: string | null;
  readonly error: string | null;
  /** Files that it planned to ingest. */
  readonly files: number;
  readonly counts: RunCounts | null;
}

/** A summary's lists as their lengths. */
export interface RunCounts {
  readonly landed: number;
  readonly bytes: number;
  readonly anonymized: number;
  readonly unchanged: number;
  /** Rows that count from newer files. */
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
  /** What the ingest log says that the run did, by path; also of a run that was cut off. */
  readonly log: readonly LogLine[];
  /** Files that it planned to ingest and of which it recorded neither an outcome nor a failure. */
  readonly notReached: readonly string[];
}

/** A line of the ingest log. It holds no identity. */
export interface LogLine {
  /** On the server. */
  readonly path: string;
  /** `unchanged`: a run found the bytes that the lake has of this file already. */
  readonly outcome: "landed" | "anonymized" | "quarantined" | "dismissed" | "duplicate" | "unchanged";
  /** Where the bytes stand in the lake. */
  readonly landedPath: string;
  readonly size: number;
  readonly time: string;
  /** Null until the rows were read. */
  readonly rowsRead: number | null;
  readonly rowsWritten: number | null;
  readonly rowsRefused: number | null;
  /** Rows that count from newer files. */
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
  /** How much of the file to read; 2 MB if left out. */
  readonly bytes?: number;
}

export interface PreviewColumn {
  /** As the file has it; null for an unknown column whose head does not look like a name. */
  readonly name: string | null;
  /** The report's column that it answers to; null for one that the report does not know. */
  readonly reportColumn: string | null;
  readonly type: ColumnType;
  /** Whether it holds identities, or may: nobody knows what an unknown column holds. */
  readonly identity: boolean;
}

export interface PreviewInfo {
  /** For `previewRows`, `previewMore` and `closePreview`. */
  readonly token: string;
  readonly report: ReportName | null;
  readonly userType: UserType | null;
  /** The file's size, and how much of it the rows so far take. */
  readonly size: number;
  readonly bytesRead: number;
  /** Whether rows are missing at the end; more come with `previewMore` unless the preview is `full`. */
  readonly truncated: boolean;
  readonly full: boolean;
  readonly columns: readonly PreviewColumn[];
  readonly rows: number;
  /** How many of them would be refused. */
  readonly badRows: number;
  /** Why the file cannot be read as a report at all; there are no rows then. */
  readonly problem: Problem | null;
}

export interface PreviewRow {
  readonly line: number;
  /**
   * In the file's order; null where masked. That is every identity, and in a refused row all that does not prove by
   * its form that it is none: a shifted column can put an identity anywhere. The number of cells can be another than
   * that of the columns then; a row that cannot be taken apart is one masked cell.
   */
  readonly cells: readonly (string | null)[];
  readonly problem: { readonly column: string | null; readonly reason: string } | null;
}

export interface PreviewPage {
  readonly from: number;
  readonly rows: readonly PreviewRow[];
  /** Only when it was asked to reveal: for each row its masked cells, null where `cells` has one. */
  readonly identities: readonly (readonly (string | null)[])[] | null;
}

/** How the dashboard's engine is to count; the same for every question. */
export interface CountingParams extends Connected {
  /** Numbers are about groups of at least so many people. */
  readonly minimumGroupSize: number;
  readonly keepWhole: KeepWhole;
  /** A folder of this machine for what makes the next start fast; only pseudonymized data gets there. */
  readonly cacheFolder: string;
}

/** What became of the table of groups. */
export interface GroupsSummary {
  /** Whether it was written; false where it was up to date. */
  readonly written: boolean;
  /** Groups of people. */
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

/** How far the engine is with reading the tables, where they have changed. */
export type DashboardProgress = IndexProgress;

export interface SampleParams {
  /** Where the district goes; what an earlier start left there is used as it is. */
  readonly folder: string;
  /** The account's password; a new one if left out. */
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

/** A running sample server. The host key and the lake with its salt are the district's; the port is of this start alone. */
export interface SampleServer {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly hostKey: string;
  /** Where the reports are, as a path of this machine. */
  readonly reportsFolder: string;
  /** Where the roster is on the server; null in a district that an older version made. */
  readonly rosterPath: string | null;
  /** A place for a lake, as `file:///` address, and the salt to pseudonymize it with. */
  readonly lakeUrl: string;
  readonly salt: string;
}
