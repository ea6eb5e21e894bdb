import fc from "fast-check";
import { expect, test } from "vitest";
import { personViews } from "../../src/assets/sql/views";
import { currentSchools } from "../../src/clever/currentSchools";
import { Duck } from "../../src/duck/duck";
import { sharedDuck } from "../helpers/lakeRows";

/** A row of a report: Clever's id of the school, its name, and a day of October. */
type Row = readonly [id: string | null, name: string | null, day: number];

/** `former → current`, by the definition that the lake uses. */
const renamed = (rows: readonly Row[]): Promise<string[]> => pairsOf("school_name", rows);

/** `id → name` for rows without a name, by the definition that the lake uses. */
const named = (rows: readonly Row[]): Promise<string[]> => pairsOf("clever_school_id", rows);

async function pairsOf(key: "school_name" | "clever_school_id", rows: readonly Row[]): Promise<string[]> {
  const duck = await sharedDuck();
  const cell = (value: string | null) => (value === null ? "NULL::VARCHAR" : `'${value}'`);
  const values = rows.map(([id, name, day]) => `(${cell(id)}, ${cell(name)}, DATE '2025-10-01' + ${day})`);
  const days = `SELECT id AS clever_school_id, name AS school_name, day AS first_day, day AS last_day
    FROM (VALUES ${values.join(", ")}) rows_(id, name, day)`;
  const found = await duck.session((session) => session.query(currentSchools(days)));
  return found.flatMap((row) => (row[key] === null ? [] : `${row[key]} → ${row.current_name}`)).sort();
}

const school = (id: string | null, name: string, ...days: readonly number[]): Row[] =>
  days.map((day) => [id, name, day]);

test("a name that its id no longer has is the former name of the one that it has now", async () => {
  const rows = [...school("1", "Lincoln", 0, 1), ...school("1", "Lincoln Academy", 2, 3)];
  expect(await renamed([...rows, ...school("2", "North", 0, 3)])).toEqual(["Lincoln → Lincoln Academy"]);
});

test("a school that was renamed twice has the newest name", async () => {
  const rows = [...school("1", "A", 0), ...school("1", "B", 1), ...school("1", "C", 2)];
  expect(await renamed(rows)).toEqual(["A → C", "B → C"]);
});

test("rows without an id have the name's days, but no opinion", async () => {
  const rows = [...school("1", "A", 0), ...school("1", "B", 2)];
  expect(await renamed([...rows, ...school(null, "A", 1), ...school(null, "B", 3)])).toEqual(["A → B"]);
  expect(await renamed([...rows, ...school(null, "A", 2)])).toEqual([]);
});

test.each([
  [
    "a school that pupils of a closed school attend",
    [
      ["1", "A", 0],
      ["2", "B", 0],
      ["1", "B", 1],
      ["2", "B", 1],
    ],
  ],
  [
    "a new school after another one was closed",
    [
      ["1", "A", 0],
      ["2", "B", 1],
    ],
  ],
  [
    "a school that two schools became",
    [
      ["1", "A", 0],
      ["2", "B", 0],
      ["1", "C", 1],
      ["2", "C", 1],
    ],
  ],
  [
    "a school with both names on a day",
    [
      ["1", "A", 0],
      ["1", "A", 1],
      ["1", "B", 1],
      ["1", "B", 2],
    ],
  ],
  [
    "a name that came back",
    [
      ["1", "A", 0],
      ["1", "B", 1],
      ["1", "A", 2],
    ],
  ],
  [
    "an id that several schools share",
    [
      ["0", "A", 0],
      ["0", "North", 0],
      ["0", "B", 1],
      ["0", "North", 1],
    ],
  ],
  [
    "a name whose ids now have different names",
    [
      ["1", "A", 0],
      ["2", "A", 0],
      ["1", "B", 1],
      ["2", "C", 1],
    ],
  ],
  [
    "a name that one of its ids still has",
    [
      ["1", "A", 0],
      ["2", "A", 0],
      ["1", "B", 1],
      ["2", "A", 1],
    ],
  ],
  [
    "rows without a name",
    [
      ["1", null, 0],
      ["1", "A", 1],
      ["1", null, 2],
    ],
  ],
] as const)("%s is not renamed", async (_, rows) => {
  expect(await renamed(rows)).toEqual([]);
});

