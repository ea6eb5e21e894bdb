import { describe, expect, test } from "vitest";
import type { DashboardAnswer } from "../../src/dashboard/answer";
import { type DashboardFilter, openingFilter } from "../../src/dashboard/filter";
import type { ParticipationIndex } from "../../src/dashboard/index/participationIndex";
import { answer } from "../../src/dashboard/query/answer";
import { prepare } from "../../src/dashboard/release/prepared";
import { randomStream } from "../../src/sample/random";
import { oeaRows, sampleRows } from "../helpers/dashboardCsv";
import { addDays, PlainDashboard, shown } from "../helpers/plainDashboard";
import { plainIndex } from "../helpers/plainIndex";
import { type RandomOptions, type RandomRows, randomDistrict } from "../helpers/randomDistrict";
import { blocksOf } from "../helpers/rowBlocks";

const settings = { schoolYearStart: "09-01", now: new Date("2026-01-01T12:00:00Z") };

async function ask(
  index: ParticipationIndex,
  prepared: Awaited<ReturnType<typeof prepare>>,
  filter: DashboardFilter,
): Promise<DashboardAnswer> {
  const options = { ...settings, minimumGroupSize: prepared.minimumGroupSize };
  const given = await answer(index, prepared, filter, options);
  if ("empty" in given) throw new Error("no answer");
  return given;
}

/** Any combination of what the filter bar has. */
function randomFilter(random: () => number, { participation, usage }: RandomRows): DashboardFilter {
  const all = [...participation, ...usage];
  const dates = all.map(({ date }) => date).sort();
  const [first = "", last = ""] = [dates[0], dates[dates.length - 1]];
  const length = (Date.parse(last) - Date.parse(first)) / 86_400_000;
  const some = <T>(values: readonly T[]): T[] =>
    random() < 0.5 ? [] : [...new Set(values)].filter(() => random() < 0.4);
  const range = (): DashboardFilter["range"] => {
    const presets = ["last7", "last30", "schoolYear", "all"] as const;
    if (random() < 0.4) return { preset: presets[Math.floor(random() * 4)] ?? "all" };
    const from = Math.floor(random() * length);
    const to = from + Math.floor(random() ** 2 * (length - from));
    return { from: addDays(first, from), to: addDays(first, to) };
  };
  return {
    range: range(),
    schools: some(all.map(({ school }) => school)),
    resources: some(usage.map(({ name }) => name)),
    resourceTypes: random() < 0.7 ? [] : some(usage.map(({ type }) => type)),
    userTypes: some(["students", "teachers"] as const),
    grades: some(all.map(({ grade }) => grade)),
  };
}

const flag = (cut: boolean) => (cut ? { atLeast: true } : {});
const usageFlag = (cut: boolean) => (cut ? { usageAtLeast: true } : {});

/** The plain numbers in the answer's form, without the parts that are tested elsewhere. */
function expected(plain: PlainDashboard, given: DashboardAnswer, hasGrades: boolean) {
  const { filter, from, to } = given;
  const now = plain.answer({ filter, from, to });
  const length = (Date.parse(to) - Date.parse(from)) / 86_400_000 + 1;
  const earlier = addDays(from, -length);
  const before =
    earlier < given.options.firstDay
      ? undefined
      : plain.answer({ filter, from: earlier, to: addDays(from, -1) }).total;
  const { total } = now;
  const cards = (
    [
      ["users", "usersCut"],
      ["activeUsers", "activityCut"],
      ["days", "daysCut"],
      ["logins", "activityCut"],
      ["accesses", "usageCut"],
      ["resources", "usageCut"],
      ["resourceUsers", "usageCut"],
    ] as const
  ).map(([key, cut]) => [
    key,
    {
      value: total[key],
      atLeast: total[cut],
      before: before?.[key] ?? null,
      ...(before?.[cut] === true ? { beforeAtLeast: true } : {}),
    },
  ]);
  const part = (numbers: (typeof now.schools)[number] | (typeof now.grades)[number]) => ({
    users: numbers.users,
    activeUsers: numbers.activeUsers,
    averageLogins: numbers.averageLogins,
    averageResources: numbers.averageResources,
    distinctResourcesPerUser: numbers.distinctResourcesPerUser,
    ...flag(numbers.cut),
    ...usageFlag(numbers.usageCut),
  });
  return {
    cards: Object.fromEntries(cards),
    bySchool: now.schools.map((one) => ({ school: one.school, ...part(one), accesses: one.accesses })),
    byGrade: hasGrades ? now.grades.map((one) => ({ grade: one.grade, ...part(one) })) : [],
    byDay: now.days.map((one) => ({
      date: one.date,
      kind: one.kind,
      logins: one.logins,
      resources: one.resourceSum,
      activeUsers: shown(one.personDays, one.activityCut),
      distinctResources: one.resources,
      ...flag(one.activityCut),
      ...usageFlag(one.usageCut),
    })),
    byWeekday: now.weekdays.map((one) => ({
      weekday: one.weekday,
      days: one.countedDays,
      activeUsers: shown(one.personDays / one.countedDays, one.activityCut),
      logins: one.logins === null ? null : one.logins / one.countedDays,
      ...flag(one.activityCut),
    })),
    resources: now.resources.map(({ numbers, test: _, used: __, ...one }) => ({
      ...one,
      ...flag(numbers.usageCut),
    })),
    resourcesBySchool: now.schoolResources.map(({ cut, numbers: _, ...one }) => ({ ...one, ...flag(cut) })),
  };
}

