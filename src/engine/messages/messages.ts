/**
 * Messages between the extension host and the engine: plain JSON. Times are ISO 8601 texts, missing values are
 * `null` or left out, sizes are bytes.
 */
import type { AssetName } from "../../assets/asset";
import type { AssetsRequest } from "../../assets/writeAssets";
import type { DistrictFiles } from "../../dashboard/districtFiles";
import type { DashboardFilter } from "../../dashboard/filter";
import type { Counting } from "../../dashboard/opening";
import type { AnswerOptions } from "../../dashboard/query/answer";
import type { Reveal } from "../../pipeline/log/reveals";
import type { Finding } from "../../pipeline/log/runRecord";
import type { DismissRequest } from "../../pipeline/plan/dismiss";
import type { Freshness } from "../../pipeline/plan/freshness";
import type { FileState, PlannedFile } from "../../pipeline/plan/plan";
import type { Status } from "../../pipeline/plan/status";
import type { LakeWork } from "../../pipeline/progress";
import type { RosterRequest } from "../../pipeline/roster/importRoster";
import type { RunRequest } from "../../pipeline/runRequest";
import type { VacuumRequest } from "../../pipeline/upkeep/vacuumLake";
import type { PreviewInfo } from "../../protocol/previewedReport";
import type { SampleOptions } from "../../sample/district";
import type { Connected } from "./connectionMessages";
import type { Json } from "./json";
import type { LogLine } from "./lakeMessages";

export type { AssetsSummary } from "../../assets/writeAssets";
export type { DashboardAnswer, NoAnswer } from "../../dashboard/answer";
export type { IndexProgress as DashboardProgress } from "../../dashboard/index/indexUpkeep";
export type { ActivitySummary } from "../../pipeline/activity/digitalActivity";
export type { AdoptProgress, AdoptSummary, AdoptWarning } from "../../pipeline/adopt/adoptSummary";
export type { ComparedMonth } from "../../pipeline/adopt/compareRows";
export type { RunSummary } from "../../pipeline/log/runRecord";
export type { ProgressState as RunProgress, WorkProgress } from "../../pipeline/progress";
export type { RepairedTable, RepairSummary } from "../../pipeline/repair/repair";
export type { RosterSummary } from "../../pipeline/roster/importRoster";
export type { OptimizeSummary } from "../../pipeline/upkeep/optimizeLake";
export type { VacuumSummary } from "../../pipeline/upkeep/vacuumLake";
export type { Verification } from "../../pipeline/verify/verify";
export type { PreviewRow } from "../../protocol/previewedReport";
export type * from "./connectionMessages";
export type * from "./lakeMessages";
export type { AssetName, DashboardFilter, FileState, Finding, Freshness, PreviewInfo, Reveal };

/** A file of the plan. */
export interface ReportItem extends Json<Omit<PlannedFile, "modified" | "entry">> {
  readonly modified?: string | undefined;
  /** The location of the problem that holds it back. */
  readonly line?: number | undefined;
  readonly column?: string | undefined;
  /** Why the newest run that tried to process this file failed; undefined if none failed, or a later run succeeded. */
  readonly failure?: string | undefined;
  /** Whether it is in quarantine and can be accepted without its bad rows. */
  readonly acceptable: boolean;
  /** Its latest entry in the ingest log. */
  readonly landed?: LogLine | undefined;
}

/** The answer without the files themselves, but with their number. */
export interface ReportsAnswer
  extends Pick<Status, "isNew" | "overdue" | "needsAdoption" | "changedByOthers"> {
  readonly count: number;
}

export interface RunParams extends Connected, Pick<RunRequest, "command" | "only" | "accept"> {
  /**
   * Whether the lake existed before. If it is gone, its disk may not be mounted: the run must not create another one.
   */
  readonly isKnown?: boolean;
}

export interface RosterParams extends Connected, Required<Pick<RosterRequest, "keepRaw" | "replace">> {
  /** Where the roster is: on the SFTP server, relative to its root, or on this machine. */
  readonly origin: "server" | "disk";
  readonly path: string;
}

export type DryRunParams = Connected & Pick<LakeWork, "dryRun">;
export type VacuumParams = Connected & Pick<VacuumRequest, "dryRun" | "olderThanDays">;
export type DismissParams = Connected & Pick<DismissRequest, "files">;
export type AssetsParams = Omit<AssetsRequest, "scripts" | "signal">;

/** How the dashboard's engine counts; the same for every question. */
export interface CountingParams extends Connected, Counting {
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

export type PreviewParams = Connected & Pick<Reveal, "origin" | "path">;

/** An open preview. */
export interface Preview {
  /** For `previewRows`, `previewMore` and `closePreview`. */
  readonly token: string;
  readonly info: PreviewInfo;
}

export interface PreviewRowsParams {
  readonly token: string;
  /** The first row's index; 0 is the row below the header. */
  readonly from: number;
  readonly count: number;
  readonly reveal: boolean;
}

export interface DashboardParams extends CountingParams, DistrictFiles {
  readonly filter: DashboardFilter;
  readonly schoolYearStart: AnswerOptions["schoolYearStart"];
  /**
   * Whether the caller has listed the server, and so knows the quarantined files, which then cost the lake no request.
   */
  readonly isListed: boolean;
}

export interface SampleParams {
  /** The district's folder. A district from an earlier start is reused. */
  readonly folder: string;
  /** The account's password; a new one if omitted. */
  readonly password?: string;
  readonly size?: SampleSize;
}

export type SampleSize = Pick<SampleOptions, "students" | "teachers" | "staff" | "schools" | "days">;

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
