import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lookupTable, pseudoTable } from "../../src/clever/layout";
import { type ReportName, reports } from "../../src/clever/reports";
import type { OpenReadEngine } from "../../src/pipeline/read/readEngine";
import { clean, engineTask, expectedRow, inOrder, line, readWith, unclean } from "../helpers/engineContract";
import { lakeRows } from "../helpers/lakeRows";
import {
  daily,
  dailyCsv,
  dailyPath,
  PipelineFixture,
  pseudonym,
  usageCsv,
  usagePath,
} from "../helpers/pipelineFixture";
import { embedded, plain } from "../helpers/readEngines";

const engines: readonly (readonly [string, OpenReadEngine])[] = [
  ["the embedded engine", embedded],
  ["an engine that reads almost nothing", plain],
];

describe.each(engines)("%s", (_name, open) => {
  test("reads clean files with their rows, statistics and people", async () => {
    const answer = await readWith(
      open,
      clean.map(([, content]) => content),
    );
    expect(answer.read.map(({ rows, refused, days }) => ({ rows, refused, days }))).toEqual([
      { rows: 2, refused: 0, days: { first: "2024-09-03", last: "2024-09-03" } },
      { rows: 1, refused: 0, days: { first: "2024-09-04", last: "2024-09-04" } },
      { rows: 2, refused: 0, days: { first: "2024-09-29", last: "2024-09-30" } },
    ]);
    const expected = clean.flatMap(([, , rows], index) =>
      rows.map((row) => expectedRow(row, dailyPath(`2024-09-0${index + 1}`))),
    );
    expect(inOrder(answer.rows)).toEqual(inOrder(expected));
    const people = ["amy", "ben", "cat"].map((person) => ({
      sis_id: `sis-${person}`,
      clever_user_id: `clever-${person}`,
      sis_id_pseudonym: pseudonym(`sis-${person}`),
      clever_user_id_pseudonym: pseudonym(`clever-${person}`),
    }));
    expect(inOrder(answer.pairs)).toEqual(inOrder(people));
  });

  test.each(unclean)("leaves only a file with %s to the judge", async (_what, content) => {
    const sound = dailyCsv(line("zoe"), line("yan"));
    const answer = await readWith(open, [sound, content, sound.replaceAll("zoe", "xia")]);
    expect(answer.read.map(({ entry }) => entry.source)).toEqual([
      dailyPath("2024-09-01"),
      dailyPath("2024-09-03"),
    ]);
    expect(answer.rows).toHaveLength(4);
    const people = answer.pairs.map(({ sis_id }) => sis_id);
    expect(people.sort()).toEqual(["sis-xia", "sis-yan", "sis-zoe"]);
  });

  test("skips a missing file, and returns nothing without files", async () => {
    const fixture = await PipelineFixture.create();
    const { lake } = fixture;
    const task = await engineTask(lake);
    await fixture.put(dailyPath(), dailyCsv(line("amy")));
    await fixture.run({ command: "ingest" });
    const [entry] = await fixture.log();
    if (entry === undefined) throw new Error("Nothing landed.");
    const gone = { ...entry, landedPath: entry.landedPath.replace(".csv", "-gone.csv") };
    const answer = await open(task).readClean([{ entry: gone, isAccepted: false }]);
    expect([answer.read, answer.staged]).toEqual([[], []]);
    const none = await open(task).readClean([]);
    expect([none.read, none.staged]).toEqual([[], []]);
  });
});

test("the embedded engine leaves each file with a Clever id as a school's name to the judge, however many there are", async () => {
  const row = (person: number, school: string) =>
    `2024-09-03,sis-${person},clever-${person},school-1,${school},true,1,2`;
  const cleverId = (number: number) => number.toString(16).padStart(24, "5");
  // With these ids, the list of texts is cut off before the second file's, and has the blank one.
  const shifted = Array.from({ length: 20_000 }, (_, person) => row(person, cleverId(person * 7919 + 1)));
  const sound = Array.from({ length: 3000 }, (_, person) => row(person, "North High"));
  const answer = await readWith(embedded, [
    dailyCsv(...shifted, row(0, " ")),
    dailyCsv(...sound, row(3000, cleverId(1_000_000_000))),
    dailyCsv(line("zoe")),
  ]);
  expect(answer.read).toHaveLength(1);
  expect(answer.rows).toHaveLength(1);
});

test("runs alternating between engines leave the same tables as the embedded engine alone", async () => {
  const people = ["amy", "ben", "cat", "dan"];
  const days = ["2024-09-03", "2024-09-04", "2024-09-05"];
  const fileOf = fc.record({
    day: fc.constantFrom(...days),
    lines: fc.array(fc.tuple(fc.constantFrom(...people), fc.nat(3)), { minLength: 1, maxLength: 4 }),
    isOdd: fc.boolean(),
  });
  const turn = fc.record({ files: fc.array(fileOf, { minLength: 1, maxLength: 3 }), engine: fc.nat(2) });
  await fc.assert(
    fc.asyncProperty(fc.array(turn, { minLength: 1, maxLength: 3 }), async (turns) => {
      const [alone, mixed] = [await PipelineFixture.create(), await PipelineFixture.create()];
      for (const { files, engine } of turns) {
        for (const { day, lines, isOdd } of files) {
          const rows = new Map(lines.map(([person, logins]) => [person, line(person, day, logins)]));
          // A format that an engine may leave to the judge.
          const content = dailyCsv(...rows.values()).replaceAll("true", isOdd ? "TRUE" : "true");
          for (const fixture of [alone, mixed]) await fixture.put(dailyPath(day), content);
        }
        await alone.run();
        await mixed.run({ engine: [undefined, embedded, plain][engine] });
      }
      for (const name of ["daily_participation"] satisfies ReportName[]) {
        const [ours, theirs] = [alone, mixed].map(({ lake }) => lake);
        if (!ours || !theirs) return;
        for (const table of [pseudoTable(reports[name]), lookupTable(reports[name])]) {
          expect(await lakeRows(theirs, table)).toEqual(await lakeRows(ours, table));
        }
      }
      const outcome = ({
        source,
        outcome,
        rowsRead,
        rowsWritten,
        reason,
      }: Awaited<ReturnType<typeof alone.log>>[number]) => ({
        source,
        outcome,
        rowsRead,
        rowsWritten,
        reason,
      });
      expect(inOrder((await mixed.log()).map(outcome))).toEqual(inOrder((await alone.log()).map(outcome)));
      expect((await mixed.verify()).problems).toEqual([]);
    }),
    { numRuns: 4 },
  );
}, 240_000);

test("what an engine leaves to the judge has the same line, column and reason", async () => {
  const outcomes = [];
  for (const engine of [undefined, embedded, plain]) {
    const fixture = await PipelineFixture.create();
    for (const [index, [, content]] of unclean.entries()) {
      await fixture.put(dailyPath(`2024-09-${String(index + 1).padStart(2, "0")}`), content);
    }
    await fixture.put(dailyPath("2024-10-01"), dailyCsv(daily("zoe", "2024-10-01")));
    await fixture.put(usagePath(), usageCsv());
    const { quarantined, rows, notes } = await fixture.run({ engine });
    outcomes.push({ quarantined, rows, notes });
  }
  expect(outcomes[1]).toEqual(outcomes[0]);
  expect(outcomes[2]).toEqual(outcomes[0]);
}, 120_000);
