import { allSettledOrThrow } from "../../basics/allSettledOrThrow";
import type { Config } from "../../config";
import type { Lake } from "../../lake/lake";
import { isLake } from "../../lake/requireLake";
import type { ReportSource } from "../../sftp/source";
import { reportsToAdopt } from "../adopt/oeaTables";
import { IngestLog } from "../log/logTable";
import { type Finding, interruptedRuns, RunHistory, type RunSummary } from "../log/runRecord";
import { inspectTables } from "../repair/inspectTables";
import { withWorkspace } from "../workspace";
import { readTables, stateOf } from "../write/tables";
import { type Freshness, freshnessOf, overdue, type ReportKind } from "./freshness";
import { withKnownCopies } from "./knownCopies";
import { makePlan, type PlannedFile } from "./plan";
import { quarantinedNotOnServer } from "./quarantine";
import { withServerPaths } from "./sourceNames";

export interface Status {
  /** Whether there is no lake yet: the first run creates it. */
  readonly isNew: boolean;
  /** In the listing's order. */
  readonly files: readonly PlannedFile[];
  /** How fresh the tables are, by kind of report. */
  readonly freshness: readonly Freshness[];
  /** The kinds that are older than expected. */
  readonly overdue: readonly Freshness[];
  /** Whether OEA's notebooks wrote the tables, or their adoption was interrupted: a run is refused until it is done. */
  readonly needsAdoption: boolean;
  /** What other programs did to the tables; empty if they must be adopted first. */
  readonly changedByOthers: readonly Finding[];
}

/** The settings for which files count and after how many school days a newer one is expected; 0 for never. */
export type StatusSettings = Pick<Config, "userTypes" | "expectReportsWithin">;

/**
 * The server's files with their state in the lake, then quarantined deliveries that have left the server. Writes
 * nothing.
 * @param history the lake's runs, if the caller needs them too
 */
export async function status(
  source: ReportSource,
  lake: Lake,
  { userTypes, expectReportsWithin }: StatusSettings,
  signal?: AbortSignal,
  history = new RunHistory(lake, signal),
): Promise<Status> {
  return withWorkspace({ lake, signal }, async (open) => {
    const ingestLog = new IngestLog(lake, open.duck);
    const [listing, log, tables, runs] = await allSettledOrThrow([
      source.list(signal),
      ingestLog.sources(signal),
      readTables(open),
      interruptedRuns(history),
    ]);
    const state = stateOf(tables, log);
    const plan = await withKnownCopies(makePlan(listing, state, userTypes), ingestLog, signal);
    const files = [...plan, ...quarantinedNotOnServer(plan, withServerPaths(state, plan), userTypes)];
    const freshness = freshnessOf(tables.pseudo, new Date());
    const needsAdoption = reportsToAdopt(tables.pseudo, runs).length > 0;
    const isEmpty = log.last.size === 0 && tables.pseudo.size === 0;
    return {
      isNew: isEmpty && !(await isLake(lake, { signal })),
      files,
      freshness,
      overdue: overdue(freshness, expectReportsWithin, userTypes, waitingIn(files)),
      needsAdoption,
      // They would offer a repair, which only rebuilds months of our own tables.
      changedByOthers: needsAdoption ? [] : (await inspectTables(open, tables, state)).findings,
    };
  });
}

/** The kinds with files whose rows have yet to be read. */
function waitingIn(files: readonly PlannedFile[]): ReportKind[] {
  return files.flatMap(({ state, report, userType }) => {
    const isWaiting = state === "new" || state === "changed" || state === "landed";
    return isWaiting && report !== undefined && userType !== undefined ? [{ report, userType }] : [];
  });
}

/** What the last run with a summary found about people's ids; interrupted runs left none. Undefined if there is none. */
export async function lastIdentities(history: RunHistory): Promise<RunSummary["identities"]> {
  for await (const { summary } of history.newestRecords()) {
    if (summary) return summary.identities;
  }
  return undefined;
}
