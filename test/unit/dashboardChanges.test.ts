import { describe, expect, it } from "vitest";
import type { Change, Changes } from "../../src/dashboard/answer";
import {
  type ChangesInput,
  changesDefinitions,
  findChanges,
  weeksNeeded,
} from "../../src/dashboard/changes/changes";
import { dailySeries, type SeriesOptions } from "../helpers/dailySeries";

/** Typical days off of a school year: single days, a whole week, parts of weeks. */
const holidays: SeriesOptions["holidays"] = [
  [1, 0],
  [5, 0],
  [5, 1],
  [5, 2],
  [9, 4],
  ...[0, 1, 2, 3, 4].map((weekday) => [10, weekday] as const),
  [13, 0],
  [14, 4],
  [15, 0],
  [15, 1],
];

function names({ entries }: Changes): (string | null)[] {
  return entries.map(({ name }) => name);
}

const nobody = { resources: 0, schools: 0 };

/** How many could not be judged, and why. */
function unjudged({ unjudged: { weeks, use } }: Changes) {
  return { weeks: weeks.resources + weeks.schools, use: use.resources + use.schools };
}

function expectNothing(changes: Changes, notJudged: ReturnType<typeof unjudged>): void {
  expect([changes.entries, unjudged(changes)]).toEqual([[], notJudged]);
}

function only({ entries }: Changes): Change {
  expect(entries).toHaveLength(1);
  const [entry] = entries;
  if (!entry) throw new Error("there is no entry");
  return entry;
}

/** The input with one subject's numbers replaced by a function of the day's index and the number. */
function withDaily(
  input: ChangesInput,
  name: string,
  daily: (index: number, count: number) => number | null,
): ChangesInput {
  return {
    ...input,
    subjects: input.subjects.map((series) =>
      series.name === name
        ? { ...series, daily: Array.from(series.daily, (count, index) => daily(index, count ?? 0)) }
        : series,
    ),
  };
}

