import { allSettledOrThrow } from "../basics/allSettledOrThrow";
import { CleverLakeError } from "../basics/errors";
import { removeLocal } from "../basics/filesInUse";
import type { UserType } from "../clever/reports";
import type { Lake } from "../lake/lake";
import { openToOthers } from "../lake/privateFolder";
import { requireLake } from "../lake/requireLake";
import { requireAdopted, requireFinishedAdoption } from "./adopt/oeaTables";
import { ChunkRunner } from "./chunkRunner";
import { updateDerivedTables } from "./derivedTables";
import { recoverInterrupted } from "./land/recover";
import { RunLock } from "./lock/runLock";
import { interruptedRuns, newRunId, RunHistory, type RunSummary, runIds } from "./log/runRecord";
import { type Freshness, freshnessOf, overdue, type ReportKind } from "./plan/freshness";
import type { LakeState, PlannedFile } from "./plan/plan";
import { defaultConnections, planRun } from "./plan/runPlan";
import { bytesPerJob, chunksOf } from "./plan/work";
import { Progress } from "./progress";
import { type ReadAhead, readAhead } from "./readAhead";
import { inspectTables } from "./repair/inspectTables";
import type { RunRequest } from "./runRequest";
import { finishedSummary, plannedSummary, withRunRecord } from "./runSummary";
import { moveOutOfTableFolders } from "./salt/earlierLayout";
import { checkedSaltFor, claimCheckedSalt } from "./salt/salt";
import { defaultMaxShrink } from "./write/shrink";
import { blockingLookup, type LakeTables, type PseudoTables, readTables, stateOf } from "./write/tables";

/**
 * Runs the job: ingests what is new on the server and puts landed files into the tables. However often it runs, and
 * wherever it is interrupted, each file lands once and each row is in the tables once. The next run completes an
 * interrupted one. The summary lists failed and quarantined files; they do not block other files.
 *
 * Rejects before anything is written: with `salt` if the salt differs from the lake's or is too easy to guess for a new
 * lake, `config` if it is missing, `notFound` if there is no lake to pseudonymize, `notAdopted` if OEA's notebooks wrote
 * the lake, `busy` while another run is active, and with the server's errors. Rejects later with `conflict` if another
 * run took over while this one was suspended. An abort rejects with the signal's reason; completed work stays and is
 * recorded.
 */
