import { describe, expect, test } from "vitest";
import type { DashboardAnswer } from "../../src/dashboard/answer";
import { openingFilter } from "../../src/dashboard/filter";
import { answer } from "../../src/dashboard/query/answer";
import { sampleRows } from "../helpers/dashboardCsv";
import { addDays } from "../helpers/plainDates";
import type { UsageRow } from "../helpers/plainIndex";
import { plainIndex } from "../helpers/plainIndex";
import type { RandomRows } from "../helpers/randomDistrict";

/** The page's opening filter, with default settings. */
const settings = {
  minimumGroupSize: 10,
  keepWhole: "schools",
  schoolYearStart: "08-01",
  now: new Date("2026-01-01T12:00:00Z"),
} as const;

async function open({ participation, usage }: RandomRows): Promise<DashboardAnswer> {
  const given = await answer(plainIndex(participation, usage), openingFilter, settings);
  if ("empty" in given) throw new Error("there is no answer");
  return given;
}

/** The ids of resources by number of rows, descending: two names may be one resource. */
function byUse(usage: readonly UsageRow[]): string[] {
  const counts = new Map<string, number>();
  for (const { id, userType } of usage) {
    if (id !== null && userType === "students") counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return [...counts].sort(([, a], [, b]) => b - a).map(([id]) => id);
}

describe.each([250, 2_000])(
  "eight weeks of a district of %i students, at the default settings",
  (students) => {
    const weeks = 8;
    const firstDay = "2025-09-08";
    const made = sampleRows(
      {
        seed: 21,
        students,
        teachers: Math.round(students / 15),
        staff: 6,
        schools: 4,
        days: weeks * 5,
        firstDay,
      },
      ["3", "4", "5"],
    );
    const isIn = ({ date }: { readonly date: string }) => date < addDays(firstDay, weeks * 7);
    const district: RandomRows = {
      participation: made.participation.filter(isIn),
      usage: made.usage.filter(isIn),
    };
    const judgedFrom = addDays(firstDay, (weeks - 2) * 7);
    const [stopped = "", , , risen = ""] = byUse(district.usage);
    const nameOf = (id: string) => {
      const rows = district.usage.filter((row) => row.id === id);
      return rows.reduce((last, row) => (row.date >= last.date ? row : last)).name;
    };

    test("a removed app and a rising one are reported, and nothing false", async () => {
      const usage = district.usage.filter(({ date, id }) => date < judgedFrom || id !== stopped);
      const used = new Set(
        usage.filter(({ id }) => id === risen).map(({ date, person }) => `${date} ${person}`),
      );
      const model = usage.findLast(({ id }) => id === risen);
      const others = new Map(
        usage
          .filter(
            ({ date, userType, person }) => date >= judgedFrom && userType === "students" && person !== null,
          )
          .map((row) => [`${row.date} ${row.person}`, row]),
      );
      const more = [...others]
        .filter(([key]) => !used.has(key))
        .flatMap(([, row]): UsageRow[] => {
          if (!model) return [];
          const { id, name, type } = model;
          return [{ ...row, id, name, type, accesses: 1 }];
        });
      const { changes } = await open({ participation: district.participation, usage: [...usage, ...more] });
      const reported = changes.entries.map(({ name, direction }) => `${name} ${direction}`);
      expect(reported.sort()).toEqual([`${nameOf(stopped)} stopped`, `${nameOf(risen)} rose`].sort());
    });

    test("without changes nothing is reported, and the number of judged resources is shown", async () => {
      const { changes } = await open(district);
      expect(changes.entries).toEqual([]);
      const { judged, unjudged } = changes;
      const schools = new Set(
        district.participation.flatMap(({ userType, school }) => (userType === "students" ? [school] : [])),
      );
      expect([judged.schools, unjudged]).toMatchObject([
        schools.size - unjudged.suppressed,
        { weeks: { schools: 0 }, use: { schools: 0 } },
      ]);
      expect(unjudged.suppressed).toBe(1);
      expect(judged.resources).toBeGreaterThan(30);
      const ofStudents = district.usage.filter(({ userType }) => userType === "students");
      const resources = new Set(ofStudents.map(({ id }) => id));
      expect(judged.resources + unjudged.weeks.resources + unjudged.use.resources).toBe(resources.size);
    });
  },
);
