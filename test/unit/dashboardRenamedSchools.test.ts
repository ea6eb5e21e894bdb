import { afterEach, expect, test } from "vitest";
import { pseudoTable } from "../../src/clever/layout";
import { reports } from "../../src/clever/reports";
import { openingFilter } from "../../src/dashboard/filter";
import { IndexKeeper } from "../../src/dashboard/index/indexKeeper";
import { answer, optionsOf } from "../../src/dashboard/query/answer";
import { participationMetrics } from "../../src/dashboard/query/metrics";
import { namesIn, requireKnownNames } from "../../src/dashboard/unknownNames";
import { commit } from "../../src/delta/log/commit";
import { readSnapshot } from "../../src/delta/snapshot";
import { FolderLake } from "../../src/lake/folder";
import { sharedDuck } from "../helpers/lakeRows";
import { PseudoTables } from "../helpers/pseudoTables";
import { temporaryFolder } from "../helpers/temporaryFolder";

const counting = { minimumGroupSize: 2, keepWhole: "schools" } as const;
const settings = { ...counting, schoolYearStart: "08-01", now: new Date("2026-02-01") };
const everything = { ...openingFilter, range: { from: "2025-12-01", to: "2026-01-31" } };

function fail(): never {
  throw new Error("there is no table");
}

/** Rows of three students of Lincoln on a day, and of three of North, in both reports. */
function rows(date: string, lincoln: string | null) {
  const people = [
    ...["a", "b", "c"].map((person) => ({ person, id: "7", school: lincoln })),
    ...["d", "e", "f"].map((person) => ({ person, id: "8", school: "North Elementary" })),
  ];
  return people.map(({ person, id, school }) => ({
    date,
    sis_id_pseudonym: person,
    clever_user_id_pseudonym: person.toUpperCase(),
    clever_school_id: id,
    school_name: school,
    user_type: "student",
  }));
}
const participation = (date: string, lincoln: string | null) =>
  rows(date, lincoln).map((row) => ({ ...row, active: true, num_logins: 2, num_resources_accessed: 1 }));
const usage = (date: string, lincoln: string | null) =>
  rows(date, lincoln).map((row) => ({ ...row, resource_type: "app", resource_name: "Maps", num_access: 1 }));

let keeper: IndexKeeper | undefined;
afterEach(() => keeper?.[Symbol.asyncDispose]());

async function lakeWithTables() {
  const lake = await FolderLake.open(await temporaryFolder());
  const cacheFolder = await temporaryFolder();
  const open = () => {
    keeper = new IndexKeeper({ cacheFolder, recheckMilliseconds: 0 });
  };
  open();
  const current = async () => {
    const index = await keeper?.current(lake);
    if (index === undefined) throw new Error("no rows");
    return index;
  };
  const schoolsAnd = async (filter = everything) => {
    const { users, bySchool } = await participationMetrics(await current(), filter, counting);
    return [users, ...bySchool.map(({ school_name, users }) => `${school_name}: ${users}`)];
  };
  return { lake, tables: new PseudoTables(lake), open, current, schoolsAnd };
}

test("a renamed school is one school, in months before and after, also once the index is in memory or cached", async () => {
  const { tables, open, current, schoolsAnd } = await lakeWithTables();
  await tables.put("daily_participation", "1", participation("2025-12-10", "Lincoln"));
  await tables.put("resource_usage", "1", usage("2025-12-10", "Lincoln"));
  expect(await schoolsAnd()).toEqual([6, "Lincoln: 3", "North Elementary: 3"]);
  await tables.put("daily_participation", "2", participation("2026-01-12", "Lincoln Academy"));
  await tables.put("resource_usage", "2", usage("2026-01-12", "Lincoln Academy"));
  const renamed = [6, "Lincoln Academy: 3", "North Elementary: 3"];
  expect(await schoolsAnd()).toEqual(renamed);
  expect((await current()).renamedSchools).toEqual([["Lincoln", "Lincoln Academy"]]);
  await keeper?.[Symbol.asyncDispose]();
  open();
  expect(await schoolsAnd()).toEqual(renamed);

  const given = await answer(await current(), everything, settings);
  if ("empty" in given) throw new Error("no answer");
  expect(given.resourcesBySchool.map(({ school, users }) => [school, users])).toEqual([
    ["Lincoln Academy", 3],
    ["North Elementary", 3],
  ]);

  // The new name was wrong: the report comes again without it.
  await tables.put("daily_participation", "2", participation("2026-01-12", "Lincoln"));
  await tables.put("resource_usage", "2", usage("2026-01-12", "Lincoln"));
  expect(await schoolsAnd()).toEqual([6, "Lincoln: 3", "North Elementary: 3"]);
  expect((await current()).renamedSchools).toEqual([]);
});

