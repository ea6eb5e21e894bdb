import { describe, expect, test } from "vitest";
import type { DashboardAnswer } from "../../src/dashboard/answer";
import type { DashboardFilter } from "../../src/dashboard/filter";
import { factsOf, groupsOf } from "../../src/dashboard/groups";
import { keptWhole } from "../../src/dashboard/opening";
import { answer } from "../../src/dashboard/query/answer";
import { randomStream } from "../../src/sample/random";
import { KnownSums } from "../helpers/linearAttack";
import { days, type PlainCohort, PlainDashboard } from "../helpers/plainDashboard";
import { plainIndex } from "../helpers/plainIndex";
import { type RandomRows, randomDistrict } from "../helpers/randomDistrict";

/**
 * An attacker who asks as often as they like, knows the groups and of which of them a number is made, and knows that the
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

/** Every choice of a single control, every range, all but one of each list, and many combinations by chance. */
function questions({ participation, usage }: RandomRows, seed: number): DashboardFilter[] {
  const random = randomStream(seed, "questions");
  const dates = distinct([...participation, ...usage].map(({ date }) => date)).sort();
  const range = days(dates[0] ?? "", dates[dates.length - 1] ?? "");
  const ranges = range.flatMap((from, at) => range.slice(at).map((to) => ({ range: { from, to } })));
  const lists = {
    schools: distinct(participation.map(({ school }) => school)),
    grades: distinct(participation.map(({ grade }) => grade)),
    resources: distinct(usage.map(({ name }) => name)),
    resourceTypes: distinct(usage.map(({ type }) => type)),
  };
  const single = Object.entries(lists).flatMap(([control, values]) =>
    values.flatMap((value) => [
      { [control]: [value] },
      { [control]: values.filter((other) => other !== value) },
    ]),
  );
  const types = (["students", "teachers"] as const).map((type) => ({ userTypes: [type] }));
  const some = <T>(values: readonly T[]) => (random() < 0.5 ? [] : values.filter(() => random() < 0.5));
  const combined = Array.from({ length: 80 }, () => ({
    ...(ranges[Math.floor(random() * ranges.length)] ?? {}),
    schools: some(lists.schools),
    grades: some(lists.grades),
    resources: some(lists.resources),
  }));
  return [{}, ...ranges, ...single, ...types, ...combined].map((part) => ({ ...everything, ...part }));
}

/** Which cells a number is the sum of. */
type HasCell = (cohort: PlainCohort, date: string, resource: string) => boolean;

/** The sums that an answer shows, with the cells that they are made of and the people who these are about. */
function* shownSums(given: DashboardAnswer, plain: ReturnType<PlainDashboard["answer"]>) {
  const { resources, resourceTypes } = given.filter;
  const isAsked: HasCell = (_, __, resource) => {
    const [name, type] = JSON.parse(resource) as [string | null, string | null];
    const isAmong = <T>(list: readonly T[], value: T) => list.length === 0 || list.includes(value);
    return isAmong(resources, name) && isAmong(resourceTypes, type);
  };
  type Part = typeof plain.total;
  const all = (part: Part | undefined) =>
    ({ hasCell: part?.hasCell ?? (() => false), people: part?.people ?? 0 }) as const;
  const used = (part: Part | undefined, only?: string) => {
    const { hasCell, people } = all(part);
    const has: HasCell = (cohort, date, resource) =>
      hasCell(cohort, date) && isAsked(cohort, date, resource) && (only === undefined || only === resource);
    return { hasCell: has, people };
  };
  const { cards } = given;
  const { total } = plain;
  yield [cards.accesses.value, total.accesses, used(total)] as const;
  yield [cards.logins.value, total.logins, all(total)] as const;
  for (const [at, entry] of given.bySchool.entries()) {
    const part = plain.schools[at];
    yield [entry.accesses, part?.accesses ?? null, used(part)] as const;
    yield [entry.averageLogins, part?.averageLogins ?? null, all(part)] as const;
  }
  const grades = new Map(plain.grades.map((part) => [part.grade, part]));
  for (const entry of given.byGrade) {
    const part = grades.get(entry.grade);
    yield [entry.averageLogins, part?.averageLogins ?? null, all(part)] as const;
  }
  for (const [at, entry] of given.byDay.entries()) {
    const part = plain.days[at];
    yield [entry.logins, part?.logins ?? null, all(part)] as const;
    yield [entry.resources, part?.resourceSum ?? null, all(part)] as const;
  }
  for (const [at, entry] of given.byWeekday.entries()) {
    const part = plain.weekdays[at];
    const value = part?.logins ?? null;
    yield [entry.logins, value === null ? null : value / entry.days, all(part)] as const;
  }
  for (const [at, entry] of given.resources.entries()) {
    const same = plain.resources[at];
    const part = used(total, JSON.stringify([entry.resource, entry.type]));
    yield [entry.rows, same?.rows ?? null, part] as const;
    yield [entry.accesses, same?.accesses ?? null, part] as const;
  }
  for (const [at, entry] of given.resourcesBySchool.entries()) {
    const same = plain.schoolResources[at];
    const school = plain.schools.find((each) => each.school === entry.school);
    // Users of one day are rows; of more days they are fewer, and no sum.
    if (given.from !== given.to || typeof entry.users !== "number") continue;
    yield [
      entry.users,
      same?.users ?? null,
      used(school, JSON.stringify([entry.resource, entry.type])),
    ] as const;
  }
}

