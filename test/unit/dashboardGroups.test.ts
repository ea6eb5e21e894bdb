import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DashboardAnswer } from "../../src/dashboard/answer";
import { openingFilter } from "../../src/dashboard/filter";
import { divide } from "../../src/dashboard/groups/division";
import type { Cohort } from "../../src/dashboard/index/participationIndex";
import { type KeepWhole, keptWhole } from "../../src/dashboard/opening";
import { answer } from "../../src/dashboard/query/answer";
import { ask } from "../helpers/dashboardTruth";
import { addDays, datesBetween, weekdayOf } from "../helpers/plainDates";
import { type ParticipationRow, plainIndex } from "../helpers/plainIndex";
import { attendedOn, usedOn, weekdaysFrom } from "../helpers/syntheticRows";

/** Divides cohorts of the given sizes, named `school/grade` or `type:school/grade`; returns groups as their names. */
function divided(
  sizes: Readonly<Record<string, number>>,
  minimum: number,
  keep: KeepWhole = "schools",
): string[] {
  const names = Object.keys(sizes);
  const cohorts = names.map((name): Cohort => {
    const [, type = "students", school = "", grade = ""] = /^(?:(\w+):)?([^/]*)(?:\/(.*))?$/.exec(name) ?? [];
    return { userType: type as Cohort["userType"], school, grade: grade === "" ? null : grade };
  });
  const sizeOf = (numbers: readonly number[]) =>
    numbers.reduce((sum, number) => sum + (sizes[names[number] ?? ""] ?? 0), 0);
  return divide(cohorts, sizeOf, minimum, keep).map((group) =>
    group.map((cohort) => names[cohort]).join(" + "),
  );
}

describe("people are divided into groups", () => {
  test("of one cohort each, if all have enough people", () => {
    expect(divided({ "A/1": 12, "A/2": 10, "B/1": 30 }, 10)).toEqual(["A/1", "A/2", "B/1"]);
  });

  test("of grades of a school in order, with the rest joined to the previous grades or the smallest grade", () => {
    expect(divided({ "A/6": 4, "A/7": 5, "A/8": 3, "A/9": 8, "A/10": 2, "A/11": 3 }, 10)).toEqual([
      "A/6 + A/7 + A/8",
      "A/9 + A/10 + A/11",
    ]);
    expect(divided({ "A/Kindergarten": 4, "A/1": 20, "A/2": 30 }, 10)).toEqual([
      "A/1 + A/Kindergarten",
      "A/2",
    ]);
    expect(divided({ "A/1": 30, "A/2": 20, "A/3": 4 }, 10)).toEqual(["A/1", "A/2 + A/3"]);
  });

  test("of small schools together, the last one joined to the smallest group", () => {
    expect(divided({ A: 4, B: 50, C: 3, D: 60, E: 5 }, 10)).toEqual(["B", "D", "A + C + E"]);
    expect(divided({ "A/1": 40, "B/1": 15, "B/2": 30, C: 3 }, 10)).toEqual(["A/1", "B/1 + C", "B/2"]);
  });

  test("of user types, without splitting groups of students", () => {
    const sizes = { A: 50, "teachers:A": 6, "teachers:B": 7, "staff:A": 2 };
    expect(divided(sizes, 10)).toEqual(["A", "teachers:A + teachers:B + staff:A"]);
    expect(divided({ A: 50, "teachers:A": 6, "staff:A": 5 }, 10)).toEqual(["A", "teachers:A + staff:A"]);
    expect(divided({ A: 50, "teachers:A": 6, "staff:A": 1 }, 10)).toEqual(["A", "teachers:A + staff:A"]);
    expect(divided({ A: 4, "teachers:A": 12 }, 10)).toEqual(["teachers:A + A"]);
  });

  test("of the schools of a grade, if grades are kept whole", () => {
    const sizes = { "A/1": 6, "A/2": 7, "B/1": 5, "B/2": 4 };
    expect(divided(sizes, 10, "schools")).toEqual(["A/1 + A/2 + B/1 + B/2"]);
    expect(divided(sizes, 10, "grades")).toEqual(["A/1 + B/1", "A/2 + B/2"]);
  });

  test("one per cohort with a minimum of 0 or 1, and a single one if there are too few people", () => {
    expect(divided({ "A/1": 1, "A/2": 0 }, 1)).toEqual(["A/1", "A/2"]);
    expect(divided({ "A/1": 1, "teachers:A": 2 }, 10)).toEqual(["A/1 + teachers:A"]);
  });

  test("in any district: each cohort is in one group, and each group has enough people unless there are too few", () => {
    const cohort = fc.record({
      userType: fc.constantFrom<Cohort["userType"]>("students", "students", "teachers", "staff"),
      school: fc.constantFrom("A", "B", "C", null),
      grade: fc.constantFrom("1", "2", "10", null),
    });
    const all = fc.uniqueArray(fc.tuple(cohort, fc.nat(30)), { selector: ([each]) => JSON.stringify(each) });
    fc.assert(
      fc.property(
        all,
        fc.integer({ min: 2, max: 25 }),
        fc.constantFrom(...keptWhole),
        (entries, minimum, keep) => {
          const sizeOf = (numbers: readonly number[]) =>
            numbers.reduce((sum, number) => sum + (entries[number]?.[1] ?? 0), 0);
          const cohorts = entries.map(([each]) => each);
          const groups = divide(cohorts, sizeOf, minimum, keep);
          expect(groups.flat().sort((a, b) => a - b)).toEqual(entries.map((_, number) => number));
          // One may be too small next to groups of only students, or if there are too few people in total.
          const small = groups.filter((group) => sizeOf(group) < minimum);
          const isOfStudents = (group: readonly number[]) =>
            group.every((number) => cohorts[number]?.userType === "students");
          expect(small.length).toBeLessThanOrEqual(1);
          if (small.length === 1) {
            expect(groups.filter((group) => group !== small[0]).every(isOfStudents)).toBe(true);
          }
        },
      ),
    );
  });
});

