import { describe, expect, test } from "vitest";
import { openingFilter } from "../../src/dashboard/filter";
import { ask } from "../helpers/dashboardTruth";
import { addDays, datesBetween, weekdayOf } from "../helpers/plainDates";
import { plainIndex } from "../helpers/plainIndex";
import { attendedOn, usedOn } from "../helpers/syntheticRows";

const everyDay = { ...openingFilter, range: { preset: "all" } } as const;

describe("a school day", () => {
  /** The kinds of the days on which so many people are active. */
  async function kinds(activeOn: ReadonlyMap<string, number>) {
    const rows = [...activeOn].flatMap(([date, active]) => attendedOn(date, { people: active + 1, active }));
    const { byDay } = await ask(plainIndex(rows, [], false), everyDay, 0);
    return new Map(byDay.map(({ date, kind }) => [date, kind]));
  }
  const active = (from: string, to: string, onWeekdays: number, onWeekends: number) =>
    datesBetween(from, to).map((date) => [date, weekdayOf(date) < 6 ? onWeekdays : onWeekends] as const);
  const schoolDays = (found: ReadonlyMap<string, string>, from: string, to = "9999") =>
    [...found]
      .filter(([date, kind]) => kind === "school" && date >= from && date <= to)
      .map(([date]) => date);
  const weekdays = (from: string, to: string) => datesBetween(from, to).filter((date) => weekdayOf(date) < 6);

  test("is judged by the days around it: after a pilot year, weekends are still quiet", async () => {
    const pilot = active("2024-09-02", "2025-06-06", 3, 0);
    const rollout = active("2025-09-01", "2025-10-12", 80, 2);
    const found = await kinds(new Map([...pilot, ...rollout]));
    expect(schoolDays(found, "2025-09-01")).toEqual(weekdays("2025-09-01", "2025-10-12"));
    expect(schoolDays(found, "2024-09-02", "2025-06-06")).toEqual(weekdays("2024-09-02", "2025-06-06"));
  });

  test("is not a Sunday on which a few of a small district are active", async () => {
    const days = active("2025-09-01", "2025-12-07", 30, 4);
    expect(schoolDays(await kinds(new Map(days)), "2025-09-01")).toHaveLength(70);
  });

  test("may be a Saturday on which most are active", async () => {
    const days = new Map(active("2025-09-01", "2025-10-12", 30, 2));
    days.set("2025-09-20", 25);
    const found = await kinds(days);
    expect(found.get("2025-09-20")).toBe("school");
    expect(schoolDays(found, "2025-09-01")).toHaveLength(31);
  });

  test("is in no break, neither in winter nor in summer, in which few are active", async () => {
    const days = new Map([
      ...active("2025-11-03", "2026-06-05", 50, 2),
      ...active("2025-12-22", "2026-01-02", 3, 1),
      ...active("2026-06-06", "2026-08-16", 4, 1),
      ...active("2026-08-17", "2026-09-18", 50, 2),
    ]);
    const found = await kinds(days);
    expect(schoolDays(found, "2025-12-20", "2026-01-04")).toEqual([]);
    expect(schoolDays(found, "2026-06-06", "2026-08-16")).toEqual([]);
    expect(schoolDays(found, "2026-08-17")).toEqual(weekdays("2026-08-17", "2026-09-18"));
  });

  test("without daily participation is a weekday with resource usage, not a quiet weekend", async () => {
    const dates = weekdays("2025-09-01", "2025-10-10").filter((date) => date !== "2025-09-10");
    const rows = dates.flatMap((date) => attendedOn(date, { people: 40 }));
    const usage = ["2025-09-10", "2025-09-13"].flatMap((date) => usedOn(date, "App", { people: 3 }));
    const { byDay } = await ask(plainIndex(rows, usage, false), everyDay, 0);
    const kindOn = (day: string) => byDay.find(({ date }) => date === day)?.kind;
    expect([kindOn("2025-09-10"), kindOn("2025-09-13"), kindOn(addDays("2025-09-13", 1))]).toEqual([
      "school",
      "quiet",
      "noData",
    ]);
  });
});
