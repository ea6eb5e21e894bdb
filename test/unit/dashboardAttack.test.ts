import { describe, expect, test } from "vitest";
import type { DashboardAnswer, People, PeriodUse } from "../../src/dashboard/answer";
import type { DashboardFilter } from "../../src/dashboard/filter";
import { keptWhole, rangePresets } from "../../src/dashboard/opening";
import { answer } from "../../src/dashboard/query/answer";
import { randomStream } from "../../src/sample/random";
import { divisionOf } from "../helpers/dashboardTruth";
import { KnownSums } from "../helpers/linearAttack";
import { keyOfCohort, type PlainCohort } from "../helpers/plainCohorts";
import { datesBetween } from "../helpers/plainDates";
import { PlainEngine } from "../helpers/plainEngine";
import { plainIndex } from "../helpers/plainIndex";
import { PlainRows } from "../helpers/plainRows";
import { type RandomRows, randomDistrict } from "../helpers/randomDistrict";
import { usedOn } from "../helpers/syntheticRows";

/**
 * An attacker who queries without limit, knows the groups and which of them a number includes, and knows that the
 * two reports agree: rows of usage are participation's resources, accesses its logins. All that is added up in any answer
 * becomes an equation about the cells (cohort, day, resource). Nothing about a part of a group may follow from them, and
 * nothing about a group on a day on which fewer of its people are in the reports than the minimum.
 */

const everything: DashboardFilter = {
  range: { preset: "all" },
  schools: [],
  resources: [],
  resourceTypes: [],
  userTypes: [],
  grades: [],
};

const distinct = <T>(values: readonly T[]): T[] => [...new Set(values)];

/** Random combinations for each district; 10,000 in total. */
const combinations = 834;

/** Every value of each single control, everything that a list can contain, and random combinations. */
function questions({ participation, usage }: RandomRows, seed: number): DashboardFilter[] {
  const random = randomStream(seed, "questions");
  const dates = distinct([...participation, ...usage].map(({ date }) => date)).sort();
  const range = datesBetween(dates[0] ?? "", dates[dates.length - 1] ?? "");
  const ranges = [
    ...rangePresets.map((preset) => ({ range: { preset } })),
    ...range.flatMap((from, at) => range.slice(at).map((to) => ({ range: { from, to } }))),
  ];
  const lists = {
    schools: distinct(participation.map(({ school }) => school)),
    grades: distinct(participation.map(({ grade }) => grade)),
    resources: distinct(usage.map(({ name }) => name)),
    resourceTypes: distinct(usage.map(({ type }) => type)),
    userTypes: distinct([...participation, ...usage].map(({ userType }) => userType)),
  };
  const single = Object.entries(lists).flatMap(([control, values]) =>
    subsets(values).map((chosen) => ({ [control]: chosen })),
  );
  const periods = ranges.flatMap(({ range: period }) => ("from" in period ? [period] : []));
  const other = () => {
    const period = random() < 0.3 ? periods[Math.floor(random() * periods.length)] : undefined;
    return period ? { compare: { ...period, name: "before", rangeName: "now" } } : {};
  };
  const some = <T>(values: readonly T[]) => (random() < 0.5 ? [] : values.filter(() => random() < 0.5));
  const combined = Array.from({ length: combinations }, () => ({
    ...(ranges[Math.floor(random() * ranges.length)] ?? {}),
    ...other(),
    schools: some(lists.schools),
    grades: some(lists.grades),
    resources: some(lists.resources),
    resourceTypes: some(lists.resourceTypes),
    userTypes: some(lists.userTypes),
  }));
  return [{}, ...ranges, ...single, ...combined].map((part) => ({ ...everything, ...part }));
}

const settings = { schoolYearStart: "08-01", now: new Date(0) };

