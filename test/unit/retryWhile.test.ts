import { describe, expect, test } from "vitest";
import { retryWhile } from "../../src/basics/retryWhile";

/** The pauses, in milliseconds, before the attempts of something that always fails. */
async function pauses(retryAfter: string | undefined, retries: number): Promise<number[]> {
  const waits: number[] = [];
  const failing = retryWhile(() => Promise.reject(new Error("busy")), {
    firstWait: 400,
    maxWait: 60_000,
    mayRetry: (_, attempt) => attempt < retries,
    retryAfter: () => retryAfter,
    wait: async (milliseconds) => {
      waits.push(milliseconds);
    },
  });
  await expect(failing).rejects.toThrow("busy");
  return waits;
}

describe("before the next attempt", () => {
  test.each([
    ["seconds", "7", 7_000, 7_000],
    ["a date", new Date(Date.now() + 30_000).toUTCString(), 25_000, 30_000],
    ["more than the longest pause", "3600", 60_000, 60_000],
  ])("the pause is as long as Retry-After says with %s", async (_, retryAfter, least, most) => {
    for (const wait of await pauses(retryAfter, 3)) {
      expect(wait).toBeGreaterThanOrEqual(least);
      expect(wait).toBeLessThanOrEqual(most);
    }
  });

  test.each([
    ["a date in the past", new Date(Date.now() - 30_000).toUTCString()],
    ["no time", "0"],
    ["nothing", undefined],
    ["something else", "soon"],
  ])("the pause grows, up to the longest one, if Retry-After says %s", async (_, retryAfter) => {
    const waits = await pauses(retryAfter, 20);
    expect(waits).toHaveLength(20);
    expect(waits[0]).toBeLessThan(1_000);
    expect(Math.max(...waits.slice(-5))).toBeGreaterThan(10_000);
    expect(Math.max(...waits)).toBeLessThanOrEqual(60_000);
  });
});
