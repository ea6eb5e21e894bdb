import { describe, expect, test } from "vitest";
import { breakName } from "../../media/dashboard/breakNames";
import { formatsOf } from "../../media/dashboard/formats";
import type { Break } from "../../src/dashboard/answer";
import { dashboardTexts } from "../../src/dashboard/export/texts";
import { type DashboardFilter, openingFilter } from "../../src/dashboard/filter";
import { participationMetrics } from "../../src/dashboard/query/metrics";
import { ask } from "../helpers/dashboardTruth";
import { metricsFilter } from "../helpers/metricsFilter";
import { addDays, datesBetween, weekdayOf } from "../helpers/plainDates";
import { plainIndex } from "../helpers/plainIndex";
import { type Attendance, attendedOn, usedOn, weekdaysFrom } from "../helpers/syntheticRows";

const everyDay = { ...openingFilter, range: { preset: "all" } } as const;

describe("a school day", () => {
  /** The kinds of the days on which so many people are active. */
  async function kinds(activeOn: ReadonlyMap<string, number>) {
    const rows = [...activeOn].flatMap(([date, active]) => attendedOn(date, { people: active + 1, active }));
    const { byDay } = await ask(plainIndex(rows, [], false), everyDay, 0);
    return new Map(byDay.map(({ date, kind }) => [date, kind]));
  }
  const active = (from: string, to: string, onWeekdays: number, onWeekends: number) =>
    datesBetween(from, to).map((date) => [date, weekdayOf(date) < 6 ? onWeekdays : onWeekends] as const);
  const schoolDays = (found: ReadonlyMap<string, string>, from: string, to = "9999") =>
    [...found]
      .filter(([date, kind]) => kind === "school" && date >= from && date <= to)
      .map(([date]) => date);
  const weekdays = (from: string, to: string) => datesBetween(from, to).filter((date) => weekdayOf(date) < 6);

  test("is judged by the days around it: after a pilot year, weekends are still quiet", async () => {
    const pilot = active("2024-09-02", "2025-06-06", 3, 0);
    const rollout = active("2025-09-01", "2025-10-12", 80, 2);
    const found = await kinds(new Map([...pilot, ...rollout]));
    expect(schoolDays(found, "2025-09-01")).toEqual(weekdays("2025-09-01", "2025-10-12"));
    expect(schoolDays(found, "2024-09-02", "2025-06-06")).toEqual(weekdays("2024-09-02", "2025-06-06"));
  });

  test("is not a Sunday on which a few of a small district are active", async () => {
    const days = active("2025-09-01", "2025-12-07", 30, 4);
    expect(schoolDays(await kinds(new Map(days)), "2025-09-01")).toHaveLength(70);
  });

  test("may be a Saturday on which most are active", async () => {
    const days = new Map(active("2025-09-01", "2025-10-12", 30, 2));
    days.set("2025-09-20", 25);
    const found = await kinds(days);
    expect(found.get("2025-09-20")).toBe("school");
    expect(schoolDays(found, "2025-09-01")).toHaveLength(31);
  });

  test("is not within a break in winter or summer, when few are active", async () => {
    const days = new Map([
      ...active("2025-11-03", "2026-06-05", 50, 2),
      ...active("2025-12-22", "2026-01-02", 3, 1),
      ...active("2026-06-06", "2026-08-16", 4, 1),
      ...active("2026-08-17", "2026-09-18", 50, 2),
    ]);
    const found = await kinds(days);
    expect(schoolDays(found, "2025-12-20", "2026-01-04")).toEqual([]);
    expect(schoolDays(found, "2026-06-06", "2026-08-16")).toEqual([]);
    expect(schoolDays(found, "2026-08-17")).toEqual(weekdays("2026-08-17", "2026-09-18"));
  });

  test.each([
    ["before the new year begins", "2026-08-14", 0],
    ["in its first days", "2026-08-20", 4],
    ["after its first weeks", "2026-09-04", 15],
  ])("is not in summer, if few are active and the data ends %s", async (_, last, ofNewYear) => {
    const days = [
      ...active("2026-02-02", "2026-06-05", 50, 2),
      ...active("2026-06-06", "2026-08-16", 4, 1),
      ...active("2026-08-17", "2026-09-04", 50, 2),
    ];
    const found = schoolDays(await kinds(new Map(days.filter(([date]) => date <= last))), "2026-06-06");
    expect(found).toEqual(weekdays("2026-08-17", last));
    expect(found).toHaveLength(ofNewYear);
  });

  test("is compared with one before the summer, without the people who were active in all of its weeks", async () => {
    const people = (count: number, first: number) =>
      attendedOn("", { people: count }).map((row, at) => ({ ...row, person: `person ${first + at}` }));
    const rows = datesBetween("2026-03-02", "2026-08-14")
      .filter((date) => weekdayOf(date) < 6)
      .flatMap((date, day) => {
        // In summer, others on each day.
        const isSummer = date > "2026-05-29" && date < "2026-08-10";
        return people(isSummer ? 4 : 50, isSummer ? 100 + 4 * day : 0).map((row) => ({ ...row, date }));
      });
    const range = { from: "2026-08-08", to: "2026-08-14" };
    const { cards, periods } = await ask(plainIndex(rows, [], false), { ...openingFilter, range }, 0);
    // As long as the range, without any more of the days off after the school days.
    expect(periods).toEqual({ schoolDays: 5, before: { from: "2026-05-25", to: "2026-05-31" } });
    expect(cards.activeUsers).toEqual({ value: 50, before: 50, compared: { now: 50, before: 50 } });
  });

  test("begins the weeks of a period that is compared, even if its report is missing", async () => {
    const schoolDays = weekdays("2025-12-01", "2026-01-30").filter(
      (date) => date < "2025-12-20" || date > "2026-01-04",
    );
    const rows = schoolDays.flatMap((date) => attendedOn(date, { people: 20 }));
    const missing = weekdays("2026-01-05", "2026-01-09");
    const used = schoolDays
      .filter((date) => !missing.includes(date))
      .flatMap((date) => usedOn(date, "Mathlark", { people: date < "2026" ? 10 : 20 }));
    const filter = {
      ...openingFilter,
      range: { from: "2026-01-01", to: "2026-01-30" },
      compare: { from: "2025-12-01", to: "2025-12-31", name: "December", rangeName: "January" },
    };
    const { comparison } = await ask(plainIndex(rows, used, false), filter, 0);
    expect(comparison?.before.weeklyPersonDaysPerDay).toEqual([10, 10, 10, null, null]);
    expect(comparison?.now.weeklyPersonDaysPerDay).toEqual([null, 20, 20, 20]);
  });

  test("without daily participation is a weekday with resource usage, not a quiet weekend", async () => {
    const dates = weekdays("2025-09-01", "2025-10-10").filter((date) => date !== "2025-09-10");
    const rows = dates.flatMap((date) => attendedOn(date, { people: 40 }));
    const usage = ["2025-09-10", "2025-09-13"].flatMap((date) => usedOn(date, "App", { people: 3 }));
    const { byDay } = await ask(plainIndex(rows, usage, false), everyDay, 0);
    const kindOn = (day: string) => byDay.find(({ date }) => date === day)?.kind;
    expect([kindOn("2025-09-10"), kindOn("2025-09-13"), kindOn(addDays("2025-09-13", 1))]).toEqual([
      "school",
      "quiet",
      "noData",
    ]);
  });
});