const settings = { schoolYearStart: "08-01", now: new Date(0), keepWhole: "schools" } as const;
const everyDay = { ...openingFilter, range: { preset: "all" as const } };

function attended(
  school: string,
  people: number,
  date: string,
  grade: string | null = null,
): ParticipationRow[] {
  return Array.from({ length: people }, (_, number) => ({
    userType: "students",
    date,
    person: `${school} ${grade} ${number}`,
    school,
    grade,
    active: true,
    logins: 1,
    resources: 0,
  }));
}

async function asked(
  rows: readonly ParticipationRow[],
  { schools = [], grades }: { readonly schools?: string[]; readonly grades?: (string | null)[] } = {},
) {
  const filter = { ...everyDay, schools, grades: grades ?? [] };
  const hasGrades = rows.some(({ grade }) => grade !== null);
  const given = await answer(plainIndex(rows, [], hasGrades), filter, { ...settings, minimumGroupSize: 10 });
  if ("empty" in given) throw new Error("no answer");
  return given;
}

describe("an answer lists what it suppresses", () => {
  const small = [...attended("Dunmere", 4, "2025-09-01"), ...attended("Eastfield", 30, "2025-09-01")];
  const place = (school: string) => ({ userType: "students", school, grades: null });

  test("if a filter splits a group", async () => {
    expect(await asked(small)).toMatchObject({
      cards: { users: { value: 34 } },
      withheld: { filter: [], days: [] },
    });
    const alone = await asked(small, { schools: ["Dunmere"] });
    expect(alone.cards.users.value).toBeNull();
    expect(alone.withheld.filter).toEqual([
      { left: [place("Dunmere")], together: [place("Eastfield")], isSmall: true },
    ]);
    const other = await asked(small, { schools: ["Eastfield"] });
    expect(other.withheld.filter).toEqual([
      { left: [place("Eastfield")], together: [place("Dunmere")], isSmall: false },
    ]);
  });

  test("if a list has parts of a group", async () => {
    const { bySchool, withheld } = await asked(small);
    expect(bySchool.map(({ school, users, partly }) => [school, users, partly])).toEqual([
      ["Dunmere", null, true],
      ["Eastfield", null, true],
    ]);
    expect(withheld.schools).toEqual([
      { left: [place("Dunmere")], together: [place("Eastfield")], isSmall: true },
    ]);
  });

  test("once for each list, with all parts of a group in it", async () => {
    const each = { isSmall: true, each: true };
    const several = await asked([...small, ...attended("Fern", 5, "2025-09-01")]);
    expect(several.withheld.schools).toEqual([
      { left: [place("Dunmere"), place("Fern")], together: [place("Eastfield")], ...each },
    ]);
    // West belongs to the group completely, Fern has one grade only.
    const date = "2025-09-01";
    const whole = [...attended("West", 4, date, "3"), ...attended("West", 3, date, "4")];
    const mixed = await asked([
      ...whole,
      ...attended("Fern", 5, date, "5"),
      ...attended("Elm", 30, date, "6"),
    ]);
    expect(mixed.withheld.grades).toEqual([
      { left: [place("Fern"), { ...place("West"), grades: ["3", "4"] }], together: [], ...each },
    ]);
    expect(mixed.withheld.schools).toEqual([{ left: [place("Fern"), place("West")], together: [], ...each }]);
  });

  test("even if each of its parts in a list has enough people", async () => {
    const sizes = { West: [4, 5], East: [6, 3], North: [5, 4] };
    const rows = Object.entries(sizes).flatMap(([school, [third = 0, fourth = 0]]) => [
      ...attended(school, third, "2025-09-01", "3"),
      ...attended(school, fourth, "2025-09-01", "4"),
    ]);
    const of = (grades: string[]) =>
      ["East", "North", "West"].map((school) => ({ ...place(school), grades }));
    const { grades } = (await asked(rows)).withheld;
    expect(grades).toEqual([{ left: of(["3", "4"]), together: [], isSmall: false, each: true }]);
    const { filter } = (await asked(rows, { grades: ["3"] })).withheld;
    expect(filter).toEqual([{ left: of(["3"]), together: of(["4"]), isSmall: false }]);
  });

  test("if too few people of a group are in the reports on a day", async () => {
    const days = Array.from({ length: 20 }, (_, day) => `2025-09-${String(day + 2).padStart(2, "0")}`);
    const rows = [
      ...attended("North", 3, "2025-09-01"),
      ...days.flatMap((day) => attended("North", 30, day)),
    ];
    const given = await asked([...rows, ...attended("South", 20, "2025-09-01")]);
    expect(given.withheld.days).toEqual([
      { group: [place("North")], days: 1, first: "2025-09-01", last: "2025-09-01" },
    ]);
    expect(given.byDay[0]).toMatchObject({ logins: 20, activeUsers: 20, partly: true });
    expect(given.byDay[1]).toMatchObject({ logins: 30 });
    expect(given.byDay[1]?.partly).toBeUndefined();
  });
});