function parts({
  cards,
  bySchool,
  byGrade,
  byDay,
  byWeekday,
  resources,
  resourcesBySchool,
}: DashboardAnswer) {
  const byName = [...byGrade].sort((a, b) => ((a.grade ?? "~") < (b.grade ?? "~") ? -1 : 1));
  return { cards, bySchool, byGrade: byName, byDay, byWeekday, resources, resourcesBySchool };
}

async function compare(
  district: RandomRows,
  minimum: number,
  filters: readonly DashboardFilter[],
  hasGrades = true,
) {
  const index = plainIndex(district.participation, district.usage, hasGrades);
  const prepared = await prepare(index, minimum);
  const plain = new PlainDashboard(district, hasGrades, minimum <= 1 ? undefined : blocksOf(index, prepared));
  for (const filter of filters) {
    const given = await ask(index, prepared, filter);
    const wanted = expected(plain, given, hasGrades);
    wanted.byGrade.sort((a, b) => ((a.grade ?? "~") < (b.grade ?? "~") ? -1 : 1));
    expect(parts(given), JSON.stringify(filter)).toEqual(wanted);
  }
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

function filtersFor(district: RandomRows, count: number, seed: number): DashboardFilter[] {
  const random = randomStream(seed, "filters");
  return Array.from({ length: count }, () => randomFilter(random, district));
}

describe("the dashboard's numbers", () => {
  test.each([1, 2, 3])("are those of plain loops over the rows (district %i)", async (seed) => {
    const district = randomDistrict(seed, small);
    await compare(district, 1, filtersFor(district, 50, seed));
  });

  test("are those of plain loops over the rows of OEA's file", async () => {
    const district = oeaRows();
    await compare(district, 1, filtersFor(district, 15, 1), false);
    await compare(district, 10, filtersFor(district, 5, 2), false);
  });

  test.each([false, true])("are those of plain loops over a sample district (grades %s)", async (grades) => {
    const district = sampleRows(
      { seed: 3, students: 160, teachers: 12, staff: 5, schools: 5, days: 24, firstDay: "2025-09-15" },
      ["1", "2", "Kindergarten"],
    );
    await compare(district, 1, filtersFor(district, 20, 3), grades);
    await compare(district, 10, filtersFor(district, 10, 4), grades);
  });

  test.each([
    [3, 4],
    [10, 5],
    [10, 6],
  ])("count whole blocks only (minimum %i, district %i)", async (minimum, seed) => {
    const district = randomDistrict(seed, small);
    await compare(district, minimum, filtersFor(district, 30, seed));
  });

  test("are never above the exact ones, equal to them unless they say at least, and about enough people", async () => {
    const minimum = 6;
    const district = randomDistrict(7, small);
    const index = plainIndex(district.participation, district.usage);
    const [some, all] = [await prepare(index, minimum), await prepare(index, 1)];
    let shownNumbers = 0;
    for (const filter of filtersFor(district, 60, 7)) {
      const [given, exact] = [await ask(index, some, filter), await ask(index, all, filter)];
      for (const key of [
        "users",
        "activeUsers",
        "days",
        "logins",
        "accesses",
        "resources",
        "resourceUsers",
      ] as const) {
        const { value, atLeast } = given.cards[key];
        if (value === null) expect(atLeast).toBe(true);
        else if (atLeast) expect(value).toBeLessThanOrEqual(exact.cards[key].value ?? 0);
        else expect(value).toBe(exact.cards[key].value);
      }
      const people = [
        given.cards.users.value,
        given.cards.activeUsers.value,
        given.cards.resourceUsers.value,
        ...[...given.bySchool, ...given.byGrade].flatMap(({ users, activeUsers }) => [users, activeUsers]),
        ...given.byDay.map(({ activeUsers }) => activeUsers),
        ...given.resources.map(({ users }) => users),
        ...given.resourcesBySchool.map(({ users }) => users),
      ].filter((value) => value !== null && value !== 0);
      for (const value of people) expect(value).toBeGreaterThanOrEqual(minimum);
      shownNumbers += people.length;
    }
    expect(shownNumbers).toBeGreaterThan(500);
  });

  test("are exact where everything is asked for", async () => {
    const district = randomDistrict(8, small);
    const index = plainIndex(district.participation, district.usage);
    const everything: DashboardFilter = { ...openingFilter, range: { preset: "all" }, userTypes: [] };
    const given = await ask(index, await prepare(index, 10), everything);
    const exact = await ask(index, await prepare(index, 1), everything);
    expect(given.cards).toEqual(exact.cards);
    expect(Object.values(given.cards).filter(({ atLeast }) => atLeast)).toEqual([]);
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
    ["last7", "09-01", "2025-02-25", "2025-03-03", 1],
    ["last30", "09-01", "2025-02-02", "2025-03-03", 0],
    ["schoolYear", "09-01", "2024-09-01", "2025-03-03", 1],
    ["schoolYear", "03-03", "2025-03-03", "2025-03-03", 0],
    ["schoolYear", "02-29", "2025-03-01", "2025-03-03", 0],
    ["all", "09-01", "2024-02-27", "2025-03-03", null],
  ] as const)("%s with a school year from %s", async (preset, schoolYearStart, from, to, before) => {
    const index = plainIndex(dates.map(rowOn), [], false);
    const filter = { ...openingFilter, range: { preset } };
    const given = await answer(index, await prepare(index, 1), filter, {
      ...settings,
      minimumGroupSize: 1,
      schoolYearStart,
    });
    expect(given).toMatchObject({ from, to, cards: { logins: { before } } });
  });

  test.each(["last7", "last30", "schoolYear", "all"] as const)(
    "%s does not begin before the data",
    async (preset) => {
      const index = plainIndex(["2025-02-27", "2025-03-03"].map(rowOn), [], false);
      const filter = { ...openingFilter, range: { preset } };
      const given = await ask(index, await prepare(index, 1), filter);
      expect([given.from, given.to, given.byDay.length]).toEqual(["2025-02-27", "2025-03-03", 5]);
      expect(given.cards.logins).toMatchObject({ value: 2, before: null });
    },
  );

  test("has an entry per day and weekday, and says of what kind a day is", async () => {
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
    const given = await ask(index, await prepare(index, 1), { ...openingFilter, range });
    expect(given.byDay.map(({ kind, activeUsers }) => [kind, activeUsers])).toEqual([
      ["school", 30],
      ["school", 30],
      ["school", 30],
      ["noData", 0],
      ["noData", 0],
      ["quiet", 2],
    ]);
    expect(given.byWeekday.map(({ weekday, days, activeUsers }) => [weekday, days, activeUsers])).toEqual([
      [1, 1, 30],
      [2, 1, 30],
      [3, 1, 30],
    ]);
  });
});

describe("a question", () => {
  test("of empty tables has no answer", async () => {
    const index = plainIndex([], []);
    expect(
      await answer(index, await prepare(index, 10), openingFilter, { ...settings, minimumGroupSize: 10 }),
    ).toEqual({
      empty: true,
    });
  });

  test("ends when it is cancelled, and so does the preparation", async () => {
    const district = randomDistrict(9, small);
    const index = plainIndex(district.participation, district.usage);
    const signal = AbortSignal.abort(new Error("newer question"));
    await expect(prepare(index, 10, signal)).rejects.toThrow("newer question");
    const asked = answer(
      index,
      await prepare(index, 10),
      openingFilter,
      { ...settings, minimumGroupSize: 10 },
      signal,
    );
    await expect(asked).rejects.toThrow("newer question");
  });
});
