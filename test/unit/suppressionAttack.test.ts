import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { publish, resourcesBySchool } from "../../src/metrics/publish";
import { type PlainParticipation, type PlainUsage, plainFacts } from "../helpers/plainMetrics";

/**
 * An attacker who has one answer, and knows more than a reader usually does: that every person is at one school
 * and has a row on every day, that the two reports agree with each other, and how many days there are. All
 * that the answer adds up to becomes a system of linear equations over whole numbers.
 */

interface Bounds {
  low: number;
  high: number;
}

class LinearSystem {
  private readonly variables = new Map<string, Bounds>();
  private readonly equations: { terms: [string, number][]; constant: number }[] = [];

  declare(name: string, low: number, high: number): void {
    this.variables.set(name, { low, high });
  }

  /** `known` is a number of the answer or, where that is suppressed, nothing. */
  declareKnown(name: string, known: number | null | undefined, low: number, high: number): void {
    if (typeof known === "number") this.declare(name, known, known);
    else this.declare(name, low, high);
  }

  /** The terms add up to the constant. */
  equation(terms: [string, number][], constant: number): void {
    this.equations.push({ terms, constant });
  }

  /** `smaller` ≤ `factor` × `larger` */
  atMost(smaller: string, larger: string, factor: number, high: number): void {
    const slack = `slack ${this.variables.size}`;
    this.declare(slack, 0, high);
    this.equation(
      [
        [smaller, 1],
        [slack, 1],
        [larger, -factor],
      ],
      0,
    );
  }

  /** Whether some solution gives the variable a value other than this one; undefined when the search was too long. */
  allowsOther(name: string, value: number): boolean | undefined {
    const budget = { left: 1500 };
    const bounds = this.variables.get(name);
    if (bounds === undefined) throw new Error(`unknown variable ${name}`);
    const lower = { low: bounds.low, high: Math.min(bounds.high, value - 1) };
    const upper = { low: Math.max(bounds.low, value + 1), high: bounds.high };
    return [lower, upper].some((half) => {
      const state = new Map([...this.variables].map(([key, { low, high }]) => [key, { low, high }]));
      state.set(name, half);
      return this.isSolvable(state, budget);
    })
      ? true
      : budget.left > 0
        ? false
        : undefined;
  }

  private isSolvable(state: Map<string, Bounds>, budget: { left: number }): boolean {
    budget.left -= 1;
    if (budget.left <= 0 || !this.narrow(state)) return false;
    const open = [...state]
      .filter(([, { low, high }]) => low < high)
      .sort(([, a], [, b]) => a.high - a.low - (b.high - b.low))[0];
    if (open === undefined) return true;
    const [name, { low, high }] = open;
    for (let value = low; value <= high; value += 1) {
      const next = new Map([...state].map(([key, bounds]) => [key, { ...bounds }]));
      next.set(name, { low: value, high: value });
      if (this.isSolvable(next, budget)) return true;
    }
    return false;
  }

  /** Tightens every bound by every equation until nothing moves; false where a variable has no value left. */
  private narrow(state: Map<string, Bounds>): boolean {
    for (let moved = true; moved; ) {
      moved = false;
      for (const { terms, constant } of this.equations) {
        for (const [name, factor] of terms) {
          let [restLow, restHigh] = [0, 0];
          for (const [other, weight] of terms) {
            if (other === name) continue;
            const { low, high } = state.get(other) ?? { low: 0, high: 0 };
            restLow += weight > 0 ? weight * low : weight * high;
            restHigh += weight > 0 ? weight * high : weight * low;
          }
          const bounds = state.get(name) ?? { low: 0, high: 0 };
          const ends = [(constant - restHigh) / factor, (constant - restLow) / factor];
          const low = Math.max(bounds.low, Math.ceil(Math.min(...ends) - 1e-9));
          const high = Math.min(bounds.high, Math.floor(Math.max(...ends) + 1e-9));
          if (low > high) return false;
          if (low > bounds.low || high < bounds.high) {
            state.set(name, { low, high });
            moved = true;
          }
        }
      }
    }
    return [...state.values()].every(({ low, high }) => low <= high);
  }
}

interface World {
  readonly participation: PlainParticipation[];
  readonly usage: PlainUsage[];
}