describe("an average", () => {
  const dates = weekdaysFrom("2025-09-01", 30);
  const mondays = dates.filter((date) => weekdayOf(date) === 1);
  const withheld = mondays.filter((_, at) => at % 2 === 1);
  const east = { school: "East", people: 12 };
  const attendance = dates.flatMap((date) => [
    ...attendedOn(date, { school: "West", people: 30 }),
    ...attendedOn(date, { ...east, people: withheld.includes(date) ? 5 : 12 }),
  ]);

  test("of a weekday does not cover the days on which everything is suppressed", async () => {
    const index = plainIndex(attendance, [], false);
    const { byWeekday, byDay } = await ask(index, { ...everyDay, schools: ["East"] }, 10);
    const unknown = byDay.filter(({ kind, activeUsers }) => kind === "school" && activeUsers === null);
    expect(unknown.map(({ date }) => date)).toEqual(withheld);
    expect(byWeekday.map(({ days, activeUsers, logins }) => [days, activeUsers, logins])).toEqual([
      [3, 12, 12],
      ...Array.from({ length: 4 }, () => [6, 12, 12]),
    ]);
  });

  test("does not cover a day without some of the people, which would look like a day of little use", async () => {
    const usage = dates.flatMap((date) => [
      ...usedOn(date, "App", { school: "West", people: 20 }),
      ...usedOn(date, "App", { school: "East", people: withheld.includes(date) ? 4 : 10 }),
    ]);
    const index = plainIndex(attendance, usage, false);
    const halves = {
      compare: { from: dates[0] ?? "", to: dates[14] ?? "", name: "before", rangeName: "now" },
      range: { from: dates[15] ?? "", to: dates[29] ?? "" },
    };
    const { byWeekday, comparison, cards } = await ask(index, { ...everyDay, ...halves }, 10);
    expect(byWeekday.map(({ activeUsers }) => activeUsers)).toEqual([42, 42, 42, 42, 42]);
    expect(comparison).toMatchObject({
      before: { schoolDays: 15, comparedDays: 14 },
      now: { schoolDays: 15, comparedDays: 13 },
      total: { before: { personDaysPerDay: 30 }, now: { personDaysPerDay: 30 } },
    });
    expect(cards.accesses.compared?.now).toBe(cards.accesses.compared?.before);
  });

  describe("in a comparison", () => {
    const halves = {
      compare: { from: dates[0] ?? "", to: dates[14] ?? "", name: "before", rangeName: "now" },
      range: { from: dates[15] ?? "", to: dates[29] ?? "" },
    };
    const cardsIf = async (isFew: (at: number) => boolean) => {
      const rows = dates.flatMap((date, at) => [
        ...attendedOn(date, { school: "West", people: 30 }),
        ...attendedOn(date, { ...east, people: isFew(at) ? 5 : 12 }),
      ]);
      return (await ask(plainIndex(rows, [], false), { ...everyDay, ...halves }, 10)).cards;
    };

    test("covers only days with the same groups, even if one period has few of them", async () => {
      const { logins } = await cardsIf((at) => at < 15 && at % 3 > 0);
      expect(logins.compared).toEqual({ now: 42, before: 42 });
    });

    test("does not exist if a group that one period has is never counted in the other", async () => {
      const { logins } = await cardsIf((at) => at < 15);
      expect(logins.compared).toBeNull();
    });

    test("covers all days if those without some of the people are more than half", async () => {
      const { logins } = await cardsIf((at) => at < 20);
      expect(logins.compared).toEqual({ now: (15 * 30 + 10 * 12) / 15, before: 30 });
    });
  });

  test("of a weekday is unknown if all of it is suppressed", async () => {
    const rows = attendance.filter(({ date, school }) => school === "West" || !mondays.includes(date));
    const few = mondays.flatMap((date) => attendedOn(date, { ...east, people: 5 }));
    const index = plainIndex([...rows, ...few], [], false);
    const { byWeekday } = await ask(index, { ...everyDay, schools: ["East"] }, 10);
    expect(byWeekday[0]).toEqual({ weekday: 1, days: 0, activeUsers: null, logins: null, partly: true });
    expect(byWeekday).toHaveLength(5);
  });

  test("of a week covers its known school days: a short week does not fall, an unknown one is a gap", async () => {
    const [holiday = ""] = dates.slice(9, 10);
    const inWeekFour = (date: string) => date >= (dates[15] ?? "") && date <= (dates[19] ?? "");
    const there = dates.filter((date) => date !== holiday && !inWeekFour(date)).slice(0, -3);
    const rows = there.flatMap((date) => attendedOn(date, { people: 30 }));
    const usage = there.flatMap((date) => usedOn(date, "App", { people: 30, active: 20 }));
    const sunday = addDays(dates[0] ?? "", 6);
    const quiet = attendedOn(sunday, { people: 30, active: 2 });
    const onSunday = usedOn(sunday, "App", { people: 2 });
    const { resources } = await ask(
      plainIndex([...rows, ...quiet], [...usage, ...onSunday], false),
      everyDay,
      0,
    );
    expect(resources.map(({ weekly }) => weekly)).toEqual([[20, 20, 20, null, 20, 20]]);
  });

  test("of a week does not cover the days on which everything is suppressed", async () => {
    const usage = dates.flatMap((date) =>
      usedOn(date, "App", { ...east, people: withheld.includes(date) ? 5 : 12 }),
    );
    const { resources } = await ask(
      plainIndex(attendance, usage, false),
      { ...everyDay, schools: ["East"] },
      10,
    );
    expect(resources.map(({ weekly }) => weekly)).toEqual([[12, 12, 12, 12, 12, 12]]);
  });
});