/** With groups or, as a careless publisher would do, with every number that is about enough people. */
async function attack(seed: number, carelessly = false) {
  const minimum = [3, 4, 5, 10][seed % 4] ?? 3;
  const keepWhole = keptWhole[seed % 2] ?? "schools";
  const district = randomDistrict(seed, {
    people: 14 + (seed % 5) * 8 + (minimum === 10 ? 25 : 0),
    schools: 2 + (seed % 3),
    grades: 1 + (seed % 3),
    resources: 2 + (seed % 2),
    firstDay: "2025-09-27",
    days: 4 + (seed % 6),
    teachers: seed % 2 === 0,
    ungraded: seed % 3 === 0 ? 0.1 : 0,
  });
  const index = plainIndex(district.participation, district.usage);
  const division = divisionOf(index, minimum, keepWhole);
  const divided = division.groups;
  const asked = carelessly ? 1 : minimum;
  const rows = new PlainRows(district, true);
  const plain = new PlainEngine(rows, carelessly ? undefined : division);
  const cells = new Cells(district, index.cohorts);
  const known = new KnownSums(cells.count);
  const noted = new Set<string>();
  let [answers, shown] = [0, 0];
  for (const filter of questions(district, seed)) {
    const given = await answer(index, filter, { ...settings, minimumGroupSize: asked, keepWhole });
    if ("empty" in given) throw new Error("no answer");
    answers++;
    const wanted = plain.answer({ filter, from: given.from, to: given.to });
    const compared = comparedSums(given, (from, to) => plain.answer({ filter, from, to }), cells);
    for (const { value, same, sum } of [...shownSums(given, wanted, cells), ...compared]) {
      if (value !== same) expect.fail(`${value} is shown where ${same} is so (${JSON.stringify(filter)})`);
      if (value === null || (carelessly && cells.peopleIn(sum) < minimum)) continue;
      shown++;
      const key = `${sum.places.join()} ${sum.resources.join()}`;
      if (!noted.has(key)) known.add(cells.unknownsOf(sum));
      noted.add(key);
    }
  }
  const secrets = cells.secrets(divided, new PlainEngine(rows, division));
  const found = secrets.filter(({ sum }) => known.determines(cells.unknownsOf(sum)));
  return { answers, shown, secrets: secrets.length, found: found.map(({ about }) => about) };
}

/** The terms of a number: some resources, as numbered by `Cells`, at places. */
interface Sum {
  readonly places: readonly number[];
  readonly resources: readonly number[];
}

/**
 * Every possible use, as unknowns, including what nobody did, since an attacker does not know that. A place is a cohort on
 * a date.
 */
class Cells {
  readonly dates: readonly string[];
  readonly resources: readonly { readonly name: string | null; readonly type: string | null }[];
  /** People by place. */
  private readonly people: readonly ReadonlySet<string | null>[];

  constructor(
    { participation, usage }: RandomRows,
    readonly cohorts: readonly PlainCohort[],
  ) {
    const rows = [...participation, ...usage];
    this.dates = distinct(rows.map(({ date }) => date)).sort();
    const resources = usage.map(({ name, type }) => JSON.stringify([name, type]));
    this.resources = distinct(resources).map((text) => {
      const [name, type] = JSON.parse(text) as [string | null, string | null];
      return { name, type };
    });
    const keys = cohorts.map(keyOfCohort);
    const people = this.placesOf(() => true).map(() => new Set<string | null>());
    for (const row of rows) {
      const place = keys.indexOf(keyOfCohort(row)) * this.dates.length + this.dates.indexOf(row.date);
      people[place]?.add(row.person);
    }
    this.people = people;
  }

  get count(): number {
    return this.cohorts.length * this.dates.length * this.resources.length;
  }

  cohortAt(place: number): PlainCohort {
    const cohort = this.cohorts[Math.floor(place / this.dates.length)];
    if (!cohort) throw new RangeError(`There is no place ${place}.`);
    return cohort;
  }

  dateAt(place: number): string {
    return this.dates[place % this.dates.length] ?? "";
  }

  placesOf(has: (cohort: PlainCohort, date: string) => boolean): number[] {
    return this.cohorts.flatMap((cohort, number) =>
      this.dates.flatMap((date, at) => (has(cohort, date) ? number * this.dates.length + at : [])),
    );
  }

  unknownsOf({ places, resources }: Sum): number[] {
    return places.flatMap((place) => resources.map((resource) => place * this.resources.length + resource));
  }

  peopleIn({ places }: Sum): number {
    return new Set(places.flatMap((place) => [...(this.people[place] ?? [])])).size;
  }

  /** Each part of a group, and each group on a day that does not count: with one resource, and with all. */
  secrets(groups: readonly (readonly PlainCohort[])[], plain: PlainEngine) {
    const whole = plain.answer({
      filter: everything,
      from: this.dates[0] ?? "",
      to: this.dates[this.dates.length - 1] ?? "",
    });
    const all = this.resources.map((_, number) => number);
    return groups.flatMap((cohorts) =>
      this.dates.flatMap((date) => {
        const counts = cohorts.every((cohort) => whole.hasCell(cohort, date));
        const parts = subsets(cohorts).filter((part) => part.length < cohorts.length || !counts);
        return parts.flatMap((part) => {
          const places = this.placesOf((cohort, day) => part.includes(cohort) && day === date);
          return [all, ...all.map((resource) => [resource])].map((resources) => ({
            about: JSON.stringify([part, date, resources]),
            sum: { places, resources },
          }));
        });
      }),
    );
  }
}