test("rows without a school's name count for the school of their id, in any month", async () => {
  const { tables, schoolsAnd } = await lakeWithTables();
  await tables.put("daily_participation", "1", participation("2025-12-10", null));
  expect(await schoolsAnd()).toEqual([6, "North Elementary: 3", "null: 3"]);
  await tables.put("daily_participation", "2", participation("2026-01-12", "Lincoln"));
  await tables.put("resource_usage", "1", usage("2025-12-11", null));
  expect(await schoolsAnd()).toEqual([6, "Lincoln: 3", "North Elementary: 3"]);
  const december = { ...everything, range: { from: "2025-12-01", to: "2025-12-31" }, schools: ["Lincoln"] };
  expect(await schoolsAnd(december)).toEqual([3, "Lincoln: 3"]);
});

test("without Clever's ids of schools, which another program removed, schools have their own names", async () => {
  const { lake, tables, schoolsAnd } = await lakeWithTables();
  await tables.put("daily_participation", "1", participation("2025-12-10", "Lincoln"));
  await tables.put("daily_participation", "2", participation("2026-01-12", "Lincoln Academy"));
  const open = { lake, duck: await sharedDuck() };
  const tablePath = pseudoTable(reports.daily_participation);
  const { columns: _, ...metaData } = (await readSnapshot(open, tablePath))?.metadata ?? fail();
  const schema = JSON.parse(metaData.schemaString) as { fields: { name: string }[] };
  const fields = schema.fields.filter(({ name }) => name !== "clever_school_id");
  const schemaString = JSON.stringify({ ...schema, fields });
  await commit({
    ...open,
    tablePath,
    operation: { name: "DROP COLUMNS" },
    attempt: () => Promise.resolve({ actions: [{ metaData: { ...metaData, schemaString } }] }),
  });
  expect(await schoolsAnd()).toEqual([6, "Lincoln: 3", "Lincoln Academy: 3", "North Elementary: 3"]);
});

test("filters, and the file of school levels, may use its former name", async () => {
  const { tables, current, schoolsAnd } = await lakeWithTables();
  await tables.put("daily_participation", "1", participation("2025-12-10", "Lincoln"));
  await tables.put("daily_participation", "2", participation("2026-01-12", "Lincoln Academy"));
  const filter = { ...everything, schools: ["Lincoln", "Lincoln Academy"] };
  expect(await schoolsAnd(filter)).toEqual([3, "Lincoln Academy: 3"]);
  const index = await current();
  const given = await answer(index, { ...everything, schools: ["Lincoln"] }, settings);
  expect(given).toMatchObject({ filter: { schools: ["Lincoln Academy"] } });
  const levels = (named: readonly (readonly [string, "high" | "middle"])[]) =>
    optionsOf(index, { ...settings, levels: new Map(named) });
  const options = levels([["Lincoln", "high"]]);
  expect(options.schoolLevels).toEqual([
    { name: "elementary", schools: ["North Elementary"] },
    { name: "high", schools: ["Lincoln Academy"] },
  ]);
  expect(options.unknownSchools).toEqual([]);
  expect(() => requireKnownNames({ schools: ["Lincoln"] }, namesIn(options))).not.toThrow();
  expect(() => requireKnownNames({ schools: ["Lincon"] }, namesIn(options))).toThrow(
    'There is no school "Lincon"',
  );
  const both = levels([
    ["Lincoln", "high"],
    ["Lincoln Academy", "middle"],
    ["South", "high"],
  ]);
  expect(both.schoolLevels.map(({ name }) => name)).toEqual(["elementary", "middle"]);
  expect(both.unknownSchools).toEqual(["South"]);
});
