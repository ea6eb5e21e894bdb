import { lacksBounds } from "../../delta/files/statistics";
import type { AddFile } from "../../delta/log/actions";
import { filesByPartition, type MergePolicy, planMerges } from "../../delta/merging/mergePlan";
import { mergeSmallFiles } from "../../delta/merging/optimize";
import type { OpenLake } from "../../delta/openLake";
import { requireColumns } from "../../delta/schema";
import { readSnapshot, type Snapshot } from "../../delta/snapshot";
import { requireLake } from "../../lake/requireLake";
import { RunLock } from "../lock/runLock";
import { newRunId } from "../log/runRecord";
import type { LakeWork } from "../progress";
import { hasOurCommits } from "../repair/foreignCommits";
import { withWorkspace } from "../workspace";
import { filesPerPartition } from "../write/tables";
import { problemOf, type UpkeepTable, upkeepTables } from "./upkeepTables";

export interface DataFiles {
  readonly files: number;
  readonly bytes: number;
}

/** What was, or would be, done; the document of `optimize --json`. */
export interface OptimizeSummary {
  readonly dryRun: boolean;
  readonly tables: readonly OptimizedTable[];
  readonly milliseconds: number;
}

export interface OptimizedTable {
  /** The table's folder in the lake. */
  readonly table: string;
  readonly before: DataFiles;
  /** In a dry run the bytes are those before: the new size is known only after writing. */
  readonly after: DataFiles;
  /** Bytes that were, or would be, rewritten. */
  readonly rewritten: number;
  readonly partitions: readonly {
    /** `year=2025, month=9`; empty for a table without partitions. */
    readonly partition: string;
    readonly before: DataFiles;
    readonly after: DataFiles;
  }[];
  /** Why the table, or a part of it, stays as it is; null if nothing went wrong. */
  readonly problem: string | null;
}

/**
 * Merges the small data files of all tables, as runs do for the tables that they write. Rows, sources and days stay as
 * they are. The merged files stay in the lake until `vacuumLake` removes them, so that readers of
 * older versions find them. A table that fails is reported in the summary and does not block the others. Progress counts
 * the bytes that have been rewritten.
 *
 * Rejects with `notFound` if there is no lake, with `busy` while a run is active, and with `conflict` if another run took
 * over while this one was suspended; committed work stays, as it does after an abort.
 */
export async function optimizeLake(request: LakeWork): Promise<OptimizeSummary> {
  const started = new Date();
  const { lake, dryRun, signal } = request;
  await requireLake(lake, { signal });
  await using lock = dryRun ? undefined : await RunLock.acquire(lake, newRunId(started), { signal });
  // Awaited before the lock is released.
  return await withWorkspace({ lake, signal }, async (open) => {
    const jobs = await readJobs(open);
    const progress = { done: 0, all: jobs.reduce((sum, { rewritten }) => sum + rewritten, 0) };
    const tables: OptimizedTable[] = [];
    for (const job of jobs) {
      const isDone = lock === undefined || job.snapshot === undefined || job.rewritten === 0;
      tables.push(isDone ? planned(job) : await merged(job, job.snapshot, lock));
    }
    return { dryRun, tables, milliseconds: Date.now() - started.getTime() };

    async function merged(job: Job, snapshot: Snapshot, held: RunLock): Promise<OptimizedTable> {
      const { table } = job;
      const problems: string[] = [];
      let rewritten = 0;
      const newest = await mergeSmallFiles({
        ...open,
        ...table,
        tablePath: table.path,
        snapshot,
        ...policyFor(table, snapshot),
        requireHeld: held.requireHeld,
        onSkipped: (reason) => problems.push(problemOf(reason, signal)),
        onMerged: ({ bytes }) => {
          rewritten += bytes;
          progress.done += bytes;
          request.onProgress?.({ ...progress });
        },
      });
      if (newest === snapshot && problems.length === 0) problems.push(overtaken);
      const [problem = null] = problems;
      return { ...compared(table.path, snapshot, newest), rewritten, problem };
    }
  });
}

const overtaken =
  "Another program changed the table in the meantime; its files were left as they are. Run it again.";

interface Job {
  readonly table: UpkeepTable;
  /** Undefined if the table cannot be read. */
  readonly snapshot: Snapshot | undefined;
  readonly merges: ReturnType<typeof planMerges>;
  readonly rewritten: number;
  readonly problem: string | null;
}

/** The existing tables, with what is to be merged. */
async function readJobs(open: OpenLake): Promise<Job[]> {
  const jobs: Job[] = [];
  for (const table of upkeepTables()) {
    try {
      const snapshot = await readSnapshot(open, table.path);
      if (snapshot === undefined) continue;
      if (hasOurCommits(snapshot)) requireColumns(snapshot.metadata, table.columns, table.path);
      const merges = planMerges(snapshot, policyFor(table, snapshot));
      const rewritten = merges.reduce((sum, { bytes }) => sum + bytes, 0);
      jobs.push({ table, snapshot, merges, rewritten, problem: null });
    } catch (error) {
      jobs.push({
        table,
        snapshot: undefined,
        merges: [],
        rewritten: 0,
        problem: problemOf(error, open.signal),
      });
    }
  }
  return jobs;
}

/** Files of earlier versions are written again: readers may find none of their rows (see `FileStatistics`). */
function policyFor({ tagsOf }: UpkeepTable, { metadata }: Snapshot): MergePolicy {
  const columns = metadata.columns.filter(({ name }) => !metadata.partitionColumns.includes(name));
  const isOurs = (file: AddFile) => tagsOf === undefined || tagsOf([file]) !== undefined;
  return {
    maxFiles: filesPerPartition,
    tagsOf,
    isOutdated: (file) => isOurs(file) && lacksBounds(file, columns),
  };
}

/** The expected result of merging. */
function planned({ table, snapshot, merges, rewritten, problem }: Job): OptimizedTable {
  if (snapshot === undefined) {
    const none = { files: 0, bytes: 0 };
    return { table: table.path, before: none, after: none, rewritten, partitions: [], problem };
  }
  const files = new Map(snapshot.files);
  for (const [index, merge] of merges.entries()) {
    const gone = new Set(merge.files);
    for (const [path, file] of snapshot.files) if (gone.has(file)) files.delete(path);
    const [first] = merge.files;
    if (first) files.set(`merged ${index}`, { ...first, size: merge.bytes });
  }
  return { ...compared(table.path, snapshot, { ...snapshot, files }), rewritten, problem };
}

function compared(
  table: string,
  before: Snapshot,
  after: Snapshot,
): Omit<OptimizedTable, "rewritten" | "problem"> {
  const [were, are] = [filesByPartition(before), filesByPartition(after)];
  return {
    table,
    before: sizeOf(before.files.values()),
    after: sizeOf(after.files.values()),
    partitions: [...were].map(([partition, files]) => ({
      partition,
      before: sizeOf(files),
      after: sizeOf(are.get(partition) ?? []),
    })),
  };
}

function sizeOf(files: Iterable<{ readonly size: number }>): DataFiles {
  const sizes = [...files].map(({ size }) => size);
  return { files: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}
