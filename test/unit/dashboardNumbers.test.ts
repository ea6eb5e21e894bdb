import { expect, test } from "vitest";
import { openingFilter } from "../../src/dashboard/filter";
import { keptWhole } from "../../src/dashboard/opening";
import {
  compareWithRows,
  divisionOf,
  type Held,
  randomFilters,
  sharesShown,
} from "../helpers/dashboardTruth";
import { type IngestedDistrict, ingestedOea, ingestedSample } from "../helpers/ingestedDistrict";
import { keyOfCohort } from "../helpers/plainCohorts";

/**
 * Every number of the dashboard against loops over the CSVs that went through the whole pipeline, for random filters of
 * each district at each minimum group size. `CLEVER_LAKE_DASHBOARD_FILTERS=20` asks 400 in all.
 */

const minimums = [0, 5, 10, 20];
const filtersEach = Number(process.env.CLEVER_LAKE_DASHBOARD_FILTERS ?? 6);
const percent = (part: number, whole: number) => `${((100 * part) / whole).toFixed(1)} %`;

const sample = (students: number, schools: number, days: number) =>
  ingestedSample({
    seed: students,
    students,
    teachers: Math.ceil(students / 15),
    staff: Math.ceil(students / 40),
    schools,
    days,
    // Two months, and the first days of the school year, when some people are still missing.
    firstDay: "2025-09-25",
  });

test.each([
  ["OEA's file", ingestedOea, undefined],
  ["60 students", () => sample(60, 3, 30), undefined],
  ["250 students", () => sample(250, 5, 30), 0.9],
  ["2,000 students", () => sample(2_000, 5, 14), 0.99],
  ["8,000 students", () => sample(8_000, 12, 5), 0.99],
] as const)(
  "the numbers of %s equal those of loops over the files",
  async (name, ingest, minShare) => {
    const ingested = await ingest();
    const people = peopleOfCohorts(ingested);
    for (const [place, minimum] of minimums.entries()) {
      expectLargeGroups(ingested, people, minimum);
      const { answers, complete, shown, same, few } = await compareRandomly(ingested, minimum, place);
      expect(answers).toBe(filtersEach);
      console.log(
        `${name}, minimum ${minimum}: ${answers} filters, ${complete} of them with nothing suppressed; ` +
          `of ${shown} numbers ${percent(same, shown)} are everybody's, ${percent(few, shown)} are <${minimum}`,
      );
      if (minimum === 0) continue;
      for (const [grades, index] of [
        ["without grades", ingested.withoutGrades],
        ["with grades", ingested.index],
      ] as const) {
        const page = await sharesShown(index, wholePage, minimum);
        console.log(
          `${name}, minimum ${minimum}, the page ${grades}: of ${page.shown} numbers shown ` +
            `${percent(page.same, page.shown)} are those of 0, ${percent(page.few, page.shown)} are <${minimum}, ` +
            `${percent(page.partly, page.shown)} are of entries marked as incomplete; ${page.all} are there without groups`,
        );
        expect(page.same + page.few + page.partly).toBe(page.shown);
        if (minimum === 10 && grades === "without grades" && minShare !== undefined)
          expect((page.same + page.few) / page.shown).toBeGreaterThanOrEqual(minShare);
      }
    }
  },
  600_000,
);

const wholePage = { ...openingFilter, range: { preset: "all" } } as const;

async function compareRandomly({ district, rows, index }: IngestedDistrict, minimum: number, seed: number) {
  const filters = randomFilters(district, filtersEach, 1 + seed);
  const sums: Held = { answers: 0, complete: 0, shown: 0, same: 0, few: 0 };
  for (const [at, keep] of keptWhole.entries()) {
    const half = filters.slice((at * filtersEach) / 2, ((at + 1) * filtersEach) / 2);
    const held = await compareWithRows({ rows, index, minimum, keep, filters: half });
    for (const key of ["answers", "complete", "shown", "same", "few"] as const) sums[key] += held[key];
  }
  return sums;
}

type People = ReadonlyMap<string, ReadonlySet<string | null>>;

/** The people of each cohort, by its key. */
function peopleOfCohorts({ district }: IngestedDistrict): People {
  const people = new Map<string, Set<string | null>>();
  for (const row of [...district.participation, ...district.usage]) {
    const key = keyOfCohort(row);
    people.set(key, (people.get(key) ?? new Set()).add(row.person));
  }
  return people;
}

/** Groups have enough people, except for one besides the groups of students. */
function expectLargeGroups({ index }: IngestedDistrict, people: People, minimum: number): void {
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
