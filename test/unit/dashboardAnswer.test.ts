import { describe, expect, test } from "vitest";
import type { DashboardAnswer } from "../../src/dashboard/answer";
import { type DashboardFilter, openingFilter } from "../../src/dashboard/filter";
import type { KeepWhole } from "../../src/dashboard/opening";
import { answer } from "../../src/dashboard/query/answer";
import { randomStream } from "../../src/sample/random";
import { oeaRows, sampleRows } from "../helpers/dashboardCsv";
import { ask, divisionOf, isKnown, randomFilter, settings } from "../helpers/dashboardTruth";
import type { PlainCohort } from "../helpers/plainCohorts";
import { addDays, PlainDashboard } from "../helpers/plainDashboard";
import { plainIndex, type UsageRow } from "../helpers/plainIndex";
import { type RandomOptions, type RandomRows, randomDistrict } from "../helpers/randomDistrict";

type Plain = ReturnType<PlainDashboard["answer"]>;

/** What a card is compared by with the period before: sums per school day, people and things where nothing is missing. */
function comparable(key: keyof DashboardAnswer["cards"], { total, days }: Plain): number | null {
  if (key === "days") return null;
  const report = ["users", "activeUsers", "logins"].includes(key) ? "dailyParticipation" : "resourceUsage";
  if (key !== "logins" && key !== "accesses") {
    const value = total[key];
    return typeof value !== "number" || days.some(({ missing }) => missing.includes(report)) ? null : value;
  }
  const school = days.filter((day) => day.kind === "school" && isKnown(day, report) && day[key] !== null);
  if (school.length === 0 || total[key] === null) return null;
  return school.reduce((sum, day) => sum + (day[key] ?? 0), 0) / school.length;
}

/** The plain numbers in the answer's form. */
function expected(plain: PlainDashboard, given: DashboardAnswer, hasGrades: boolean) {
  const { filter, from, to } = given;
  const now = plain.answer({ filter, from, to });
  const earlier = plain.startBefore(from, to, given.options.firstDay);
  const { compare } = filter;
  const other = compare ?? (earlier ? { from: earlier, to: addDays(from, -1) } : undefined);
  const past = other && plain.answer({ filter, from: other.from, to: other.to });
  const before = past ? past.total : undefined;
  const { total } = now;
  const keys = ["users", "activeUsers", "days", "logins", "accesses", "resources", "resourceUsers"] as const;
  const choosesResources = now.choosesResources;
  const useOf = (numbers: Omit<(typeof now.days)[number], "date" | "kind" | "missing">, isThere = true) => {
    const { usage, accesses, resourceUsers, shown } = numbers;
    const personDays = shown(usage.filter(({ person }) => person !== null).length);
    const use = isThere
      ? { users: resourceUsers, personDays, accesses }
      : { users: null, personDays: null, accesses: null };
    return choosesResources ? { use } : {};
  };
  const part = (numbers: (typeof now.schools)[number] | (typeof now.grades)[number]) => ({
    users: numbers.users,
    activeUsers: numbers.activeUsers,
    neverActive: numbers.neverActive,
    averageLogins: numbers.averageLogins,
    averageResources: numbers.averageResources,
    distinctResourcesPerUser: numbers.perPerson,
    ...useOf(numbers),
    ...numbers.partly,
  });
  return {
    cards: Object.fromEntries(
      keys.map((key) => {
        // How many days count is known also where there is none.
        const days = key === "days" && total[key] === null ? null : total[key];
        const was = past ? comparable(key, past) : null;
        const is = comparable(key, now);
        const compared = is === null || was === null ? null : { now: is, before: was };
        return [key, { value: days, before: before?.[key] ?? null, compared }];
      }),
    ),
    neverActive: total.neverActive,
    bySchool: now.schools.map((one) => ({ school: one.school, ...part(one), accesses: one.accesses })),
    byGrade: hasGrades ? now.grades.map((one) => ({ grade: one.grade, ...part(one) })) : [],
    byDay: now.days.map((one) => ({
      date: one.date,
      kind: one.kind,
      ...(one.missing.length > 0 ? { missing: one.missing } : {}),
      logins: isKnown(one, "dailyParticipation") ? one.logins : null,
      resources: isKnown(one, "dailyParticipation") ? one.resourceSum : null,
      activeUsers: isKnown(one, "dailyParticipation") ? one.told(one.personDays) : null,
      distinctResources: isKnown(one, "resourceUsage") ? one.resources : null,
      ...useOf(one, isKnown(one, "resourceUsage")),
      ...one.partly,
    })),
    byWeekday: now.weekdays.map((one) => ({
      weekday: one.weekday,
      days: one.countedDays,
      activeUsers: one.shown(one.personDays / one.countedDays),
      logins: one.logins === null ? null : one.logins / one.countedDays,
      ...one.partly,
    })),
    resources: now.resources,
    resourcesBySchool: now.schoolResources,
    comparison: other && (compare || choosesResources) ? comparisonOf(plain, given, other, hasGrades) : null,
  };
}

