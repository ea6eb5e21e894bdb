import { expect, test } from "vitest";
import { openingFilter } from "../../src/dashboard/filter";
import { IndexKeeper } from "../../src/dashboard/index/indexKeeper";
import { answer } from "../../src/dashboard/query/answer";
import { FolderLake } from "../../src/lake/folder";
import type { IndexedParticipation, IndexedUsage } from "../helpers/indexLines";
import { lakeMetrics } from "../helpers/lakeMetrics";
import { PseudoTables, participationRow, usageRow } from "../helpers/pseudoTables";
import { temporaryFolder } from "../helpers/temporaryFolder";

const inRange = "2026-02-03";
const before = "2026-01-05";

function attended(person: string | null, clever: string | null, date = inRange): IndexedParticipation {
  return {
    userType: "students",
    date,
    person,
    clever,
    school: "North",
    active: true,
    logins: 1,
    resources: 1,
  };
}

function used(person: string | null, clever: string | null, date = inRange): IndexedUsage {
  const resource = { type: "app", name: "Maps", id: "1", accesses: 1 };
  return { userType: "students", date, person, clever, school: "North", ...resource };
}

/** Rows of six people with twelve ids or more, by how the ids are written. */
const sixPeople: Readonly<
  Record<string, { readonly participation: IndexedParticipation[]; readonly usage: IndexedUsage[] }>
> = {
  "the school's id with and without its zeros": {
    participation: six((n) => [attended(`00${n}`, `clever ${n}`), attended(`${n}`, `clever ${n}`)]),
    usage: six((n) => [used(`0${n}`, `clever ${n}`)]),
  },
  "either id alone, and both once before": {
    participation: six((n) => [
      attended(`${n}`, null),
      attended(null, `clever ${n}`),
      attended(`${n}`, `clever ${n}`, before),
    ]),
    usage: six((n) => [used(`${n}`, null)]),
  },
  "either id alone, and both in the other report only": {
    participation: six((n) => [attended(`${n}`, null), attended(null, `clever ${n}`)]),
    usage: six((n) => [used(`${n}`, `clever ${n}`, before)]),
  },
  "one id in each report": {
    participation: six((n) => [attended(null, `clever ${n}`), attended(`${n}`, `clever ${n}`, before)]),
    usage: six((n) => [used(`${n}`, null)]),
  },
};

function six<T>(rows: (n: number) => T[]): T[] {
  return [1, 2, 3, 4, 5, 6].flatMap(rows);
}

async function tablesOf({ participation, usage }: (typeof sixPeople)[string]): Promise<PseudoTables> {
  const tables = new PseudoTables(await FolderLake.open(await temporaryFolder()));
  // A file per day, so that a query about one day need not read the other.
  for (const date of [before, inRange]) {
    const ofDay = <Row extends { date: string }>(rows: Row[]) => rows.filter((row) => row.date === date);
    await tables.put("daily_participation", date, ofDay(participation).map(participationRow));
    await tables.put("resource_usage", date, ofDay(usage).map(usageRow));
  }
  return tables;
}

const ways = Object.keys(sixPeople);

test.each(ways)("metrics count six people as six: %s", async (way) => {
  const { lake } = await tablesOf(sixPeople[way] as (typeof sixPeople)[string]);
  for (const filter of [{ range: { from: inRange, to: inRange } }, {}]) {
    const shown = await lakeMetrics(lake, filter, { minimumGroupSize: 0 });
    expect(shown).toMatchObject({ users: 6, activeUsers: 6, bySchool: [{ users: 6 }] });
    // Unknown if the report has no row in the range, although the other one shows use.
    const distinctResources = filter.range && way.includes("other report") ? null : 1;
    expect(shown.bySchool[0]?.averageDistinctResources).toBe(distinctResources);
    const hidden = await lakeMetrics(lake, filter, { minimumGroupSize: 10 });
    expect(hidden).toMatchObject({ users: null, activeUsers: null, bySchool: [{ suppressed: true }] });
    expect(hidden.topResources).toEqual([]);
  }
});