/** Small districts whose two reports agree: the attacker's knowledge is right. */
const worlds = fc
  .record({
    homes: fc.array(fc.nat(3), { minLength: 3, maxLength: 16 }),
    days: fc.integer({ min: 1, max: 3 }),
    resources: fc.integer({ min: 1, max: 4 }),
    /** Of each person, day and resource: the accesses, mostly none. */
    accesses: fc.array(fc.constantFrom(0, 0, 0, 1, 1, 2), { minLength: 16 * 3 * 4, maxLength: 16 * 3 * 4 }),
    popularity: fc.array(fc.constantFrom(0, 1, 1, 1), { minLength: 16 * 4, maxLength: 16 * 4 }),
  })
  .map(({ homes, days, resources, accesses, popularity }): World => {
    const participation: PlainParticipation[] = [];
    const usage: PlainUsage[] = [];
    homes.forEach((home, person) => {
      for (let day = 1; day <= days; day += 1) {
        const row = {
          userType: "students" as const,
          date: `2026-03-0${day}`,
          person: `p${person}`,
          school: `School ${home}`,
        };
        const used = [0, 1, 2, 3].slice(0, resources).flatMap((resource): PlainUsage[] => {
          const likes = popularity[person * 4 + resource] ?? 0;
          const count = likes * (accesses[(person * 3 + day - 1) * 4 + resource] ?? 0);
          const name = `Resource ${resource}`;
          return count === 0 ? [] : [{ ...row, type: "app", name, id: name, accesses: count }];
        });
        usage.push(...used);
        participation.push({
          ...row,
          active: used.length > 0,
          logins: used.reduce((sum, { accesses: count }) => sum + count, 0),
          resources: used.length,
        });
      }
    });
    return { participation, usage };
  });

/** Students at these schools, each with a row on every day, and their uses: person, day, resource, accesses. */
function worldOf(
  homes: readonly number[],
  days: number,
  uses: readonly (readonly [person: number, day: number, resource: number, accesses: number])[],
): World {
  const rows = homes.flatMap((home, number) =>
    Array.from({ length: days }, (_, index) => ({
      row: {
        userType: "students" as const,
        date: `2026-03-0${index + 1}`,
        person: `p${number}`,
        school: `School ${home}`,
      },
      used: uses.filter(([person, day]) => person === number && day === index + 1),
    })),
  );
  return {
    participation: rows.map(({ row, used }) => ({
      ...row,
      active: used.length > 0,
      logins: used.reduce((sum, [, , , accesses]) => sum + accesses, 0),
      resources: used.length,
    })),
    usage: rows.flatMap(({ row, used }) =>
      used.map(([, , resource, accesses]) => {
        const name = `Resource ${resource}`;
        return { ...row, type: "app", name, id: name, accesses };
      }),
    ),
  };
}

/**
 * All three at School 2 use both resources, so that their average of different resources tells the users of each; those
 * of the first resource are hidden there, since two people use it at the two small schools.
 */
const everybodyUsesAll = worldOf([2, 2, 2, 3, 1, 1, 0, 0, 0, 0, 0, 0], 2, [
  [0, 1, 0, 1],
  [0, 2, 1, 1],
  [1, 1, 0, 2],
  [1, 1, 1, 2],
  [2, 1, 0, 1],
  [2, 2, 1, 1],
  [3, 1, 1, 1],
  [4, 1, 0, 2],
  [5, 2, 1, 1],
]);

/** Three people use a resource on a day each: its rows are three, and so are the days. */
const oneADay = worldOf([0, 0, 0, 0, 0, 0, 0], 3, [
  [0, 1, 0, 2],
  [1, 2, 0, 1],
  [2, 3, 0, 1],
]);

function answerOf({ participation, usage }: World, minimum: number, top: number) {
  const facts = plainFacts(participation, usage);
  const listed = resourcesBySchool(facts, minimum, top);
  const cells = facts.cells.filter(({ resource }) => listed.includes(resource));
  return { facts, listed, answer: publish(facts, listed, cells, minimum) };
}

type Answer = ReturnType<typeof answerOf>["answer"];