/** Use in both periods, each average over the days on which not all of its entry is left out. */
function comparisonOf(
  plain: PlainDashboard,
  { filter, from, to }: DashboardAnswer,
  other: { readonly from: string; readonly to: string },
  hasGrades: boolean,
) {
  const periodOf = (range: { readonly from: string; readonly to: string }) => {
    const isMissing = (date: string) => plain.missingOn(filter.userTypes, date).includes("resourceUsage");
    const schoolDays = plain.schoolDays(range.from, range.to);
    const compared = schoolDays.filter((date) => !isMissing(date));
    const found = plain.answer({ filter, ...range, isAsked: (date) => compared.includes(date) });
    return { range, schoolDays, compared, found };
  };
  const [before, now] = [periodOf(other), periodOf({ from, to })];
  type Found = typeof now;
  const keys = new Map<UsageRow, string>();
  const keyOf = (row: UsageRow) => {
    const known = keys.get(row);
    if (known !== undefined) return known;
    const { name, type } = plain.shownOf(row);
    keys.set(row, JSON.stringify([name, type]));
    return JSON.stringify([name, type]);
  };
  const all = () => true;
  const useOf = (
    { compared, found }: Found,
    isOf: (cohort: PlainCohort) => boolean,
    isUsed: (row: UsageRow) => boolean = () => true,
  ) => {
    const { usage, shown, told, partly, leftDates } =
      isOf === all ? found.total : found.part(() => true, isOf);
    const rows = usage.filter(isUsed);
    const days = compared.filter((date) => !leftDates.has(date)).length;
    const average = (sum: number) => (days === 0 ? null : shown(sum / days));
    const people = new Set(rows.flatMap(({ person }) => person ?? []));
    return {
      use: {
        users: told(people.size),
        personDaysPerDay: average(rows.filter(({ person }) => person !== null).length),
        accessesPerDay: average(rows.reduce((sum, { accesses }) => sum + (accesses ?? 0), 0)),
      },
      partly,
    };
  };
  const entry = (isOf: (cohort: PlainCohort) => boolean) => {
    const [was, is] = [useOf(before, isOf), useOf(now, isOf)];
    return { before: was.use, now: is.use, ...was.partly, ...is.partly };
  };
  const { partly: _, ...total } = entry(all);
  const names = <K extends string | null>(of: (found: Found["found"]) => readonly K[]) => [
    ...new Set([...of(before.found), ...of(now.found)]),
  ];
  const resources = new Map(
    [before, now].flatMap(({ found }) =>
      found.resources.map(({ resource, type }) => [JSON.stringify([resource, type]), { resource, type }]),
    ),
  );
  const told = ({ range, schoolDays, compared, found }: Found, name: string) => ({
    from: range.from,
    to: range.to,
    name,
    schoolDays: schoolDays.length,
    comparedDays: compared.length,
    weeks: [...new Set(found.days.map(({ date }) => mondayOf(date)))].map((monday) => {
      const { leftDates, usage } = found.total;
      const isIn = (date: string) =>
        mondayOf(date) === monday && compared.includes(date) && !leftDates.has(date);
      const days = compared.filter(isIn);
      const rows = usage.filter(({ person, date }) => person !== null && isIn(date));
      return days.length === 0 ? null : rows.length / days.length;
    }),
  });
  return {
    before: told(before, filter.compare?.name ?? ""),
    now: told(now, filter.compare?.rangeName ?? ""),
    total,
    bySchool: names((found) => found.schools.map(({ school }) => school)).map((school) => ({
      school,
      ...entry((cohort) => cohort.school === school),
    })),
    byGrade: hasGrades
      ? names((found) => found.grades.map(({ grade }) => grade)).map((grade) => ({
          grade,
          ...entry((cohort) => plain.countedGrade(cohort) === grade),
        }))
      : [],
    resources: [...resources].map(([key, resource]) => {
      const use = (period: Found) => useOf(period, all, (row) => keyOf(row) === key).use;
      return { ...resource, before: use(before), now: use(now) };
    }),
  };
}

