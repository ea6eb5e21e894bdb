import { writeFile } from "node:fs/promises";
import path from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { pseudoTable } from "../../src/clever/layout";
import { type ReportName, reports, type UserType } from "../../src/clever/reports";
import { IndexKeeper } from "../../src/dashboard/index/indexKeeper";
import type { ParticipationIndex } from "../../src/dashboard/index/participationIndex";
import { FolderLake } from "../../src/lake/folder";
import {
  cachedPeople,
  type IndexedParticipation,
  type IndexedUsage,
  indexLines,
  plainLines,
} from "../helpers/indexLines";
import { filesBelow } from "../helpers/lakeFiles";
import { MemoryLake } from "../helpers/memoryLake";
import { PseudoTables, participationRow, usageRow } from "../helpers/pseudoTables";
import { temporaryFolder } from "../helpers/temporaryFolder";

const some = <T>(...values: readonly T[]) => fc.constantFrom(...values);
const orNull = <T>(...values: readonly T[]) => fc.option(some(...values), { nil: null, freq: 6 });

const personRow = {
  userType: some<UserType>("students", "students", "students", "teachers", "staff"),
  date: some("2025-12-31", "2026-01-01", "2026-01-31", "2026-02-02", ""),
  person: orNull("a", "b", "c", "d", "e"),
  clever: fc.option(some("A", "B", "C", "D"), { nil: null, freq: 2 }),
  school: orNull("North", "South's", "", "日本 🏫"),
};
const participationRows: fc.Arbitrary<IndexedParticipation[]> = fc.array(
  fc.record({
    ...personRow,
    active: fc.boolean(),
    logins: orNull(0, 1, 2147483647),
    resources: orNull(0, 3),
  }),
  { maxLength: 12 },
);
const usageRows: fc.Arbitrary<IndexedUsage[]> = fc.array(
  fc.record({
    ...personRow,
    type: orNull("app", "district-link"),
    name: orNull("Maps", "=SUM(1)", '"quoted"'),
    id: orNull("1", "2"),
    accesses: orNull(1, 9),
  }),
  { maxLength: 12 },
);
/** An event of the lake: a delivery or redelivery, or a roster. */
const event = fc.oneof(
  fc.record({
    what: fc.constant("participation" as const),
    file: some("1", "2", "3"),
    rows: participationRows,
    statistics: fc.boolean(),
  }),
  fc.record({
    what: fc.constant("usage" as const),
    file: some("1", "2", "3"),
    rows: usageRows,
    statistics: fc.boolean(),
  }),
  fc.record({
    what: fc.constant("roster" as const),
    grades: fc.dictionary(some("a", "b", "x"), orNull("9", "Kindergarten")),
  }),
);

/** The tables of a lake and the rows in them. */
class Story {
  readonly participation = new Map<string, readonly IndexedParticipation[]>();
  readonly usage = new Map<string, readonly IndexedUsage[]>();
  grades = new Map<string, string>();

  private constructor(
    readonly lake: FolderLake,
    private readonly tables: PseudoTables,
  ) {}

  static async begin(): Promise<Story> {
    const lake = await FolderLake.open(await temporaryFolder());
    return new Story(lake, new PseudoTables(lake));
  }

  async happen(next: typeof event extends fc.Arbitrary<infer Event> ? Event : never): Promise<void> {
    if (next.what === "participation") {
      this.participation.set(next.file, next.rows);
      await this.tables.put("daily_participation", next.file, next.rows.map(participationRow), next);
    } else if (next.what === "usage") {
      this.usage.set(next.file, next.rows);
      await this.tables.put("resource_usage", next.file, next.rows.map(usageRow), next);
    } else {
      const grades = new Map(Object.entries(next.grades));
      this.grades = new Map(
        [...grades].flatMap(([person, grade]) => (grade === null ? [] : [[person, grade]])),
      );
      await this.tables.putRoster(grades);
    }
  }

  lines(): string[] {
    const participation = [...this.participation.values()].flat();
    const usage = [...this.usage.values()].flat();
    return plainLines({ participation, usage }, this.grades);
  }
}

async function linesOf(index: ParticipationIndex | undefined, cacheFolder: string): Promise<string[]> {
  return index === undefined ? [] : indexLines(index, await cachedPeople(cacheFolder));
}

