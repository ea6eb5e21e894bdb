import type * as messages from "./messages";

export { assetNames } from "../../assets/asset";
export { unexplainedRows } from "../../pipeline/adopt/adoptSummary";
export { minimumRetentionDays } from "../../pipeline/upkeep/retention";
export type * from "./messages";

/** The token for a request's progress, if progress is requested. */
export interface WithProgressToken {
  readonly progressToken?: number;
}

/** A request to the engine, with the type of its progress. It is only a name with types; `wire.ts` sends it. */
export class EngineCall<Params, Result, Progress = never> {
  declare readonly types: (params: Params, progress: Progress) => Result;

  constructor(
    readonly method: string,
    /** What the engine is doing, as in “the engine stopped while it was …”. */
    readonly activity: string,
  ) {}
}

type Nothing = Record<string, never>;

/** Fetches a server's host key and disconnects before any authentication. */
export const fetchHostKey = new EngineCall<messages.ServerAddress, messages.HostKey>(
  "fetchHostKey",
  "asking for the server's host key",
);

/** Logs in, lists the server, writes and removes a file in the lake, compares the salt with the lake's. */
export const testConnection = new EngineCall<messages.Connected, messages.ConnectionTest>(
  "testConnection",
  "testing the connection",
);

/** Logs in to the server and out again. */
export const testLogin = new EngineCall<messages.ServerLogin, Nothing>(
  "testLogin",
  "logging in to the server",
);

/** Writes and removes a file in the lake, compares the salt with the lake's; does not contact the server. */
export const testLake = new EngineCall<messages.Connected, messages.LakeTest>("testLake", "testing the lake");

/** The files on the server with their ingestion status. They come in batches as progress, in order. */
export const listReports = new EngineCall<
  messages.Connected,
  messages.ReportsAnswer,
  readonly messages.ReportItem[]
>("listReports", "listing the reports");

/** Ingests, pseudonymizes or both; see `run` of the pipeline. */
export const run = new EngineCall<messages.RunParams, messages.RunSummary, messages.RunProgress>(
  "run",
  "running the pipeline",
);

/** Dismisses quarantined files permanently; see `dismissQuarantined` of the pipeline. */
export const dismiss = new EngineCall<messages.DismissParams, { readonly dismissed: readonly string[] }>(
  "dismiss",
  "dismissing files",
);

/** Imports each student's pseudonym, school and grade from Clever's roster; see `importRoster` of the pipeline. */
export const importRoster = new EngineCall<
  messages.RosterParams,
  messages.RosterSummary,
  messages.WorkProgress
>("importRoster", "importing the roster");

/** Recounts the tables; with a salt, the pseudonyms too. */
export const verify = new EngineCall<messages.Connected, messages.Verification>(
  "verify",
  "verifying the lake",
);

/** Adopts a lake that OEA's own notebooks wrote, or reports what it would do; see `adoptLake` of the pipeline. */
export const adopt = new EngineCall<messages.DryRunParams, messages.AdoptSummary, messages.AdoptProgress>(
  "adopt",
  "adopting OEA's lake",
);

/** Merges the small data files of the tables; see `optimizeLake` of the pipeline. */
export const optimize = new EngineCall<
  messages.DryRunParams,
  messages.OptimizeSummary,
  messages.WorkProgress
>("optimize", "merging data files");

/** Rebuilds what other programs changed in the tables, and damaged data files; see `repairLake` of the pipeline. */
export const repair = new EngineCall<messages.DryRunParams, messages.RepairSummary, messages.WorkProgress>(
  "repair",
  "repairing the lake",
);

/** Removes data files that no version of the last days needs; see `vacuumLake` of the pipeline. */
export const vacuum = new EngineCall<messages.VacuumParams, messages.VacuumSummary, messages.WorkProgress>(
  "vacuum",
  "removing unused data files",
);