const mondayOf = (date: string) => addDays(date, 1 - (new Date(date).getUTCDay() || 7));

/** A comparison in the form of the plain one, in an order of its own. */
function told({ before, now, ...entries }: NonNullable<DashboardAnswer["comparison"]>) {
  const period = ({ missing: _, uncounted: __, weeklyPersonDaysPerDay: weeks, ...rest }: typeof now) => ({
    ...rest,
    weeks,
  });
  return { before: period(before), now: period(now), ...entries };
}

const sorted = <
  C extends { bySchool: readonly object[]; byGrade: readonly object[]; resources: readonly object[] },
>(
  comparison: C | null,
) => {
  const byText = (list: readonly object[]) =>
    [...list].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  return (
    comparison && {
      ...comparison,
      bySchool: byText(comparison.bySchool),
      byGrade: byText(comparison.byGrade),
      resources: byText(comparison.resources),
    }
  );
};

const byGradeName = <E extends { readonly grade: string | null }>(entries: readonly E[]) =>
  [...entries].sort((a, b) => ((a.grade ?? "~") < (b.grade ?? "~") ? -1 : 1));

function parts({
  cards,
  neverActive,
  bySchool,
  byGrade,
  byDay,
  byWeekday,
  resources,
  resourcesBySchool,
  comparison,
}: DashboardAnswer) {
  return {
    cards,
    neverActive,
    bySchool,
    byGrade: byGradeName(byGrade),
    byDay,
    byWeekday,
    resources,
    resourcesBySchool,
    comparison: sorted(comparison && told(comparison)),
  };
}

/** Holds the engine to the plain computation; returns how many answers had nothing left out. */
async function compare(
  district: RandomRows,
  minimum: number,
  filters: readonly DashboardFilter[],
  { hasGrades = true, keep = "schools" }: { readonly hasGrades?: boolean; readonly keep?: KeepWhole } = {},
): Promise<number> {
  const index = plainIndex(district.participation, district.usage, hasGrades);
  const plain = new PlainDashboard(district, hasGrades, divisionOf(index, minimum, keep));
  const everybody = new PlainDashboard(district, hasGrades);
  let complete = 0;
  for (const filter of filters) {
    const given = await ask(index, filter, minimum, keep);
    const wanted = expected(plain, given, hasGrades);
    wanted.byGrade = byGradeName(wanted.byGrade);
    wanted.comparison = sorted(wanted.comparison);
    expect(parts(given), JSON.stringify(filter)).toEqual(wanted);
    // Where nothing is left out, the numbers are those of everybody, fewer people than the minimum apart.
    const { withheld } = given;
    if (withheld.filter.length + withheld.days.length > 0) continue;
    if (filter.grades.length > 0 && withheld.ungraded.length > 0) continue;
    complete++;
    const exact = expected(everybody, given, hasGrades);
    const isPeople = (key: string) => ["users", "activeUsers", "resourceUsers"].includes(key);
    for (const [key, { value }] of Object.entries(given.cards)) {
      const truth = exact.cards[key]?.value ?? null;
      const few = isPeople(key) && typeof truth === "number" && truth > 0 && truth < minimum;
      expect(value, `${key} of ${JSON.stringify(filter)}`).toBe(few ? "few" : truth);
    }
    const sums = ({ date, logins, resources, distinctResources }: DashboardAnswer["byDay"][number]) =>
      [date, logins, resources, distinctResources] as const;
    // A user type without a group of its own is not told to lack a report.
    const isLike = (day: { readonly missing?: unknown }, at: number) =>
      JSON.stringify(day.missing) === JSON.stringify(given.byDay[at]?.missing);
    if (!exact.byDay.every(isLike)) continue;
    expect(given.byDay.map(sums)).toEqual(exact.byDay.map((day) => sums(day as never)));
    const used = ({ resource, type, rows, accesses, weekly }: DashboardAnswer["resources"][number]) =>
      JSON.stringify([resource, type, rows, accesses, weekly]);
    expect(given.resources.map(used).sort()).toEqual(exact.resources.map((one) => used(one as never)).sort());
  }
  return complete;
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
  return Array.from({ length: count }, () => randomFilter(random, district, true));
}