/** The numbers of the resources that a filter selects, and of those with one name and type among them. */
function chosenResources({ resources, resourceTypes }: DashboardFilter, cells: Cells) {
  const isAmong = <T>(list: readonly T[], value: T) => list.length === 0 || list.includes(value);
  const asked = cells.resources.flatMap(({ name, type }, number) =>
    isAmong(resources, name) && isAmong(resourceTypes, type) ? number : [],
  );
  const only = (resource: string | null, type: string | null) =>
    asked.filter((number) => {
      const each = cells.resources[number];
      return each?.name === resource && each.type === type;
    });
  return { asked, only };
}

/** The sums in an answer, with their values computed by plain loops. */
function* shownSums(given: DashboardAnswer, plain: ReturnType<PlainEngine["answer"]>, cells: Cells) {
  const anyResource = cells.resources.map((_, number) => number);
  const { asked, only } = chosenResources(given.filter, cells);
  const whole = cells.placesOf((cohort, date) => plain.hasCell(cohort, date));
  const inSchools = cells.placesOf((cohort, date) => plain.hasCell(cohort, date, "schools"));
  const inGrades = cells.placesOf((cohort, date) => plain.hasCell(cohort, date, "grades"));
  const ofSchool = (school: string | null) =>
    inSchools.filter((place) => cells.cohortAt(place).school === school);
  const ofGrade = (grade: string | null) =>
    inGrades.filter((place) => plain.countedGrade(cells.cohortAt(place)) === grade);
  const onDates = (dates: readonly string[]) => whole.filter((place) => dates.includes(cells.dateAt(place)));
  const sum = (
    value: People,
    same: People,
    places: readonly number[],
    of: readonly number[] = anyResource,
  ) => ({ value, same, sum: { places, resources: of } });

  const { cards } = given;
  const { total } = plain;
  yield sum(cards.accesses.value, total.accesses, whole, asked);
  yield sum(cards.logins.value, total.logins, whole);
  for (const [at, { school, accesses, averageLogins }] of given.bySchool.entries()) {
    const part = plain.schools[at];
    yield sum(accesses, part?.accesses ?? null, ofSchool(school), asked);
    yield sum(averageLogins, part?.averageLogins ?? null, ofSchool(school));
  }
  const grades = new Map(plain.grades.map((part) => [part.grade, part]));
  for (const { grade, averageLogins } of given.byGrade) {
    yield sum(averageLogins, grades.get(grade)?.averageLogins ?? null, ofGrade(grade));
  }
  for (const [at, { date, logins, resources: used }] of given.byDay.entries()) {
    const part = plain.days[at];
    yield sum(logins, part?.logins ?? null, onDates([date]));
    yield sum(used, part?.resourceSum ?? null, onDates([date]));
  }
  for (const [at, entry] of given.byWeekday.entries()) {
    const { logins = null, dates = [] } = plain.weekdays[at] ?? {};
    yield sum(entry.logins, logins === null ? null : logins / entry.days, onDates(dates));
  }
  for (const [at, { resource, type, rows, accesses }] of given.resources.entries()) {
    const same = plain.resources[at];
    yield sum(rows, same?.rows ?? null, whole, only(resource, type));
    yield sum(accesses, same?.accesses ?? null, whole, only(resource, type));
  }
  for (const [at, { school, resource, type, users }] of given.resourcesBySchool.entries()) {
    // Users of one day are rows; of more days they are fewer, and not a sum.
    if (given.from !== given.to || typeof users !== "number") continue;
    yield sum(users, plain.schoolResources[at]?.users ?? null, ofSchool(school), only(resource, type));
  }
}

/**
 * The sums behind the averages of two periods. Their values are compared with plain loops in `dashboardAnswer.test.ts`.
 */
function* comparedSums(
  { comparison, filter }: DashboardAnswer,
  answerOf: (from: string, to: string) => ReturnType<PlainEngine["answer"]>,
  cells: Cells,
) {
  if (!comparison) return;
  const { asked, only } = chosenResources(filter, cells);
  for (const period of ["before", "now"] as const) {
    const { from, to } = comparison[period];
    const plain = answerOf(from, to);
    const isCompared = new Set(
      plain.days.flatMap(({ date, kind, missing }) =>
        kind === "school" && !missing.includes("resourceUsage") ? date : [],
      ),
    );
    const placesOf = (isOf: (cohort: PlainCohort) => boolean, list?: "schools" | "grades") =>
      cells.placesOf(
        (cohort, date) => isCompared.has(date) && isOf(cohort) && plain.hasCell(cohort, date, list),
      );
    const sumOf = (
      use: { readonly before: PeriodUse; readonly now: PeriodUse },
      places: readonly number[],
      of = asked,
    ) => {
      const value = use[period].accessesPerDay;
      return { value, same: value, sum: { places, resources: of } };
    };
    yield sumOf(
      comparison.total,
      placesOf(() => true),
    );
    for (const entry of comparison.bySchool)
      yield sumOf(
        entry,
        placesOf(({ school }) => school === entry.school, "schools"),
      );
    for (const entry of comparison.byGrade)
      yield sumOf(
        entry,
        placesOf((cohort) => plain.countedGrade(cohort) === entry.grade, "grades"),
      );
    const all = placesOf(() => true);
    for (const { resource, type, ...use } of comparison.resources)
      yield sumOf(use, all, only(resource, type));
  }
}

