import { CleverLakeError } from "../../basics/errors";
import { Duck } from "../../duck/duck";
import { requireLake } from "../../lake/requireLake";
import type { LogEntry } from "../../pipeline/log/ingestLog";
import { type ListedRun, listRuns as listRecords, readRun as readRecord } from "../../pipeline/log/listRuns";
import { IngestLog } from "../../pipeline/log/logTable";
import { run as runPipeline } from "../../pipeline/run";
import { verifyLake } from "../../pipeline/verify/verify";
import { openEngine } from "../../spark/openEngine";
import { toJson } from "../messages/json";
import type { RunCounts, RunItem, RunParams, RunProgress, RunSummary } from "../messages/messages";
import type * as calls from "../messages/protocol";
import { azureAccess, checkedSettings, openConnected, openLake, readSalt, type Sources } from "./connections";
import type { Answer } from "./handlers";

/** Runs the job; see `run` of the pipeline for details and errors. */
export async function run(
  params: RunParams,
  sources: Sources,
  signal: AbortSignal,
  onProgress: (progress: RunProgress) => void,
): Promise<RunSummary> {
  const { connection, command, only, accept } = params;
  const settings = checkedSettings(connection);
  const { userTypes, sftp, expectReportsWithin, maxShrink, digitalActivity } = settings;
  await using engine = await openEngine(settings, azureAccess(connection));
  const lake = await openLake(params);
  if (params.isKnown) await requireLake(lake, { signal });
  const salt = command === "ingest" ? undefined : await readSalt(params, signal);
  const request = {
    command,
    lake,
    salt,
    userTypes,
    only,
    accept,
    connections: sftp.connections,
    compare: sftp.compare,
    expectReportsWithin,
    maxShrink,
    digitalActivity,
    engine: engine?.open,
    signal,
    onProgress,
  };
  if (command === "anonymize") return await runPipeline(request);
  return await sources.use(params, (source) => runPipeline({ ...request, source }));
}

export const verify: Answer<typeof calls.verify> = async (connected, signal) => {
  const { settings, lake, salt } = await openConnected(connected, signal);
  return verifyLake(lake, salt, signal, settings.userTypes);
};

/** Rejects with `notFound` if there is no lake. */
export const listRuns: Answer<typeof calls.listRuns> = async ({ from, count, ...connected }, signal) => {
  const lake = await openLake(connected);
  const { total, runs } = await listRecords(lake, { from, count }, { signal });
  if (total === 0) await requireLake(lake, { signal });
  return { total, runs: runs.map(asItem) };
};

/** A run's record has its plan; the ingest log has the outcome. */
export const readRun: Answer<typeof calls.readRun> = async ({ runId, ...connected }, signal) => {
  const lake = await openLake(connected);
  const record = await readRecord(lake, runId, { signal });
  if (!record) {
    throw new CleverLakeError("notFound", "The lake has no readable record of this run.", { subject: runId });
  }
  await using duck = await Duck.open();
  const entries = await new IngestLog(lake, duck).ofRun(runId, signal);
  const landings = new Map(record.landings.map((landing) => [landing.path, landing]));
  // The line of an earlier delivery: the content was unchanged, and nothing was written.
  const wasUnchanged = ({ path, version }: LogEntry) => version < (landings.get(path)?.version ?? 0);
  const settled = new Set([...entries, ...(record.summary?.failed ?? [])].map(({ path }) => path));
  return {
    ...asItem(record),
    summary: record.summary,
    log: entries.map((entry) => toJson(wasUnchanged(entry) ? { ...entry, outcome: "unchanged" } : entry)),
    notReached: [...landings.keys()].filter((path) => !settled.has(path)),
  };
};

function asItem({ landings, summary, ...run }: ListedRun): RunItem {
  return { ...toJson(run), files: landings.length, counts: summary && countsOf(summary) };
}

function countsOf(summary: RunSummary): RunCounts {
  const { landed, bytes, anonymized, unchanged, superseded, refused, milliseconds } = summary;
  const counts = { landed, bytes, anonymized, unchanged, superseded, refused, milliseconds };
  return {
    ...counts,
    quarantined: summary.quarantined.length,
    failed: summary.failed.length,
    rows: Object.values(summary.rows).reduce((sum, rows) => sum + rows, 0),
  };
}
