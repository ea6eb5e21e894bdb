import { afterEach, describe, expect, test } from "vitest";
import { showRun } from "../../src/cli/show";
import { readRunRecord } from "../../src/pipeline/log/runRecord";
import { freshnessOf } from "../../src/pipeline/plan/freshness";
import { needsAttention } from "../../src/pipeline/runSummary";
import { readTables } from "../../src/pipeline/write/tables";
import { sharedDuck } from "../helpers/lakeRows";
import {
  daily,
  dailyCsv,
  dailyPath,
  PipelineFixture,
  usage,
  usageCsv,
  usagePath,
} from "../helpers/pipelineFixture";

/** A day the given number of days before today; today is a day on which nothing is due yet. */
const dayBefore = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
const weekday = (day: string) => new Date(day).getUTCDay();
const isWeekend = (day: string) => weekday(day) === 0 || weekday(day) === 6;
/** Days from `from` to `to` days ago, oldest first. */
const days = (from: number, to: number) =>
  Array.from({ length: from - to + 1 }, (_, index) => dayBefore(from - index));

/** When Clever publishes a day's report. */
const nightAfter = (day: string) => new Date(Date.parse(day) + 86_400_000);

async function withDays(reported: readonly string[]): Promise<PipelineFixture> {
  const fixture = await PipelineFixture.create();
  for (const day of reported) await fixture.put(dailyPath(day), dailyCsv(daily("amy", day)), nightAfter(day));
  await fixture.run();
  return fixture;
}

describe("the school days since then", () => {
  const zone = process.env.TZ;
  afterEach(() => {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  });

  test.each([
    ["America/Los_Angeles", 1],
    ["Pacific/Auckland", 2],
  ])("end on the day that it is in %s", async (there, schoolDays) => {
    const fixture = await PipelineFixture.create();
    // A Tuesday.
    await fixture.put(dailyPath("2024-09-03"), dailyCsv(daily("amy", "2024-09-03")));
    await fixture.run();
    process.env.TZ = there;
    const duck = await sharedDuck();
    const tables = await readTables({ lake: fixture.lake, duck });
    const thursdayEvening = new Date("2024-09-06T01:00:00Z");
    expect(freshnessOf(tables.pseudo, thursdayEvening)).toMatchObject([
      { newestDay: "2024-09-03", schoolDays },
    ]);
  });
});

describe("the newest day of each report and user type", () => {
  test("comes from the rows, not from the files' names or times", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(
      dailyPath("2024-09-30"),
      dailyCsv(daily("amy", "2024-09-02"), daily("amy", "2024-09-05")),
    );
    await fixture.put(dailyPath("2024-09-30", "staff"), dailyCsv(daily("sam", "2024-09-04")));
    await fixture.put(dailyPath("2024-09-30", "teachers"), dailyCsv());
    await fixture.put(usagePath("2024-09-30"), usageCsv(usage("amy", "Maths", "2024-09-03")));
    await fixture.run();
    const { freshness, overdue } = await fixture.lakeStatus();
    expect(freshness).toMatchObject([
      { report: "daily_participation", userType: "students", newestDay: "2024-09-05" },
      { report: "daily_participation", userType: "staff", newestDay: "2024-09-04" },
      { report: "resource_usage", userType: "students", newestDay: "2024-09-03" },
    ]);
    expect(overdue).toEqual([]);
  });

  test("is never in the future", async () => {
    const fixture = await withDays([dayBefore(3), dayBefore(-400)]);
    expect((await fixture.lakeStatus()).freshness).toMatchObject([{ newestDay: dayBefore(3) }]);
  });
});

describe("school days since the newest day", () => {
  test("are Monday to Friday while there is little data, without today", async () => {
    const fixture = await withDays([dayBefore(10)]);
    const passed = days(9, 1).filter((day) => !isWeekend(day)).length;
    expect((await fixture.lakeStatus()).freshness).toMatchObject([{ schoolDays: passed }]);
  });

  test("are the weekdays in the data, except for a single occurrence", async () => {
    const onWeekdays = [1, 3, 4];
    const reported = days(60, 12).filter((day) => onWeekdays.includes(weekday(day)));
    const odd = days(40, 12).find((day) => weekday(day) === 6) ?? "";
    const fixture = await withDays([...reported, odd].toSorted());
    const newest = [...reported, odd].toSorted().at(-1) ?? "";
    const passed = days(60, 1).filter((day) => day > newest && onWeekdays.includes(weekday(day))).length;
    expect((await fixture.lakeStatus()).freshness).toMatchObject([{ newestDay: newest, schoolDays: passed }]);
  });
});

describe("an overdue report", () => {
  const late = { report: "daily_participation", userType: "students", newestDay: dayBefore(20) } as const;

  test("is a problem of the run, which reports it, and shows in the status", async () => {
    const fixture = await withDays([dayBefore(20)]);
    const summary = await fixture.run({ expectReportsWithin: 3 });
    expect(summary).toMatchObject({ landed: 0, unchanged: 1, overdue: [late] });
    expect(needsAttention(summary)).toBe(true);
    expect(showRun(summary)).toMatch(
      /^Nothing new[\s\S]*Overdue: 1\n +daily participation of students: the newest day is \S+, with \d+ school days since\./,
    );
    expect((await fixture.lakeStatus(3)).overdue).toMatchObject([late]);
  });

  test("is not reported by default, within the limit, for other user types, or in a run on selected files", async () => {
    const fixture = await withDays([dayBefore(20)]);
    for (const request of [
      {},
      { expectReportsWithin: 20 },
      { expectReportsWithin: 3, userTypes: ["staff" as const] },
      { expectReportsWithin: 3, only: [dailyPath(dayBefore(20))] },
    ]) {
      expect((await fixture.run(request)).overdue).toEqual([]);
    }
  });

  test("is no longer overdue once a run ingested a newer day, and is reported by a run that ingested only others", async () => {
    const fixture = await withDays([dayBefore(20)]);
    await fixture.put(
      dailyPath(dayBefore(1), "staff"),
      dailyCsv(daily("sam", dayBefore(1))),
      nightAfter(dayBefore(1)),
    );
    expect((await fixture.lakeStatus(3)).overdue).toHaveLength(1);
    const others = await fixture.run({ expectReportsWithin: 3 });
    expect(others).toMatchObject({ anonymized: 1, overdue: [late] });
    expect(showRun(others)).toMatch(/^Done\./);
    expect(await readRunRecord(fixture.lake, others.runId)).toMatchObject({
      outcome: "done",
      summary: { overdue: [late] },
    });
    await fixture.put(
      dailyPath(dayBefore(1)),
      dailyCsv(daily("amy", dayBefore(1))),
      nightAfter(dayBefore(1)),
    );
    expect((await fixture.lakeStatus(3)).overdue).toEqual([]);
    expect(await fixture.run({ command: "ingest", expectReportsWithin: 3 })).toMatchObject({
      landed: 1,
      overdue: [],
    });
    expect(await fixture.run({ command: "ingest", expectReportsWithin: 3 })).toMatchObject({
      landed: 0,
      overdue: [],
    });
    expect(await fixture.run({ expectReportsWithin: 3 })).toMatchObject({ anonymized: 1, overdue: [] });
  });
});
