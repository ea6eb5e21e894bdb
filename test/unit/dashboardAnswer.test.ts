import { describe, expect, test } from "vitest";
import { type DashboardFilter, openingFilter } from "../../src/dashboard/filter";
import type { KeepWhole } from "../../src/dashboard/opening";
import { answer } from "../../src/dashboard/query/answer";
import { oeaRows, sampleRows } from "../helpers/dashboardCsv";
import { ask, compareWithRows, randomFilters, settings } from "../helpers/dashboardTruth";
import { plainIndex } from "../helpers/plainIndex";
import { PlainRows } from "../helpers/plainRows";
import { type RandomOptions, type RandomRows, randomDistrict } from "../helpers/randomDistrict";
import { attendedOn, usedOn, weekdaysFrom } from "../helpers/syntheticRows";

/** Compares the engine with the plain computation; returns how many answers had nothing suppressed. */
async function compare(
  district: RandomRows,
  minimum: number,
  filters: readonly DashboardFilter[],
  { hasGrades = true, keep = "schools" }: { readonly hasGrades?: boolean; readonly keep?: KeepWhole } = {},
): Promise<number> {
  const index = plainIndex(district.participation, district.usage, hasGrades);
  const rows = new PlainRows(district, hasGrades);
  return (await compareWithRows({ rows, index, minimum, keep, filters })).complete;
}

const small: RandomOptions = {
  people: 60,
  schools: 4,
  grades: 3,
  resources: 8,
  firstDay: "2025-08-20",
  days: 50,
  teachers: true,
  messy: true,
};