test.each(ways)("the dashboard counts six people as six: %s", async (way) => {
  const { lake } = await tablesOf(sixPeople[way] as (typeof sixPeople)[string]);
  await using keeper = new IndexKeeper({ cacheFolder: await temporaryFolder() });
  const index = await keeper.current(lake);
  if (index === undefined) throw new Error("no index");
  expect(index.people).toBe(6);
  for (const [minimumGroupSize, users] of [
    [1, 6],
    [6, 6],
    [7, null],
    [10, null],
  ] as const) {
    const filter = { ...openingFilter, range: { preset: "all" as const } };
    const now = new Date("2026-03-01T12:00:00Z");
    const options = { schoolYearStart: "09-01", now, minimumGroupSize, keepWhole: "schools" } as const;
    const given = await answer(index, filter, options);
    expect(given).toMatchObject({ cards: { users: { value: users }, activeUsers: { value: users } } });
  }
});

test("a number that a student and a teacher share says nothing about the other's rows", async () => {
  for (const teacher of ["clever 0", "clever 2"]) {
    const { lake } = await tablesOf({
      participation: [
        attended("7", "clever 1", before),
        attended("7", null),
        { ...attended("7", teacher), userType: "teachers" },
      ],
      usage: [used("7", null)],
    });
    for (const userType of ["students", "teachers"] as const)
      expect(await lakeMetrics(lake, { userTypes: [userType] }, { minimumGroupSize: 0 })).toMatchObject({
        users: 1,
      });
  }
});

test("a later month that joins two ids, or no longer does, changes the earlier months", async () => {
  const lake = await FolderLake.open(await temporaryFolder());
  const tables = new PseudoTables(lake);
  const cacheFolder = await temporaryFolder();
  await using keeper = new IndexKeeper({ cacheFolder });
  const people = async () => {
    keeper.recheck();
    const index = await keeper.current(lake);
    await using again = new IndexKeeper({ cacheFolder });
    const read = await again.current(lake);
    const present = (month?: { attendance: { member: Uint32Array } }) => month?.attendance.member.length;
    expect(read?.months.map(present)).toEqual(index?.months.map(present));
    return present(index?.months[0]);
  };
  await tables.put("daily_participation", "january", [
    participationRow(attended("7", null, before)),
    participationRow(attended(null, "clever 7", before)),
  ]);
  expect(await people()).toBe(2);
  await tables.put("resource_usage", "february", [usageRow(used("7", "clever 7"))]);
  expect(await people()).toBe(1);
  await tables.put("resource_usage", "february", [usageRow(used("8", "clever 7"))]);
  expect(await people()).toBe(2);
});

test("a person's grade is found through rows with the person's other id, while they exist", async () => {
  const lake = await FolderLake.open(await temporaryFolder());
  const tables = new PseudoTables(lake);
  const cacheFolder = await temporaryFolder();
  const grades = async () => {
    await using keeper = new IndexKeeper({ cacheFolder });
    return (await keeper.current(lake))?.cohorts.map(({ grade }) => grade).sort();
  };
  await tables.putRoster(new Map([["7", "4"]]));
  await tables.put("daily_participation", "january", [
    participationRow(attended(null, "clever 7", before)),
    participationRow(attended("old 7", "clever 7", before)),
  ]);
  expect(await grades()).toEqual([null]);
  await tables.put("resource_usage", "february", [usageRow(used("7", "clever 7"))]);
  expect(await grades()).toEqual(["4"]);
  await tables.put("resource_usage", "february", []);
  expect(await grades()).toEqual([null]);
});

test("a number that two people share does not join them, and a row with only that number always counts for the same one", async () => {
  const rows = [attended("7", "clever b"), attended("7", "clever a"), attended("7", null)];
  const { lake } = await tablesOf({ participation: rows, usage: [] });
  const shown = await lakeMetrics(lake, {}, { minimumGroupSize: 0 });
  expect(shown.users).toBe(2);
});
