import { allSettledOrThrow } from "../basics/allSettledOrThrow";
import { counted } from "../basics/counted";
import { CleverLakeError, describeError, isCleverLakeError } from "../basics/errors";
import { removeLocal } from "../basics/filesInUse";
import type { Division } from "../clever/groupsTable";
import { digitalActivityTable, groupsTable } from "../clever/layout";
import type { UserType } from "../clever/reports";
import type { Lake } from "../lake/lake";
import { openToOthers } from "../lake/privateFolder";
import { requireLake } from "../lake/requireLake";
import type { ReportSource } from "../sftp/source";
import { updateDigitalActivity } from "./activity/digitalActivity";
import { requireAdopted, requireComplete, requireFinishedAdoption } from "./adopt/oeaTables";
import { ChunkRunner } from "./chunkRunner";
import { updateGroups } from "./groups/updateGroups";
import { recoverInterrupted } from "./land/recover";
import { RunLock } from "./lock/runLock";
import { type LogEntry, unexplainedRows } from "./log/ingestLog";
import {
  interruptedRuns,
  newRunId,
  RunHistory,
  type RunRecord,
  type RunSummary,
  runIds,
} from "./log/runRecord";
import {
  type Comparison,
  compareContents,
  presentDeliveries,
  withLostLandedFiles,
} from "./plan/changedFiles";
import { type Freshness, freshnessOf, overdue, type ReportKind } from "./plan/freshness";
import { withKnownCopies } from "./plan/knownCopies";
import { type LakeState, makePlan, type PlannedFile, planLandings, runStart } from "./plan/plan";
import { waitingInQuarantine } from "./plan/quarantine";
import { withServerPaths } from "./plan/sourceNames";
import { acceptsFile, bytesPerJob, chunksOf, isDue, roundsOf } from "./plan/work";
import { Progress, type ProgressListener } from "./progress";
import type { OpenReadEngine } from "./read/readEngine";
import { type ReadAhead, readAhead } from "./readAhead";
import { checkedVersions } from "./repair/foreignCommits";
import { inspectTables } from "./repair/inspectTables";
import { emptySummary, finishedSummary, withRunRecord } from "./runSummary";
import { moveOutOfTableFolders } from "./salt/earlierLayout";
import { checkedSaltFor, claimCheckedSalt } from "./salt/salt";
import { defaultMaxShrink } from "./write/shrink";
import { blockingLookup, type LakeTables, type PseudoTables, readTables, stateOf } from "./write/tables";

