import { describe, expect, test } from "vitest";
import type { ComparedUse, DashboardAnswer } from "../../src/dashboard/answer";
import { quarantinedIn } from "../../src/dashboard/caveats";
import { type DashboardFilter, openingFilter } from "../../src/dashboard/filter";
import { answer } from "../../src/dashboard/query/answer";
import { metricsDocument, participationMetrics } from "../../src/dashboard/query/metrics";
import { sampleRows } from "../helpers/dashboardCsv";
import { metricsFilter } from "../helpers/metricsFilter";
import { plainIndex } from "../helpers/plainIndex";
import { attendedOn, usedOn, weekdaysFrom } from "../helpers/syntheticRows";

/** At the default settings: a district of 250 students, with a winter break, after which an app is used less. */

const settings = {
  minimumGroupSize: 10,
  keepWhole: "schools",
  schoolYearStart: "08-01",
  now: new Date("2026-02-01T12:00:00Z"),
} as const;
const firstDayAfter = "2026-01-05";

describe("two periods around a winter break", () => {
  const made = sampleRows(
    { seed: 3, students: 250, teachers: 12, staff: 0, schools: 3, days: 50, firstDay: "2025-10-27" },
    ["3", "4", "5"],
  );
  const counts = new Map<string, number>();
  for (const { name } of made.usage) if (name !== null) counts.set(name, (counts.get(name) ?? 0) + 1);
  const [app = ""] = [...counts].sort(([, a], [, b]) => b - a).map(([name]) => name);
  let kept = 0;
  const usage = made.usage.filter(
    ({ name, date }) => name !== app || date < firstDayAfter || kept++ % 3 === 0,
  );
  const dates = [...new Set(usage.map(({ date }) => date))].sort();
  const [before, after] = [
    dates.filter((date) => date < firstDayAfter),
    dates.filter((date) => date >= firstDayAfter),
  ];
  const index = plainIndex(made.participation, usage, true);
  const ask = async (filter: Partial<DashboardFilter>): Promise<DashboardAnswer> => {
    const given = await answer(index, { ...openingFilter, ...filter }, settings);
    if ("empty" in given) throw new Error("there is no answer");
    return given;
  };

  test("the break is found, with as many school days on both sides", async () => {
    const { options } = await ask({});
    expect(options.breaks).toEqual([
      {
        from: "2025-12-20",
        to: "2026-01-04",
        withoutReports: true,
        before: { from: before.at(-after.length), to: "2025-12-19" },
        after: { from: firstDayAfter, to: after.at(-1) },
      },
    ]);
  });

  test("the fall is shown per school day, overall and by school, and equals the rows", async () => {
    const { options } = await ask({});
    const [found] = options.breaks;
    if (!found) throw new Error("there is no break");
    const compare = { ...found.before, name: "before", rangeName: "after" };
    const { comparison, cards } = await ask({ range: found.after, compare, resources: [app] });
    if (comparison === null) throw new Error("nothing is compared");
    const rows = usage.filter(
      ({ name, userType, person }) => name === app && userType === "students" && person !== null,
    );
    const perDay = ({ from, to }: typeof found.before, school?: string | null) => {
      const days = dates.filter((date) => from <= date && date <= to).length;
      return (
        rows.filter(
          (row) => from <= row.date && row.date <= to && (school === undefined || row.school === school),
        ).length / days
      );
    };
    const reported = ({ before: was, now }: ComparedUse) => [was.personDaysPerDay, now.personDaysPerDay];
    expect([comparison.before.name, comparison.now.name]).toEqual(["before", "after"]);
    expect(reported(comparison.total)).toEqual([perDay(found.before), perDay(found.after)]);
    const [was, is] = reported(comparison.total);
    expect((is ?? 0) / (was ?? 1)).toBeLessThan(0.5);
    expect(comparison.bySchool.length).toBe(3);
    for (const entry of comparison.bySchool) {
      expect(reported(entry)).toEqual([
        perDay(found.before, entry.school),
        perDay(found.after, entry.school),
      ]);
    }
    expect(cards.accesses.compared).toEqual({
      now: comparison.total.now.accessesPerDay,
      before: comparison.total.before.accessesPerDay,
    });
  });

  test("only a selected resource is compared with the preceding period by default", async () => {
    const range = { from: firstDayAfter, to: after.at(-1) ?? "" };
    expect((await ask({ range })).comparison).toBeNull();
    const { comparison, periods } = await ask({ range, resources: [app] });
    expect(comparison?.before).toMatchObject({ ...periods.before, name: "" });
  });
});