/** Everything that the answer says, as equations over: people, person-days, accesses. */
function equationsOf(answer: Answer, listed: readonly (string | null)[], most: number): LinearSystem {
  const system = new LinearSystem();
  const days = answer.days;
  const manyRows = most * days * 4;
  const schoolNames = answer.bySchool.map(({ school_name }) => school_name);
  const resourceNames = answer.topResources.map(({ resource_name }) => resource_name);

  for (const school of answer.bySchool) {
    const name = school.school_name;
    system.declareKnown(`users ${name}`, school.users, 1, most);
    const times = (average: number | null, factor: number) =>
      average === null || school.users === null ? null : Math.round(average * school.users * factor);
    system.declareKnown(`rows ${name}`, times(school.averageResources, days), 0, manyRows);
    system.declareKnown(`logins ${name}`, times(school.averageLogins, days), 0, manyRows * 2);
    system.declareKnown(`pairs ${name}`, times(school.averageDistinctResources, 1), 0, most * 4);
    system.atMost(`rows ${name}`, `logins ${name}`, 1, manyRows * 2);
  }
  for (const resource of answer.topResources) {
    const name = resource.resource_name;
    system.declareKnown(`users of ${name}`, resource.users, 1, most);
    system.declareKnown(`rows of ${name}`, resource.rows, 1, manyRows);
    system.declareKnown(`accesses of ${name}`, resource.accesses, 1, manyRows * 2);
    system.atMost(`users of ${name}`, `rows of ${name}`, 1, manyRows);
    system.atMost(`rows of ${name}`, `users of ${name}`, days, manyRows);
    system.atMost(`rows of ${name}`, `accesses of ${name}`, 1, manyRows * 2);
  }
  // A hidden day had somebody, unless everything is hidden.
  const fewest = answer.users === null ? 0 : 1;
  system.declareKnown("active", answer.activeUsers, 0, most);
  for (const day of answer.byDay) {
    system.atMost(`active ${day.date}`, "active", 1, most);
    system.declareKnown(`active ${day.date}`, day.activeUsers, fewest, most);
    system.declareKnown(`rows on ${day.date}`, day.resources, fewest, manyRows);
    system.declareKnown(`logins on ${day.date}`, day.logins, fewest, manyRows * 2);
    system.atMost(`active ${day.date}`, `rows on ${day.date}`, 1, manyRows);
    system.atMost(`rows on ${day.date}`, `active ${day.date}`, 4, manyRows);
    system.atMost(`rows on ${day.date}`, `logins on ${day.date}`, 1, manyRows * 2);
  }
  for (const resource of resourceNames) {
    for (const school of schoolNames) {
      const cell = answer.topResourcesBySchool.find(
        (entry) => entry.resource_name === resource && entry.school_name === school,
      );
      const absent = listed.includes(resource) && cell === undefined;
      const pair = `${resource} at ${school}`;
      system.declareKnown(`users ${pair}`, absent ? 0 : cell?.users, 0, most);
      system.declare(`rows ${pair}`, 0, manyRows);
      system.atMost(`users ${pair}`, `users ${school}`, 1, most);
      system.atMost(`users ${pair}`, `rows ${pair}`, 1, manyRows);
      system.atMost(`rows ${pair}`, `users ${pair}`, days, manyRows);
    }
  }
  const equal = (whole: string | number, parts: string[]) =>
    typeof whole === "number"
      ? system.equation(
          parts.map((part) => [part, 1]),
          whole,
        )
      : system.equation([[whole, -1], ...parts.map((part): [string, number] => [part, 1])], 0);

  for (const kind of ["users", "rows"]) {
    for (const resource of resourceNames) {
      equal(
        `${kind} of ${resource}`,
        schoolNames.map((school) => `${kind} ${resource} at ${school}`),
      );
    }
  }
  for (const school of schoolNames) {
    equal(
      `pairs ${school}`,
      resourceNames.map((resource) => `users ${resource} at ${school}`),
    );
    equal(
      `rows ${school}`,
      resourceNames.map((resource) => `rows ${resource} at ${school}`),
    );
  }
  if (answer.users !== null) {
    equal(
      answer.users,
      schoolNames.map((school) => `users ${school}`),
    );
  }
  system.declare("all rows", 0, manyRows * 4);
  system.declare("all logins", 0, manyRows * 8);
  for (const [whole, kind] of [
    ["all rows", "rows"],
    ["all logins", "logins"],
  ] as const) {
    equal(
      whole,
      schoolNames.map((school) => `${kind} ${school}`),
    );
    const shownDays = answer.byDay.map(({ date }) => `${kind} on ${date}`);
    equal(whole, shownDays);
    equal(
      whole,
      resourceNames.map((resource) => `${kind === "rows" ? "rows" : "accesses"} of ${resource}`),
    );
  }
  return system;
}

