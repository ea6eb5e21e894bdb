import { CleverLakeError } from "../../basics/errors";
import { requireLake } from "../../lake/requireLake";
import { ChunkRunner } from "../chunkRunner";
import { recoverInterrupted } from "../land/recover";
import { RunLock } from "../lock/runLock";
import type { LogEntry } from "../log/ingestLog";
import { IngestLog } from "../log/logTable";
import { newRunId, type RunSummary, runIds } from "../log/runRecord";
import { type Chunk, chunksOf, isDue } from "../plan/work";
import { type LakeWork, Progress } from "../progress";
import { emptySummary, finishedSummary, withRunRecord } from "../runSummary";
import { storeFingerprint } from "../salt/saltFingerprint";
import { withWorkspace } from "../workspace";
import { appliedIn, blockingLookup, type PseudoTables, readTables, stateOf } from "../write/tables";
import type { AdoptProgress, AdoptSummary } from "./adoptSummary";
import { compareRows } from "./compareRows";
import type { SourceHistory } from "./deliveries";
import { type InspectedLake, type InspectionContext, inspectLake } from "./inspectLake";
import { saltForAdoption, writePseudonymMap } from "./oeaSalt";
import { type OeaTable, oeaTables, requireMovable } from "./oeaTables";
import { writeCopy } from "./plainCopies";

export interface AdoptRequest extends LakeWork<AdoptProgress> {
  /** Not needed for a dry run. */
  readonly salt: string | undefined;
  /** Percent of a source's rows that a redelivery may remove without a person's consent. */
  readonly maxShrink: number;
}

/** Maximum log entries per commit. */
const entriesPerCommit = 20_000;

/**
 * Adopts a lake that OEA's own notebooks wrote. The files that OEA landed enter the ingest log unchanged, OEA's tables
 * are moved aside, and our tables are built from the landed files, as if our own runs had ingested them. Nothing of
 * OEA's is deleted or changed. Then OEA's rows are compared with ours.
 *
 * The order makes an interruption harmless: everything that OEA landed is logged before the first table is moved, and
 * the last table is moved before the first row is written. Until this run's record is closed, runs are refused and
 * another call continues.
 *
 * Rejects with `notFound` if there is no lake, `config` without a salt, `salt` for one that differs from OEA's or is
 * easy to guess, `busy` while a run is active, and `conflict` if OEA's job writes in the meantime.
 */
export async function adoptLake(request: AdoptRequest): Promise<AdoptSummary> {
  const { lake, dryRun, signal } = request;
  await requireLake(lake, { signal });
  const started = new Date();
  const runId = newRunId(started, (await runIds(lake, signal))[0]);
  await using lock = dryRun ? undefined : await RunLock.acquire(lake, runId, { signal });
  // Awaited here, so that the lock is held until the work is done.
  return await withWorkspace({ lake, signal }, async (workspace) => {
    let progress: AdoptProgress = { phase: "inspecting", done: 0, all: 0, rows: 0 };
    const notify = (part: Partial<AdoptProgress>) => {
      progress = { ...progress, ...part };
      request.onProgress?.(progress);
    };
    const log = new IngestLog(lake, workspace.duck);
    const context = { ...workspace, log, runId, started, notify };
    const found = await inspectLake(context);
    const adoption = new Adoption(request, context);
    // Reported before anybody agrees to anything.
    if (found.histories !== undefined && request.salt)
      await saltForAdoption(context, found.oea, request.salt);
    if (found.histories === undefined || lock === undefined) return await adoption.describe(found);
    return await adoption.carryOut(found, lock);
  });
}

class Adoption {
  constructor(
    private readonly request: AdoptRequest,
    private readonly context: InspectionContext,
  ) {}

  /** The current state; changes nothing. */
  async describe({ details, oea, histories, tables, entries }: InspectedLake): Promise<AdoptSummary> {
    if (histories !== undefined) return this.summary("planned", details, null, []);
    if (oea.length === 0) return this.summary("nothing", details, null, []);
    const comparison = await this.compare(oea, entries, tables, this.request.salt);
    return this.summary("adoptedBefore", details, null, comparison);
  }

  async carryOut(found: InspectedLake, lock: RunLock): Promise<AdoptSummary> {
    const { context } = this;
    const { lake, log, runId, started, signal } = context;
    const { oea, details, histories = [] } = found;
    const salt = await saltForAdoption(context, oea, this.givenSalt());
    const toMove = oea.filter(({ path, movedPath }) => path !== movedPath);
    for (const table of toMove) await requireMovable(context, table);
    await recoverInterrupted(lake, log, found.interrupted, signal);
    const record = { runId, command: "adopt" as const, started, landings: [] };
    const summary = emptySummary(runId);
    let comparison: AdoptSummary["comparison"] = [];
    const run = await withRunRecord(context, record, summary, async () => {
      await storeFingerprint(lake, salt, { signal });
      const rounds = await this.logLandings(found, histories, lock);
      await writePseudonymMap(context, oea, salt);
      for (const table of toMove) {
        await requireMovable(context, table);
        await lock.requireHeld();
        await lake.rename(table.path, table.movedPath, { signal });
      }
      const tables = await this.build(rounds, salt, lock, summary);
      const moved = await oeaTables(context);
      comparison = await this.compare(moved, await log.all(signal), tables, salt);
      return finishedSummary(summary, started);
    });
    return this.summary("adopted", details, run, comparison);
  }