describe("the dashboard's numbers", () => {
  test.each([1, 2, 3])("are those of plain loops over the rows (district %i)", async (seed) => {
    const district = randomDistrict(seed, small);
    expect(await compare(district, seed % 2, filtersFor(district, 30, seed))).toBe(30);
  });

  test("are those of plain loops over the rows of OEA's file", async () => {
    const district = oeaRows();
    await compare(district, 0, filtersFor(district, 3, 1), { hasGrades: false });
    expect(await compare(district, 10, filtersFor(district, 4, 2), { hasGrades: false })).toBe(4);
  });

  test.each([false, true])(
    "are those of plain loops over a sample district (grades %s)",
    async (hasGrades) => {
      const district = sampleRows(
        { seed: 3, students: 160, teachers: 12, staff: 5, schools: 5, days: 24, firstDay: "2025-09-15" },
        ["1", "2", "Kindergarten"],
      );
      await compare(district, 0, filtersFor(district, 10, 3), { hasGrades });
      expect(await compare(district, 10, filtersFor(district, 20, 4), { hasGrades })).toBeGreaterThan(3);
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
      await compare(district, minimum, filtersFor(district, 25, seed), { keep });
    },
  );

  test("of a renamed resource are those of one, under its newest name", async () => {
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
    // A link or saved filter with the former name still means it.
    const chosen = await ask(renamed, { ...everything, resources: ["Old Name"] }, 10);
    const [one] = chosen.resources;
    expect([chosen.resources.length, one?.resource, one?.rows]).toEqual([1, "A New Name", entry?.rows]);
  });

  test("are not known on days without a report of a user type, and compared by the days that are there", async () => {
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
        ...filtersFor(rows, 8, 12),
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
    const { now = 0, before = 0 } = given.cards.accesses.compared ?? {};
    // On the day without daily participation too few people used anything, so that it is left out as well.
    expect([now * 27, before * 30]).toEqual([
      expect.closeTo(given.cards.accesses.value ?? 0),
      expect.closeTo(given.cards.accesses.before ?? 0),
    ]);
  });

  test("are exact where everything is asked for, but on days with too few people", async () => {
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

describe("a question", () => {
  const options = { ...settings, minimumGroupSize: 10, keepWhole: "schools" } as const;

  test("of empty tables has no answer", async () => {
    expect(await answer(plainIndex([], []), openingFilter, options)).toEqual({ empty: true });
  });

  test("ends when it is cancelled", async () => {
    const district = randomDistrict(9, small);
    const index = plainIndex(district.participation, district.usage);
    const signal = AbortSignal.abort(new Error("newer question"));
    await expect(answer(index, openingFilter, options, signal)).rejects.toThrow("newer question");
  });
});