test("a missing report of fewer people than a group has is not disclosed, and blanks nobody's day", async () => {
  const dates = weekdaysFrom("2025-09-01", 10);
  const late = dates[4] ?? "";
  const students = { people: 30 };
  const teachers = (people: number) => ({ userType: "teachers", people }) as const;
  const index = (count: number) =>
    plainIndex(
      dates.flatMap((date) => [...attendedOn(date, students), ...attendedOn(date, teachers(count))]),
      dates.flatMap((date) => [
        ...usedOn(date, "App", students),
        ...(date === late ? [] : usedOn(date, "App", teachers(count))),
      ]),
      false,
    );
  const filter = { ...everyDay, userTypes: [] };
  const few = await ask(index(4), filter, 10);
  expect([few.missing, few.byDay[4]?.missing, few.byDay[4]?.distinctResources]).toEqual([[], undefined, 1]);
  expect(few.cards.accesses.value).toBe(300);
  const enough = await ask(index(12), filter, 10);
  expect(enough.missing).toMatchObject([{ report: "resourceUsage", userType: "teachers", first: late }]);
});

test("what few people of a group did decides neither whether a report is missing nor whether there was school", async () => {
  const dates = weekdaysFrom("2025-09-01", 10);
  const [thin = "", joint = ""] = [dates[4], dates[6]];
  const of = (school: string, people: number, userType: Attendance["userType"] = "teachers") =>
    ({ school, people, userType }) as const;
  /** Four of Elm's students are in the reports on one day; Oak's teachers share a group with its few staff. */
  const index = (active: number, isUseOfOakReported: boolean) => {
    const students = (date: string) =>
      date === thin ? { ...of("Elm", 4, "students"), active } : of("Elm", 30, "students");
    const [elm, oak, staff] = [of("Elm", 12), of("Oak", 6), of("Oak", 3, "staff")];
    return plainIndex(
      dates.flatMap((date) => [
        ...attendedOn(date, students(date)),
        ...[oak, staff].flatMap((each) => attendedOn(date, each)),
        ...attendedOn(date, { ...elm, active: date === joint || date === thin ? 0 : 12 }),
      ]),
      dates.flatMap((date) => [
        ...(date === thin ? [] : usedOn(date, "App", students(date))),
        ...(date === joint || date === thin ? [] : usedOn(date, "App", elm)),
        ...(date === joint && !isUseOfOakReported
          ? []
          : [oak, staff].flatMap((each) => usedOn(date, "App", each))),
      ]),
      false,
    );
  };
  const types: DashboardFilter["userTypes"][] = [["students"], [], ["teachers"]];
  for (const userTypes of types) {
    const filter = { ...everyDay, userTypes };
    const one = await ask(index(0, false), filter, 5);
    expect(one.missing).toEqual([]);
    expect(await ask(index(4, false), filter, 5)).toEqual(one);
    expect((await ask(index(4, true), filter, 5)).missing).toEqual([]);
  }
});