const settings = { schoolYearStart: "08-01", now: new Date(0) };

/** With groups, or, as a careless publisher would do it, with every number about enough people as it is. */
async function attack(seed: number, carelessly = false) {
  const minimum = 3 + (seed % 3);
  const keepWhole = keptWhole[seed % 2] ?? "schools";
  const district = randomDistrict(seed, {
    people: 14 + (seed % 5) * 8,
    schools: 2 + (seed % 3),
    grades: 1 + (seed % 3),
    resources: 2 + (seed % 2),
    firstDay: "2025-09-27",
    days: 4 + (seed % 6),
    teachers: seed % 2 === 0,
  });
  const index = plainIndex(district.participation, district.usage);
  const divided = groupsOf(factsOf(index), minimum, keepWhole).groups.map((cohorts) =>
    cohorts.flatMap((cohort) => index.cohorts[cohort] ?? []),
  );
  const asked = carelessly ? 1 : minimum;
  const division = { minimum, groups: divided };
  const plain = new PlainDashboard(district, true, carelessly ? undefined : division);
  const cells = new Cells(district, index.cohorts);
  const known = new KnownSums(cells.count);
  let shown = 0;
  for (const filter of questions(district, seed)) {
    const given = await answer(index, filter, { ...settings, minimumGroupSize: asked, keepWhole });
    if ("empty" in given) throw new Error("no answer");
    const wanted = plain.answer({ filter, from: given.from, to: given.to });
    for (const [value, same, { hasCell, people }] of shownSums(given, wanted)) {
      expect(value).toBe(same);
      if (value === null || (carelessly && people < minimum)) continue;
      shown++;
      known.add(cells.of(hasCell));
    }
  }
  const secrets = cells.secrets(divided, new PlainDashboard(district, true, division));
  const found = secrets.filter(({ numbers }) => known.determines(numbers));
  return { shown, secrets: secrets.length, found: found.map(({ about }) => about) };
}

/** All that people could have done, as unknowns: also what nobody did, since an attacker does not know that. */
class Cells {
  private readonly dates: readonly string[];
  private readonly resources: readonly string[];

  constructor(
    { participation, usage }: RandomRows,
    private readonly cohorts: readonly PlainCohort[],
  ) {
    this.dates = distinct([...participation, ...usage].map(({ date }) => date)).sort();
    this.resources = distinct(usage.map(({ name, type }) => JSON.stringify([name, type])));
  }

  get count(): number {
    return this.cohorts.length * this.dates.length * this.resources.length;
  }

  of(has: HasCell): number[] {
    const numbers: number[] = [];
    let number = 0;
    for (const cohort of this.cohorts) {
      for (const date of this.dates) {
        for (const resource of this.resources) {
          if (has(cohort, date, resource)) numbers.push(number);
          number++;
        }
      }
    }
    return numbers;
  }

  /** Each part of a group, and each group on a day that does not count: with one resource, and with all. */
  secrets(groups: readonly (readonly PlainCohort[])[], plain: PlainDashboard) {
    const { total } = plain.answer({
      filter: everything,
      from: this.dates[0] ?? "",
      to: this.dates[this.dates.length - 1] ?? "",
    });
    return groups.flatMap((cohorts) =>
      this.dates.flatMap((date) => {
        const counts = cohorts.every((cohort) => total.hasCell(cohort, date));
        const parts = subsets(cohorts).filter((part) => part.length < cohorts.length || !counts);
        return parts.flatMap((part) =>
          [undefined, ...this.resources].map((only) => ({
            about: JSON.stringify([part, date, only]),
            numbers: this.of(
              (cohort, day, resource) =>
                part.includes(cohort) && day === date && (only === undefined || only === resource),
            ),
          })),
        );
      }),
    );
  }
}

/** All but the empty one; of many things, only single ones and all but one. */
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

describe("an attacker who asks with all filters", () => {
  test("works out nothing about a part of a group", async () => {
    let [shown, secrets] = [0, 0];
    for (const seed of seeds) {
      const result = await attack(seed);
      shown += result.shown;
      secrets += result.secrets;
      expect(result.found, `district ${seed}`).toEqual([]);
    }
    expect(shown).toBeGreaterThan(5_000);
    expect(secrets).toBeGreaterThan(1_000);
  });

  test("works out much where only small numbers are hidden", async () => {
    for (const seed of seeds.slice(0, 3)) {
      const { found, secrets } = await attack(seed, true);
      expect(found.length, `district ${seed}`).toBeGreaterThan(secrets / 10);
    }
  });
});
