import { allSettledOrThrow } from "../../basics/allSettledOrThrow";
import { millisecondsPerDay } from "../../basics/calendar";
import { CleverLakeError } from "../../basics/errors";
import { unusedFiles } from "../../delta/files/unusedFiles";
import { Duck } from "../../duck/duck";
import type { LakeEntry } from "../../lake/lake";
import { requireLake } from "../../lake/requireLake";
import { RunLock } from "../lock/runLock";
import { newRunId } from "../log/runRecord";
import type { LakeWork } from "../progress";
import { minimumRetentionDays } from "./retention";
import { problemOf, upkeepTables } from "./upkeepTables";

/** Files removed concurrently, and between two checks of the lock. */
const removalBatch = 8;

export interface VacuumRequest extends LakeWork {
  readonly olderThanDays: number;
}

/** What was, or would be, removed; the document of `vacuum --json`. */
export interface VacuumSummary {
  readonly dryRun: boolean;
  readonly olderThanDays: number;
  readonly files: number;
  readonly bytes: number;
  readonly tables: readonly VacuumedTable[];
  readonly milliseconds: number;
}

export interface VacuumedTable {
  /** The table's folder in the lake. */
  readonly table: string;
  /** Paths in the lake. */
  readonly files: readonly { readonly path: string; readonly size: number; readonly modified: string }[];
  /** Why files of the table stay although they may be unused; null if nothing went wrong. */
  readonly problem: string | null;
}

/**
 * Removes the data files of all tables that no version of the last days needs, including those that killed runs left
 * (see `unusedFiles`). Never removes a file of a table's log, or a landed one. A table that fails is reported in the
 * summary and does not block the others. Progress counts removed files.
 *
 * The days are counted from now by the lake's clock, which dated the files; this machine's may be wrong. A dry run, which
 * writes nothing that the lake could date, counts from this machine's time.
 *
 * Rejects with `config` for less than seven days, with `notFound` if there is no lake, with `busy` while a run is active,
 * and with `conflict` if another run took over while this one was suspended.
 */
export async function vacuumLake(request: VacuumRequest): Promise<VacuumSummary> {
  const started = new Date();
  const { lake, olderThanDays, dryRun, signal } = request;
  if (!(olderThanDays >= minimumRetentionDays)) {
    throw new CleverLakeError(
      "config",
      `Data files of the last ${minimumRetentionDays} days are always kept; nothing was removed.`,
      { hint: `Give ${minimumRetentionDays} days or more.` },
    );
  }
  await requireLake(lake, { signal });
  await using lock = dryRun ? undefined : await RunLock.acquire(lake, newRunId(started), { signal });
  const now = (await lock?.takenAt()) ?? started;
  const since = now.getTime() - olderThanDays * millisecondsPerDay;
  await using duck = await Duck.open();
  const found: { table: string; files: LakeEntry[]; problem: string | null }[] = [];
  for (const { path: table } of upkeepTables()) {
    try {
      const files = await unusedFiles({ lake, duck, signal }, table, since);
      found.push({ table, files, problem: null });
    } catch (error) {
      found.push({ table, files: [], problem: problemOf(error, signal) });
    }
  }
  const progress = { done: 0, all: found.reduce((sum, { files }) => sum + files.length, 0) };
  const tables: VacuumedTable[] = [];
  for (const { table, files, problem } of found) {
    const removal = lock === undefined ? { files, problem } : await removed(files, lock);
    tables.push({ table, files: removal.files.map(vacuumedFile), problem: problem ?? removal.problem });
  }
  const all = tables.flatMap(({ files }) => files);
  const bytes = all.reduce((sum, { size }) => sum + size, 0);
  const milliseconds = Date.now() - started.getTime();
  return { dryRun, olderThanDays, files: all.length, bytes, tables, milliseconds };

  async function removed(
    files: readonly LakeEntry[],
    held: RunLock,
  ): Promise<{ readonly files: readonly LakeEntry[]; readonly problem: string | null }> {
    const done = new Set<LakeEntry>();
    try {
      for (let next = 0; next < files.length; next += removalBatch) {
        signal?.throwIfAborted();
        await held.requireHeld();
        const remove = async (file: LakeEntry) => {
          await lake.delete(file.path, { signal });
          done.add(file);
          progress.done++;
        };
        await allSettledOrThrow(files.slice(next, next + removalBatch).map(remove));
        request.onProgress?.({ ...progress });
      }
      return { files, problem: null };
    } catch (error) {
      return { files: files.filter((file) => done.has(file)), problem: problemOf(error, signal) };
    }
  }
}

function vacuumedFile({ path, size, modified }: LakeEntry): VacuumedTable["files"][number] {
  return { path, size, modified: modified.toISOString() };
}
