import { describeError } from "../basics/errors";
import { newestRunPath } from "../clever/layout";
import { reportNames, type UserType } from "../clever/reports";
import type { LakeAccess } from "../delta/openLake";
import { type RunRecord, type RunSummary, writeRunRecord } from "./log/runRecord";
import { waitingInQuarantine } from "./plan/quarantine";
import type { RunPlan } from "./plan/runPlan";
import { healthy } from "./read/checks/identityHealth";

/** Whether files failed or were quarantined. */
function isIncomplete(summary: RunSummary): boolean {
  return summary.failed.length > 0 || summary.quarantined.length > 0;
}

/** Whether there are reports whose rows the run should have added but did not. */
export function hasMissingReports(summary: RunSummary): boolean {
  return isIncomplete(summary) || summary.notRead.some(({ report }) => report);
}

/**
 * Whether something needs attention: reports are missed or overdue, the server has none at all, or another program
 * changed rows.
 */
export function needsAttention(summary: RunSummary): boolean {
  const isOthers = summary.changedByOthers.length > 0;
  return (
    hasMissingReports(summary) || summary.overdue.length > 0 || summary.reportsOnServer === 0 || isOthers
  );
}

/** The summary of a run that has not done anything yet. */
export function emptySummary(runId: string): RunSummary {
  return {
    runId,
    landed: 0,
    bytes: 0,
    anonymized: 0,
    unchanged: 0,
    quarantined: [],
    failed: [],
    rows: Object.fromEntries(reportNames.map((name) => [name, 0])) as RunSummary["rows"],
    refused: 0,
    superseded: 0,
    identities: { daily_participation: healthy, resource_usage: healthy },
    notes: [],
    notRead: [],
    reportsOnServer: null,
    overdue: [],
    changedByOthers: [],
    inQuarantine: [],
    milliseconds: 0,
  };
}

/**
 * The summary of a run that has only decided what to do.
 *
 * @param userTypes those of the configuration
 */
export function plannedSummary(runId: string, plan: RunPlan, userTypes: readonly UserType[]): RunSummary {
  const nothingToAccept = "It is not in quarantine: there was nothing to accept.";
  return {
    ...emptySummary(runId),
    unchanged: plan.files.filter((file) => inLake.has(file.state)).length,
    inQuarantine: waitingInQuarantine(plan.state, userTypes).map(({ path }) => path),
    notRead: plan.files.flatMap(({ path, unread }) => (unread ? [{ path, ...unread }] : [])),
    notes: plan.unneededConsents.map((path) => ({ path, note: nothingToAccept })),
  };
}

/** States of files that are in the lake. */
const inLake: ReadonlySet<string> = new Set(["landed", "anonymized", "quarantined", "dismissed"]);

/** A summary as reported when its run ends. */
export function finishedSummary(summary: RunSummary, started: Date): RunSummary {
  return {
    ...summary,
    quarantined: byPath(summary.quarantined),
    failed: byPath(summary.failed),
    notes: byPath(summary.notes),
    milliseconds: Date.now() - started.getTime(),
  };
}

/**
 * Runs `work` with its run's record in the lake: first its plan, then its outcome. Its summary is also recorded if it
 * fails. If the lake fails a run, it may fail its record too; the run's own error is the one to report.
 *
 * @param summary filled by `work`, which resolves to the finished one
 */
export async function withRunRecord(
  { lake, signal }: LakeAccess,
  plan: Omit<RunRecord, "outcome">,
  summary: RunSummary,
  work: () => Promise<RunSummary>,
): Promise<RunSummary> {
  // Without it, an earlier version of this program on the same lake lists the runs, and finds this one if it is interrupted.
  await lake.delete(newestRunPath);
  await writeRunRecord(lake, { ...plan, outcome: "running" });
  try {
    const done = await work();
    const outcome = isIncomplete(done) ? "incomplete" : "done";
    await writeRunRecord(lake, { ...plan, ended: new Date(), outcome, summary: done });
    return done;
  } catch (error) {
    const ended = { ...plan, ended: new Date(), summary: finishedSummary(summary, plan.started) };
    const failed: RunRecord = signal?.aborted
      ? { ...ended, outcome: "cancelled" }
      : { ...ended, outcome: "failed", error: describeError(error) };
    await writeRunRecord(lake, failed).catch(() => undefined);
    throw error;
  }
}

/** Files end in any order, because they are processed concurrently. */
function byPath<T extends { readonly path: string }>(files: readonly T[]): T[] {
  return files.toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}