describe("the size of a cohort", () => {
  const weekdays = (first: string, count: number) =>
    datesBetween(first, addDays(first, 2 * count))
      .filter((date) => weekdayOf(date) < 6)
      .slice(0, count);
  const attendedAll = (dates: readonly string[], people: number, grade: string | null) =>
    dates.flatMap((date) => attended("Elm", people, date, grade));
  const grades = ["Kindergarten", "1", "2"];
  const lastYear = weekdays("2024-08-26", 180);
  const atLast = [2, 25, 25].flatMap((people, at) => attendedAll(lastYear, people, grades[at] ?? null));
  const shown = ({ byGrade }: Awaited<ReturnType<typeof asked>>) =>
    byGrade.map((entry) => [entry.grade, entry.users]);

  test.each([3, 20, 60, 180])(
    "is that of its newest days: last year's two kindergartners do not hide this year's after %i days",
    async (days) => {
      const thisYear = weekdays("2025-08-25", days);
      const rows = [27, 25, 25].flatMap((people, at) => attendedAll(thisYear, people, grades[at] ?? null));
      const { byGrade, withheld } = await asked([...atLast, ...rows]);
      expect(byGrade.map((entry) => [entry.grade, entry.users])).toEqual([
        ["Kindergarten", 27],
        ["1", 25],
        ["2", 25],
      ]);
      expect(withheld.grades).toEqual([]);
      // Each day is still judged on its own.
      expect(withheld.days).toEqual([
        {
          group: [{ userType: "students", school: "Elm", grades: ["Kindergarten"] }],
          days: 180,
          first: lastYear[0],
          last: lastYear.at(-1),
        },
      ]);
    },
  );

  test("is not that of last year: a grade with few people now is joined with another", async () => {
    const thisYear = weekdays("2025-08-25", 30);
    const rows = [25, 4, 25].flatMap((people, at) => attendedAll(thisYear, people, grades[at] ?? null));
    const { withheld } = await asked([...atLast, ...rows]);
    const small = withheld.grades.filter(({ isSmall }) => isSmall);
    expect(small.map(({ left }) => left.map(({ grades: of }) => of))).toEqual([[["1"]]]);
  });

  test("is that of its own newest days if it has left", async () => {
    const thisYear = weekdays("2025-08-25", 60);
    const rows = [0, 0, 25].flatMap((people, at) => attendedAll(thisYear, people, grades[at] ?? null));
    expect(shown(await asked([...atLast.filter(({ grade }) => grade !== grades[0]), ...rows]))).toEqual([
      ["1", 25],
      ["2", 25],
    ]);
  });

  test("does not depend on days whose participation comes late, when only the users of resources are known", async () => {
    const dates = weekdaysFrom("2025-08-25", 20);
    const people = { North: 30, South: 30, Elm: 12 };
    const schools = Object.entries(people).map(([school, count]) => ({ school, grade: "3", people: count }));
    const users = schools.map((each) => ({ ...each, people: Math.round(each.people / 4) }));
    const late = dates.slice(-3);
    const onTime = dates.filter((date) => !late.includes(date));
    const index = plainIndex(
      onTime.flatMap((date) => schools.flatMap((each) => attendedOn(date, each))),
      dates.flatMap((date) => users.flatMap((each) => usedOn(date, "Reader", each))),
    );
    const range = { from: onTime[0] ?? "", to: onTime.at(-1) ?? "" };
    const given = await answer(index, { ...openingFilter, range }, { ...settings, minimumGroupSize: 10 });
    if ("empty" in given) throw new Error("no answer");
    expect(given.withheld.schools).toEqual([]);
    expect(given.bySchool.map(({ school, users: count }) => [school, count]).sort()).toEqual([
      ["Elm", 12],
      ["North", 30],
      ["South", 30],
    ]);
  });

  test("does not depend on a few days with few people", async () => {
    const dates = weekdays("2025-08-25", 40);
    const thin = dates.filter((_, at) => at % 8 === 7);
    const full = dates.filter((_, at) => at % 8 !== 7);
    const rows = [
      ...attendedAll(full, 12, "1"),
      ...attendedAll(thin, 3, "1"),
      ...attendedAll(dates, 25, "2"),
    ];
    expect((await asked(rows)).withheld.grades).toEqual([]);
    const half = dates.filter((_, at) => at % 2 === 0);
    const rarely = [
      ...attendedAll(half, 12, "1"),
      ...attendedAll(dates, 9, "1"),
      ...attendedAll(dates, 25, "2"),
    ];
    expect((await asked(rarely)).withheld.grades.length).toBeGreaterThan(0);
  });
});