describe("planted changes", () => {
  it("are found, ranked by deviation, and nothing else is", () => {
    const planted: Record<string, number> = { r2: 0, r6: 2.2, s4: 0.55 };
    const input = dailySeries({
      seed: 3,
      weeks: 20,
      holidays,
      change: (name, week) => (week >= 18 ? (planted[name] ?? 1) : 1),
    });
    const changes = findChanges(input);
    const { entries, weeks, weeksNeeded: needed, judged } = changes;
    expect(entries.map(({ subject, name, direction }) => [subject, name, direction])).toEqual([
      ["resource", "r2", "stopped"],
      ["resource", "r6", "rose"],
      ["school", "s4", "fell"],
    ]);
    expect({ weeks, needed }).toEqual({ weeks: 18, needed: weeksNeeded });
    // The newest two weeks, from Monday to Friday.
    const [from, to] = [changes.recent?.from ?? "", changes.recent?.to ?? ""];
    expect([from, to].map((date) => new Date(date).getUTCDay())).toEqual([1, 5]);
    expect((Date.parse(to) - Date.parse(from)) / 86_400_000).toBe(11);
    expect(to).toBe(input.days.findLast(({ kind }) => kind === "school")?.date);
    expect([judged.resources + judged.schools, unjudged(changes)]).toEqual([
      input.subjects.length,
      { weeks: 0, use: 0 },
    ]);
  });

  it("are reported in person-days per school day, week by week", () => {
    const input = dailySeries({
      seed: 4,
      weeks: 16,
      unsteady: 0,
      change: (name, week) => (name === "r0" && week >= 14 ? 0.5 : 1),
    });
    const change = only(findChanges(input));
    const judged = input.subjects[0]?.daily;
    const sum = Array.from(judged ?? [])
      .slice(14 * 7)
      .reduce<number>((total, count) => total + (count ?? 0), 0);
    expect(change.actual).toBeCloseTo(sum / 10, 6);
    expect(change.expected / change.actual).toBeGreaterThan(1.9);
    expect(change.expected / change.actual).toBeLessThan(2.1);
    expect(change.score).toBeLessThan(-3);
    expect(change.weeks).toHaveLength(16);
    expect(change.weeks[0]).toMatchObject({ week: "2025-08-25", expected: null, judged: false });
    expect(change.weeks.map(({ judged: isJudged }) => isJudged).indexOf(true)).toBe(14);
    for (const { value, expected, judged: isJudged } of change.weeks.slice(2)) {
      expect(expected).toBeCloseTo(change.expected, 6);
      const ratio = (value ?? 0) / change.expected;
      expect(Math.abs(ratio - (isJudged ? 0.5 : 1))).toBeLessThan(0.1);
    }
  });

  it("show a new resource as new, and a renamed one under both names", () => {
    const input = dailySeries({
      seed: 5,
      weeks: 12,
      change: (name, week) => (name === "r1" ? Number(week < 10) : name === "r7" ? Number(week >= 10) : 1),
    });
    const { entries } = findChanges(input);
    expect(entries.map(({ name, direction }) => `${name} ${direction}`).sort()).toEqual([
      "r1 stopped",
      "r7 new",
    ]);
    expect(entries.find(({ name }) => name === "r7")?.expected).toBe(0);
  });

  it("do not call a resource new if its earlier numbers are unknown", () => {
    const input = dailySeries({
      seed: 5,
      weeks: 12,
      change: (name, week) => (name === "r7" && week < 10 ? 0 : 1),
    });
    const unknownOnce = withDaily(input, "r7", (index, count) => (index === 0 ? null : count));
    expect(only(findChanges(unknownOnce))).toMatchObject({ name: "r7", direction: "rose" });
  });

  it("of a rising resource are reported when it leaves its trend", () => {
    const rising = (name: string, week: number) => (name === "r4" ? 1.08 ** week : 1);
    expect(names(findChanges(dailySeries({ seed: 6, weeks: 20, change: rising })))).toEqual([]);
    const halved = (name: string, week: number) =>
      rising(name, week) * (name === "r4" && week >= 18 ? 0.5 : 1);
    const change = only(findChanges(dailySeries({ seed: 6, weeks: 20, change: halved })));
    expect(change).toMatchObject({ name: "r4", direction: "fell" });
    const expected = change.weeks.slice(-6).map((week) => week.expected ?? 0);
    expect([...expected].sort((one, other) => one - other)).toEqual(expected);
  });

  it("of a large school are not reported as opposite changes of all others", () => {
    // Its users are missing from the scope's active users, so every other share of these rises.
    const input = dailySeries({ seed: 7, weeks: 16, schools: 6, resources: 0 });
    const school = Array.from(input.subjects[0]?.daily ?? [], (count) => count ?? 0);
    const fallen = withDaily(input, "s0", (index, count) =>
      index >= 14 * 7 ? Math.round(count / 4) : count * 3,
    );
    const days = input.days.map((day, index) => ({
      ...day,
      activeUsers: (day.activeUsers ?? 0) + (index >= 14 * 7 ? -0.75 : 2) * (school[index] ?? 0),
    }));
    expect(only(findChanges({ ...fallen, days }))).toMatchObject({ name: "s0", direction: "fell" });
  });

  it("of one school among few are measured against its own past", () => {
    for (const schools of [1, 2, 4]) {
      const input = dailySeries({
        seed: 8,
        weeks: 16,
        schools,
        resources: 0,
        change: (name, week) => (name === "s0" && week >= 14 ? 0.5 : 1),
      });
      expect(only(findChanges(input))).toMatchObject({ subject: "school", name: "s0", direction: "fell" });
    }
  });

  it("are at most ten, the most notable ones", () => {
    const change = (name: string, week: number) => (/^r[0-9]$|^r1[0-3]$/.test(name) && week >= 14 ? 0 : 1);
    const { entries } = findChanges(dailySeries({ seed: 9, weeks: 16, change }));
    expect(entries).toHaveLength(10);
    const scores = entries.map(({ score }) => score);
    expect([...scores].sort((one, other) => one - other)).toEqual(scores);
  });
});

