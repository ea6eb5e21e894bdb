import type { MeasuredSide } from "./measure";
import type { BenchmarkName } from "./options";

/** Ours against theirs. */
export interface Comparison {
  readonly benchmark: BenchmarkName;
  readonly title: string;
  readonly ours: MeasuredSide;
  readonly theirs: MeasuredSide;
  /**
   * `time`: our time divided by theirs, at most the target; `throughput`: their time divided by ours, at least the
   * target.
   */
  readonly measure: "time" | "throughput";
  /** Omitted if the value is only reported. */
  readonly target?: number;
}

/** A limit on a process's memory, a time, or a number of files or requests. */
export interface Limit {
  readonly benchmark: BenchmarkName;
  readonly title: string;
  /** The unit of values and target; default: bytes. */
  readonly unit?: "bytes" | "seconds" | "files" | "requests";
  /** One per turn. */
  readonly values: readonly number[];
  /** The maximum; omitted if the value is only reported. */
  readonly target?: number;
}

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  const middle = (sorted.length - 1) / 2;
  return {
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    min: at(0),
    max: at(sorted.length - 1),
  };
}

/**
 * The ratio of each turn, in which both sides ran under the same conditions, so that the spread is that of the ratio.
 */
export function ratioOf({ ours, theirs, measure }: Comparison): Spread {
  const ratios = ours.samples.map(({ seconds }, turn) => {
    const other = theirs.samples[turn]?.seconds ?? Number.NaN;
    return measure === "time" ? seconds / other : other / seconds;
  });
  return spreadOf(ratios);
}

/** Undefined without a target. */
export function isReached(comparison: Comparison): boolean | undefined {
  const { measure, target } = comparison;
  if (target === undefined) return undefined;
  const { median } = ratioOf(comparison);
  return measure === "time" ? median <= target : median >= target;
}
