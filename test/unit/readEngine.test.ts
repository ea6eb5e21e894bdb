import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lookupTable, pseudoTable } from "../../src/clever/layout";
import { type ReportName, reports } from "../../src/clever/reports";
import { sqlString } from "../../src/duck/duck";
import type { Delivery } from "../../src/pipeline/delivery";
import type { CleanReading, OpenReadEngine } from "../../src/pipeline/read/readEngine";
import { lakeRows, sharedDuck } from "../helpers/lakeRows";
import {
  daily,
  dailyCsv,
  dailyHeader,
  dailyPath,
  PipelineFixture,
  pseudonym,
  salt,
  usageCsv,
  usagePath,
} from "../helpers/pipelineFixture";
import { embedded, plain } from "../helpers/readEngines";

const report = reports.daily_participation;
const engines: readonly (readonly [string, OpenReadEngine])[] = [
  ["the embedded engine", embedded],
  ["an engine that reads next to nothing", plain],
];

/** A line in Clever's own form. */
const line = (person: string, date = "2024-09-03", logins = 1) =>
  `${date},sis-${person},clever-${person},school-north,North High,true,${logins},2`;
const withIds = (sis: string, clever: string) =>
  line("amy").replace("sis-amy,clever-amy", `${sis},${clever}`);

/** Files with nothing to judge, with the rows that they have. */
const clean: readonly (readonly [name: string, content: string, rows: readonly string[]])[] = [
  ["a file", dailyCsv(line("amy"), line("ben")), [line("amy"), line("ben")]],
  ["another day", dailyCsv(line("amy", "2024-09-04", 5)), [line("amy", "2024-09-04", 5)]],
  [
    "two months",
    dailyCsv(line("cat", "2024-09-30"), line("cat", "2024-09-29")),
    [line("cat", "2024-09-30"), line("cat", "2024-09-29")],
  ],
];

/** Files of which an engine leaves every row to the judge. */
const unclean: readonly (readonly [name: string, content: string | Buffer])[] = [
  ["no byte", ""],
  ["no header", dailyCsv(line("amy")).split("\n").slice(1).join("\n")],
  ["a column too few", dailyCsv(line("amy")).replace(",num_logins", "").replace(",1,", ",")],
  ["a short row", dailyCsv(line("amy"), "2024-09-03,sis-ben")],
  ["a long row", dailyCsv(line("amy"), `${line("ben")},7`)],
  ["a day that is none", dailyCsv(line("amy", "2024-09-31"))],
  ["a day in the form of a spreadsheet", dailyCsv(line("amy", "9/3/2024"))],
  ["a day long past", dailyCsv(line("amy"), line("ben", "1999-09-03"))],
  ["a day to come", dailyCsv(line("amy"), line("ben", "2031-09-03"))],
  ["no number", dailyCsv(line("amy").replace(",1,2", ",one,2"))],
  ["a number too large", dailyCsv(line("amy").replace(",1,2", ",99999999999,2"))],
  ["no flag", dailyCsv(line("amy").replace("true", "maybe"))],
  ["blank lines at the end", `${dailyCsv(line("amy"))},,,,,,,\n`],
  ["quotes escaped by a backslash", dailyCsv(line("amy").replace("North High", '"North \\"High\\""'))],
  ["a quote within a cell", dailyCsv(line("amy").replace("North High", 'North "High"'))],
  ["lines that end in CR alone", dailyCsv(line("amy"), line("ben")).replaceAll("\n", "\r")],
  ["line ends of two kinds", `${dailyHeader}\r\n${line("amy")}\n${line("ben")}\r\n`],
  ["another encoding", Buffer.from(dailyCsv(line("amy").replace("North", "N\u00f6rth")), "latin1")],
  ["a NUL byte", dailyCsv(line("amy").replace("North", "N\0rth"))],
  ["an id that is a number with decimals", dailyCsv(withIds("71234567.0", "clever-amy"))],
  ["a word for nothing", dailyCsv(withIds("NULL", "clever-amy"))],
  ["lost zeros", dailyCsv(withIds("000712", "clever-amy"), withIds("712", "clever-amy"))],
  ["an id of three people", dailyCsv(...["a", "b", "c"].map((each) => withIds("TBD", `clever-${each}`)))],
  ["shifted cells", dailyCsv(line("amy"), "2024-09-03,,,sis-amy,clever-amy,true,1,2")],
];

interface Answer extends CleanReading {
  readonly rows: readonly Record<string, unknown>[];
  readonly pairs: readonly Record<string, unknown>[];
}

