import fc from "fast-check";
import { expect, test } from "vitest";
import { newRunId } from "../../src/pipeline/runRecord";

const start = fc.date({ min: new Date("2020-01-01"), max: new Date("2100-01-01"), noInvalidDate: true });

test("a run is named for its start", () => {
  const time = new Date("2026-11-22T18:51:40.123Z");
  expect(newRunId(time, undefined)).toMatch(/^2026-11-22T18-51-40-[0-9a-f]{4}$/);
  expect(newRunId(time, "2026-11-22T18-51-39-ffff")).toMatch(/^2026-11-22T18-51-40-/);
});

test("a later run has a greater name, whatever the clock says", () => {
  expect(newRunId(new Date("2026-11-22T18:59:59Z"), "2026-11-22T18-59-59-ffff")).toMatch(
    /^2026-11-22T19-00-00-/,
  );
  fc.assert(
    fc.property(start, start, (first, second) => {
      const before = newRunId(first, undefined);
      expect(newRunId(second, before) > before).toBe(true);
    }),
  );
});

test("a record that no run named does not hinder the next one", () => {
  expect(newRunId(new Date("2026-11-22T18:51:40Z"), "zzz")).toMatch(/^2026-11-22T18-51-40-/);
});
