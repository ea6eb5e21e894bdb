/**
 * Robust statistics: a few outliers, up to half of the values for the median and the MAD, do not move the result far.
 * None of these functions changes its argument.
 */

/** The middle value; the mean of the two middle ones for an even count; NaN for an empty list. */
export function median(values: readonly number[]): number {
  const sorted = new Float64Array(values).sort();
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/**
 * Correction for the MAD of few normal values, which is too small on average: Croux and Rousseeuw (1992), from n = 2.
 */
const smallSample = [1.196, 1.495, 1.363, 1.206, 1.2, 1.14, 1.129, 1.107];

/**
 * The standard deviation estimated from the median absolute deviation from `centre`: 1.4826 makes the two the same
 * for normal noise (Hampel 1974), with the correction for few values.
 */
export function madDeviation(values: readonly number[], centre: number): number {
  const n = values.length;
  const correction = smallSample[n - 2] ?? n / (n - 0.8);
  return 1.4826 * correction * median(values.map((value) => Math.abs(value - centre)));
}

/** The mean of the middle half of the values (Tukey's midmean); values at its borders count proportionally. */
export function midmean(values: readonly number[]): number {
  const sorted = new Float64Array(values).sort();
  const cut = sorted.length / 4;
  let sum = 0;
  for (const [index, value] of sorted.entries()) {
    const inside = Math.min(index + 1, sorted.length - cut) - Math.max(index, cut);
    if (inside > 0) sum += inside * value;
  }
  return sum / (sorted.length / 2);
}

/** A straight line: its slope, and its height at 0. */
export interface Line {
  readonly slope: number;
  readonly height: number;
}

/** The line whose slope is the median of the slopes between all pairs of points (Theil 1950, Sen 1968). */
export function theilSen(times: readonly number[], values: readonly number[]): Line {
  const slopes: number[] = [];
  for (const [i, value] of values.entries()) {
    for (let j = 0; j < i; j++) {
      slopes.push((value - (values[j] ?? 0)) / ((times[i] ?? 0) - (times[j] ?? 0)));
    }
  }
  const slope = median(slopes);
  return { slope, height: median(values.map((value, i) => value - slope * (times[i] ?? 0))) };
}

/**
 * How certain it is that values in time order rise (above 0) or fall (below 0) throughout: the normal score of the
 * Mann–Kendall test (Mann 1945, Kendall 1975).
 */
export function mannKendall(values: readonly number[]): number {
  const n = values.length;
  let balance = 0;
  for (const [i, value] of values.entries()) {
    for (let j = 0; j < i; j++) balance += Math.sign(value - (values[j] ?? 0));
  }
  const variance = (n * (n - 1) * (2 * n + 5)) / 18;
  return variance === 0 ? 0 : (balance - Math.sign(balance)) / Math.sqrt(variance);
}