test("a weekday without the students' report is a school day, even if too few of each group used something to count", async () => {
  const dates = weekdaysFrom("2025-09-01", 10);
  const missing = dates[2];
  const schools = ["Ash", "Elm", "Fir", "Oak"];
  const teachers = { school: "Ash", people: 30, userType: "teachers" } as const;
  const index = plainIndex(
    dates.flatMap((date) => [
      ...attendedOn(date, { ...teachers, active: 3 }),
      ...(date === missing ? [] : schools.flatMap((school) => attendedOn(date, { school, people: 12 }))),
    ]),
    dates.flatMap((date) =>
      schools.flatMap((school) => usedOn(date, "App", { school, people: date === missing ? 8 : 12 })),
    ),
    false,
  );
  for (const minimumGroupSize of [0, 10]) {
    const { byDay } = await ask(index, { ...everyDay, userTypes: [] }, minimumGroupSize);
    expect(byDay.find(({ date }) => date === missing)?.kind).toBe("school");
  }
});

test("metrics do not say how many days count if everything is suppressed", async () => {
  const rows = weekdaysFrom("2025-09-01", 5).flatMap((date) => attendedOn(date, { people: 4 }));
  const options = { minimumGroupSize: 10, keepWhole: "schools" } as const;
  const { days, users } = await participationMetrics(plainIndex(rows, [], false), metricsFilter(), options);
  expect([days, users]).toEqual([null, null]);
});

