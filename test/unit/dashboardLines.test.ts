import { expect, test } from "vitest";
import { acrossWeekends } from "../../media/dashboard/charts/acrossWeekends";
import type { DayEntry } from "../../src/dashboard/answer";

/** The values of a line over days; `null` where it breaks. */
function lineOver(days: readonly Partial<DayEntry>[]): readonly (number | null)[] {
  const byDay = days.map((day, at): DayEntry => {
    // 2026-09-03 is a Thursday.
    const date = new Date(Date.UTC(2026, 8, 3 + at)).toISOString().slice(0, 10);
    const numbers = { logins: 10, resources: 10, activeUsers: 10, distinctResources: 10 };
    return { date, kind: "school", ...numbers, ...day };
  });
  return acrossWeekends(byDay, ({ logins }) => logins);
}

const quiet = { kind: "quiet", logins: 1 } as const;
const noData = { kind: "noData", logins: null } as const;

test("a line connects across a weekend, with or without rows", () => {
  expect(lineOver([{}, {}, quiet, quiet, { logins: 16 }, {}])).toEqual([10, 10, 12, 14, 16, 10]);
  expect(lineOver([{}, {}, noData, noData, { logins: 16 }])).toEqual([10, 10, 12, 14, 16]);
});

test("a line breaks at a holiday, at a day without data and at a missing report", () => {
  expect(lineOver([{}, quiet, quiet, quiet, {}])).toEqual([10, null, null, null, 10]);
  expect(lineOver([{}, noData, quiet, quiet, {}])).toEqual([10, null, null, null, 10]);
  const missing = { missing: ["dailyParticipation"], logins: null } as const;
  expect(lineOver([{}, missing, quiet, quiet, {}])).toEqual([10, null, null, null, 10]);
});

const week = [{}, {}, {}, {}, {}] as const;

test("a line breaks at a weekend without data if most weekends have some", () => {
  const days = [...week, quiet, quiet, ...week, noData, noData, ...week, quiet, quiet, ...week].slice(3);
  expect(lineOver(days).flatMap((value, at) => (value === null ? at : []))).toEqual([9, 10]);
});

test("a line connects across Sundays and free Saturdays if there is school on some or all Saturdays", () => {
  const free = [...week, noData, noData];
  const [everyWeek, everySecond] = [free.with(5, {}), [...free.with(5, {}), ...free]];
  for (const days of [everyWeek, everySecond].map((weeks) => [...weeks, ...weeks, ...weeks, {}].slice(3)))
    expect(lineOver(days)).not.toContain(null);
  expect(lineOver([...everyWeek, ...everyWeek, ...everyWeek].slice(3, -1))).not.toContain(null);
});
