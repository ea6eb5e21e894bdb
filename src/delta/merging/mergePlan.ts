import { groupBy } from "../../basics/groupBy";
import type { AddFile, PartitionValues, Tags } from "../log/actions";
import type { Snapshot } from "../log/replay";

const megabyte = 1024 * 1024;
/** Larger files are never rewritten. */
const maxSourceBytes = 64 * megabyte;
const maxMergedBytes = 128 * megabyte;
/** A file is merged with smaller files if it has at most this many times their total bytes. */
const tierRatio = 4;

/** The tags of a file with the rows of these files; undefined if one of them has no tags. */
export type MergedTags = (files: readonly AddFile[]) => Tags | undefined;

export interface MergePolicy {
  /** The maximum number of files of a partition. */
  readonly maxFiles: number;
  /** Default: no tags. */
  readonly tagsOf?: MergedTags | undefined;
  /** Files to write again even if they are merged with no other. Default: none. */
  readonly isOutdated?: ((file: AddFile) => boolean) | undefined;
}

/** Files of one partition that are merged into one. */
export interface Merge {
  readonly files: readonly AddFile[];
  readonly bytes: number;
}

/**
 * Chooses the files to merge so that no partition has more than `maxFiles`. In a partition with more, the smallest
 * files are merged until about half of `maxFiles` remain. A file is merged with files of similar size, never only
 * with far smaller ones, so it is rewritten only a few times however many files are appended. Files with tags
 * (`tagsOf`) are never merged with files without. More files remain if they are large, or if each is far larger than
 * the one before.
 */
export function planMerges(snapshot: Snapshot, policy: MergePolicy): Merge[] {
  const { maxFiles, tagsOf, isOutdated } = policy;
  return [...filesByPartition(snapshot).values()].flatMap((files) => {
    const merges = mergesOf(files, maxFiles, tagsOf);
    if (isOutdated === undefined) return merges;
    const merged = new Set(merges.flatMap((merge) => merge.files));
    const outdated = files.filter((file) => !merged.has(file) && isOutdated(file));
    return [...merges, ...outdated.map((file) => ({ files: [file], bytes: file.size }))];
  });
}

/** The active files of a table by partition, sorted by the partitions' names (see `partitionName`). */
export function filesByPartition({ files, metadata }: Snapshot): Map<string, AddFile[]> {
  const groups = groupBy(files.values(), ({ partitionValues }) =>
    partitionName(metadata.partitionColumns, partitionValues),
  );
  return new Map([...groups].sort(([a], [b]) => a.localeCompare(b, "en", { numeric: true })));
}

/** `year=2025, month=9`; empty for a table without partitions. */
function partitionName(columns: readonly string[], values: PartitionValues): string {
  return columns.map((column) => `${column}=${values[column] ?? ""}`).join(", ");
}

function mergesOf(files: readonly AddFile[], maxFiles: number, tagsOf: MergedTags | undefined): Merge[] {
  const small = files.filter(({ size }) => size <= maxSourceBytes);
  const half = Math.max(1, Math.floor(maxFiles / 2));
  const limit = Math.max(half, maxFiles - (files.length - small.length));
  if (small.length <= limit) return [];
  const bySize = small.toSorted((a, b) => a.size - b.size);
  const isTagged = (file: AddFile) => tagsOf?.([file]) !== undefined;
  const groupsBySize = [bySize.filter(isTagged), bySize.filter((file) => !isTagged(file))];
  const merges: Merge[] = [];
  let remaining = small.length;
  for (const group of groupsBySize) {
    for (let start = 0; start < group.length && remaining > limit; ) {
      const merged = sameTier(group.slice(start), remaining - Math.max(1, Math.floor(limit / 2)) + 1);
      start += merged.files.length;
      remaining -= merged.files.length - 1;
      if (merged.files.length > 1) merges.push(merged);
    }
  }
  return merges;
}

/** The first of some files, sorted by size, with the following ones that are not far larger; at most `maxFiles`. */
function sameTier([first, ...others]: readonly AddFile[], maxFiles: number): Merge {
  const files = first === undefined ? [] : [first];
  let bytes = first?.size ?? 0;
  for (const file of others) {
    if (files.length === maxFiles || file.size > tierRatio * bytes || bytes + file.size > maxMergedBytes)
      break;
    files.push(file);
    bytes += file.size;
  }
  return { files, bytes };
}