describe("a few people without a grade", () => {
  const date = "2025-09-01";
  const school = (ungraded: number) => [
    ...attended("Dunmere", 20, date, "7"),
    ...attended("Dunmere", 12, date, "8"),
    ...attended("Dunmere", ungraded, date),
  ];
  const users = ({ byGrade }: Awaited<ReturnType<typeof asked>>) =>
    byGrade.map((entry) => [entry.grade, entry.users]);
  const place = (grade: string) => ({ userType: "students", school: "Dunmere", grades: [grade] });

  test("hide no grade: they count with their group's grade, and the answer says so", async () => {
    const whole = await asked(school(3));
    expect(users(whole)).toEqual([
      ["7", 20],
      ["8", 15],
    ]);
    expect(whole.withheld).toMatchObject({ filter: [], grades: [], ungraded: [place("8")] });
    const chosen = await asked(school(3), { grades: ["8"] });
    expect(chosen.cards.users.value).toBe(15);
    expect(chosen.withheld).toMatchObject({ filter: [], ungraded: [place("8")] });
    expect((await asked(school(3), { grades: ["7"] })).withheld.ungraded).toEqual([]);
  });

  test("are not shown separately", async () => {
    const chosen = await asked(school(3), { grades: [null] });
    expect(chosen.cards.users.value).toBeNull();
    expect(chosen.withheld.filter).toEqual([
      { left: [{ ...place("8"), grades: [null] }], together: [place("8")], isSmall: true },
    ]);
  });

  test("are not counted with those of another school who are enough, and the answer says so", async () => {
    const chosen = await asked([...school(3), ...attended("Eastfield", 12, date)], { grades: [null] });
    expect(users(chosen)).toEqual([
      ["8", null],
      [null, 12],
    ]);
    expect(chosen.withheld.ungraded).toEqual([place("8")]);
  });

  test("do not give a grade to a group that is large enough only with them", async () => {
    const whole = await asked([...attended("Dunmere", 6, date, "7"), ...attended("Dunmere", 6, date)]);
    expect(whole.withheld).toMatchObject({ ungraded: [], grades: [{ isSmall: true, each: true }] });
    expect(users(whole)).toEqual([
      ["7", null],
      [null, null],
    ]);
  });

  test("are a group if there are enough of them", async () => {
    const whole = await asked(school(10));
    expect(users(whole)).toEqual([
      ["7", 20],
      ["8", 12],
      [null, 10],
    ]);
    expect(whole.withheld.ungraded).toEqual([]);
  });

  test("who teach do not count with a grade of students", async () => {
    const teachers = attended("Dunmere", 15, date).map((row) => ({ ...row, userType: "teachers" as const }));
    const whole = await asked([...attended("Dunmere", 4, date, "7"), ...teachers]);
    expect(whole.withheld.ungraded).toEqual([]);
  });
});

