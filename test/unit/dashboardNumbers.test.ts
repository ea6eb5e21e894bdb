import { expect, test } from "vitest";
import { openingFilter } from "../../src/dashboard/filter";
import { keptWhole } from "../../src/dashboard/opening";
import { divisionOf, type Held, holdToRows, randomFilters, sharesShown } from "../helpers/dashboardTruth";
import { type IngestedDistrict, ingestedOea, ingestedSample } from "../helpers/ingestedDistrict";
import { keyOfCohort } from "../helpers/plainCohorts";

/**
 * Every number of the dashboard against loops over the CSVs that went through the whole pipeline: 400 filters by chance,
 * 20 of each district at each minimum group size.
 */

const minimums = [0, 5, 10, 20];
const filtersEach = 20;
const percent = (part: number, whole: number) => `${((100 * part) / whole).toFixed(1)} %`;

const sample = (students: number, schools: number, days: number) =>
  ingestedSample({
    seed: students,
    students,
    teachers: Math.ceil(students / 15),
    staff: Math.ceil(students / 40),
    schools,
    days,
    // Two months, and the school year's first days, when people are still missing.
    firstDay: "2025-09-15",
  });

test.each([
  ["OEA's file", ingestedOea, undefined],
  ["60 students", () => sample(60, 3, 30), undefined],
  ["250 students", () => sample(250, 5, 30), 0.9],
  ["2,000 students", () => sample(2_000, 5, 20), 0.99],
  ["8,000 students", () => sample(8_000, 12, 8), 0.99],
] as const)(
  "the numbers of %s are those of loops over the files",
  async (name, ingest, leastShare) => {
    const district = await ingest();
    for (const [place, minimum] of minimums.entries()) {
      expectLargeGroups(district, minimum);
      const held = await holdRandomly(district, minimum, place);
      const { answers, complete, shown, same, few } = held;
      console.log(
        `${name}, minimum ${minimum}: ${answers} filters, ${complete} of them with nothing left out; ` +
          `of ${shown} numbers ${percent(same, shown)} are everybody's and ${percent(few, shown)} are <${minimum}`,
      );
      const page = await sharesShown(district.index, { ...openingFilter, range: { preset: "all" } }, minimum);
      console.log(
        `${name}, minimum ${minimum}, the page as it opens: of ${page.shown} numbers ` +
          `${percent(page.same, page.shown)} are those of 0 and ${percent(page.few, page.shown)} are <${minimum}; ` +
          `of ${page.all} that there are without groups ${percent(page.same + page.few, page.all)} are shown`,
      );
      if (minimum === 10 && leastShare !== undefined)
        expect((page.same + page.few) / page.shown).toBeGreaterThanOrEqual(leastShare);
    }
  },
  600_000,
);

async function holdRandomly({ rows, index, hasGrades }: IngestedDistrict, minimum: number, seed: number) {
  const filters = randomFilters(rows, filtersEach, 1 + seed);
  const sums: Held = { answers: 0, complete: 0, shown: 0, same: 0, few: 0 };
  for (const [at, keep] of keptWhole.entries()) {
    const half = filters.slice((at * filtersEach) / 2, ((at + 1) * filtersEach) / 2);
    const held = await holdToRows({ district: rows, index, hasGrades, minimum, keep, filters: half });
    for (const key of ["answers", "complete", "shown", "same", "few"] as const) sums[key] += held[key];
  }
  return sums;
}

/** Groups have enough people, but for one beside the groups of students. */
function expectLargeGroups({ rows, index, hasGrades }: IngestedDistrict, minimum: number): void {
  const people = new Map<string, Set<string | null>>();
  for (const row of [...rows.participation, ...rows.usage]) {
    const key = keyOfCohort(hasGrades ? row : { ...row, grade: null });
    people.set(key, (people.get(key) ?? new Set()).add(row.person));
  }
  for (const keep of keptWhole) {
    const { groups } = divisionOf(index, minimum, keep);
    expect(groups.flat().map(keyOfCohort).sort()).toEqual([...people.keys()].sort());
    const sizes = groups.map(
      (cohorts) => new Set(cohorts.flatMap((cohort) => [...(people.get(keyOfCohort(cohort)) ?? [])])).size,
    );
    const small = groups.filter((_, group) => (sizes[group] ?? 0) < minimum);
    expect(small.length).toBeLessThanOrEqual(1);
    expect(small.flat().filter(({ userType }) => userType === "students")).toEqual([]);
  }
}