describe("metrics list", () => {
  const metricsOf = (index: ReturnType<typeof plainIndex>, minimumGroupSize: number) =>
    participationMetrics(index, metricsFilter(), { minimumGroupSize, keepWhole: "schools" });

  test("a school without daily participation, whose numbers are unknown", async () => {
    const [elm, oak] = [
      { school: "Elm", people: 3 },
      { school: "Oak", people: 3 },
    ];
    const index = plainIndex(
      attendedOn("2025-09-01", elm),
      [elm, oak].flatMap((one) => usedOn("2025-09-01", "Maps", one)),
      false,
    );
    const { bySchool } = await metricsOf(index, 0);
    const unknown = {
      users: null,
      averageResources: null,
      averageLogins: null,
      averageDistinctResources: null,
    };
    expect(bySchool).toEqual([
      {
        school_name: "Elm",
        users: 3,
        averageResources: 1,
        averageLogins: 1,
        averageDistinctResources: 1,
      },
      { school_name: "Oak", ...unknown, absent: ["dailyParticipation"] },
    ]);
  });

  test("a day on which only people who are suppressed used resources", async () => {
    const all = { school: "Elm", people: 12 };
    const index = plainIndex(
      attendedOn("2025-09-01", all),
      [...usedOn("2025-09-01", "Maps", all), ...usedOn("2025-09-03", "Maps", { ...all, people: 3 })],
      false,
    );
    const { byDay } = await metricsOf(index, 10);
    expect(
      byDay.map(({ date, suppressed, distinctResources }) => [date, suppressed, distinctResources]),
    ).toEqual([
      ["2025-09-01", undefined, 1],
      ["2025-09-03", true, null],
    ]);
  });
});

describe("a break", () => {
  const dates = datesBetween("2025-11-03", "2026-03-29");
  const [winter, gap] = [datesBetween("2025-12-20", "2026-01-04"), datesBetween("2026-02-07", "2026-02-15")];
  /** The breaks of a district with so many active people on weekends and in the break; -1 for no row. */
  async function breaks(onWeekends: number, inBreak: number) {
    const rows = dates.flatMap((date) => {
      const active = winter.includes(date)
        ? inBreak
        : weekdayOf(date) > 5
          ? onWeekends
          : gap.includes(date)
            ? -1
            : 40;
      return active < 0 ? [] : attendedOn(date, { people: 40, active });
    });
    const { options } = await ask(plainIndex(rows, [], false), everyDay, 10);
    return options.breaks.map(({ from, to, withoutReports }) => [from, to, withoutReports ?? false]);
  }
  const [inWinter, missing] = [
    [winter[0], winter.at(-1)],
    [gap[0], gap.at(-1)],
  ];

  test("has few active people; days without any report are not one if reports have days off", async () => {
    expect(await breaks(1, 2)).toEqual([[...inWinter, false]]);
    expect(await breaks(1, -1)).toEqual([]);
  });

  test("cannot be distinguished from days without reports if reports have no days off, and is named accordingly", async () => {
    expect(await breaks(-1, 2)).toEqual([
      [...inWinter, false],
      [...missing, true],
    ]);
    expect(await breaks(-1, -1)).toEqual([
      [...inWinter, true],
      [...missing, true],
    ]);
  });
});

test("a break is named by the years of its winter, or by its days, neutrally if there are no reports of it", () => {
  const texts = dashboardTexts((text) => text, "en");
  const formats = formatsOf(texts, 10);
  const days = { from: "", to: "" };
  const nameOf = (from: string, to: string, more: Partial<Break> = {}) =>
    breakName({ texts, formats }, { from, to, before: days, after: days, ...more });
  expect([
    nameOf("2024-12-21", "2025-01-05"),
    nameOf("2025-12-20", "2026-01-04", { withoutReports: true }),
    nameOf("2025-12-10", "2026-01-09"),
    nameOf("2025-12-10", "2026-01-10"),
    nameOf("2025-06-20", "2026-08-24", { withoutReports: true }),
    nameOf("2026-04-03", "2026-04-12"),
    nameOf("2026-04-03", "2026-04-12", { withoutReports: true }),
  ]).toEqual([
    "winter break 2024/25",
    "winter break 2025/26",
    "winter break 2025/26",
    `break of ${formats.range("2025-12-10", "2026-01-10")}`,
    `the days without reports, ${formats.range("2025-06-20", "2026-08-24")}`,
    `break of ${formats.range("2026-04-03", "2026-04-12")}`,
    `the days without reports, ${formats.range("2026-04-03", "2026-04-12")}`,
  ]);
});