export interface RunRequest {
  /** `ingest` only lands files, `anonymize` works on landed files, `run` does both. */
  readonly command: Exclude<RunRecord["command"], "adopt">;
  readonly lake: Lake;
  /** The server; not needed to anonymize. */
  readonly source?: ReportSource | undefined;
  /** Not needed to ingest. */
  readonly salt?: string | undefined;
  readonly userTypes: readonly UserType[];
  /** If given, only these paths on the server. */
  readonly only?: readonly string[] | undefined;
  /** Files (paths on the server or in the lake) to accept without their bad rows. */
  readonly accept?: readonly string[] | undefined;
  /** Files read from the server concurrently; default 4. */
  readonly connections?: number | undefined;
  /** Percent of a source's rows that a redelivery may remove without a person's consent; default 50. */
  readonly maxShrink?: number;
  /** How a redelivery is recognized; default "time". */
  readonly compare?: Comparison | undefined;
  /** School days without a newer day after which a kind of report is overdue; 0 or undefined disables the check. */
  readonly expectReportsWithin?: number;
  /** Whether to update the Digital Engagement table at the end; default no. */
  readonly digitalActivity?: boolean;
  /** Divides people into groups for the table of groups; if undefined, that table is not updated. */
  readonly divide?: (() => Promise<Division>) | undefined;
  /** Reads landed files that need no judging; default: the embedded engine. */
  readonly engine?: OpenReadEngine | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ProgressListener | undefined;
}

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
    const initialPlan = listing ? makePlan(listing, known, request.userTypes) : [];
    const files = await withKnownCopies(initialPlan, log, signal);
    const state = withServerPaths(known, files);
    const selected = request.only && new Set(request.only);
    const listed = files.filter(({ path }) => selected?.has(path) ?? true);
    const connections = request.connections ?? 4;
    const compared =
      request.source && request.compare === "hash"
        ? await compareContents(request.source, listed, connections, signal)
        : listed;
    const accept = new Set(request.accept ?? []);
    const isNeeded = (entry: LogEntry) => isDue(entry, state, accept) || unexplainedRows(entry) > 0;
    const plan = await withLostLandedFiles(lake, compared, isNeeded, signal);
    const landings = planLandings(plan, runStart(known, now));
    const landing = new Set(landings.map(({ source }) => source));
    const { before, last } = roundsOf(state, landing, accept, (entry) => isRequested(request, entry));
    const pending = [
      ...last,
      ...(await incompleteDeliveries(request, state, [...before.flat(), ...last, ...landings])),
    ];
    const unneeded = unneededConsents(request, pending, plan);

    // Files that a run lands but does not pseudonymize have days that are not known yet.
    const unread = salt === undefined ? [...landings, ...last] : [];
    const inspection = salt === undefined ? undefined : await inspectTables(open, tables, state);
    const changedByOthers = inspection?.findings ?? [];
    const summary = {
      ...emptySummary(runId),
      unchanged: plan.filter((file) => inLake.has(file.state)).length,
      inQuarantine: waitingInQuarantine(state, request.userTypes).map(({ path }) => path),
      changedByOthers,
      notRead: plan.flatMap(({ path, unread }) => (unread ? [{ path, ...unread }] : [])),
      reportsOnServer: listing ? reportsAmong(files, request.userTypes) : null,
    };
    summary.notes.push(...(checkedSalt?.notes ?? []).map((note) => ({ path: "salt", note })));
    const nothingToAccept = "It is not in quarantine: there was nothing to accept.";
    summary.notes.push(...unneeded.map((path) => ({ path, note: nothingToAccept })));
    // An earlier delivery whose landed file is gone cannot be read; the newer one is judged without it.
    const earlier = salt === undefined ? [] : await presentDeliveries(lake, before, signal);
    const due = salt === undefined ? 0 : earlier.flat().length + pending.length;
    const finish = async (newest: PseudoTables) => {
      if (salt === undefined) return;
      const { digitalActivity, divide } = request;
      if (digitalActivity) {
        progress.enter("activity");
        await updateDerived(digitalActivityTable, summary, signal, async () => {
          const complete = await requireComplete(open, { ...tables, pseudo: newest });
          const update = { ...open, tables: complete, requireHeld };
          const { months, rows } = await updateDigitalActivity(update);
          const written = `${counted(months.length, "month")} written, ${counted(rows, "row")}`;
          return months.length > 0 ? written : undefined;
        });
      }
      if (divide) {
        progress.enter("groups");
        await updateDerived(groupsTable, summary, signal, async () => {
          const division = await divide();
          const isWritten = await updateGroups({ ...open, division, requireHeld });
          return isWritten ? `written, ${counted(division.cohorts.length, "cohort")}` : undefined;
        });
      }
    };
    const finished = (newest: PseudoTables) =>
      finishedSummary({ ...summary, overdue: overdueReports(request, newest, unread, now) }, now);
    if (landings.length === 0 && due === 0) {
      await finish(tables.pseudo);
      return finished(tables.pseudo);
    }
    const { only } = request;
    const record = { runId, command, only, accept: request.accept, started: now, landings };
    const runner = new ChunkRunner({
      ...open,
      log,
      lock,
      state,
      tables,
      blocked: blockingLookup(tables) ?? inspection?.incompleteLookups,
      checked: checkedVersions(tables, (table) => inspection?.consistent.has(table) ?? false),
      salt,
      scratch,
      progress,
      summary,
      accept,
      connections,
      source: request.source,
      engine: request.engine,
      maxShrink: request.maxShrink ?? defaultMaxShrink,
    });
    progress.start(landings, due);
    return await withRunRecord(open, record, summary, async () => {
      const maxBytes = request.engine ? bytesPerJob : undefined;
      // New landings are compared with these deliveries, so they are not read concurrently.
      await runner.run(earlier.flatMap((round) => chunksOf([], round, maxBytes)));
      await runner.run(chunksOf(landings, salt === undefined ? [] : pending, maxBytes));
      await runner.mergeFiles();
      await finish(runner.tables);
      // Once: a lake may be on a file system that has no modes.
      const exposed = newest === undefined ? [...(await openToOthers(lake))] : [];
      summary.notes.push(...exposed.map(([path, mode]) => ({ path, note: exposedNote(mode) })));
      return finished(runner.tables);
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

/**
 * Updates a table that is derived from the others. The run succeeds without it: a failure is reported, and the next run
 * catches up.
 *
 * @param update resolves to what it did, or undefined if it did nothing
 */
async function updateDerived(
  path: string,
  summary: { readonly notes: RunSummary["notes"]; readonly failed: RunSummary["failed"] },
  signal: AbortSignal | undefined,
  update: () => Promise<string | undefined>,
): Promise<void> {
  try {
    const note = await update();
    if (note !== undefined) summary.notes.push({ path, note });
  } catch (error) {
    signal?.throwIfAborted();
    if (!isCleverLakeError(error) || error.code === "conflict" || error.code === "network") throw error;
    summary.failed.push({ path, reason: describeError(error) });
  }
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

/**
 * Current deliveries of which the table may lack rows, and whose landed file is there, such as one that was restored.
 *
 * @param others what else the run reads: it replaces the rows of these sources
 */
async function incompleteDeliveries(
  request: RunRequest,
  { current }: LakeState,
  others: readonly { readonly source: string }[],
): Promise<LogEntry[]> {
  const read = new Set(others.map(({ source }) => source));
  const incomplete = [...current.values()].filter(
    (entry) => unexplainedRows(entry) > 0 && !read.has(entry.source) && isRequested(request, entry),
  );
  return (await presentDeliveries(request.lake, [incomplete], request.signal)).flat();
}

function isRequested({ userTypes, only }: RunRequest, { userType, path }: LogEntry): boolean {
  return userTypes.includes(userType) && (only === undefined || only.includes(path));
}

/** The accepted files that have nothing waiting. Rejects with `config` for an unknown file. */
function unneededConsents(
  request: RunRequest,
  pending: readonly LogEntry[],
  plan: readonly PlannedFile[],
): string[] {
  return (request.accept ?? []).filter((path) => {
    if (pending.some((entry) => acceptsFile(new Set([path]), entry))) return false;
    const file = plan.find((each) => each.path === path);
    if (file) return file.state === "anonymized" || file.report === undefined;
    throw new CleverLakeError("config", "There is no file of this name to accept; nothing was done.", {
      subject: path,
      hint: "Name it as `clever-lake status` shows it.",
    });
  });
}

/** States of files that are in the lake. */
const inLake: ReadonlySet<string> = new Set(["landed", "anonymized", "quarantined", "dismissed"]);

function reportsAmong(files: readonly PlannedFile[], types: readonly UserType[]): number {
  return files.filter(({ userType }) => userType !== undefined && types.includes(userType)).length;
}
