import { expect, test } from "vitest";
import { type DashboardFilter, openingFilter } from "../../src/dashboard/filter";
import { answer } from "../../src/dashboard/query/answer";
import { plainIndex, type UsageRow } from "../helpers/plainIndex";
import { type RandomRows, randomDistrict } from "../helpers/randomDistrict";

const paid = (resource: string, seats: number | null = 100) => ({ resource, seats, cost: 1_000, end: null });

async function ask(
  { participation, usage }: RandomRows,
  filter: DashboardFilter,
  minimumGroupSize: number,
  licences: readonly ReturnType<typeof paid>[] | undefined,
) {
  const settings = { schoolYearStart: "08-01", now: new Date(0), keepWhole: "schools" } as const;
  const index = plainIndex(participation, usage);
  const given = await answer(index, filter, { ...settings, minimumGroupSize, licences });
  if ("empty" in given) throw new Error("no answer");
  return given;
}

const size = { people: 60, schools: 4, grades: 3, resources: 8, firstDay: "2025-08-20", days: 50 };

test.each([1, 2, 3])(
  "users of paid resources equal those of plain sets over the rows (district %i)",
  async (seed) => {
    const district = randomDistrict(seed, { ...size, teachers: true, messy: true });
    const names = [...new Set(district.usage.flatMap(({ name }) => (name === null ? [] : [name])))];
    const schools = [district.participation[0]?.school ?? null];
    for (const filter of [
      { ...openingFilter, userTypes: [] },
      { ...openingFilter, schools },
      // Whichever resources are selected.
      { ...openingFilter, resources: names.slice(0, 1) },
    ]) {
      const given = await ask(
        district,
        filter,
        0,
        names.map((name) => paid(name)),
      );
      const isChosen = <T>(list: readonly T[], value: T) => list.length === 0 || list.includes(value);
      const chosen = district.usage.filter(
        ({ date, school, userType }) =>
          given.from <= date &&
          date <= given.to &&
          isChosen(filter.schools, school) &&
          isChosen<string>(filter.userTypes, userType),
      );
      const users = (name: string) =>
        new Set(chosen.flatMap(({ name: used, person }) => (used === name ? (person ?? []) : []))).size;
      const counted = Object.fromEntries(given.licences?.map((entry) => [entry.resource, entry.users]) ?? []);
      expect(counted).toEqual(Object.fromEntries(names.map((name) => [name, users(name)])));
    }
  },
);

const date = "2025-09-01";
const student = (person: string) => ({
  userType: "students" as const,
  date,
  person,
  school: "A",
  grade: null,
});
const people = Array.from({ length: 20 }, (_, number) => student(`person ${number}`));
const uses = (name: string, count: number, type = "app"): UsageRow[] =>
  people.slice(0, count).map((row) => ({ ...row, id: null, name, type, accesses: 1 }));
const district: RandomRows = {
  participation: people.map((row) => ({ ...row, active: true, logins: 1, resources: 1 })),
  usage: [
    ...uses("IXL", 20),
    ...uses("Epic!", 3),
    // Two resources with one name: a person who used both is counted once.
    ...uses("Khan Academy", 12),
    ...uses("Khan Academy", 14, "district-link"),
    ...uses("Old", 12).map((row) => ({ ...row, date: "2025-08-01" })),
  ],
};

test("unknown names come first, then the least used, and small counts are marked", async () => {
  const filter = { ...openingFilter, range: { from: date, to: date } };
  const licences = ["IXL", "Khan Academy", "Epic!", "Old", "Khan Acadmy"].map((name) => paid(name));
  const given = await ask(district, filter, 10, [paid("IXL Math", null), ...licences, paid("Zzzz")]);
  expect(
    given.licences?.map(({ resource, users, isKnown, nearest }) => [resource, users, isKnown, nearest]),
  ).toEqual([
    ["IXL Math", 0, false, ["IXL"]],
    ["Khan Acadmy", 0, false, ["Khan Academy"]],
    ["Zzzz", 0, false, []],
    ["Old", 0, true, []],
    ["Epic!", "few", true, []],
    ["Khan Academy", 14, true, []],
    ["IXL", 20, true, []],
  ]);
});

