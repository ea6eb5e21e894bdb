import { describe, expect, it } from "vitest";
import { madDeviation, mannKendall, median, midmean, theilSen } from "../../src/dashboard/changes/robust";

describe("robust statistics", () => {
  it("use the median", () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([9, 1, 5, 6])).toBe(5.5);
    expect(median([])).toBeNaN();
    expect(midmean([100, 1, 2, 3, 4, 5, 6, -100])).toBe((2 + 3 + 4 + 5) / 4);
    // Five values: 1.25 values are trimmed at each end, so the second and fourth count three quarters.
    expect(midmean([1, 2, 3, 4, 99])).toBeCloseTo((0.75 * 2 + 3 + 0.75 * 4) / 2.5, 12);
  });

  it("estimate a standard deviation that one outlier does not affect", () => {
    const values = Array.from({ length: 99 }, (_, i) => i - 49);
    expect(madDeviation(values, 0)).toBeCloseTo(1.4826 * 25 * (99 / 98.2), 10);
    expect(madDeviation([...values.slice(0, -1), 1e9], 0)).toBeCloseTo(1.4826 * 25 * (99 / 98.2), 10);
    expect(madDeviation([1, 2, 3, 4, 5, 6], 3.5)).toBeCloseTo(1.4826 * 1.2 * 1.5, 10);
  });

  it("fit a line through points with outliers", () => {
    const times = [0, 1, 2, 4, 5, 6, 9];
    const values = times.map((time) => 3 + 2 * time);
    values[2] = 500;
    expect(theilSen(times, values)).toEqual({ slope: 2, height: 3 });
  });

  it("distinguish a trend from noise", () => {
    // S = 28 of 8 values in order; variance 8·7·21/18 = 65.33.
    expect(mannKendall([1, 2, 3, 4, 5, 6, 7, 8])).toBeCloseTo(27 / Math.sqrt(196 / 3), 12);
    expect(mannKendall([8, 7, 6, 5, 4, 3, 2, 1])).toBeCloseTo(-27 / Math.sqrt(196 / 3), 12);
    expect(mannKendall([3, 3, 3, 3])).toBe(0);
    expect(mannKendall([5])).toBe(0);
  });
});