describe("the dashboard's numbers", () => {
  test.each([1, 2, 3])("equal those of plain loops over the rows (district %i)", async (seed) => {
    const district = randomDistrict(seed, small);
    expect(await compare(district, seed % 2, randomFilters(district, 30, seed))).toBe(30);
  });

  test("equal those of plain loops over the rows of OEA's file", async () => {
    const district = oeaRows();
    await compare(district, 0, randomFilters(district, 3, 1), { hasGrades: false });
    expect(await compare(district, 10, randomFilters(district, 4, 2), { hasGrades: false })).toBe(4);
  });

  test.each([false, true])(
    "equal those of plain loops over a sample district (grades %s)",
    async (hasGrades) => {
      const district = sampleRows(
        { seed: 3, students: 160, teachers: 12, staff: 5, schools: 5, days: 24, firstDay: "2025-09-15" },
        ["1", "2", "Kindergarten"],
      );
      await compare(district, 0, randomFilters(district, 10, 3), { hasGrades });
      expect(await compare(district, 10, randomFilters(district, 20, 4), { hasGrades })).toBeGreaterThan(3);
    },
  );

  test.each([
    [5, "schools", 4],
    [5, "grades", 5],
    [10, "schools", 6],
    [10, "grades", 7],
    [20, "schools", 8],
    [20, "grades", 9],
  ] as const)(
    "count whole groups only (minimum %i, %s stay whole, district %i)",
    async (minimum, keep, seed) => {
      const district = randomDistrict(seed, small);
      await compare(district, minimum, randomFilters(district, 25, seed), { keep });
    },
  );

  test("of a renamed resource are combined under its newest name", async () => {
    const district = randomDistrict(13, { ...small, days: 70, messy: false });
    const usual = district.usage.find(({ name }) => name !== null);
    const rows: RandomRows = {
      ...district,
      usage: district.usage.map((row) =>
        row.id === usual?.id ? { ...row, name: row.date < "2025-10-20" ? "Old Name" : "A New Name" } : row,
      ),
    };
    const same: RandomRows = {
      ...district,
      usage: rows.usage.map((row) => (row.id === usual?.id ? { ...row, name: "A New Name" } : row)),
    };
    const [renamed, always] = [rows, same].map(({ participation, usage }) =>
      plainIndex(participation, usage),
    );
    if (!renamed || !always) throw new Error("there is no index");
    const everything: DashboardFilter = { ...openingFilter, range: { preset: "all" } };
    const wanted = await ask(always, everything, 10);
    const given = await ask(renamed, everything, 10);
    const formerNames = ["Old Name"];
    const entry = given.resources.find(({ resource }) => resource === "A New Name");
    expect(entry?.formerNames).toEqual(formerNames);
    expect({ ...given, options: [] }).toEqual({
      ...wanted,
      options: [],
      resources: wanted.resources.map((each) =>
        each.resource === "A New Name" ? { ...each, formerNames } : each,
      ),
    });
    // A link or saved filter with the former name still selects it.
    const chosen = await ask(renamed, { ...everything, resources: ["Old Name"] }, 10);
    const [one] = chosen.resources;
    expect([chosen.resources.length, one?.resource, one?.rows]).toEqual([1, "A New Name", entry?.rows]);
  });

  test("count resources of the same name and type once, as the table lists them", async () => {
    const date = "2025-10-01";
    const attendance = { people: 3 };
    const use = (id: string | null, name: string | null, type = "app") =>
      usedOn(date, "", attendance).map((row) => ({ ...row, id, name, type }));
    const index = plainIndex(attendedOn(date, attendance), [
      ...["r1", "r2", null].flatMap((id) => use(id, "Maps")),
      ...use("r3", "Maps", "teacher-link"),
      ...use(null, null),
    ]);
    const given = await ask(index, openingFilter, 0);
    expect(given.resources.map(({ resource, type }) => [resource, type])).toEqual([
      ["Maps", "app"],
      ["Maps", "teacher-link"],
      [null, "app"],
    ]);
    expect(given.cards.resources.value).toBe(3);
    expect(given.byDay).toMatchObject([{ distinctResources: 3 }]);
    expect(given.bySchool).toMatchObject([{ distinctResourcesPerUser: 3 }]);
  });

  test("are unknown on days without a report of a user type, and compared over the other days", async () => {
    const district = randomDistrict(11, { ...small, days: 60, messy: false });
    const dates = [...new Set(district.usage.map(({ date }) => date))].sort();
    const [lost, unlike, late] = [dates[40], dates[44], dates[59]];
    const rows: RandomRows = {
      participation: district.participation.filter(
        ({ date, userType }) => date !== unlike || userType !== "students",
      ),
      usage: district.usage.filter(
        ({ date, userType }) => date !== late && (date !== lost || userType !== "students"),
      ),
    };
    for (const minimum of [0, 10]) {
      await compare(rows, minimum, [
        ...randomFilters(rows, 8, 12),
        ...(["last7", "last30", "all"] as const).map((preset) => ({ ...openingFilter, range: { preset } })),
        { ...openingFilter, range: { preset: "last30" }, userTypes: ["teachers"] },
      ]);
    }
    const index = plainIndex(rows.participation, rows.usage);
    const given = await ask(index, { ...openingFilter, range: { preset: "last30" } }, 10);
    const [first = "", last = ""] = [lost, late];
    expect(given.missing).toEqual([
      { report: "dailyParticipation", userType: "students", days: 1, first: unlike, last: unlike },
      { report: "resourceUsage", userType: "students", days: 2, first, last },
    ]);
    expect(given.byDay.find(({ date }) => date === unlike)).toMatchObject({
      missing: ["dailyParticipation"],
      logins: null,
      activeUsers: null,
    });
    expect(given.byDay.find(({ date }) => date === lost)).toMatchObject({
      missing: ["resourceUsage"],
      distinctResources: null,
    });
    expect(given.periods.schoolDays).toBe(30);
    expect(given.cards.users.compared).toBeNull();
  });

  test("from a report that no day has are unknown, and those from the other one are shown", async () => {
    const district = randomDistrict(11, { ...small, days: 30, messy: false });
    const [date = ""] = district.usage
      .map(({ date: each }) => each)
      .sort()
      .slice(-1);
    const range = { from: date, to: date };
    const without = {
      usage: district.usage,
      participation: district.participation.filter((row) => row.date !== date),
    };
    for (const rows of [without, { ...without, participation: [] }]) {
      for (const minimum of [0, 10]) await compare(rows, minimum, randomFilters(rows, 8, 3));
      const given = await ask(plainIndex(rows.participation, rows.usage), { ...openingFilter, range }, 0);
      expect([given.rows, given.absent]).toEqual(["some", ["dailyParticipation"]]);
      const { users, logins, days, resourceUsers, accesses } = given.cards;
      expect([users.value, logins.value, days.value, given.neverActive]).toEqual([null, null, 0, null]);
      expect([resourceUsers.value, accesses.value].every((value) => Number(value) > 0)).toBe(true);
      expect(given.bySchool.length).toBeGreaterThan(1);
      for (const entry of given.bySchool) {
        expect(entry).toMatchObject({ users: null, averageLogins: null, absent: ["dailyParticipation"] });
        expect(entry.accesses).toBeGreaterThan(0);
      }
      expect(given.byDay).toMatchObject([{ missing: ["dailyParticipation"], logins: null }]);
    }
    const unused = { ...district, usage: [] };
    await compare(unused, 10, randomFilters(unused, 8, 4));
    const given = await ask(plainIndex(unused.participation, []), openingFilter, 0);
    expect([given.rows, given.absent]).toEqual(["some", ["resourceUsage"]]);
    const { users, accesses, resources, resourceUsers } = given.cards;
    expect(Number(users.value)).toBeGreaterThan(0);
    expect([accesses.value, resources.value, resourceUsers.value]).toEqual([null, null, null]);
    expect(given.bySchool[0]).toMatchObject({ accesses: null, distinctResourcesPerUser: null });
  });

  test("of people who have no row of either report do not exist, and suppressed ones are not absent", async () => {
    const district = randomDistrict(11, { ...small, days: 30, messy: false });
    const index = plainIndex(district.participation, district.usage);
    const nobody = { ...openingFilter, range: { from: "2020-01-01", to: "2020-01-31" } };
    expect(await ask(index, nobody, 10)).toMatchObject({
      rows: "none",
      absent: [],
      cards: { users: { value: 0 } },
    });
    const few = {
      ...openingFilter,
      userTypes: ["teachers" as const],
      schools: [district.usage[0]?.school ?? null],
    };
    expect(await ask(index, few, 50)).toMatchObject({ rows: "withheld", absent: [] });
  });

  test("of distinct people are compared only with equally many days", async () => {
    const district = randomDistrict(11, { ...small, days: 30, messy: false });
    const dates = [...new Set(district.participation.map(({ date }) => date))].sort();
    const index = plainIndex(district.participation, district.usage);
    const compared = async (count: number) => {
      const compare = { from: dates[0] ?? "", to: dates[count - 1] ?? "", name: "", rangeName: "" };
      const range = { from: dates[10] ?? "", to: dates[19] ?? "" };
      return (await ask(index, { ...openingFilter, range, compare }, 0)).cards;
    };
    const longer = await compared(8);
    for (const { value, before, compared: both } of [longer.users, longer.activeUsers, longer.resources]) {
      expect([typeof value, typeof before, both]).toEqual(["number", "number", null]);
    }
    expect(longer.logins.compared).not.toBeNull();
    const equal = await compared(10);
    expect(equal.users.compared).toEqual({ now: equal.users.value, before: equal.users.before });
  });

  test("are exact without a filter, except on days with too few people", async () => {
    const district = randomDistrict(8, { ...small, messy: false });
    const index = plainIndex(district.participation, district.usage);
    const everything: DashboardFilter = { ...openingFilter, range: { preset: "all" }, userTypes: [] };
    const given = await ask(index, everything, 5);
    const exact = await ask(index, everything, 1);
    expect(given.withheld.filter).toEqual([]);
    if (given.withheld.days.length === 0) expect(given.cards).toEqual(exact.cards);
    expect(Number(given.cards.logins.value)).toBeGreaterThan(0.9 * Number(exact.cards.logins.value));
  });
});

