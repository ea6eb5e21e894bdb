import { allSettledOrThrow } from "../allSettledOrThrow";
import type { Division } from "../clever/groupsTable";
import { digitalActivityTable, groupsTable } from "../clever/layout";
import type { UserType } from "../clever/reports";
import { counted } from "../counted";
import { CleverLakeError, describeError, isCleverLakeError } from "../errors";
import { removeLocal } from "../heldFiles";
import type { Lake } from "../lake/lake";
import type { ReportSource } from "../sftp/source";
import { updateDigitalActivity } from "./activity/digitalActivity";
import { requireAdopted, requireFinishedAdoption } from "./adopt/oeaTables";
import { ChunkRunner } from "./chunkRunner";
import { updateGroups } from "./groups/updateGroups";
import { settleInterrupted } from "./land/recover";
import { RunLock } from "./lock/runLock";
import type { LogEntry } from "./log/ingestLog";
import {
  interruptedRuns,
  newestRun,
  newRunId,
  noteNewestRun,
  type RunRecord,
  type RunSummary,
  writeFailedRecord,
  writeRunRecord,
} from "./log/runRecord";
import { SoundVersions } from "./others/foreignCommits";
import { lookAtTables } from "./others/look";
import { type Comparison, compareContents } from "./plan/compareContents";
import { type Freshness, freshnessOf, overdue, type ReportKind } from "./plan/freshness";
import { withKnownCopies } from "./plan/knownCopies";
import { type LakeState, makePlan, type PlannedFile, planLandings, runStart } from "./plan/plan";
import { waitingInQuarantine } from "./plan/quarantine";
import { asOnServer } from "./plan/sourceNames";
import { bytesPerJob, chunksOf, isDue, isNamed, isUnrecorded } from "./plan/work";
import { Progress, type ProgressListener } from "./progress";
import type { OpenReadEngine } from "./read/readEngine";
import { ReadAhead } from "./readAhead";
import { emptySummary, finishedSummary, isIncomplete } from "./runSummary";
import { isAsEarlier, leaveTableFolders } from "./salt/earlierPlaces";
import { claimHeldSalt, holdSalt } from "./salt/salt";
import { type LakeTables, type PseudoTables, readTables, stateOf } from "./write/tables";

/** Percent of a source's rows that a new delivery may take away without a question. */
const defaultMaxShrink = 50;

export type RunCommand = Exclude<RunRecord["command"], "adopt">;

export interface RunRequest {
  /** `ingest` lands only, `anonymize` works on what has landed, `run` does both. */
  readonly command: RunCommand;
  readonly lake: Lake;
  /** The server; not needed to anonymize. */
  readonly source?: ReportSource | undefined;
  /** Not needed to ingest. */
  readonly salt?: string | undefined;
  readonly userTypes: readonly UserType[];
  /** Only these paths on the server, when given. */
  readonly only?: readonly string[] | undefined;
  /** Files (paths on the server or in the lake) to be taken without their bad rows. */
  readonly accept?: readonly string[];
  /** Files read from the server concurrently; 4 if left out. */
  readonly connections?: number;
  /** Percent of a source's rows that a new delivery may take away without a question; 50 if left out. */
  readonly maxShrink?: number;
  /** How a report that was published again is known; "time" if left out. */
  readonly compare?: Comparison;
  /** School days after which a kind of report without a newer day is overdue; 0, or left out, for none. */
  readonly expectReportsWithin?: number;
  /** Whether to bring the table of the Digital Engagement schema up to date at the end; not if left out. */
  readonly digitalActivity?: boolean;
  /** How the people of the tables are divided, for the table of groups; that table is left alone if left out. */
  readonly divide?: (() => Promise<Division>) | undefined;
  /** Reads the landed files in which nothing has to be judged; the embedded engine if left out. */
  readonly engine?: OpenReadEngine | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ProgressListener | undefined;
}

/**
 * Runs the job: what is new on the server comes into the lake, what has landed into the tables. Whatever is run twice
 * or cut off where, each file lands once and each row is in the tables once; a run that was cut off is completed by
 * the next. Files that fail or are quarantined are told in the summary and keep no other file back.
 *
 * Rejects, before anything was written, with `salt` for another salt than the lake's and for one that is too easy to guess
 * for a new lake, `config` for a missing one, `notAdopted` for a lake that OEA's notebooks wrote, `busy` while another run
 * is at work, and whatever the server refuses with; later with `conflict` where another run took over while this one stood
 * still. An abort rejects with the signal's reason; what was done until then stays and is recorded.
 */
