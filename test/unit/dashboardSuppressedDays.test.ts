import { describe, expect, test } from "vitest";
import type { Changes } from "../../src/dashboard/answer";
import { openingFilter } from "../../src/dashboard/filter";
import { ask } from "../helpers/dashboardTruth";
import { plainIndex } from "../helpers/plainIndex";
import { type Attendance, attendedOn, usedOn, weekdaysFrom } from "../helpers/syntheticRows";

/** *What changed* where groups have fewer people than the minimum on some days. */

const dates = weekdaysFrom("2025-09-01", 60);
const judged = dates.slice(-10);
const everyDay = { ...openingFilter, range: { preset: "all" } } as const;

interface Group {
  readonly school: string;
  readonly grade: string;
  readonly people: (date: string) => number;
  readonly resources: readonly string[];
}

async function changes(groups: readonly Group[], minimum = 10): Promise<Changes> {
  const each = dates.flatMap((date) =>
    groups.map(({ people, ...group }) => ({ ...group, date, people: people(date) })),
  );
  const attendance = ({ school, grade, people }: (typeof each)[number]): Attendance => ({
    school,
    grade,
    people,
  });
  const index = plainIndex(
    each.flatMap((one) => attendedOn(one.date, attendance(one))),
    each.flatMap((one) => one.resources.flatMap((name) => usedOn(one.date, name, attendance(one)))),
  );
  return (await ask(index, everyDay, minimum)).changes;
}

const reported = ({ entries }: Changes) => entries.map(({ name, direction }) => `${name} ${direction}`);
const always = (count: number) => () => count;
const elm = (grade: string, people: Group["people"], ...resources: string[]): Group => ({
  school: "Elm",
  grade,
  people,
  resources: ["Reader", ...resources],
});

describe("days on which a group is suppressed are unknown, not without use", () => {
  /** One of the judged weeks: the group stays one of its own, because most of its days have enough people. */
  const withheldWeek = judged.slice(0, 5);
  const fewForAWeek = (date: string) => (withheldWeek.includes(date) ? 3 : 20);

  test("for a resource that this group used", async () => {
    const found = await changes([elm("1", always(25)), elm("2", always(25)), elm("3", fewForAWeek, "Maps")]);
    expect(reported(found)).toEqual([]);
    expect(found.unjudged.weeks).toMatchObject({ resources: 2, schools: 1 });
  });

  test("for its school only, if it is a small part of the use of a resource", async () => {
    const others = ["Oak", "Ash", "Fir", "Yew", "Bay"].flatMap((school) =>
      ["1", "2"].map((grade): Group => ({ school, grade, people: always(25), resources: ["Reader"] })),
    );
    const found = await changes([...others, elm("1", fewForAWeek)]);
    expect(reported(found)).toEqual([]);
    expect([found.judged, found.unjudged.weeks]).toEqual([
      { resources: 1, schools: 5 },
      { resources: 0, schools: 1 },
    ]);
  });

  test("while a real end of use is still found", async () => {
    const groups = [elm("1", always(25)), elm("2", always(25), "Maps"), elm("3", always(20))];
    const index = plainIndex(
      dates.flatMap((date) => groups.flatMap((one) => attendedOn(date, { ...one, people: 25 }))),
      dates.flatMap((date) =>
        groups.flatMap((one) =>
          one.resources.flatMap((name) =>
            name === "Maps" && judged.includes(date) ? [] : usedOn(date, name, { ...one, people: 25 }),
          ),
        ),
      ),
    );
    expect(reported((await ask(index, everyDay, 10)).changes)).toEqual(["Maps stopped"]);
  });

  test("a few unknown days leave enough to judge", async () => {
    const once = (date: string) => (date === judged[3] || date === dates[20] ? 3 : 20);
    const found = await changes([elm("1", always(25)), elm("2", always(25)), elm("3", once, "Maps")]);
    expect(reported(found)).toEqual([]);
    expect(found.judged).toEqual({ resources: 2, schools: 1 });
  });
});

test("a group that is always suppressed makes nothing else unknown", async () => {
  const groups = [elm("1", always(25)), elm("2", always(25))];
  const staff = dates.map((date) => ({ date, userType: "staff" as const, school: "Elm", people: 4 }));
  const index = plainIndex(
    [
      ...dates.flatMap((date) => groups.flatMap((one) => attendedOn(date, { ...one, people: 25 }))),
      ...staff.flatMap((one) => attendedOn(one.date, one)),
    ],
    [
      ...dates.flatMap((date) => groups.flatMap((one) => usedOn(date, "Reader", { ...one, people: 25 }))),
      ...staff.flatMap((one) => usedOn(one.date, "Reader", one)),
    ],
  );
  const found = (await ask(index, { ...everyDay, userTypes: [] }, 10)).changes;
  expect([found.judged, reported(found)]).toEqual([{ resources: 1, schools: 1 }, []]);
});