describe("reports in quarantine", () => {
  test("are listed if their day is in the range or unknown", () => {
    const at = (path: string, state = "quarantined") => ({ path, state });
    const reports = [
      at("daily/2026-01-05-daily-participation-students.csv"),
      at("daily/2026-01-05-daily-participation-teachers.csv", "anonymized"),
      at("daily/2026-02-05-daily-participation-students.csv"),
      at("daily_participation/Students/Students.csv"),
      at("daily/2026-03-02-daily-participation-staff.csv"),
    ];
    expect(quarantinedIn(reports, { from: "2026-01-01", to: "2026-01-31" })).toEqual([
      "2026-01-05-daily-participation-students.csv",
      "Students.csv",
    ]);
    // A report that is newer than all data is in the range that was asked for.
    const filter = { ...openingFilter, range: { from: "2026-02-05", to: "2026-02-06" } };
    expect(quarantinedIn(reports, { from: "2026-02-05", to: "2026-02-05", filter })).toEqual([
      "2026-02-05-daily-participation-students.csv",
      "Students.csv",
    ]);
    // A preset range ends with the data.
    expect(quarantinedIn(reports, { from: "2026-01-20", to: "2026-01-31", filter: openingFilter })).toEqual([
      "2026-02-05-daily-participation-students.csv",
      "Students.csv",
    ]);
    // Only reports of the people who are counted.
    const ofStaff = { ...openingFilter, userTypes: ["staff" as const] };
    expect(quarantinedIn(reports, { from: "2026-01-01", to: "2026-03-31", filter: ofStaff })).toEqual([
      "2026-03-02-daily-participation-staff.csv",
    ]);
    const compare = { from: "2026-01-05", to: "2026-01-06", name: "", rangeName: "" };
    const compared = { ...openingFilter, range: { from: "2026-03-01", to: "2026-03-02" }, compare };
    expect(quarantinedIn(reports, { from: "2026-03-01", to: "2026-03-02", filter: compared })).toEqual([
      "2026-01-05-daily-participation-students.csv",
      "Students.csv",
    ]);
  });
});

test("averages do not tell on which days people who are suppressed used Clever", async () => {
  const dates = weekdaysFrom("2025-09-01", 20);
  const closed = dates.at(-1);
  const students = (school: string) => ({ school, grade: "3", people: 25 });
  const few = { school: "Elm", userType: "staff" as const, people: 4 };
  const averages = async (isStaffThere: boolean) => {
    const here = (date: string) => [
      students("Oak"),
      // On the last day, of this school only those who are suppressed may have rows.
      ...(date === closed ? [] : [students("Elm")]),
      ...(date === closed && !isStaffThere ? [] : [few]),
    ];
    const index = plainIndex(
      dates.flatMap((date) => here(date).flatMap((one) => attendedOn(date, one))),
      dates.flatMap((date) => here(date).flatMap((one) => usedOn(date, "Reader", one))),
    );
    const [before, now] = [dates.slice(0, 10), dates.slice(10)];
    const filter = {
      ...openingFilter,
      userTypes: [],
      range: { from: now[0] ?? "", to: now[9] ?? "" },
      compare: { from: before[0] ?? "", to: before[9] ?? "", name: "", rangeName: "" },
    };
    const given = await answer(index, filter, settings);
    if ("empty" in given) throw new Error("there is no answer");
    const { comparison } = given;
    return { total: comparison?.total, schools: comparison?.bySchool };
  };
  const with4 = await averages(true);
  expect(await averages(false)).toEqual(with4);
  // The closed day counts for nothing of the school.
  const elm = with4.schools?.find(({ school }) => school === "Elm");
  expect([elm?.partly, elm?.before.personDaysPerDay, elm?.now.personDaysPerDay]).toEqual([true, 25, 25]);
});

test("the document of metrics says where it suppresses a count of few people", async () => {
  const [was, is] = weekdaysFrom("2025-09-01", 2) as [string, string];
  const elm = { school: "Elm", grade: "1" };
  const index = plainIndex(
    [was, is].flatMap((date) => attendedOn(date, { ...elm, people: 40 })),
    [...usedOn(was, "Reader", { ...elm, people: 3 }), ...usedOn(is, "Reader", { ...elm, people: 20 })],
  );
  const compare = { from: was, to: was, name: "", rangeName: "" };
  const filter = metricsFilter({ range: { from: is, to: is }, compare });
  const { suppressed, comparison } = metricsDocument(await participationMetrics(index, filter, settings));
  const few = { users: null, suppressed: true, personDaysPerDay: 3, accessesPerDay: 3 };
  const enough = { users: 20, personDaysPerDay: 20, accessesPerDay: 20 };
  expect(comparison?.total).toEqual({ before: few, now: enough });
  expect(comparison?.bySchool).toEqual([{ school: "Elm", before: few, now: enough }]);
  expect(suppressed).toBeUndefined();
  const earlier = metricsFilter({ range: { from: was, to: was }, resources: ["Reader"] });
  const before = await participationMetrics(index, earlier, settings);
  expect(metricsDocument(before).topResources).toMatchObject([{ users: null, suppressed: true }]);
});
