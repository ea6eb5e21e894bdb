import { describe, expect, test } from "vitest";
import type { DashboardAnswer } from "../../src/dashboard/answer";
import type { DashboardFilter } from "../../src/dashboard/filter";
import { answer } from "../../src/dashboard/query/answer";
import { prepare } from "../../src/dashboard/release/prepared";
import { randomStream } from "../../src/sample/random";
import { KnownSums } from "../helpers/linearAttack";
import { days, PlainDashboard } from "../helpers/plainDashboard";
import { plainIndex } from "../helpers/plainIndex";
import { type RandomRows, randomDistrict } from "../helpers/randomDistrict";
import { type BlockCell, blocksOf, keyOf } from "../helpers/rowBlocks";

/**
 * An attacker who asks as often as they like, knows which blocks there are and which of them a number is made of, and
 * knows that the two reports agree: rows of usage are participation's resources, accesses its logins. All that is
 * added up in any answer becomes an equation about the cells (cohort, resource, day). No cell, and no sum of cells,
 * about fewer people than the minimum may follow from them.
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
  const combined = Array.from({ length: 60 }, () => ({
    ...(ranges[Math.floor(random() * ranges.length)] ?? {}),
    schools: some(lists.schools),
    grades: some(lists.grades),
    resources: some(lists.resources),
  }));
  return [{}, ...ranges, ...single, ...types, ...combined].map((part) => ({ ...everything, ...part }));
}

type Sums = readonly { readonly cell: BlockCell }[];

/** The sums that an answer shows, with the rows that they are made of. */
function* shownSums(given: DashboardAnswer, plain: ReturnType<PlainDashboard["answer"]>) {
  const { cards } = given;
  yield [cards.accesses.value, plain.total.accesses, plain.total.usageSums] as const;
  yield [cards.logins.value, plain.total.logins, plain.total.sums] as const;
  for (const [at, entry] of given.bySchool.entries()) {
    const wanted = plain.schools[at];
    yield [entry.accesses, wanted?.accesses ?? null, wanted?.usageSums ?? []] as const;
    yield [entry.averageLogins, wanted?.averageLogins ?? null, wanted?.sums ?? []] as const;
  }
  for (const [at, entry] of given.byDay.entries()) {
    const wanted = plain.days[at];
    yield [entry.logins, wanted?.logins ?? null, wanted?.sums ?? []] as const;
    yield [entry.resources, wanted?.resourceSum ?? null, wanted?.sums ?? []] as const;
  }
  for (const [at, entry] of given.byWeekday.entries()) {
    const wanted = plain.weekdays[at];
    const value = wanted?.logins ?? null;
    yield [entry.logins, value === null ? null : value / entry.days, wanted?.sums ?? []] as const;
  }
  for (const [at, entry] of given.resources.entries()) {
    const wanted = plain.resources[at];
    yield [entry.rows, wanted?.rows ?? null, wanted?.numbers.usageSums ?? []] as const;
    yield [entry.accesses, wanted?.accesses ?? null, wanted?.numbers.usageSums ?? []] as const;
  }
  for (const [at, entry] of given.resourcesBySchool.entries()) {
    const wanted = plain.schoolResources[at];
    yield [entry.users, wanted?.users ?? null, wanted?.numbers.usageSums ?? []] as const;
  }
}

const settings = { minimumGroupSize: 1, schoolYearStart: "08-01", now: new Date(0) };

/** With whole blocks only, or, as a careless publisher would do it, with all that is about enough people as it is. */
async function attack(seed: number, carelessly = false) {
  const minimum = 3 + (seed % 3);
  const district = randomDistrict(seed, {
    people: 14 + (seed % 5) * 8,
    schools: 2 + (seed % 3),
    grades: 1 + (seed % 2),
    resources: 2 + (seed % 3),
    firstDay: "2025-09-27",
    days: 5 + (seed % 8),
    teachers: seed % 2 === 0,
  });
  const index = plainIndex(district.participation, district.usage);
  const prepared = await prepare(index, carelessly ? 1 : minimum);
  const plain = new PlainDashboard(district, true, blocksOf(index, prepared));
  const cells = new UsageCells(district);
  const known = new KnownSums(cells.count);
  let shown = 0;
  for (const filter of questions(district, seed)) {
    const given = await answer(index, prepared, filter, settings);
    if ("empty" in given) throw new Error("no answer");
    const wanted = plain.answer({ filter, from: given.from, to: given.to });
    for (const [value, same, sums] of shownSums(given, wanted)) {
      expect(value).toBe(same);
      const unknowns = cells.of(sums);
      if (value === null || cells.areFew(unknowns, minimum)) continue;
      shown++;
      known.add(unknowns);
    }
  }
  const secrets = cells.pairs().filter((pair) => cells.areFew(pair, minimum));
  const found = secrets.filter((numbers) => known.determines(numbers));
  return { shown, secrets: secrets.length, found: found.map((numbers) => cells.names(numbers)) };
}

/** The cells of usage as unknowns. */
class UsageCells {
  private readonly people = new Map<string, Set<string>>();
  private readonly ofDay = new Map<string, Set<string>>();
  private readonly keys: readonly string[];
  private readonly numbers: ReadonlyMap<string, number>;

  constructor({ usage }: RandomRows) {
    for (const { name, type, school, userType, grade, date, person } of usage) {
      const key = keyOf({ school, userType, grade, date, name, type });
      const day = keyOf({ school, userType, grade, date });
      this.people.set(key, (this.people.get(key) ?? new Set()).add(person ?? ""));
      this.ofDay.set(day, (this.ofDay.get(day) ?? new Set()).add(key));
    }
    this.keys = [...this.people.keys()];
    this.numbers = new Map(this.keys.map((key, number) => [key, number]));
  }

  get count(): number {
    return this.keys.length;
  }

  /** What the rows are the sum of: rows of participation of all usage of their cohort's day. */
  of(sums: Sums): number[] {
    const keys = sums.flatMap(({ cell }) =>
      "name" in cell ? [keyOf(cell)] : [...(this.ofDay.get(keyOf(cell)) ?? [])],
    );
    return distinct(keys).map((key) => this.numbers.get(key) ?? -1);
  }

  areFew(numbers: readonly number[], minimum: number): boolean {
    const all = new Set(numbers.flatMap((number) => [...(this.people.get(this.keys[number] ?? "") ?? [])]));
    return all.size > 0 && all.size < minimum;
  }

  /** Every cell, and every two of them. */
  pairs(): number[][] {
    return this.keys.flatMap((_, one) => [
      [one],
      ...this.keys.slice(0, one).map((__, other) => [one, other]),
    ]);
  }

  names(numbers: readonly number[]): (string | undefined)[] {
    return numbers.map((number) => this.keys[number]);
  }
}

const seeds = Array.from({ length: 16 }, (_, seed) => seed);

describe("an attacker who asks with all filters", () => {
  test("works out nothing about few people", async () => {
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
    for (const seed of seeds.slice(0, 4)) {
      const { found, secrets } = await attack(seed, true);
      expect(found.length, `district ${seed}`).toBeGreaterThan(secrets / 10);
    }
  });
});