describe("the dashboard's range", () => {
  const rowOn = (date: string) => ({
    userType: "students" as const,
    date,
    person: "one",
    school: "A",
    grade: null,
    active: true,
    logins: 1,
    resources: 0,
  });
  const dates = ["2024-02-27", "2024-08-30", "2025-02-20", "2025-02-25", "2025-03-03"];

  test.each([
    ["last7", "09-01", "2025-02-25", "2025-03-03", 2],
    ["last30", "09-01", "2025-02-02", "2025-03-03", null],
    ["schoolYear", "09-01", "2024-09-01", "2025-03-03", null],
    ["schoolYear", "03-03", "2025-03-03", "2025-03-03", 1],
    ["schoolYear", "02-29", "2025-03-01", "2025-03-03", 1],
    ["all", "09-01", "2024-02-27", "2025-03-03", null],
  ] as const)("%s with a school year from %s", async (preset, schoolYearStart, from, to, before) => {
    const index = plainIndex(dates.map(rowOn), [], false);
    const filter = { ...openingFilter, range: { preset } };
    const given = await answer(index, filter, {
      ...settings,
      minimumGroupSize: 1,
      keepWhole: "schools",
      schoolYearStart,
    });
    expect(given).toMatchObject({ from, to, cards: { logins: { before } } });
  });

  test("schoolYear is the one before until the new one has a school day", async () => {
    const school = weekdaysFrom("2025-04-28", 30).flatMap((date) => attendedOn(date, { people: 50 }));
    const summer = weekdaysFrom("2025-09-01", 10).flatMap((date) => attendedOn(date, { people: 2 }));
    const fromOf = async (rows: typeof school) =>
      (await ask(plainIndex(rows, [], false), openingFilter, 0)).from;
    expect(await fromOf([...school, ...summer])).toBe("2025-04-28");
    const begun = attendedOn("2025-09-15", { people: 50 });
    expect(await fromOf([...school, ...summer, ...begun])).toBe("2025-09-01");
  });

  test.each(["last7", "last30", "schoolYear", "all"] as const)(
    "%s does not begin before the data",
    async (preset) => {
      const index = plainIndex(["2025-02-27", "2025-03-03"].map(rowOn), [], false);
      const filter = { ...openingFilter, range: { preset } };
      const given = await ask(index, filter, 1);
      expect([given.from, given.to, given.byDay.length]).toEqual(["2025-02-27", "2025-03-03", 5]);
      expect(given.cards.logins).toMatchObject({ value: 2, before: null });
    },
  );

  test.each([
    ["0026-11-02", "9999-12-31", "2024-02-27", "2025-03-03", 5, 371],
    ["2025-02-21", "9999-12-31", "2025-02-21", "2025-03-03", 2, 11],
    // Wholly outside, it stays as it was asked for. Nothing is found, and only one day is computed.
    ["0026-11-02", "0026-11-09", "0026-11-02", "0026-11-09", 0, 1],
    ["2125-11-02", "2125-11-09", "2125-11-02", "2125-11-09", 0, 1],
  ])("from %s to %s is the part with data, if there is any", async (from, to, first, last, logins, days) => {
    const index = plainIndex(dates.map(rowOn), [], false);
    const compare = { from, to, name: "", rangeName: "" };
    const given = await ask(index, { ...openingFilter, range: { from, to }, compare }, 1);
    expect([given.from, given.to, given.byDay.length]).toEqual([first, last, days]);
    expect(given.cards.logins.value).toBe(logins);
    expect(given.periods.before).toEqual({ from: first, to: last });
    expect(given.comparison?.before).toMatchObject({ from: first, to: last });
  });

  test("has an entry per day and weekday, and classifies each day", async () => {
    const people = Array.from({ length: 30 }, (_, number) => `person ${number}`);
    const week = ["2025-03-03", "2025-03-04", "2025-03-05", "2025-03-08"];
    const rows = week.flatMap((date) =>
      people.map((person, number) => ({
        ...rowOn(date),
        person,
        active: date !== "2025-03-08" || number < 2,
      })),
    );
    const index = plainIndex(rows, [], false);
    const range = { from: "2025-03-03", to: "2025-03-08" };
    const given = await ask(index, { ...openingFilter, range }, 1);
    expect(given.byDay.map(({ kind, activeUsers }) => [kind, activeUsers])).toEqual([
      ["school", 30],
      ["school", 30],
      ["school", 30],
      ["noData", null],
      ["noData", null],
      ["quiet", 2],
    ]);
    expect(given.byWeekday.map(({ weekday, days, activeUsers }) => [weekday, days, activeUsers])).toEqual([
      [1, 1, 30],
      [2, 1, 30],
      [3, 1, 30],
    ]);
  });
});

describe("a query", () => {
  const options = { ...settings, minimumGroupSize: 10, keepWhole: "schools" } as const;

  test("on empty tables has no answer", async () => {
    expect(await answer(undefined, openingFilter, options)).toEqual({ empty: true });
  });

  test("ends when it is cancelled", async () => {
    const district = randomDistrict(9, small);
    const index = plainIndex(district.participation, district.usage);
    const signal = AbortSignal.abort(new Error("newer question"));
    await expect(answer(index, openingFilter, options, signal)).rejects.toThrow("newer question");
  });
});
