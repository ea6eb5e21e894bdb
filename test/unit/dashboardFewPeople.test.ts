import { expect, test } from "vitest";
import type { DashboardFilter } from "../../src/dashboard/filter";
import { factsOf, groupsOf } from "../../src/dashboard/groups/groups";
import { keptWhole } from "../../src/dashboard/opening";
import { answer } from "../../src/dashboard/query/answer";
import { type Random, randomStream } from "../../src/sample/random";
import { divisionOf, settings } from "../helpers/dashboardTruth";
import { keyOfCohort } from "../helpers/plainCohorts";
import { PlainGroups } from "../helpers/plainGroups";
import { plainIndex } from "../helpers/plainIndex";
import { PlainRows } from "../helpers/plainRows";
import { type RandomRows, randomDistrict } from "../helpers/randomDistrict";

/**
 * Two districts that differ only in what few people did give the same answers to every question. Reports are missing on
 * some days, and few people are in them on others; teachers and staff share groups.
 */

type Row = RandomRows["participation"][number] | RandomRows["usage"][number];

const distinct = <T>(values: readonly T[]): T[] => [...new Set(values)];
const rowsOf = ({ participation, usage }: RandomRows): Row[] => [...participation, ...usage];
/** Used by few people only. */
const ofFew = { id: "few", name: "Used by few", type: "Type of few" };
const licences = ["Resource 0", "Resource 1", ofFew.name].map((resource) => ({
  resource,
  seats: 9,
  cost: 90,
  end: null,
}));

function chosen<T>(values: readonly T[], random: Random): T {
  return values[Math.floor(random() * values.length)] ?? expect.fail("nothing to choose from");
}

function districtOf(seed: number, random: Random): RandomRows {
  const { participation, usage } = randomDistrict(seed, {
    ...{ people: 25 + Math.floor(random() * 60), schools: 2 + (seed % 3), grades: 3, resources: 5 },
    ...{ firstDay: "2025-09-01", days: 16, teachers: true, messy: seed % 3 !== 0 },
  });
  const days = new Map<string, { readonly share: number; readonly lacks: "usage" | "participation" | "" }>();
  for (const date of distinct(participation.map((row) => row.date))) {
    const share = random() < 0.7 ? 1 : chosen([0.08, 0.25], random);
    days.set(date, {
      share,
      lacks: random() < 0.6 ? "" : chosen(["usage", "usage", "participation"], random),
    });
  }
  const isThere = new Map<string, boolean>();
  const kept = <R extends Row>(rows: readonly R[], report: string) =>
    rows.flatMap((row): R[] => {
      const { date, person, userType } = row;
      const day = days.get(date);
      const key = `${date} ${person}`;
      const isIn = isThere.get(key) ?? random() < (day?.share ?? 1);
      isThere.set(key, isIn);
      if (!isIn || day?.lacks === report) return [];
      const isStaff = userType === "teachers" && Number(person?.slice("person ".length)) % 3 === 0;
      return [isStaff ? { ...row, userType: "staff" } : row];
    });
  return { participation: kept(participation, "participation"), usage: kept(usage, "usage") };
}

function filtersOf(rows: RandomRows, random: Random): DashboardFilter[] {
  const all = rowsOf(rows);
  const dates = distinct(all.map(({ date }) => date)).sort();
  const some = <T>(values: readonly T[]) =>
    random() < 0.5 ? [] : distinct(values).filter(() => random() < 0.4);
  const range = () => {
    const [from = "", to = ""] = [chosen(dates, random), chosen(dates, random)].sort();
    return { from, to };
  };
  return Array.from({ length: 15 }, () => ({
    range: random() < 0.4 ? { preset: "all" } : range(),
    ...(random() < 0.3 ? { compare: { ...range(), name: "before", rangeName: "now" } } : {}),
    schools: some(all.map(({ school }) => school)),
    grades: some(all.map(({ grade }) => grade)),
    resources: some([...rows.usage.map(({ name }) => name), ofFew.name]),
    resourceTypes: some([...rows.usage.map(({ type }) => type), ofFew.type]),
    userTypes: some(all.map(({ userType }) => userType)),
  }));
}

type Change = (rows: RandomRows, groups: PlainGroups, random: Random) => RandomRows | undefined;

