import { describe, expect, test } from "vitest";
import { waitBefore } from "../../src/lake/adls/waitBefore";

describe("before the next attempt", () => {
  test.each([
    ["seconds", "7", 7_000, 7_000],
    ["a date", new Date(Date.now() + 30_000).toUTCString(), 28_000, 30_000],
    ["more than a minute", "3600", 60_000, 60_000],
    ["a date in the past", new Date(Date.now() - 30_000).toUTCString(), 800, 1_600],
    ["no time", "0", 800, 1_600],
    ["nothing", undefined, 800, 1_600],
    ["something else", "soon", 800, 1_600],
  ])("the wait is as long as requested by %s", (_, retryAfter, least, most) => {
    const wait = waitBefore(retryAfter, 3, 400);
    expect(wait).toBeGreaterThanOrEqual(least);
    expect(wait).toBeLessThanOrEqual(most);
  });

  test("the wait is at most a minute, whatever the attempt", () => {
    expect(waitBefore(undefined, 30, 400)).toBeLessThanOrEqual(60_000);
  });
});
