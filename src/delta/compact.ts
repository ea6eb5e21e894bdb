import type { Duck } from "../duck/duck";
import { CleverLakeError, isCleverLakeError } from "../errors";
import type { Lake, LakeOptions } from "../lake/lake";
import type { AddFile } from "./actions";
import { commit } from "./commit";
import type { Attempt } from "./conflict";
import { writeDataFile } from "./dataFile";
import { withLocalFiles, withScratch } from "./localFiles";
import { lakePathOf, readQuery } from "./readQuery";
import { type Column, tableColumns } from "./schema";
import { readSnapshot, type Snapshot } from "./snapshot";
import { removeFile } from "./tableActions";

export interface CompactRequest extends LakeOptions {
  readonly lake: Lake;
  readonly duck: Duck;
  /** An unpartitioned table. */
  readonly tablePath: string;
  /** A snapshot at hand. */
  readonly snapshot?: Snapshot | undefined;
  /** Small files that may be there before they are merged; 20 if left out. */
  readonly maxSmallFiles?: number;
  /** Bytes below which a file is small; 8 MiB if left out. */
  readonly smallerThan?: number;
  readonly exactStatistics?: readonly string[];
  readonly onWarning?: (warning: CleverLakeError) => void;
}

/**
 * Merges the small files of an unpartitioned table into one where there are too many; the rows stay as they are.
 * Resolves to the snapshot after it, undefined where nothing was done: there are few small files, or another writer
 * was faster, and then the next run does it.
 */
export async function compactSmallFiles(request: CompactRequest): Promise<Snapshot | undefined> {
  const { lake, tablePath, duck } = request;
  const options: LakeOptions = request.signal ? { signal: request.signal } : {};
  const snapshot = request.snapshot ?? (await readSnapshot(lake, tablePath, duck, options));
  if (snapshot === undefined || smallFiles(snapshot, request).length === 0) return undefined;
  if (snapshot.metadata.partitionColumns.length > 0) {
    throw new CleverLakeError("unsupportedTable", "Only unpartitioned tables are compacted.", {
      subject: tablePath,
    });
  }
  try {
    const outcome = await commit({
      ...options,
      lake,
      duck,
      tablePath,
      snapshot,
      operation: { name: "OPTIMIZE", parameters: { predicate: "[]" } },
      attempt: async (current, number) => {
        if (current === undefined || number > 1) return undefined;
        return merge(current, smallFiles(current, request), request, options);
      },
      ...(request.onWarning ? { onWarning: request.onWarning } : {}),
    });
    return outcome.committed ? outcome.snapshot : undefined;
  } catch (error) {
    if (isCleverLakeError(error, "conflict")) return undefined;
    throw error;
  }
}

/** The files to merge, none where they are few. */
function smallFiles(snapshot: Snapshot, request: CompactRequest): AddFile[] {
  const limit = request.smallerThan ?? 8 * 1024 * 1024;
  const files = [...snapshot.files.values()].filter(({ size }) => size < limit);
  return files.length > (request.maxSmallFiles ?? 20) ? files : [];
}

async function merge(
  snapshot: Snapshot,
  files: readonly AddFile[],
  { lake, duck, tablePath, exactStatistics }: CompactRequest,
  options: LakeOptions,
): Promise<Attempt | undefined> {
  if (files.length === 0) return undefined;
  const columns: readonly Column[] = tableColumns(snapshot.metadata.columns, tablePath);
  const lakePaths = files.map((file) => lakePathOf(snapshot, file));
  const merged = await withLocalFiles(lake, lakePaths, options, (local) => {
    const places = new Map(lakePaths.map((lakePath, index) => [lakePath, local[index] ?? lakePath]));
    const query = readQuery(snapshot, files, (lakePath) => places.get(lakePath) ?? lakePath);
    return withScratch(lake, (scratch) =>
      duck.session((session) =>
        writeDataFile({
          ...options,
          session,
          lake,
          tablePath,
          columns,
          query,
          scratch,
          dataChange: false,
          ...(exactStatistics ? { exactStatistics } : {}),
        }),
      ),
    );
  });
  const removes = files.map((file) => removeFile(file, { dataChange: false }));
  return { actions: merged === undefined ? removes : [{ add: merged }, ...removes] };
}
