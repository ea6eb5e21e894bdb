import { expect, test } from "vitest";
import { pseudoTable } from "../../src/clever/layout";
import { reports } from "../../src/clever/reports";
import { readSnapshot } from "../../src/delta/snapshot";
import { sharedDuck } from "../helpers/lakeRows";
import { daily, dailyCsv, dailyPath, PipelineFixture } from "../helpers/pipelineFixture";

test("an untouched month keeps its files, and a rebuilt one keeps its unchanged files", async () => {
  const fixture = await PipelineFixture.create();
  const of = (person: number, day: string, logins?: number) => daily(String(person), day, logins);
  await fixture.put(dailyPath("2024-09-02"), dailyCsv(of(1, "2024-09-02"), of(2, "2024-09-02")));
  await fixture.run();
  await fixture.put(dailyPath("2024-09-03"), dailyCsv(of(1, "2024-09-03")));
  await fixture.run();
  await fixture.put(dailyPath("2024-10-01"), dailyCsv(of(1, "2024-10-01")));
  await fixture.run();
  const files = async () => {
    const table = pseudoTable(reports.daily_participation);
    return [
      ...((await readSnapshot({ lake: fixture.lake, duck: await sharedDuck() }, table))?.files.keys() ?? []),
    ];
  };
  const before = await files();
  await fixture.put(dailyPath("2024-09-03"), dailyCsv(of(1, "2024-09-03", 5), of(2, "2024-09-03")));
  await fixture.run();
  const after = await files();
  expect(before).toHaveLength(3);
  expect(after.filter((file) => before.includes(file))).toHaveLength(2);
  expect(after).toHaveLength(3);
}, 60_000);
