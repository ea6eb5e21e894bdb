import { readFile, writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { pseudoTable } from "../../src/clever/layout";
import { reports } from "../../src/clever/reports";
import { repairLake } from "../../src/pipeline/repair/repair";
import { ForeignWriter } from "../helpers/foreignWriter";
import { daily, dailyCsv, dailyPath, PipelineFixture, salt } from "../helpers/pipelineFixture";

/** No row of a landed file whose bytes another program has changed enters a table, even if their number is the same. */

const first = dailyPath();
const second = dailyPath("2024-09-04");
const changed = /bytes are not those that were ingested/;

/** Gives the landed file of a source other logins, in as many bytes; resolves to a function that restores it. */
async function change(fixture: PipelineFixture, source: string): Promise<() => Promise<void>> {
  const landed = (await fixture.lastLog()).get(source)?.landedPath ?? "";
  const place = fixture.lake.localPath(landed);
  const bytes = await readFile(place, "utf8");
  await writeFile(place, bytes.replaceAll("true,1,2", "true,7,2"));
  return () => writeFile(place, bytes);
}

test("a run takes none from a file that landed in an earlier run", async () => {
  const fixture = await PipelineFixture.create();
  await fixture.put(first, dailyCsv(daily("amy")));
  await fixture.run({ command: "ingest", salt: undefined });
  const restore = await change(fixture, first);
  const { failed } = await fixture.run();
  expect(failed).toEqual([{ path: first, reason: expect.stringMatching(changed) }]);
  await restore();
  expect(await fixture.run()).toMatchObject({ anonymized: 1, failed: [] });
  expect(await fixture.logins("amy")).toEqual(["amy 2024-09-03 1"]);
});

test("none comes back when a newer file no longer has it", async () => {
  const fixture = await PipelineFixture.create();
  await fixture.put(first, dailyCsv(daily("amy"), daily("ben")));
  await fixture.put(second, dailyCsv(daily("amy"), daily("ben"), daily("cat")));
  await fixture.run();
  await change(fixture, first);
  await fixture.put(second, dailyCsv(daily("ben"), daily("cat")));
  const { notes } = await fixture.run();
  expect(notes).toContainEqual({ path: first, note: expect.stringMatching(/rows may be missing/) });
  expect(await fixture.logins("amy", "ben", "cat")).toEqual(["ben 2024-09-03 1", "cat 2024-09-03 1"]);
});

test("a repair keeps the rows of the table instead", async () => {
  const fixture = await PipelineFixture.create();
  const { lake } = fixture;
  await fixture.put(first, dailyCsv(daily("amy")));
  await fixture.put(second, dailyCsv(daily("ben", "2024-09-04")));
  await fixture.run();
  await change(fixture, first);
  const table = new ForeignWriter(lake, pseudoTable(reports.daily_participation));
  await table.rewrite("UPDATE", { year: 2024, month: 9 }, { select: "SELECT * REPLACE (5 AS num_logins)" });
  const { tables } = await repairLake({ lake, salt, dryRun: false });
  expect(tables).toMatchObject([{ kept: [first], problem: null }]);
  expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-03 5", "ben 2024-09-04 1"]);
});
