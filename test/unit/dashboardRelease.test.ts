import { describe, expect, test } from "vitest";
import { attendanceLayout } from "../../src/dashboard/release/attendanceLayout";
import { attendancePartition } from "../../src/dashboard/release/attendancePartition";
import { dayKinds } from "../../src/dashboard/release/dayKinds";
import { freezeCells, freezeUsage } from "../../src/dashboard/release/frozenBlocks";
import { numbering } from "../../src/dashboard/release/names";
import { prepare } from "../../src/dashboard/release/prepared";
import { usageLayout } from "../../src/dashboard/release/usageLayout";
import { usagePartition } from "../../src/dashboard/release/usagePartition";
import { KnownSums } from "../helpers/linearAttack";
import { plainIndex } from "../helpers/plainIndex";
import { cellOf, plainActiveBlocks, plainUsageBlocks, usageCellOf } from "../helpers/plainPartition";
import { type RandomOptions, type RandomRows, randomDistrict } from "../helpers/randomDistrict";
import { type BlockCell, blocksOf, keyOf } from "../helpers/rowBlocks";

type Rows = readonly (BlockCell & { readonly person: string | null })[];

/** The people of each cell. */
function peopleOf(rows: Rows, cell: (row: BlockCell) => BlockCell): Map<string, Set<string>> {
  const people = new Map<string, Set<string>>();
  for (const row of rows) {
    const key = keyOf(cell(row));
    const known = people.get(key) ?? new Set();
    if (row.person !== null) known.add(row.person);
    people.set(key, known);
  }
  return people;
}

const union = (sets: readonly (ReadonlySet<string> | undefined)[]) =>
  new Set(sets.flatMap((set) => [...(set ?? [])]));

async function blocks({ participation, usage }: RandomRows, minimum: number) {
  const index = plainIndex(participation, usage);
  return blocksOf(index, await prepare(index, minimum));
}

const messy: RandomOptions = {
  people: 70,
  schools: 5,
  grades: 3,
  resources: 10,
  firstDay: "2025-08-20",
  days: 70,
  teachers: true,
  messy: true,
};

describe("release blocks", () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    "hold every cell once and enough people each (district %i)",
    async (seed) => {
      const district = randomDistrict(seed, { ...messy, people: 10 + 20 * seed, schools: 1 + (seed % 5) });
      const minimum = 2 + (seed % 3) * 4;
      const { active, present, usage } = await blocks(district, minimum);
      const busy = district.participation.filter((row) => row.active || row.logins || row.resources);
      const activePeople = peopleOf(
        district.participation.map((row) => (row.active ? row : { ...row, person: null })),
        cellOf,
      );
      const presentPeople = peopleOf(district.participation, cellOf);
      const users = peopleOf(district.usage, usageCellOf);
      const busyCells = new Set(busy.map((row) => keyOf(cellOf(row))));

      for (const [kind, rows, cell] of [
        [active, district.participation, cellOf],
        [present, district.participation, cellOf],
        [usage, district.usage, usageCellOf],
      ] as const) {
        const keys = kind.flatMap(({ cells }) => cells.map(keyOf));
        expect(new Set(keys).size).toBe(keys.length);
        const all = new Set(keys);
        for (const row of rows) expect(all.has(keyOf(cell(row as BlockCell)))).toBe(true);
      }
      const count = (people: Map<string, Set<string>>, cells: readonly BlockCell[]) =>
        union(cells.map((cell) => people.get(keyOf(cell)))).size;
      for (const { cells, released } of usage) {
        if (released) expect(count(users, cells)).toBeGreaterThanOrEqual(minimum);
      }
      for (const { cells, released } of active) {
        if (!released) continue;
        const someRows = cells.some((cell) => presentPeople.has(keyOf(cell)));
        if (someRows) expect(count(presentPeople, cells)).toBeGreaterThanOrEqual(minimum);
        if (cells.some((cell) => busyCells.has(keyOf(cell)))) {
          expect(count(activePeople, cells)).toBeGreaterThanOrEqual(minimum);
        }
      }
      for (const { cells, released } of present) {
        if (!released || !cells.some((cell) => presentPeople.has(keyOf(cell)))) continue;
        expect(count(presentPeople, cells)).toBeGreaterThanOrEqual(minimum);
      }
      // Blocks of people who are there divide those of what they did.
      const activeOf = new Map(
        active.flatMap((block, at) => block.cells.map((cell) => [keyOf(cell), at] as const)),
      );
      for (const { cells } of present)
        expect(new Set(cells.map((cell) => activeOf.get(keyOf(cell)))).size).toBe(1);
    },
  );
});