test("if the filter leaves everybody out, no users are shown", async () => {
  const filter = { ...openingFilter, range: { from: date, to: date }, grades: ["3"], schools: ["A"] };
  const rows = {
    ...district,
    participation: district.participation.map((row, at) => ({ ...row, grade: at < 3 ? "3" : "4" })),
    usage: district.usage.map((row) => ({ ...row, grade: Number(row.person?.slice(7)) < 3 ? "3" : "4" })),
  };
  const given = await ask(rows, filter, 10, [paid("IXL")]);
  expect(given.licences?.[0]).toMatchObject({ users: null, isKnown: true });
});

test("if the filter leaves some people out, no use is certain", async () => {
  const filter = { ...openingFilter, range: { from: date, to: date } };
  const rows = {
    participation: [
      ...district.participation,
      ...["one", "two"].map((person) => ({
        ...student(person),
        school: "B",
        active: true,
        logins: 1,
        resources: 1,
      })),
    ],
    usage: [
      ...district.usage,
      { ...student("one"), school: "B", id: null, name: "Rare", type: "app", accesses: 1 },
    ],
  };
  const everybody = await ask(rows, filter, 10, [paid("Rare")]);
  expect(everybody.licences).toMatchObject([{ users: "few" }]);
  expect(everybody.licences?.[0]).not.toHaveProperty("partly");
  const ofA = await ask(rows, { ...filter, schools: ["A"] }, 10, [paid("Rare")]);
  expect(ofA.licences).toMatchObject([{ isKnown: true, partly: true }]);
});

/** The district with some teachers, one of whom uses a resource. */
function withTeachers(count: number): RandomRows {
  const teachers = Array.from({ length: count }, (_, number) => ({
    ...student(`teacher ${number}`),
    userType: "teachers" as const,
  }));
  const present = teachers.map((row) => ({ ...row, active: true, logins: 1, resources: 1 }));
  const used = teachers
    .slice(0, 1)
    .map((row) => ({ ...row, id: null, name: "Gradebook", type: "app", accesses: 9 }));
  return { participation: [...district.participation, ...present], usage: [...district.usage, ...used] };
}

test("if only teachers use a resource and the question is about students, no use is certain", async () => {
  const filter = { ...openingFilter, range: { from: date, to: date } };
  const given = await ask(withTeachers(12), filter, 10, [paid("Gradebook")]);
  expect(given.licences).toMatchObject([{ users: 0, isKnown: true, partly: true }]);
});

test("a resource that only people of a suppressed group use is not named", async () => {
  const filter = { ...openingFilter, range: { from: date, to: date }, userTypes: [] };
  const given = await ask(withTeachers(3), filter, 10, [paid("Gradebook"), paid("Gradebok")]);
  expect(given.licences).toMatchObject([
    { resource: "Gradebok", isKnown: false, nearest: [] },
    { resource: "Gradebook", isKnown: false, nearest: [] },
  ]);
  expect(given.options.resources.map(({ name }) => name)).not.toContain("Gradebook");
  const shown = await ask(withTeachers(3), filter, 0, [paid("Gradebok")]);
  expect(shown.licences).toMatchObject([{ isKnown: false, nearest: ["Gradebook"] }]);
  expect(shown.options.resources.map(({ name }) => name)).toContain("Gradebook");
});

test("a former name is found, unless another resource has it now", async () => {
  const rows = {
    ...district,
    usage: [
      ...uses("Lexia Core", 12).map((row) => ({ ...row, id: "1", date: "2025-08-29" })),
      ...uses("Lexia Core5", 11).map((row) => ({ ...row, id: "1" })),
    ],
  };
  const filter = { ...openingFilter, range: { from: "2025-08-01", to: date } };
  const given = await ask(rows, filter, 0, [paid("Lexia Core"), paid("Lexia Core5")]);
  expect(given.licences?.map(({ users, isKnown }) => [users, isKnown])).toEqual([
    [12, true],
    [12, true],
  ]);
  const taken = { ...rows, usage: [...rows.usage, ...uses("Lexia Core", 3)] };
  const [entry] = (await ask(taken, filter, 0, [paid("Lexia Core")])).licences ?? [];
  expect(entry?.users).toBe(3);
});

test("without a file there is no list", async () => {
  expect((await ask(district, openingFilter, 0, undefined)).licences).toBeNull();
});