/** The hidden numbers of people that are more than nobody, as the attacker names them, with their true values. */
function secretsOf({ facts, answer, listed }: ReturnType<typeof answerOf>): [string, number][] {
  const hiddenSchools = new Set(
    answer.bySchool.filter(({ users }) => users === null).map((s) => s.school_name),
  );
  const hiddenResources = new Set(
    answer.topResources.filter(({ users }) => users === null).map((r) => r.resource_name),
  );
  const hiddenCells = answer.topResourcesBySchool.filter(({ users }) => users === null);
  return [
    ...facts.schools
      .filter(({ name }) => hiddenSchools.has(name))
      .map(({ name, users }): [string, number] => [`users ${name}`, users]),
    ...facts.resources
      .filter(({ name }) => hiddenResources.has(name))
      .map(({ name, users }): [string, number] => [`users of ${name}`, users]),
    ...facts.byDay
      .filter((day, index) => day.activeUsers > 0 && answer.byDay[index]?.activeUsers === null)
      .map(({ date, activeUsers }): [string, number] => [`active ${date}`, activeUsers]),
    ...facts.byDay
      .filter((day, index) => day.activeUsers > 0 && answer.byDay[index]?.logins === null)
      .flatMap(({ date, logins, resources }): [string, number][] => [
        [`rows on ${date}`, resources],
        [`logins on ${date}`, logins],
      ]),
    ...plainCells(facts.cells, listed, hiddenCells),
  ];
}

function plainCells(
  cells: ReturnType<typeof plainFacts>["cells"],
  listed: readonly (string | null)[],
  hidden: Answer["topResourcesBySchool"],
): [string, number][] {
  return cells
    .filter(
      ({ resource, school }) =>
        listed.includes(resource) &&
        hidden.some((entry) => entry.resource_name === resource && entry.school_name === school),
    )
    .map(({ resource, school, users }) => [`users ${resource} at ${school}`, users]);
}

/** Only the small groups go, as a careless publisher would do it: what the attacker is measured against. */
function carelessly(world: World, minimum: number, top: number) {
  const { facts, listed, answer } = answerOf(world, 0, top);
  const small = (people: number | null) => people !== null && people > 0 && people < minimum;
  const none = { users: null, rows: null, accesses: null, logins: null, resources: null, activeUsers: null };
  const averages = { averageResources: null, averageLogins: null, averageDistinctResources: null };
  return {
    facts,
    listed,
    answer: {
      ...answer,
      bySchool: answer.bySchool.map((entry) =>
        small(entry.users) ? { ...entry, ...none, ...averages } : entry,
      ),
      byDay: answer.byDay.map((entry) => (small(entry.activeUsers) ? { ...entry, ...none } : entry)),
      topResources: answer.topResources.map((entry) => (small(entry.users) ? { ...entry, ...none } : entry)),
      topResourcesBySchool: answer.topResourcesBySchool.map((entry) =>
        small(entry.users) ? { ...entry, users: null } : entry,
      ),
    },
  };
}

const questions = fc.tuple(worlds, fc.integer({ min: 3, max: 4 }), fc.integer({ min: 1, max: 4 }));

/** How many secrets an answer holds, which the attacker works out, and how many attacks took too long to tell. */
function attack({ answer, listed, facts }: ReturnType<typeof answerOf>) {
  const system = equationsOf(answer, listed, 20);
  const outcomes = secretsOf({ answer, listed, facts }).map(([name, value]) => ({
    secret: `${name} can only be ${value} in ${JSON.stringify(answer)}`,
    other: system.allowsOther(name, value),
  }));
  return {
    secrets: outcomes.length,
    recovered: outcomes.filter(({ other }) => other === false).map(({ secret }) => secret),
    undecided: outcomes.filter(({ other }) => other === undefined).length,
  };
}

describe("an attacker with one answer", () => {
  test("recovers no suppressed number", () => {
    let secrets = 0;
    let undecided = 0;
    fc.assert(
      fc.property(questions, ([world, minimum, top]) => {
        const result = attack(answerOf(world, minimum, top));
        secrets += result.secrets;
        undecided += result.undecided;
        expect(result.recovered).toEqual([]);
      }),
      { numRuns: 60, examples: [[[everybodyUsesAll, 3, 1]], [[oneADay, 3, 1]]] },
    );
    expect(secrets).toBeGreaterThan(100);
    expect(undecided / secrets).toBeLessThan(0.1);
  });

  test("recovers many where only the small groups were hidden", () => {
    const recovered = fc
      .sample(questions, { numRuns: 20, seed: 1 })
      .flatMap((question) => attack(carelessly(...question)).recovered);
    expect(recovered.length).toBeGreaterThan(20);
  });
});