/** Reads files with an engine; the rows and the people that it answers with. */
async function read(open: OpenReadEngine, files: readonly (string | Buffer)[]): Promise<Answer> {
  const fixture = await PipelineFixture.create();
  const { lake } = fixture;
  const deliveries: Delivery[] = [];
  for (const [index, content] of files.entries()) {
    const day = `2024-09-${String((index % 28) + 1).padStart(2, "0")}`;
    const source = dailyPath(day);
    const landedPath = `stage1np/clever/daily_participation/2024-11-05T00-00-0${index % 10}/Students/${path.posix.basename(source)}`;
    const local = path.join(await lake.scratch(), "file");
    await writeFile(local, content);
    await lake.importFile(local, landedPath);
    const entry: Delivery["entry"] = {
      path: source,
      source,
      report: report.name,
      userType: "students",
      size: Buffer.byteLength(content),
      modified: new Date("2024-11-05T00:00:00Z"),
      sha256: createHash("sha256").update(content).digest("hex"),
      landedPath,
      version: Date.parse("2024-11-05T00:00:00Z") / 1000,
      runId: "r",
      time: new Date("2024-11-05T00:00:00Z"),
      outcome: "landed",
    };
    deliveries.push({ entry, isAccepted: false });
  }
  const task = { report, lake, salt, scratch: await lake.scratch(), signal: undefined };
  const answer = await open(task).readClean(deliveries);
  const duck = await sharedDuck();
  return duck.session(async (session) => {
    const rows: Record<string, unknown>[] = [];
    for (const { file, year, month, sources } of answer.staged) {
      const own = await session.query(
        `SELECT * REPLACE ("date"::VARCHAR AS "date"), ${year} AS year, ${month} AS month
         FROM read_parquet(${sqlString(file.place)}, hive_partitioning = false)`,
      );
      expect(own).toHaveLength(file.statistics.numRecords);
      const counted = new Map<unknown, number>();
      for (const { source_file } of own) counted.set(source_file, (counted.get(source_file) ?? 0) + 1);
      expect(new Map([...sources].map(([source, each]) => [source, each.rows]))).toEqual(counted);
      const dates = own.map((row) => String(row.date)).sort();
      expect(file.statistics.minValues.date).toBe(dates[0]);
      expect(file.statistics.maxValues.date).toBe(dates.at(-1));
      rows.push(...own);
    }
    const pairs =
      answer.people === undefined
        ? []
        : await session.query(`FROM read_parquet(${sqlString(answer.people)}) ORDER BY ALL`);
    return { ...answer, rows, pairs };
  });
}

/** The columns of the table that follow from a line, as far as they are compared. */
function expectedRow(text: string, source: string) {
  const [date = "", sis = null, clever = null, school, name, active, logins, resources] = text.split(",");
  return {
    date,
    sis_id_pseudonym: pseudonym(sis),
    clever_user_id_pseudonym: pseudonym(clever),
    clever_school_id: school,
    school_name: name,
    active: active === "true",
    num_logins: Number(logins),
    num_resources_accessed: Number(resources),
    user_type: "student",
    source_file: source,
    year: Number(date.slice(0, 4)),
    month: Number(date.slice(5, 7)),
  };
}

const inOrder = (rows: readonly object[]) =>
  rows.map((row) => JSON.stringify(row, Object.keys(row).sort())).sort();

describe.each(engines)("%s", (_name, open) => {
  test("answers for clean files with their rows, statistics and people", async () => {
    const answer = await read(
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

  test.each(unclean)("leaves a file with %s to the judge, and no other beside it", async (_what, content) => {
    const sound = dailyCsv(line("zoe"), line("yan"));
    const answer = await read(open, [sound, content, sound.replaceAll("zoe", "xia")]);
    expect(answer.read.map(({ entry }) => entry.source)).toEqual([
      dailyPath("2024-09-01"),
      dailyPath("2024-09-03"),
    ]);
    expect(answer.rows).toHaveLength(4);
    const people = answer.pairs.map(({ sis_id }) => sis_id);
    expect(people.sort()).toEqual(["sis-xia", "sis-yan", "sis-zoe"]);
  });

  test("leaves out a file that is gone, and answers for nothing where there is nothing", async () => {
    const fixture = await PipelineFixture.create();
    const { lake } = fixture;
    const task = { report, lake, salt, scratch: await lake.scratch(), signal: undefined };
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

test("runs with any of the engines, in turns, leave the tables that the embedded engine leaves alone", async () => {
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
          // A form that an engine may leave to the judge.
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

test("what an engine leaves out is judged: line, column and reason are the same", async () => {
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