describe("no false alarm", () => {
  it("comes from chance in more than 1 of 1,000 series, in steady and unsteady districts of any length", () => {
    const districts: Omit<SeriesOptions, "seed" | "weeks">[] = [
      {},
      { holidays, unsteady: 0.2 },
      { holidays, unsteady: 0.4 },
      { holidays, growth: 1.05 },
      { holidays, growth: 0.95 },
      { holidays, activeUsers: 300, minimum: 10 },
      { holidays, schools: 3, resources: 3 },
    ];
    let alarms = 0;
    let judged = 0;
    for (const district of districts) {
      for (const weeks of [8, 10, 14, 20, 30]) {
        for (let seed = 1; seed <= 12; seed++) {
          const input = dailySeries({ ...district, seed, weeks });
          const changes = findChanges(input);
          alarms += changes.entries.length;
          judged += changes.judged.resources + changes.judged.schools;
        }
      }
    }
    expect(judged).toBeGreaterThan(10_000);
    expect(alarms / judged).toBeLessThan(1 / 1_000);
  });

  it("comes from days off in the judged weeks, even for a tool of one weekday", () => {
    const mondays = (name: string, _week: number, weekday: number) => (name === "r3" && weekday > 0 ? 0 : 1);
    for (const off of [
      [[15, 0]],
      [
        [14, 4],
        [15, 4],
      ],
      [
        [14, 0],
        [14, 1],
        [15, 3],
      ],
    ] as const) {
      expect(
        names(findChanges(dailySeries({ seed: 11, weeks: 16, holidays: off, change: mondays }))),
      ).toEqual([]);
    }
  });

  it("comes from a rise of the whole district or of all resources", () => {
    const shared = (name: string, week: number) => (name.startsWith("r") && week >= 14 ? 1.7 : 1);
    expect(names(findChanges(dailySeries({ seed: 12, weeks: 16, change: shared })))).toEqual([]);
    const input = dailySeries({ seed: 12, weeks: 16, growth: 1.15 });
    expect(names(findChanges(input))).toEqual([]);
  });

  it("comes from one outlier week, whether judged or in the past", () => {
    for (const odd of [5, 14, 15]) {
      const change = (name: string, week: number) => (name === "r2" && week === odd ? 3 : 1);
      expect(names(findChanges(dailySeries({ seed: 13, weeks: 16, change })))).toEqual([]);
    }
  });

  it("comes from small numbers, which count as too little data", () => {
    const input = dailySeries({ seed: 14, weeks: 16, resources: 0, schools: 8 });
    const daily = input.days.map(({ kind }, index) =>
      kind === "school" ? Number(index >= 14 * 7) + 1 - (index % 2) : 0,
    );
    const few = {
      subject: "resource",
      name: "few",
      type: "app",
      daily: daily.map((count) => Math.min(count, 1)),
    } as const;
    const changes = findChanges({ ...input, subjects: [...input.subjects, few] });
    expect(names(changes)).toEqual([]);
    expect(unjudged(changes)).toEqual({ weeks: 0, use: 1 });
  });

  it("comes from unknown days, which do not count as days without use", () => {
    const input = dailySeries({ seed: 15, weeks: 16 });
    // Every other day of the judged weeks is unknown: too little data.
    const half = withDaily(input, "r5", (index, count) =>
      index >= 14 * 7 && index % 2 === 0 ? null : count,
    );
    expectNothing(findChanges(half), { weeks: 1, use: 0 });
    // One day of each is unknown: the others are enough.
    const some = withDaily(input, "r5", (index, count) => (index % 7 === 2 ? null : count));
    expectNothing(findChanges(some), { weeks: 0, use: 0 });
    const none = withDaily(input, "r5", () => null);
    expectNothing(findChanges(none), { weeks: 0, use: 1 });
    const typed = {
      ...input,
      subjects: [{ ...input.subjects[5], daily: new Float64Array(16 * 7).fill(Number.NaN) }],
    };
    expectNothing(findChanges(typed as ChangesInput), { weeks: 0, use: 1 });
  });

  it("comes from an incomplete week, or from days with unknown active users", () => {
    const input = dailySeries({
      seed: 16,
      weeks: 16,
      change: (name, week) => (name === "r2" && week === 15 ? 0 : 1),
    });
    const untilThursday = { ...input, days: input.days.slice(0, -3) };
    expect(findChanges(untilThursday)).toMatchObject({ weeks: 15, entries: [] });
    const untilFriday = { ...input, days: input.days.slice(0, -2) };
    expect(findChanges(untilFriday)).toMatchObject({ weeks: 16 });
    const noLevel = input.days.map((day, index) => (index % 7 === 1 ? { ...day, activeUsers: null } : day));
    expect(findChanges({ ...input, days: noLevel })).toMatchObject({ weeks: 16, entries: [] });
  });
});

describe("too little data", () => {
  it("is reported for a short period, with its number of weeks", () => {
    const input = dailySeries({
      seed: 17,
      weeks: weeksNeeded - 1,
      change: (name, week) => (name === "r0" && week >= weeksNeeded - 3 ? 0 : 1),
    });
    expect(findChanges(input)).toEqual({
      weeksNeeded,
      weeks: weeksNeeded - 1,
      entries: [],
      judged: nobody,
      unjudged: {
        weeks: {
          resources: input.subjects.filter(({ subject }) => subject === "resource").length,
          schools: input.subjects.filter(({ subject }) => subject === "school").length,
        },
        use: nobody,
        suppressed: 0,
      },
    });
    expect(findChanges({ days: [], subjects: [] })).toEqual({
      weeksNeeded,
      weeks: 0,
      entries: [],
      judged: nobody,
      unjudged: { weeks: nobody, use: nobody, suppressed: 0 },
    });
  });

  it("is reported for recent resources, but not for unused ones", () => {
    const late = dailySeries({
      seed: 18,
      weeks: 16,
      change: (name, week) => (name === "r2" && week < 11 ? 0 : 1),
    });
    expectNothing(findChanges(late), { weeks: 1, use: 0 });
    const never = withDaily(late, "r2", () => 0);
    expectNothing(findChanges(never), { weeks: 0, use: 0 });
  });
});

it("the same input gives the same result and is not modified", () => {
  const input = dailySeries({
    seed: 19,
    weeks: 16,
    change: (name, week) => (name === "r2" && week >= 14 ? 0 : 1),
  });
  const before = structuredClone(input);
  expect(findChanges(input)).toEqual(findChanges(before));
  expect(input).toEqual(before);
});

it("the rules are stated with their thresholds", () => {
  expect(changesDefinitions.notable).toContain("a score of at least 3, a difference of at least 25 %");
  expect(changesDefinitions.tooLittle).toContain(`needs ${weeksNeeded} weeks`);
});
