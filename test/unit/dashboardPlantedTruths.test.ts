import { describe, expect, test } from "vitest";
import type { DashboardAnswer } from "../../src/dashboard/answer";
import { type DashboardFilter, openingFilter } from "../../src/dashboard/filter";
import { answer } from "../../src/dashboard/query/answer";
import { sampleDistrict } from "../../src/sample/district";
import { weekdayOf } from "../helpers/plainDates";
import type { UsageRow } from "../helpers/plainIndex";
import {
  badParticipation,
  badUsage,
  noUsage,
  plantedDistrict,
  plantedOptions,
  plantedSettings,
  risen,
  stopped,
  winterBreak,
} from "../helpers/plantedDistrict";

describe("the page shows every planted fact of a district of 250 students, and nothing false", () => {
  /** The students' use in the good files. */
  async function rows() {
    const { participation, usage } = (await plantedDistrict()).district;
    const isReported = ({ date, userType }: { readonly date: string; readonly userType: string }) =>
      userType === "students" && !date.startsWith("20x5");
    return { participation: participation.filter(isReported), usage: usage.filter(isReported) };
  }

  async function ask(patch: Partial<DashboardFilter> = {}): Promise<DashboardAnswer> {
    const given = await answer(
      (await plantedDistrict()).index,
      { ...openingFilter, ...patch },
      plantedSettings,
    );
    if ("empty" in given) throw new Error("no answer");
    return given;
  }

  test("a removed app, and a rising one", async () => {
    const opened = await ask();
    const { entries } = opened.changes;
    const reported = entries.map(({ subject, name, direction }) => `${subject} ${name} ${direction}`);
    expect(reported.sort()).toEqual([`resource ${risen} rose`, `resource ${stopped} stopped`]);
    for (const { actual, expected, direction } of entries)
      expect(direction === "rose" ? actual > 2 * expected : actual === 0).toBe(true);
  });

  test("a day without its report, and days in quarantine", async () => {
    const opened = await ask();
    expect(opened.missing).toEqual([
      {
        report: "dailyParticipation",
        userType: "students",
        days: 1,
        first: badParticipation,
        last: badParticipation,
      },
      { report: "resourceUsage", userType: "students", days: 2, first: noUsage, last: badUsage },
    ]);
    const reported = opened.byDay.flatMap(({ date, missing }) => (missing ? [[date, ...missing]] : []));
    expect(reported).toEqual([
      [noUsage, "resourceUsage"],
      [badParticipation, "dailyParticipation"],
      [badUsage, "resourceUsage"],
    ]);
    const day = (date: string) => opened.byDay.find((each) => each.date === date);
    expect(day(badParticipation)).toMatchObject({ kind: "school", logins: null, activeUsers: null });
    expect(day(noUsage)).toMatchObject({ kind: "school", distinctResources: null });
    // The other report's rows of the day stay.
    expect(day(badParticipation)?.distinctResources).toBeGreaterThan(30);
    expect(day(noUsage)?.logins).toBeGreaterThan(100);
  });

  test("the winter break, which is neither a missing report nor a fall", async () => {
    const opened = await ask();
    const free = opened.byDay.filter(({ date }) => winterBreak.includes(date));
    expect(free.map(({ kind, missing }) => [kind, missing])).toEqual(
      winterBreak.map(() => ["noData", undefined]),
    );
    const after = await ask({ range: { from: "2026-01-05", to: "2026-01-30" } });
    const { schoolDays, before } = after.periods;
    const isSchoolDay = sampleDistrict(plantedOptions).days;
    const earlier = isSchoolDay.filter((date) => date < "2026-01-05").slice(-schoolDays);
    expect([schoolDays, before]).toEqual([
      isSchoolDay.filter((date) => date >= "2026-01-05").length,
      { from: earlier[0], to: earlier.at(-1) },
    ]);
    for (const card of [after.cards.logins, after.cards.accesses]) {
      const { now = 0, before: was = 0 } = card.compared ?? {};
      expect(now / was).toBeGreaterThan(0.8);
      expect(now / was).toBeLessThan(1.25);
    }
    const weekdays = after.byWeekday.map(({ weekday, days }) => [weekday, days]);
    expect(weekdays).toEqual(
      [1, 2, 3, 4, 5].map((weekday) => [
        weekday,
        isSchoolDay.filter((date) => date >= "2026-01-05" && weekdayOf(date) === weekday).length,
      ]),
    );
  });

  test("a renamed app, which is one under its newest name", async () => {
    const opened = await ask();
    const byId = new Map<string | null, UsageRow[]>();
    for (const row of (await rows()).usage) byId.set(row.id, [...(byId.get(row.id) ?? []), row]);
    const renamed = [...byId.values()].filter((rows) => new Set(rows.map(({ name }) => name)).size > 1);
    expect(renamed.length).toBeGreaterThan(0);
    for (const rows of renamed) {
      const names = [...rows].sort((a, b) => (a.date < b.date ? -1 : 1)).map(({ name }) => name ?? "");
      const [now = "", former = ""] = [names.at(-1), names[0]];
      const entry = opened.resources.find(({ resource }) => resource === now);
      expect(entry).toMatchObject({
        formerNames: [former],
        users: new Set(rows.map(({ person }) => person)).size,
      });
      expect(opened.resources.some(({ resource }) => resource === former)).toBe(false);
      expect(opened.options.resources.some(({ name }) => name === former)).toBe(false);
    }
  });

  test("a tiny school, shown only together with others", async () => {
    const opened = await ask();
    const tiny = sampleDistrict(plantedOptions).tinySchool?.name ?? "";
    const { withheld, bySchool } = opened;
    expect(withheld.filter).toEqual([]);
    const small = withheld.schools.filter(({ isSmall }) => isSmall);
    expect(small.map(({ left }) => left.map(({ school }) => school))).toEqual([[tiny]]);
    expect(bySchool.find(({ school }) => school === tiny)).toMatchObject({
      users: null,
      accesses: null,
      partly: true,
    });
    expect(opened.changes.unjudged.suppressed).toBe(1);
    // Everybody else is counted completely.
    const together = new Set(small.flatMap((group) => group.together.map(({ school }) => school)));
    const uncounted = new Set(withheld.days.flatMap(({ group }) => group.map(({ school }) => school)));
    for (const { school, partly } of bySchool)
      expect(partly ?? false, school ?? "").toBe([tiny, ...together, ...uncounted].includes(school));
    // On the quarantined day, they are known only by their use.
    expect(withheld.days.map(({ first, last }) => [first, last])).toEqual(
      withheld.days.map(() => [badParticipation, badParticipation]),
    );
    const people = new Set((await rows()).participation.flatMap(({ person }) => person ?? []));
    expect(opened.cards.users.value).toBe(people.size);
  });
});
