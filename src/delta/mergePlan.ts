import type { AddFile, PartitionValues, Tags } from "./actions";
import type { Snapshot } from "./replay";

const megabyte = 1024 * 1024;
/** A larger file is never written again. */
const largestSource = 128 * megabyte;
const largestMerged = 256 * megabyte;
/** A file joins smaller ones if it has at most this many times their bytes together. */
const tier = 4;

/** The tags of a file that holds the rows of these files; undefined if one of them does not tell what it holds. */
export type MergedTags = (files: readonly AddFile[]) => Tags | undefined;

export interface MergePolicy {
  /** Files that a partition may have. */
  readonly maxFiles: number;
  /** Only these partitions; all if left out. */
  readonly partitions?: readonly PartitionValues[] | undefined;
  /** No tags if left out. */
  readonly tagsOf?: MergedTags | undefined;
}

/** Files of one partition that become one file. */
export interface Merge {
  readonly files: readonly AddFile[];
  readonly bytes: number;
}

/**
 * Which files to merge so that no partition has more than `maxFiles`. Where there are more, the smallest ones are merged
 * until about half of `maxFiles` remain. Thus a file is written again only a few times, however many are appended: it
 * joins files of its own size, never far smaller ones alone. Files that tell what they hold (`tagsOf`) are never
 * merged with files that do not. More files remain where they are large, or where each is far larger than the one before.
 */
export function planMerges(snapshot: Snapshot, policy: MergePolicy): Merge[] {
  const { maxFiles, partitions, tagsOf } = policy;
  const columns = snapshot.metadata.partitionColumns;
  const wanted = partitions && new Set(partitions.map((values) => partitionName(columns, values)));
  const merges: Merge[] = [];
  for (const [name, files] of filesByPartition(snapshot)) {
    if (wanted === undefined || wanted.has(name)) merges.push(...mergesOf(files, maxFiles, tagsOf));
  }
  return merges;
}

/** The active files of a table by partition, in the order of the partitions' names (see `partitionName`). */
export function filesByPartition({ files, metadata }: Snapshot): Map<string, AddFile[]> {
  const groups = new Map<string, AddFile[]>();
  for (const file of files.values()) {
    const name = partitionName(metadata.partitionColumns, file.partitionValues);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [file]);
    else group.push(file);
  }
  return new Map([...groups].sort(([a], [b]) => a.localeCompare(b, "en", { numeric: true })));
}

/** `year=2025, month=9`; empty for a table without partitions. */
function partitionName(columns: readonly string[], values: PartitionValues): string {
  return columns.map((column) => `${column}=${values[column] ?? ""}`).join(", ");
}

function mergesOf(files: readonly AddFile[], maxFiles: number, tagsOf: MergedTags | undefined): Merge[] {
  const small = files.filter(({ size }) => size <= largestSource);
  const half = Math.max(1, Math.floor(maxFiles / 2));
  const limit = Math.max(half, maxFiles - (files.length - small.length));
  if (small.length <= limit) return [];
  const bySize = small.toSorted((a, b) => a.size - b.size);
  const isTagged = (file: AddFile) => tagsOf?.([file]) !== undefined;
  const alike = [bySize.filter(isTagged), bySize.filter((file) => !isTagged(file))];
  const merges: Merge[] = [];
  let left = small.length;
  for (const group of alike) {
    for (let start = 0; start < group.length && left > limit; ) {
      const merged = sameTier(group.slice(start), left - Math.max(1, Math.floor(limit / 2)) + 1);
      start += merged.files.length;
      left -= merged.files.length - 1;
      if (merged.files.length > 1) merges.push(merged);
    }
  }
  return merges;
}

/** The first of some files, the smallest first, with those behind it that are not far larger; at most so many. */
function sameTier([first, ...others]: readonly AddFile[], most: number): Merge {
  const files = first === undefined ? [] : [first];
  let bytes = first?.size ?? 0;
  for (const file of others) {
    if (files.length === most || file.size > tier * bytes || bytes + file.size > largestMerged) break;
    files.push(file);
    bytes += file.size;
  }
  return { files, bytes };
}