test("an id identifies the school of its newest name, unless schools share it", async () => {
  const rows = [...school("1", "A", 0), ...school("1", "B", 2), ...school("2", "North", 0, 2)];
  const nameless: Row[] = [
    ["1", null, 1],
    ["3", null, 1],
    [null, null, 1],
  ];
  expect(await named([...rows, ...nameless])).toEqual(["1 → B", "2 → North"]);
  expect(await named([...rows, ["2", "South", 1]])).toEqual(["1 → B"]);
});

test("names that differ only by spaces at the end are different ones in the SQL views, too", async () => {
  const body = personViews.find(({ name }) => name === "current_school")?.body ?? "";
  const duck = await Duck.open({ threads: 1 });
  try {
    const found = await duck.session(async (session) => {
      await session.query(`CREATE SCHEMA lake;
        CREATE TABLE lake.daily_participation_pseudo AS FROM (VALUES ('7', 'North ', DATE '2025-10-01'),
          ('7', 'North', DATE '2025-10-02'), ('7', NULL, DATE '2025-10-03')) rows_(clever_school_id, school_name, date);
        CREATE TABLE lake.resource_usage_pseudo AS FROM lake.daily_participation_pseudo WHERE false`);
      return session.query(body);
    });
    expect(found).toEqual(
      expect.arrayContaining([
        { school_key: "name North |", school_name: "North" },
        { school_key: "id 7|", school_name: "North" },
      ]),
    );
    // T-SQL ignores such spaces, unless something follows them.
    expect(body).toContain("CONCAT(school_name, '|')");
  } finally {
    duck.close();
  }
});

/** The rule by loops over rows. */
function plainlyRenamed(rows: readonly Row[]): string[] {
  const named = rows.filter(([, name]) => name !== null);
  const daysOf = (isOne: (row: Row) => boolean) => named.filter(isOne).map(([, , day]) => day);
  const distinct = <T>(values: readonly T[]) => [...new Set(values)];
  const namesOf = (id: string) => distinct(named.filter((row) => row[0] === id).map((row) => row[1]));
  const areApart = (spans: readonly (readonly number[])[]) =>
    spans.every((one, at) =>
      spans.every(
        (other, place) =>
          at === place || Math.max(...one) < Math.min(...other) || Math.min(...one) > Math.max(...other),
      ),
    );
  const identifies = (id: string) =>
    areApart(namesOf(id).map((name) => daysOf((row) => row[0] === id && row[1] === name)));
  const newestOf = (id: string) => {
    const last = Math.max(...daysOf((row) => row[0] === id));
    return named.find((row) => row[0] === id && row[2] === last)?.[1];
  };
  const pairs = distinct(named.map(([, name]) => name)).flatMap((name) => {
    const ids = distinct(named.flatMap((row) => (row[1] === name && row[0] !== null ? [row[0]] : [])));
    const now = distinct(ids.map(newestOf));
    const [current] = now;
    if (now.length !== 1 || current === name || !ids.every(identifies)) return [];
    const isOver =
      Math.max(...daysOf((row) => row[1] === name)) < Math.min(...daysOf((row) => row[1] === current));
    return isOver ? [{ name, current }] : [];
  });
  const becameOne = (current: string | null | undefined) => {
    const former = pairs.filter((pair) => pair.current === current);
    return !areApart(former.map(({ name }) => daysOf((row) => row[1] === name)));
  };
  return pairs.flatMap(({ name, current }) => (becameOne(current) ? [] : [`${name} → ${current}`])).sort();
}

test("the definition equals loops over rows, and no name is both a former and a current one", async () => {
  const row = fc.tuple(
    fc.option(fc.constantFrom("1", "2", "3"), { nil: null, freq: 6 }),
    fc.option(fc.constantFrom("A", "B", "C", "D"), { nil: null, freq: 12 }),
    fc.integer({ min: 0, max: 7 }),
  );
  let found = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 7 }), async (rows) => {
      const pairs = await renamed(rows);
      found += pairs.length;
      expect(pairs).toEqual(plainlyRenamed(rows));
      const [former, current] = [0, 1].map((side) => new Set(pairs.map((pair) => pair.split(" → ")[side])));
      expect([...(former ?? [])].filter((name) => current?.has(name))).toEqual([]);
    }),
    { numRuns: 500 },
  );
  expect(found).toBeGreaterThan(20);
});
