import fc from "fast-check";
import { expect, test } from "vitest";
import { runRecordPath } from "../../src/clever/layout";
import { newRunId, readRunRecord } from "../../src/pipeline/log/runRecord";
import { MemoryLake } from "../helpers/memoryLake";
import { daily, dailyCsv, dailyPath, PipelineFixture } from "../helpers/pipelineFixture";

const start = fc.date({ min: new Date("2020-01-01"), max: new Date("2100-01-01"), noInvalidDate: true });

test("a run is named after its start", () => {
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

test("a record with a foreign name does not affect the next run", () => {
  expect(newRunId(new Date("2026-11-22T18:51:40Z"), "zzz")).toMatch(/^2026-11-22T18-51-40-/);
});

test("a record of an earlier version of this program is read, without the newer fields", async () => {
  const lake = new MemoryLake();
  const runId = "2024-09-10T00-00-00-abcd";
  const problem = { path: "a.csv", line: 3, column: "date", reason: "Not a date." };
  const summary = {
    ...{ runId, landed: 1, bytes: 2, anonymized: 0, unchanged: 0, failed: [], refused: 0 },
    ...{ rows: { daily_participation: 0, resource_usage: 0 }, inQuarantine: [], notes: [], milliseconds: 5 },
    quarantined: [problem],
  };
  const started = "2024-09-10T00:00:00.000Z";
  const record = {
    runId,
    command: "run",
    started,
    outcome: "incomplete",
    landings: [],
    summary: { ...summary, duplicates: [] },
  };
  lake.files.set(runRecordPath(runId), Buffer.from(JSON.stringify(record)));
  const read = await readRunRecord(lake, runId);
  expect([read?.only, read?.accept]).toEqual([undefined, undefined]);
  expect(read?.summary).toEqual({
    ...summary,
    quarantined: [{ ...problem, acceptable: true, hasEarlierRows: false }],
    superseded: 0,
    notRead: [],
    overdue: [],
    changedByOthers: [],
    reportsOnServer: null,
  });
});

test("a record says which files the run was limited to", async () => {
  const fixture = await PipelineFixture.create();
  const [first, second] = ["2024-09-03", "2024-09-04"].map((day) => dailyPath(day));
  for (const path of [first, second]) await fixture.put(path ?? "", dailyCsv(daily("amy", "2024-09-03")));
  const limited = await fixture.run({ only: [first ?? ""], accept: [] });
  expect(await readRunRecord(fixture.lake, limited.runId)).toMatchObject({ only: [first], accept: [] });
  const whole = await fixture.run();
  expect((await readRunRecord(fixture.lake, whole.runId))?.only).toBeUndefined();
});