/** Asks districts before and after a change of their rows that changes neither the division nor the days that count. */
async function requireNoDifference(change: Change): Promise<void> {
  let compared = 0;
  for (let seed = 0; seed < 10; seed++) {
    const random = randomStream(seed, "few people");
    const [minimumGroupSize, keepWhole] = [chosen([3, 4, 5, 10], random), chosen(keptWhole, random)];
    const options = { ...settings, minimumGroupSize, keepWhole, licences };
    const rows = districtOf(seed, random);
    const index = plainIndex(rows.participation, rows.usage);
    const division = divisionOf(index, minimumGroupSize, keepWhole);
    const groups = new PlainGroups(new PlainRows(rows, true), division);
    const filters = filtersOf(rows, random);
    const given = (of: typeof index) => Promise.all(filters.map((filter) => answer(of, filter, options)));
    const divided = (of: typeof index) => {
      const {
        groups: parts,
        counted,
        uncounted,
        sizeOf,
      } = groupsOf(factsOf(of), {
        minimumGroupSize,
        keepWhole,
      });
      const months = of.months.length;
      return parts
        .map((cohorts, group) => [
          cohorts
            .map((cohort) => `${JSON.stringify(of.cohorts[cohort])} ${sizeOf([cohort]) < minimumGroupSize}`)
            .sort(),
          [counted, uncounted].map((masks) => masks.slice(group * months, (group + 1) * months).join()),
        ])
        .map((group) => JSON.stringify(group))
        .sort();
    };
    const before = await given(index);
    for (let attempt = 0; attempt < 6; attempt++) {
      const changed = change(rows, groups, random);
      if (changed === undefined) break;
      const other = plainIndex(changed.participation, changed.usage);
      if (divided(other).join() !== divided(index).join()) continue;
      const after = await given(other);
      for (const [at, filter] of filters.entries()) {
        expect(told(after[at]), `district ${seed}, ${JSON.stringify(filter)}`).toEqual(told(before[at]));
        compared++;
      }
    }
  }
  expect(compared).toBeGreaterThan(300);
}

/** An answer without what names the parts of groups that are smaller than the minimum, and with rounded averages. */
function told(given: Awaited<ReturnType<typeof answer>> | undefined): unknown {
  return JSON.parse(
    JSON.stringify(given, (key, value: unknown) =>
      key === "withheld" ? undefined : typeof value === "number" ? Number(value.toPrecision(9)) : value,
    ),
  );
}

const groupOf = (groups: PlainGroups, row: Row) => groups.groupOf(keyOfCohort(row));

test("no answer depends on what people did on a day on which too few of their group are in the reports", async () => {
  await requireNoDifference((rows, groups, random) => {
    const few = rowsOf(rows).filter((row) => !groups.isCounted(groupOf(groups, row), row.date));
    if (few.length === 0) return undefined;
    const { date, ...one } = chosen(few, random);
    const group = groupOf(groups, { date, ...one });
    const isFew = (row: Row) => row.date === date && groupOf(groups, row) === group;
    const there = rows.participation.filter(isFew);
    const others = rows.usage.filter((row) => !isFew(row));
    const own = rows.usage.filter(isFew);
    const did = chosen(["nothing", "much", "unreported"], random);
    const using = (row: Row) => {
      const used = chosen(rows.usage, random);
      return { ...used, ...row, ...(random() < 0.5 ? ofFew : {}), accesses: 9 };
    };
    const done = did === "nothing" ? 0 : 7;
    return {
      participation: rows.participation.map((row) =>
        isFew(row) ? { ...row, active: done > 0, logins: done, resources: done } : row,
      ),
      // Without participation, only usage shows that they are there.
      usage:
        there.length === 0
          ? rows.usage
          : [...others, ...(did === "much" ? [...own, ...there.map(using)] : [])],
    };
  });
}, 120_000);

test("no answer depends on which of two people of a group is in which of its schools, grades and user types", async () => {
  await requireNoDifference((rows, groups, random) => {
    const places = new Map<string, Row[]>();
    for (const row of rowsOf(rows)) {
      if (row.person === null) continue;
      const known = places.get(row.person) ?? [];
      places.set(row.person, known);
      if (!known.some((each) => keyOfCohort(each) === keyOfCohort(row))) known.push(row);
    }
    const settled = [...places.values()].flatMap((own) => (own.length === 1 ? own : []));
    const pairs = settled.flatMap((one, at) =>
      settled
        .slice(at)
        .filter((other) => groupOf(groups, other) === groupOf(groups, one))
        .flatMap((other) => (keyOfCohort(other) === keyOfCohort(one) ? [] : [[one, other] as const])),
    );
    if (pairs.length === 0) return undefined;
    const [one, other] = chosen(pairs, random);
    const swapped = <R extends Row>(row: R): R => {
      const place = row.person === one.person ? other : row.person === other.person ? one : row;
      const { school, grade, userType } = place;
      return { ...row, school, grade, userType };
    };
    return { participation: rows.participation.map(swapped), usage: rows.usage.map(swapped) };
  });
}, 120_000);