/** The names in the index, with or without rows. */
const namesOf = (index: ParticipationIndex | undefined) => ({
  cohorts: index?.cohorts.map((cohort) => JSON.stringify(cohort)).sort(),
  resources: index?.resources.map((resource) => JSON.stringify(resource)).sort(),
  hasGrades: index?.hasGrades,
});

test("whatever happens to the tables, the updated index equals a rebuilt one", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 5 }), async (events) => {
      const story = await Story.begin();
      const cacheFolder = await temporaryFolder();
      await using kept = new IndexKeeper({ cacheFolder, onProblem: fail });
      for (const next of events) {
        await story.happen(next);
        kept.recheck();
        const index = await kept.current(story.lake);
        expect(await linesOf(index, cacheFolder)).toEqual(story.lines());
        await using read = new IndexKeeper({ cacheFolder, onProblem: fail });
        expect(await linesOf(await read.current(story.lake), cacheFolder)).toEqual(story.lines());
      }
      const elsewhere = await temporaryFolder();
      await using again = new IndexKeeper({ cacheFolder: elsewhere, onProblem: fail });
      expect(namesOf(await kept.current(story.lake))).toEqual(namesOf(await again.current(story.lake)));
    }),
    { numRuns: 12 },
  );
}, 120_000);

function fail(error: unknown): never {
  throw error;
}

const attended = (person: string, date: string): IndexedParticipation => ({
  userType: "students",
  date,
  person,
  school: "North",
  active: true,
  logins: 1,
  resources: 1,
});
const accessed = (person: string, date: string, name = "Maps"): IndexedUsage => ({
  userType: "students",
  date,
  person,
  school: "North",
  type: "app",
  name,
  id: name,
  accesses: 1,
});

test("only students have a grade, even if a teacher has a student's number", async () => {
  const lake = await FolderLake.open(await temporaryFolder());
  const tables = new PseudoTables(lake);
  const rows = [
    attended("a", "2026-01-05"),
    { ...attended("a", "2026-01-05"), userType: "teachers" as const },
  ];
  await tables.put("daily_participation", "1", rows.map(participationRow));
  await tables.putRoster(new Map([["a", "9"]]));
  await using keeper = new IndexKeeper({ cacheFolder: await temporaryFolder() });
  expect((await keeper.current(lake))?.cohorts).toEqual([
    { school: "North", userType: "students", grade: "9" },
    { school: "North", userType: "teachers", grade: null },
  ]);
});

test("a new day rebuilds only the segment of its month", async () => {
  const tables = new PseudoTables(await FolderLake.open(await temporaryFolder()));
  const put = (report: ReportName, dates: readonly string[]) =>
    tables.put(
      report,
      dates.join(),
      dates.map((date) =>
        report === "resource_usage" ? usageRow(accessed("a", date)) : participationRow(attended("a", date)),
      ),
    );
  await put("daily_participation", ["2026-01-05"]);
  await put("daily_participation", ["2026-02-05"]);
  const options = { cacheFolder: await temporaryFolder(), recheckMilliseconds: Number.POSITIVE_INFINITY };
  await using keeper = new IndexKeeper(options);
  const before = await keeper.current(tables.lake);
  expect(await keeper.current(tables.lake)).toBe(before);
  await put("resource_usage", ["2026-02-06"]);
  expect(await keeper.current(tables.lake)).toBe(before);
  keeper.recheck();
  const after = await keeper.current(tables.lake);
  expect(after?.months[0]).toBe(before?.months[0]);
  expect(after?.months[1]).not.toBe(before?.months[1]);
  expect(after).toMatchObject({ people: 1, versions: { dailyParticipation: 1, resourceUsage: 0 } });
  keeper.recheck();
  expect(await keeper.current(tables.lake)).toBe(after);
});

test("rows without a date or of unknown user types are ignored", async () => {
  const lake = await FolderLake.open(await temporaryFolder());
  const tables = new PseudoTables(lake);
  const row = participationRow(attended("a", "2026-01-05"));
  await tables.put("daily_participation", "1", [
    { ...row, date: null },
    { ...row, user_type: "parent" },
    { ...row, user_type: null },
  ]);
  await using keeper = new IndexKeeper({ cacheFolder: await temporaryFolder() });
  expect(await keeper.current(lake)).toBeUndefined();
});