  /**
   * Enters all files that OEA landed into the ingest log; files with `\"` first get a copy in Clever's format. Resolves
   * to the deliveries to read: the first ones of all sources, then the second ones, and so on. A delivery that removes
   * rows, or is unreadable, is compared with the one before.
   */
  private async logLandings(
    { entries, hashes }: InspectedLake,
    histories: readonly SourceHistory[],
    lock: RunLock,
  ): Promise<LogEntry[][]> {
    const { log, signal } = this.context;
    const known = new Map(entries.map((entry) => [entry.landedPath, entry]));
    const rounds: LogEntry[][] = [];
    const landed: LogEntry[] = [];
    for (const { deliveries } of histories) {
      for (const [round, delivery] of deliveries.entries()) {
        const last = delivery.entries.at(-1);
        if (last === undefined) continue;
        const copy = await writeCopy(this.context, delivery.last, hashes);
        // A later version of what OEA landed.
        const made = copy && { ...last, ...copy, outcome: "landed" as const, version: last.version + 1 };
        const read = made === undefined ? last : (known.get(made.landedPath) ?? made);
        landed.push(...delivery.entries, ...(made === undefined ? [] : [read]));
        rounds[round] = [...(rounds[round] ?? []), read];
      }
    }
    const unknown = landed.filter(({ landedPath }) => !known.has(landedPath));
    for (let from = 0; from < unknown.length; from += entriesPerCommit) {
      await lock.requireHeld();
      await log.append(unknown.slice(from, from + entriesPerCommit), signal);
    }
    return rounds;
  }

  /** Builds our tables from landed files, as a run does; resolves to the tables. */
  private async build(
    rounds: readonly (readonly LogEntry[])[],
    salt: string,
    lock: RunLock,
    summary: RunSummary,
  ): Promise<PseudoTables> {
    const { lake, duck, log, scratch, signal, notify } = this.context;
    const tables = await readTables(this.context);
    const state = stateOf(tables, await log.sources(signal));
    const due = rounds.map((entries) => entries.filter((entry) => isDue(entry, state, new Set())));
    const files = due.reduce((sum, entries) => sum + entries.length, 0);
    const progress = new Progress(({ filesAnonymized, rows }) =>
      notify({ phase: "building", done: filesAnonymized, all: files, rows }),
    );
    progress.start([], files);
    const runner = new ChunkRunner({
      lake,
      duck,
      log,
      lock,
      state,
      tables,
      blocked: blockingLookup(tables),
      checked: new Map(),
      salt,
      scratch,
      signal,
      progress,
      summary,
      maxShrink: this.request.maxShrink,
      accept: new Set(),
      connections: 1,
      source: undefined,
      engine: undefined,
    });
    await runner.run(due.flatMap((entries): Chunk[] => chunksOf([], entries)));
    await runner.mergeFiles();
    return runner.tables;
  }

  private async compare(
    oea: readonly OeaTable[],
    entries: readonly LogEntry[],
    tables: PseudoTables,
    salt: string | undefined,
  ): Promise<AdoptSummary["comparison"]> {
    const applied = appliedIn(tables);
    const current = new Set(
      entries.flatMap(({ source, version, sha256 }) =>
        applied.get(source) === version ? [`${source}\n${sha256}`] : [],
      ),
    );
    // For each content that does not count, the last entry: it has the outcome.
    const others = new Map<string, LogEntry>();
    for (const entry of entries) {
      const key = `${entry.source}\n${entry.sha256}`;
      if (!current.has(key)) others.set(key, entry);
    }
    const compared: AdoptSummary["comparison"][number][] = [];
    const pseudo = oea.filter(({ kind }) => kind === "pseudo");
    for (const [done, table] of pseudo.entries()) {
      this.context.notify({ phase: "comparing", done, all: pseudo.length });
      compared.push(await compareRows({ ...this.context, salt, others: [...others.values()] }, table));
    }
    return compared;
  }

  private givenSalt(): string {
    const { salt } = this.request;
    if (salt !== undefined && salt !== "") return salt;
    throw new CleverLakeError("config", "There is no salt to pseudonymize with; nothing was changed.", {
      hint: "Set CLEVER_SALT to the district's OEA salt. If OEA used none, `clever-lake salt` generates one; protect it like a password.",
    });
  }

  private summary(
    state: AdoptSummary["state"],
    details: InspectedLake["details"],
    run: RunSummary | null,
    comparison: AdoptSummary["comparison"],
  ): AdoptSummary {
    const milliseconds = Date.now() - this.context.started.getTime();
    return { state, ...details, run, comparison, milliseconds };
  }
}