export async function run(request: RunRequest): Promise<RunSummary> {
  const { lake, command, signal } = request;
  const progress = new Progress(request.onProgress);
  const given = command === "ingest" ? undefined : requireSalt(request);
  if (command === "anonymize") await requireLake(lake, { signal });
  progress.listing();
  const pendingListing = command === "anonymize" ? undefined : request.source?.list(signal);
  // Runs while we wait for the server. None of it writes anything; if several fail, the server's error is reported.
  const holding = given === undefined ? undefined : checkedSaltFor(lake, given, signal);
  const reading = readAhead(lake, signal);
  const ready = reading.then(({ tables }) => requireAdopted(tables?.pseudo));
  const [listing, , checkedSalt, [newest]] = await allSettledOrThrow([
    pendingListing,
    ready,
    holding,
    runIds(lake, signal),
  ]).catch(async (error: unknown) => {
    (await reading.catch(() => undefined))?.duck.close();
    throw error;
  });
  const ahead = await reading;
  await using duck = ahead.duck;
  const salt = checkedSalt?.salt;

  const now = new Date();
  const runId = newRunId(now, newest);
  await using lock = await RunLock.acquire(lake, runId, { signal });
  const { requireHeld } = lock;
  if (checkedSalt !== undefined) {
    await claimCheckedSalt(lake, checkedSalt, { requireHeld, signal });
    await moveOutOfTableFolders(lake, checkedSalt, { signal });
  }
  const scratch = await lake.scratch();
  const { log } = ahead;
  try {
    await duck.spillInto(`${scratch}/spill`);
    const open = { lake, duck, signal };
    const { state: known, tables } = await currentState(lake, ahead, signal);
    const plan = await planRun(request, { log, listing, state: known, now });
    const { state, landings, earlier, pending } = plan;
    const due = earlier.flat().length + pending.length;
    const inspection = salt === undefined ? undefined : await inspectTables(open, tables, state);
    const summary = {
      ...plannedSummary(runId, plan, request.userTypes),
      changedByOthers: inspection?.findings ?? [],
      reportsOnServer: listing ? reportsAmong(plan.listed, request.userTypes) : null,
    };
    summary.notes.push(...(checkedSalt?.notes ?? []).map((note) => ({ path: "salt", note })));
    const finish = async (newest: PseudoTables) => {
      const complete = { ...tables, pseudo: newest };
      if (salt !== undefined)
        await updateDerivedTables(request, { ...open, tables: complete, requireHeld, progress, summary });
      return finishedSummary({ ...summary, overdue: overdueReports(request, newest, plan.unread, now) }, now);
    };
    if (landings.length === 0 && due === 0) return await finish(tables.pseudo);
    log.requireAppendable();
    const { only } = request;
    const record = { runId, command, only, accept: request.accept, started: now, landings };
    const runner = new ChunkRunner({
      ...open,
      log,
      lock,
      state,
      tables,
      blocked: blockingLookup(tables) ?? inspection?.incompleteLookups,
      checked: inspection?.consistent ?? new Map(),
      salt,
      scratch,
      progress,
      summary,
      accept: new Set(request.accept),
      connections: request.connections ?? defaultConnections,
      source: request.source,
      engine: request.engine,
      maxShrink: request.maxShrink ?? defaultMaxShrink,
    });
    progress.start(landings, due);
    return await withRunRecord(open, record, summary, async () => {
      const maxBytes = request.engine ? bytesPerJob : undefined;
      // New landings are compared with these deliveries, so they are not read concurrently.
      await runner.run(earlier.flatMap((round) => chunksOf([], round, maxBytes)));
      await runner.run(chunksOf(landings, pending, maxBytes));
      await runner.mergeFiles();
      // Once: a lake may be on a file system that has no modes.
      const exposed = newest === undefined ? [...(await openToOthers(lake))] : [];
      summary.notes.push(...exposed.map(([path, mode]) => ({ path, note: exposedNote(mode) })));
      return finish(runner.tables);
    });
  } finally {
    duck.close();
    await removeLocal(scratch).catch(() => undefined);
  }
}

function exposedNote(mode: string): string {
  return `It holds identities, but other users of this machine can enter it (mode ${mode}): limit its mode to 700 or, if its file system has no modes, mount that with umask=077.`;
}

/** A run on selected files says nothing about the others. */
function overdueReports(
  { expectReportsWithin = 0, userTypes, only }: RunRequest,
  tables: PseudoTables,
  unread: readonly ReportKind[],
  now: Date,
): Freshness[] {
  if (expectReportsWithin === 0 || only !== undefined) return [];
  return overdue(freshnessOf(tables, now), expectReportsWithin, userTypes, unread);
}

function requireSalt(request: RunRequest): string {
  if (request.salt !== undefined && request.salt !== "") return request.salt;
  throw new CleverLakeError("config", "There is no salt to pseudonymize with; nothing was written.", {
    hint: "Set CLEVER_SALT to the district's salt. For a new lake, `clever-lake salt` generates one; protect it like a password.",
  });
}

/** What the lake holds, after cleaning up after interrupted runs. */
async function currentState(
  lake: Lake,
  { duck, log, tables: read }: ReadAhead,
  signal: AbortSignal | undefined,
): Promise<{ state: LakeState; tables: LakeTables }> {
  // In parallel, because each is a chain of dependent requests.
  const [tables, records, known] = await allSettledOrThrow([
    readTables({ lake, duck, signal }, read),
    interruptedRuns(new RunHistory(lake, signal)),
    log.sources(signal),
  ]);
  // Needed again: the tables may not have been readable earlier.
  requireAdopted(tables.pseudo);
  requireFinishedAdoption(records);
  await recoverInterrupted(lake, log, records, signal);
  const entries = records.length === 0 ? known : await log.sources(signal);
  return { state: stateOf(tables, entries), tables };
}

function reportsAmong(files: readonly PlannedFile[], types: readonly UserType[]): number {
  return files.filter(({ userType }) => userType !== undefined && types.includes(userType)).length;
}