test("rows that are not counted can say whom other rows are about", async () => {
  const lake = await FolderLake.open(await temporaryFolder());
  const tables = new PseudoTables(lake);
  const put = (name: string, row: IndexedParticipation) =>
    tables.put("daily_participation", name, [participationRow(row)]);
  await put("1", attended("a", "2026-01-05"));
  await put("2", { ...attended("b", "2026-01-05"), clever: "B" });
  await put("3", { ...attended("a", ""), clever: "B" });
  await using keeper = new IndexKeeper({ cacheFolder: await temporaryFolder() });
  expect(await keeper.current(lake)).toMatchObject({ people: 1 });
});

test("after a new day, only the rows of its month are read", async () => {
  const lake = await FolderLake.open(await temporaryFolder());
  const tables = new PseudoTables(lake);
  const cacheFolder = await temporaryFolder();
  const rows = [attended("a", "2026-01-05"), { ...attended("a", "2026-01-06"), clever: "A" }];
  await tables.put("daily_participation", "1", rows.map(participationRow));
  await tables.putRoster(new Map([["a", "9"]]));
  {
    await using keeper = new IndexKeeper({ cacheFolder });
    await keeper.current(lake);
  }
  const folder = lake.localPath(pseudoTable(reports.daily_participation));
  const dataFiles = (await filesBelow(folder)).filter((file) => file.endsWith(".parquet"));
  expect(dataFiles).toHaveLength(1);
  for (const file of dataFiles) await writeFile(path.join(folder, file), "");
  const later = attended("a", "2026-02-05");
  await tables.put("daily_participation", "2", [participationRow(later)]);
  await using keeper = new IndexKeeper({ cacheFolder });
  const lines = await indexLines(await keeper.current(lake), await cachedPeople(cacheFolder));
  expect(lines).toEqual(plainLines({ participation: [...rows, later], usage: [] }, new Map([["a", "9"]])));
});

test("a table recreated under its old name counts as a different one", async () => {
  const lake = new MemoryLake();
  await new PseudoTables(lake).put("daily_participation", "1", [
    participationRow(attended("a", "2026-01-05")),
  ]);
  const cacheFolder = await temporaryFolder();
  await using keeper = new IndexKeeper({ cacheFolder });
  expect((await keeper.current(lake))?.months.map(({ month }) => month)).toEqual(["2026-01"]);
  for (const file of lake.files.keys()) lake.files.delete(file);
  keeper.recheck();
  expect(await keeper.current(lake)).toBeUndefined();
  await new PseudoTables(lake).put("daily_participation", "1", [
    participationRow(attended("b", "2026-03-05")),
  ]);
  keeper.recheck();
  expect((await keeper.current(lake))?.months.map(({ month }) => month)).toEqual(["2026-03"]);
});

test("a remote lake's files are read only once", async () => {
  const lake = new MemoryLake();
  const tables = new PseudoTables(lake);
  await tables.put("daily_participation", "1", [participationRow(attended("a", "2026-01-05"))]);
  await tables.put("resource_usage", "1", [usageRow(accessed("a", "2026-01-05"))]);
  const cacheFolder = await temporaryFolder();
  const read = () => lake.calls.filter((call) => /^read .*\.parquet$/.test(call)).length;
  {
    await using keeper = new IndexKeeper({ cacheFolder });
    await keeper.current(lake);
    expect(read()).toBe(2);
    await tables.put("daily_participation", "2", [participationRow(attended("b", "2026-01-06"))]);
    keeper.recheck();
    expect(await keeper.current(lake)).toMatchObject({ people: 2 });
    expect(read()).toBe(3);
  }
  const calls = lake.calls.length;
  await using later = new IndexKeeper({ cacheFolder });
  expect(await later.current(lake)).toMatchObject({ people: 2, rows: 3, versions: { resourceUsage: 0 } });
  // Nor is a log read until a table changes.
  expect(lake.calls.slice(calls).filter((call) => call.startsWith("read "))).toEqual([]);
  await tables.put("daily_participation", "3", [participationRow(attended("c", "2026-02-06"))]);
  later.recheck();
  expect(await later.current(lake)).toMatchObject({ people: 3, rows: 4, months: [{}, {}] });
  expect(read()).toBe(4);
  expect(lake.calls.filter((call) => call.includes("stage2np"))).toEqual([]);
});
