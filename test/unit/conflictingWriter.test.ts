import { expect, test, vi } from "vitest";
import { pseudoTable } from "../../src/clever/layout";
import { reports } from "../../src/clever/reports";
import { commitPath } from "../../src/delta/paths";
import type { LogEntry } from "../../src/pipeline/log/ingestLog";
import type { Landing } from "../../src/pipeline/plan/plan";
import { ForeignWriter } from "../helpers/foreignWriter";
import {
  daily,
  dailyCsv,
  dailyPath,
  PipelineFixture,
  usage,
  usageCsv,
  usagePath,
} from "../helpers/pipelineFixture";

// Each file is a chunk of its own.
vi.mock(import("../../src/pipeline/plan/work"), async (original) => ({
  ...(await original()),
  chunksOf: (landings: readonly Landing[], pending: readonly LogEntry[]) => [
    ...pending.map((entry) => ({ landings: [], pending: [entry] })),
    ...landings.map((landing) => ({ landings: [landing], pending: [] })),
  ],
}));

test("after another program's commit, a run reads no more files of the report, and the next run ingests them", async () => {
  const fixture = await PipelineFixture.create();
  const days = ["2024-09-03", "2024-09-04", "2024-09-05"];
  for (const day of days) await fixture.put(dailyPath(day), dailyCsv(daily(`of-${day}`, day)));
  await fixture.put(usagePath(), usageCsv(usage("amy", "Maps")));
  const table = pseudoTable(reports.daily_participation);
  const other = new ForeignWriter(fixture.lake, table);
  let hasWritten = false;
  const putIfAbsent = fixture.lake.putIfAbsent.bind(fixture.lake);
  const write = vi.spyOn(fixture.lake, "putIfAbsent").mockImplementation(async (file, data, options) => {
    if (file === commitPath(table, 1) && !hasWritten) {
      hasWritten = true;
      const add = await other.file((rows) => `SELECT * EXCLUDE (year, month) FROM ${rows}`, {
        year: "2024",
        month: "9",
      });
      await other.commit("WRITE", [{ add }], 1);
    }
    return putIfAbsent(file, data, options);
  });
  const summary = await fixture.run();
  const reason = expect.stringContaining("Another program changed the table in the meantime.");
  expect(summary).toMatchObject({
    anonymized: 2,
    failed: days.slice(1).map((day) => ({ path: dailyPath(day), reason })),
  });
  // Nobody of the files that failed without being read is among the people.
  const people = (await fixture.lookup()).map((row) => String(row.sis_id));
  expect(people.filter((id) => id.endsWith("2024-09-05"))).toEqual([]);
  write.mockRestore();
  expect(await fixture.run()).toMatchObject({ anonymized: 2, failed: [] });
  // With the other program's copy of the first row.
  expect(await fixture.rows()).toHaveLength(4);
});