/** Blocks as texts, whatever their order. */
const sorted = (blocks: readonly (readonly BlockCell[])[]) =>
  blocks.map((cells) => cells.map(keyOf).sort().join(" ")).sort();

describe("the rule", () => {
  test.each(Array.from({ length: 12 }, (_, seed) => seed))(
    "joins as plain lists do (district %i)",
    async (seed) => {
      const minimum = [1, 3, 8, 20, 500][seed % 5] ?? 5;
      const district = randomDistrict(seed, {
        ...messy,
        people: 15 + 8 * seed,
        schools: 1 + (seed % 6),
        days: 45,
      });
      const index = plainIndex(district.participation, district.usage);
      const names = numbering(index);
      const usage = usageLayout(index, names);
      const attendance = attendanceLayout(index, names, usage);
      const active = attendancePartition(index, names, attendance, usage, minimum);
      const kinds = dayKinds(index, attendance);
      const activeBlocks = freezeCells(index, names, active, kinds);
      const used = await usagePartition(index, names, usage, minimum);
      const usageBlocks = freezeUsage(index, names, used);
      const given = blocksOf(index, {
        names,
        usage,
        attendance,
        usageBlocks,
        activeBlocks,
        presentBlocks: activeBlocks,
      });
      expect(sorted(given.usage.map(({ cells }) => cells))).toEqual(
        sorted(plainUsageBlocks(district, minimum)),
      );
      expect(sorted(given.active.map(({ cells }) => cells))).toEqual(
        sorted(plainActiveBlocks(district, minimum)),
      );
    },
  );
});

const tiny: RandomOptions = {
  people: 24,
  schools: 3,
  grades: 2,
  resources: 4,
  firstDay: "2025-09-26",
  days: 9,
};

describe("sums of blocks, added and subtracted", () => {
  const seeds = Array.from({ length: 40 }, (_, seed) => seed);
  test.each(seeds)("say nothing about too few people (district %i)", async (seed) => {
    const minimum = 3 + (seed % 3);
    const district = randomDistrict(seed, {
      ...tiny,
      people: 12 + (seed % 7) * 6,
      resources: 2 + (seed % 4),
    });
    const { active, usage } = await blocks(district, minimum);
    const users = peopleOf(district.usage, usageCellOf);
    const cells = [...users.keys()];
    const numberOf = new Map(cells.map((key, number) => [key, number]));
    const dayOf = new Map<string, number[]>();
    district.usage.forEach((row) => {
      const day = keyOf(cellOf(row));
      const number = numberOf.get(keyOf(usageCellOf(row))) ?? -1;
      dayOf.set(day, [...(dayOf.get(day) ?? []), number]);
    });
    const usageSums = usage
      .filter(({ released }) => released)
      .map((block) => block.cells.map((cell) => numberOf.get(keyOf(cell)) ?? -1));
    const activeSums = active
      .filter(({ released }) => released)
      .map((block) => [...new Set(block.cells.flatMap((cell) => dayOf.get(keyOf(cell)) ?? []))]);

    const known = new KnownSums(cells.length);
    for (const sum of [...usageSums, ...activeSums]) known.add(sum);
    const few = (numbers: readonly number[]) => {
      const people = union(numbers.map((number) => users.get(cells[number] ?? ""))).size;
      return people > 0 && people < minimum;
    };
    const found: number[][] = [];
    cells.forEach((_, one) => {
      if (few([one]) && known.determines([one])) found.push([one]);
      for (let other = 0; other < one; other++) {
        if (few([one, other]) && known.determines([one, other])) found.push([one, other]);
      }
    });
    expect(found.map((numbers) => numbers.map((number) => cells[number]))).toEqual([]);

    // Any sum that follows from the known ones comes down to this: the days of some blocks of participation, less the
    // usage blocks that lie wholly in them.
    const nets = activeSums.length <= 16 ? 2 ** activeSums.length : 0;
    for (let chosen = 1; chosen < nets; chosen++) {
      const inside = new Set(activeSums.flatMap((sum, at) => (((chosen >>> at) & 1) === 1 ? sum : [])));
      for (const sum of usageSums) {
        if (sum.every((number) => inside.has(number))) for (const number of sum) inside.delete(number);
      }
      if (inside.size > 0) expect(few([...inside])).toBe(false);
    }
  });
});