/** Updates the table of the Digital Engagement schema; see `updateActivityWithoutRun` of the pipeline. */
export const updateActivity = new EngineCall<messages.Connected, messages.ActivitySummary>(
  "updateActivity",
  "updating the Digital Engagement table",
);

/** Updates the table of groups; see `updateGroupsWithoutRun` of the pipeline. */
export const updateGroups = new EngineCall<messages.CountingParams, messages.GroupsSummary>(
  "updateGroups",
  "updating the table of groups",
);

/** Writes files for other products into a local folder; see `writeAssets` for its errors. */
export const createAssets = new EngineCall<messages.AssetsParams, messages.AssetsSummary>(
  "createAssets",
  "writing analytics assets",
);

export const lakeContents = new EngineCall<messages.Connected, messages.LakeOverview>(
  "lakeContents",
  "reading the lake",
);

/** A table's schema, size, latest commits and, if it holds no identities, first rows; rejects with `notFound`. */
export const tableReport = new EngineCall<
  messages.Connected & { readonly table: string },
  messages.TableReport
>("tableReport", "reading a table");

/** The files of one landing in the overview. */
export const landedFiles = new EngineCall<
  messages.Connected & { readonly folder: string },
  { readonly files: readonly messages.LandedFileItem[] }
>("landedFiles", "reading the lake");

/** Runs, newest first: `count` of them, after skipping the `from` newest. */
export const listRuns = new EngineCall<
  messages.Connected & { readonly from: number; readonly count: number },
  { readonly total: number; readonly runs: readonly messages.RunItem[] }
>("listRuns", "listing the runs");

/** One run; rejects with `notFound`. */
export const readRun = new EngineCall<messages.Connected & { readonly runId: string }, messages.RunDetails>(
  "readRun",
  "reading a run's record",
);

/** Opens a report's first rows; reads only the first part of the file. */
export const previewReport = new EngineCall<messages.PreviewParams, messages.Preview>(
  "previewReport",
  "opening a preview",
);

/** Reads the next part of a preview's file. Rejects with `changedWhileRead` if the file has changed. */
export const previewMore = new EngineCall<
  messages.Connected & { readonly token: string },
  messages.PreviewInfo
>("previewMore", "reading more of a preview");

/**
 * Rows of a preview, at most 1,000 at a time; with identities only if they are requested after `revealPreview`.
 * Rejects with `notFound` if the preview was closed to make room.
 */
export const previewRows = new EngineCall<messages.PreviewRowsParams, readonly messages.PreviewRow[]>(
  "previewRows",
  "showing a preview",
);

/**
 * Records in the lake that a preview's identities are revealed, and reveals them from then on. If recording fails, it
 * rejects and they stay hidden. Rejects with `notFound` like `previewRows`.
 */
export const revealPreview = new EngineCall<messages.Connected & { readonly token: string }, messages.Reveal>(
  "revealPreview",
  "recording that identities are shown",
);

export const closePreview = new EngineCall<{ readonly token: string }, Nothing>(
  "closePreview",
  "closing a preview",
);

/**
 * Everything that the dashboard shows for a filter. Cancel a question when a newer one replaces it: questions are
 * answered one at a time.
 */
export const dashboard = new EngineCall<
  messages.DashboardParams,
  messages.DashboardAnswer | messages.NoAnswer,
  messages.DashboardProgress
>("dashboard", "computing the dashboard");

/** Creates a sample district if it does not exist, and serves it over SFTP from the engine. */
export const startSample = new EngineCall<messages.SampleParams, messages.SampleServer>(
  "startSample",
  "starting the sample district",
);

/** Closes idle SFTP connections, which discards their credentials. */
export const forget = new EngineCall<Nothing, Nothing>("forget", "forgetting the credentials");

/** Cancels work in progress and releases everything. The engine can then be ended. */
export const shutdown = new EngineCall<Nothing, Nothing>("shutdown", "shutting down");