describe("a group that is too small to be shown", () => {
  const days = weekdaysFrom("2025-09-01", 30);
  const few = { userType: "teachers", people: 4 } as const;
  const askedOf = (teachersOn: readonly string[], students: number) =>
    ask(
      plainIndex(
        [
          ...days.flatMap((date) => attendedOn(date, { school: "Elm", grade: "1", people: students })),
          ...teachersOn.flatMap((date) => attendedOn(date, few)),
        ],
        [
          ...days.flatMap((date) => usedOn(date, "Reader", { school: "Elm", grade: "1", people: students })),
          ...teachersOn.flatMap((date) => usedOn(date, "Reader", few)),
        ],
      ),
      { ...openingFilter, userTypes: [], range: { preset: "all" } },
      10,
    );
  /** Everything but the count of the tables' rows. */
  const shown = ({ beyondMeasured: _, ...all }: DashboardAnswer) => all;

  test("does not show on which days it has rows: before, among and after those of others", async () => {
    const without = shown(await askedOf(days.slice(3, 4), 40));
    const others = ["2025-08-20", "2025-09-06", "2025-10-11", "2025-10-24", "2026-01-14"];
    expect(shown(await askedOf([...days, ...others], 40))).toEqual(without);
  });

  test("does not do so either if it is the whole district", async () => {
    const without = shown(await askedOf(["2025-09-01", "2025-10-02"], 0));
    expect(without.rows).toBe("withheld");
    expect(shown(await askedOf(["2025-09-03", "2025-09-06", "2025-10-30"], 0))).toEqual(without);
  });
});
