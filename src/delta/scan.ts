import type { AddFile, PartitionValues } from "./actions";
import { compareCodePoints } from "./codePoints";
import type { Snapshot } from "./replay";
import { type Bound, fileStatistics } from "./statistics";

/** Restricts rows to values from `from` to `to`, both inclusive. Dates are `yyyy-MM-dd`. */
export interface Range {
  readonly column: string;
  readonly from?: Bound | undefined;
  readonly to?: Bound | undefined;
}

export interface Scan {
  /** Which partitions may contain matching rows; default: all. */
  readonly partition?: (values: PartitionValues) => boolean;
  /** Matching rows are within all of them. */
  readonly ranges?: readonly Range[];
}

/** Types whose statistics can be used to skip files: they are exact enough, and all writers format them alike. */
const comparable: ReadonlySet<string> = new Set(["string", "date", "byte", "short", "integer", "long"]);

/**
 * The files that may contain matching rows. A file is skipped only if its partition or its statistics prove that it
 * has none, so the rows must still be filtered.
 */
export function scanFiles(snapshot: Snapshot, scan: Scan = {}): AddFile[] {
  const types = new Map(snapshot.metadata.columns.map(({ name, type }) => [name, type]));
  const ranges = (scan.ranges ?? []).filter(({ column }) => comparable.has(types.get(column) ?? ""));
  const files: AddFile[] = [];
  for (const file of snapshot.files.values()) {
    if (scan.partition && !scan.partition(file.partitionValues)) continue;
    if (ranges.every((range) => mayContain(file, range))) files.push(file);
  }
  return files;
}

function mayContain(file: AddFile, { column, from, to }: Range): boolean {
  const statistics = fileStatistics(file);
  if (statistics === undefined) return true;
  if (statistics.numRecords > 0 && statistics.nullCount[column] === statistics.numRecords) return false;
  const min = ownValue(statistics.minValues, column);
  const max = ownValue(statistics.maxValues, column);
  if (from !== undefined && max !== undefined && isBelow(max, from)) return false;
  return !(to !== undefined && min !== undefined && isBelow(to, min));
}

function ownValue(bounds: Readonly<Record<string, Bound>>, column: string): Bound | undefined {
  return Object.hasOwn(bounds, column) ? bounds[column] : undefined;
}

/** False if the types differ: that proves nothing. */
function isBelow(a: Bound, b: Bound): boolean {
  if (typeof a === "number" && typeof b === "number") return a < b;
  return typeof a === "string" && typeof b === "string" && compareCodePoints(a, b) < 0;
}