export async function run(request: RunRequest): Promise<RunSummary> {
  const { lake, command, signal } = request;
  const progress = new Progress(request.onProgress);
  const given = command === "ingest" ? undefined : requireSalt(request);
  progress.listing();
  const asked = command === "anonymize" ? undefined : request.source?.list(signal);
  // While the server is waited for. None of it writes anything, and of several failures the server's is told.
  const holding = given === undefined ? undefined : holdSalt(lake, given, signal);
  await using ahead = new ReadAhead(lake, signal);
  const ours = ahead.ready.then(() => requireAdopted(ahead.tables?.pseudo));
  const [listing, , held, newest] = await allSettledOrThrow([asked, ours, holding, newestRun(lake, signal)]);
  if (held !== undefined) await claimHeldSalt(lake, held, { signal });
  const salt = held?.salt;

  const now = new Date();
  const runId = newRunId(now, newest?.runId);
  await using lock = await RunLock.take(lake, runId, { signal });
  if (held !== undefined && isAsEarlier(held)) await leaveTableFolders(lake, signal);
  const scratch = await lake.scratch();
  const { duck, log } = ahead;
  try {
    await duck.spillInto(`${scratch}/spill`);
    const { state: known, previous, tables } = await currentState(lake, ahead, signal);
    const made = listing ? makePlan(listing, known, request.userTypes) : [];
    const files = await withKnownCopies(made, log, signal);
    const state = asOnServer(known, files);
    const listed = chosen(files, request.only);
    const connections = request.connections ?? 4;
    const plan =
      request.source && request.compare === "hash"
        ? await compareContents(request.source, listed, connections, signal)
        : listed;
    const landings = planLandings(plan, runStart(known, now));
    const accept = new Set(request.accept ?? []);
    const landing = new Set(landings.map(({ source }) => source));
    const asked = (entry: LogEntry) => !landing.has(entry.source) && isAsked(request, entry);
    // Recorded before the next delivery comes: if that is held back, these rows stay.
    const unrecorded = [...state.log.values()].filter(
      (entry) => landing.has(entry.source) && isUnrecorded(entry, state),
    );
    const newest = [...state.log.values()].filter((entry) => asked(entry) && isDue(entry, state, accept));
    const awaited = new Set(newest.map(({ source }) => source));
    const lost = state.lost.filter((entry) => asked(entry) && !awaited.has(entry.source));
    const pending = [...newest, ...lost];
    requireAccepted(request, pending, plan);

    // What a run lands and does not pseudonymize has days that nobody knows yet.
    const unread = salt === undefined ? [...landings, ...pending] : [];
    const changedByOthers = salt === undefined ? [] : await lookAtTables(lake, duck, tables, state, signal);
    const summary = {
      ...emptySummary(runId),
      unchanged: plan.filter((file) => there.has(file.state)).length,
      inQuarantine: waitingInQuarantine(state, request.userTypes).map(({ path }) => path),
      changedByOthers,
      notRead: plan.flatMap(({ path, unread }) => (unread ? [{ path, ...unread }] : [])),
      reportsOnServer: listing ? reportsAmong(files, request.userTypes) : null,
    };
    summary.notes.push(...(held?.notes ?? []).map((note) => ({ path: "salt", note })));
    const due = salt === undefined ? 0 : unrecorded.length + pending.length;
    const finish = async (newest: PseudoTables) => {
      if (salt === undefined) return;
      const { digitalActivity, divide } = request;
      const requireHeld = () => lock.requireHeld();
      if (digitalActivity) {
        await follow(digitalActivityTable, summary, signal, async () => {
          const update = { lake, duck, tables: newest, requireHeld, signal };
          const { months, rows } = await updateDigitalActivity(update);
          const written = `${counted(months.length, "month")} written, ${counted(rows, "row")}`;
          return months.length > 0 ? written : undefined;
        });
      }
      if (divide) {
        await follow(groupsTable, summary, signal, async () => {
          const division = await divide();
          const isWritten = await updateGroups({ lake, duck, division, requireHeld, signal });
          return isWritten ? `written, ${counted(division.cohorts.length, "cohort")}` : undefined;
        });
      }
    };
    if (landings.length === 0 && due === 0) {
      await finish(tables.pseudo);
      return finishedSummary(
        { ...summary, overdue: overdueReports(request, tables.pseudo, unread, now) },
        now,
      );
    }
    const record: RunRecord = { runId, previous, command, started: now, outcome: "running", landings };
    await noteNewestRun(lake, { runId, previous });
    await writeRunRecord(lake, record);
    const runner = new ChunkRunner({
      lake,
      duck,
      log,
      lock,
      state,
      tables: tables.pseudo,
      sound: SoundVersions.of(tables, changedByOthers),
      salt,
      scratch,
      signal,
      progress,
      summary,
      accept,
      connections,
      source: request.source,
      engine: request.engine,
      maxShrink: request.maxShrink ?? defaultMaxShrink,
    });
    progress.start(landings, due);
    try {
      const early = salt === undefined ? [] : chunksOf([], unrecorded);
      const mostBytes = request.engine ? bytesPerJob : undefined;
      await runner.run([...early, ...chunksOf(landings, salt === undefined ? [] : pending, mostBytes)]);
      await finish(runner.tables);
    } catch (error) {
      await writeFailedRecord(lake, { ...record, summary: finishedSummary(summary, now) }, error, signal);
      throw error;
    }
    const done = finishedSummary(
      { ...summary, overdue: overdueReports(request, runner.tables, unread, now) },
      now,
    );
    const outcome = isIncomplete(done) ? "incomplete" : "done";
    await writeRunRecord(lake, { ...record, ended: new Date(), outcome, summary: done });
    return done;
  } finally {
    duck.close();
    await removeLocal(scratch);
  }
}