/** All except the empty one; for many things, only single ones and all but one. */
function subsets<T>(things: readonly T[]): T[][] {
  if (things.length > 4) {
    return [
      ...things.map((thing) => [thing]),
      ...things.map((thing) => things.filter((each) => each !== thing)),
    ];
  }
  return Array.from({ length: 2 ** things.length - 1 }, (_, number) =>
    things.filter((__, at) => ((number + 1) >> at) & 1),
  );
}

const seeds = Array.from({ length: 12 }, (_, seed) => seed);

describe("an attacker who queries with all filters", () => {
  test("learns nothing about a part of a group", async () => {
    const sums = { answers: 0, shown: 0, secrets: 0 };
    for (const seed of seeds) {
      const result = await attack(seed);
      sums.answers += result.answers;
      sums.shown += result.shown;
      sums.secrets += result.secrets;
      expect(result.found, `district ${seed}`).toEqual([]);
    }
    const { answers, shown, secrets } = sums;
    console.log(`${answers} answers with ${shown} sums tell none of ${secrets} sums about parts of groups`);
    expect(answers).toBeGreaterThan(10_000);
    expect(secrets).toBeGreaterThan(1_000);
  }, 300_000);

  test("learns much if only small numbers are hidden", async () => {
    for (const seed of seeds.slice(0, 3)) {
      const { found, secrets } = await attack(seed, true);
      expect(found.length, `district ${seed}`).toBeGreaterThan(secrets / 10);
    }
  });
});

describe("the days on which somebody uses Clever do not follow from what is suppressed", () => {
  const minimum = 4;
  const students = randomDistrict(3, {
    ...{ people: 30, schools: 2, grades: 2, resources: 2 },
    ...{ firstDay: "2025-09-01", days: 7 },
  });
  const dates = distinct(students.participation.map(({ date }) => date));
  const resource = students.usage[0]?.name ?? "";
  /** Staff are in resource usage only. */
  const staff = (school: string, people: number, days: readonly string[]) =>
    days.flatMap((date) => usedOn(date, resource, { userType: "staff", school, people }));

  /** The answers if somebody at School 0 uses Clever every day, and if only on the first one. */
  async function answersOf(others: RandomRows["usage"], filter: DashboardFilter) {
    const ask = (days: readonly string[]) => {
      const usage = [...students.usage, ...staff("School 0", 1, days), ...others];
      const index = plainIndex(students.participation, usage);
      return (one: DashboardFilter) =>
        answer(index, one, { ...settings, minimumGroupSize: minimum, keepWhole: "schools" });
    };
    const [often, once] = [ask(dates), ask(dates.slice(0, 1))];
    const given = await Promise.all([often(filter), once(filter)]);
    return given.map((each) => ("empty" in each ? expect.fail("no answer") : each));
  }
  const asked = (usage: RandomRows["usage"]) => questions({ ...students, usage }, 3).slice(0, 250);

  test("if a user type has too few people", async () => {
    const usage = staff("School 0", 1, dates);
    for (const filter of asked([...students.usage, ...usage])) {
      const [often, once] = await answersOf([], filter);
      expect(once, JSON.stringify(filter)).toEqual(often);
    }
  }, 120_000);

  test("if a filter splits a group, or a list does", async () => {
    const others = staff("School 1", 5, dates);
    const ofStaff = asked([...students.usage, ...others]).map((filter) => ({
      ...filter,
      userTypes: filter.userTypes.filter((type) => type === "staff"),
    }));
    let split = 0;
    for (const filter of ofStaff) {
      const [often, once] = await answersOf(others, filter);
      const isSplit = filter.schools.length === 1;
      if (isSplit) split++;
      const seen = (given: typeof often) =>
        isSplit ? given : { rows: given?.rows, bySchool: given?.bySchool, withheld: given?.withheld };
      expect(seen(once), JSON.stringify(filter)).toEqual(seen(often));
    }
    expect(split).toBeGreaterThan(10);
  }, 120_000);
});
