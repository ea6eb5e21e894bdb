import { CleverLakeError, isCleverLakeError } from "../../basics/errors";
import type { DuckSession } from "../../duck/duck";
import { type FileLayout, writeDataFile } from "../files/dataFile";
import { numRecords } from "../files/statistics";
import type { AddFile } from "../log/actions";
import { type CommitOutcome, commit } from "../log/commit";
import type { Attempt } from "../log/conflict";
import { requireWritable } from "../log/protocol";
import type { OpenLake } from "../openLake";
import { dataFilePath, decodePath } from "../paths";
import { lakePathOf, readQuery } from "../readQuery";
import { tableColumns } from "../schema";
import type { Snapshot } from "../snapshot";
import { removeFile } from "../tableActions";
import { withDataFiles } from "../withTable";
import { type Merge, type MergePolicy, planMerges } from "./mergePlan";

/** Limit of the bytes that one commit rewrites, so that an interruption or a conflict costs little. */
const bytesPerCommit = 512 * 1024 * 1024;

export interface MergeRequest extends OpenLake, MergePolicy, FileLayout {
  readonly tablePath: string;
  /** The last known state of the table. */
  readonly snapshot: Snapshot;
  /** Called right before each commit; rejects if the table may no longer be written. */
  readonly requireHeld?: (() => Promise<void>) | undefined;
  /** Receives why files are not merged, such as files of a partition that cannot be read. May throw. */
  readonly onSkipped?: ((reason: CleverLakeError) => void) | undefined;
  /** Receives merged files, before they are committed. */
  readonly onMerged?: ((merge: Merge) => void) | undefined;
}

/**
 * Merges the small files of each partition that has too many (see `planMerges`), if possible; the rows do not change.
 * Commits once for all partitions, or several times if much must be rewritten. Files that cannot be read, or whose bytes
 * have changed, are not merged. If another writer commits first, the next call merges.
 *
 * Resolves to the resulting state of the table. Rejects with `conflict` if the table may no longer be written
 * (`requireHeld`); all other errors are given to `onSkipped`.
 */
export async function mergeSmallFiles(request: MergeRequest): Promise<Snapshot> {
  let newest = request.snapshot;
  try {
    for (const step of steps(planMerges(request.snapshot, request))) {
      const outcome = await commitStep(step, newest, request);
      if (outcome === "overtaken") break;
      if (outcome.committed) newest = outcome.snapshot;
    }
  } catch (error) {
    request.signal?.throwIfAborted();
    // If another writer was first, nothing rejects; so this is the lost lock.
    if (!isCleverLakeError(error) || error.code === "conflict") throw error;
    request.onSkipped?.(error);
  }
  return newest;
}

function steps(merges: readonly Merge[]): Merge[][] {
  const result: Merge[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const merge of merges) {
    if (bytes + merge.bytes > bytesPerCommit) {
      result.push([]);
      bytes = 0;
    }
    result.at(-1)?.push(merge);
    bytes += merge.bytes;
  }
  return result;
}

async function commitStep(
  step: readonly Merge[],
  snapshot: Snapshot,
  request: MergeRequest,
): Promise<CommitOutcome | "overtaken"> {
  const { lake, duck, tablePath, signal, requireHeld } = request;
  let isHeld = true;
  const requireHeldLock = async () => {
    isHeld = false;
    await requireHeld?.();
    isHeld = true;
  };
  try {
    return await commit({
      signal,
      lake,
      duck,
      tablePath,
      snapshot,
      operation: { name: "OPTIMIZE", parameters: { predicate: "[]" } },
      attempt: async (current, number) => {
        if (current === undefined || number > 1) return undefined;
        return attemptOf(step, current, request, requireHeldLock);
      },
    });
  } catch (error) {
    if (isHeld && isCleverLakeError(error, "conflict")) return "overtaken";
    throw error;
  }
}

/** The attempt to commit some merges. If it fails, the files written for it are removed. */
async function attemptOf(
  step: readonly Merge[],
  current: Snapshot,
  request: MergeRequest,
  requireHeld: () => Promise<void>,
): Promise<Attempt | undefined> {
  const { lake, duck, tablePath, onSkipped, onMerged } = request;
  requireWritable(current, []);
  const adds: AddFile[] = [];
  const removes: AddFile[] = [];
  try {
    await duck.session(async (session) => {
      for (const merge of step) {
        // Files that another writer has removed in the meantime are not restored.
        const files = merge.files.filter(({ path }) => current.files.has(decodePath(path)));
        if (files.length < merge.files.length) continue;
        try {
          const merged = await mergedFile(current, files, session, request);
          if (merged !== undefined) adds.push(merged);
          removes.push(...files);
          onMerged?.(merge);
        } catch (error) {
          if (!isCleverLakeError(error, ...unreadable)) throw error;
          onSkipped?.(error);
        }
      }
    }, request.signal);
    if (removes.length === 0) return undefined;
    await requireHeld();
  } catch (error) {
    for (const { path } of adds) await lake.delete(dataFilePath(tablePath, path)).catch(() => undefined);
    throw error;
  }
  return {
    actions: [
      ...adds.map((add) => ({ add })),
      ...removes.map((file) => removeFile(file, { dataChange: false })),
    ],
  };
}

/** What goes wrong with files that cannot be read. */
const unreadable = ["corrupt", "engine", "notFound", "unsupportedTable", "unsafePath"] as const;

/** Undefined if the files have no rows. */
async function mergedFile(
  current: Snapshot,
  files: readonly AddFile[],
  session: DuckSession,
  request: MergeRequest,
): Promise<AddFile | undefined> {
  const { lake, tablePath, tagsOf, exactStatistics, sortedBy, signal } = request;
  const { columns, partitionColumns } = current.metadata;
  const values = files[0]?.partitionValues ?? {};
  const merged = await withDataFiles(request, [{ snapshot: current, files }], (localPathOf) =>
    writeDataFile({
      signal,
      session,
      lake,
      tablePath,
      columns: tableColumns(columns, tablePath),
      query: readQuery(current, files, localPathOf),
      partitionValues: Object.fromEntries(partitionColumns.map((name) => [name, values[name] ?? null])),
      dataChange: false,
      tags: tagsOf?.(files),
      exactStatistics,
      sortedBy,
    }),
  );
  const [before, after] = [numRecords(files), numRecords(merged ? [merged] : [])];
  if (before === undefined || before === after) return merged;
  if (merged) await lake.delete(lakePathOf(current, merged));
  throw new CleverLakeError(
    "corrupt",
    `Data files have ${after} rows where the table's log says ${before}; they were not merged.`,
    {
      subject: files[0] ? lakePathOf(current, files[0]) : tablePath,
      hint: "Run clever-lake verify: it reports what is damaged.",
    },
  );
}