/** A run on chosen files says nothing of the others. */
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
 * Brings a table up to date that follows from the others, so that the run is good without it: what went wrong is told, and
 * the next run makes it up.
 *
 * @param update resolves to what it did, undefined for nothing
 */
async function follow(
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
    hint: "Give the district's salt as CLEVER_SALT. For a new lake, `clever-lake salt` makes one: keep it like a password.",
  });
}

/** What the lake holds, with the traces of runs that did not come through put in order; and the run before this one. */
async function currentState(
  lake: Lake,
  { duck, log, tables: read }: ReadAhead,
  signal: AbortSignal | undefined,
): Promise<{ state: LakeState; previous: string | null; tables: LakeTables }> {
  // Each is a row of answers that have to be waited for one after the other.
  const [tables, { records, newest: previous }, known] = await allSettledOrThrow([
    readTables(lake, duck, signal, read),
    interruptedRuns(lake, signal),
    log.sources(signal),
  ]);
  // Also where the tables could not be read before.
  requireAdopted(tables.pseudo);
  requireFinishedAdoption(records);
  await settleInterrupted(lake, log, records, signal);
  const entries = records.length === 0 ? known : await log.sources(signal);
  return { state: stateOf(tables, entries), previous, tables };
}

function chosen<T extends { readonly path: string }>(
  files: readonly T[],
  only: readonly string[] | undefined,
): T[] {
  const wanted = only && new Set(only);
  return files.filter(({ path }) => wanted === undefined || wanted.has(path));
}

function isAsked({ userTypes, only }: RunRequest, { userType, path }: LogEntry): boolean {
  return userTypes.includes(userType) && (only === undefined || only.includes(path));
}

function requireAccepted(
  request: RunRequest,
  pending: readonly LogEntry[],
  plan: readonly PlannedFile[],
): void {
  for (const path of request.accept ?? []) {
    const found =
      pending.some((entry) => isNamed(new Set([path]), entry)) || plan.some((file) => file.path === path);
    if (!found) {
      throw new CleverLakeError("config", "There is no file of this name to accept; nothing was done.", {
        subject: path,
        hint: "Name it as `clever-lake status` shows it.",
      });
    }
  }
}

/** States of files that the lake has. */
const there: ReadonlySet<string> = new Set(["landed", "anonymized", "quarantined", "dismissed"]);

function reportsAmong(files: readonly PlannedFile[], types: readonly UserType[]): number {
  return files.filter(({ userType }) => userType !== undefined && types.includes(userType)).length;
}
