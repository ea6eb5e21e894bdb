import { readFile, writeFile } from "node:fs/promises";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { CleverLakeError } from "../../src/basics/errors";
import { refusedRowsPath } from "../../src/clever/layout";
import { type ReportName, reports } from "../../src/clever/reports";
import { Duck, DuckSession } from "../../src/duck/duck";
import { markedRows } from "../../src/pipeline/read/checks/markedRows";
import { findShiftedRows, placesOfIdsSql } from "../../src/pipeline/read/checks/shiftedRows";
import { loadCsv } from "../../src/pipeline/read/csv/loadCsv";
import { openCsv } from "../../src/pipeline/read/csv/openCsv";
import { ReportPeople } from "../../src/pipeline/read/people/people";
import {
  daily,
  dailyCsv,
  dailyPath,
  PipelineFixture,
  usage,
  usageCsv,
  usagePath,
} from "../helpers/pipelineFixture";
import { temporaryFolder } from "../helpers/temporaryFolder";

const reason = "It contains a person's id: the row's cells are shifted.";
const people = ["amy", "ben", "cat"];
const file = dailyPath();
/** Two extra blanks in front, two cells missing: as many cells as the header. */
const shifted = "2024-09-03,,,sis-ben,clever-ben,true,1,2";
const content = dailyCsv(daily("amy"), daily("ben"), shifted, daily("cat"));

async function fixtureWith(text: string, place = file) {
  const fixture = await PipelineFixture.create();
  await fixture.put(place, text);
  return { fixture, summary: await fixture.run() };
}

describe("a row with a person's id in a column of kept texts", () => {
  test("quarantines its file, with line and column but without the id", async () => {
    const { fixture, summary } = await fixtureWith(content);
    expect(summary).toMatchObject({ anonymized: 0, failed: [] });
    expect(summary.quarantined).toMatchObject([{ path: file, line: 4, column: "clever_school_id", reason }]);
    expect(JSON.stringify([summary, await fixture.log()])).not.toMatch(/sis-|clever-ben/);
    expect(await fixture.rows()).toEqual([]);
    expect([...(await fixture.tree()).keys()].filter((each) => each.startsWith("stage2p"))).toEqual([]);
  });

  test("is left out of an accepted file and kept next to it", async () => {
    const { fixture } = await fixtureWith(content);
    const summary = await fixture.run({ accept: [file] });
    expect(summary).toMatchObject({ anonymized: 1, refused: 1, rows: { daily_participation: 3 } });
    expect(await fixture.logins(...people)).toEqual(people.map((person) => `${person} 2024-09-03 1`));
    const entry = (await fixture.lastLog()).get(file);
    expect(entry).toMatchObject({ rowsRead: 4, rowsWritten: 3, rowsRefused: 1 });
    const refused = fixture.lake.localPath(refusedRowsPath(entry?.landedPath ?? ""));
    expect(await readFile(refused, "utf8")).toBe(`# line 4, clever_school_id: ${reason}\n${shifted}\n`);
    // The lookup has these people, and nobody without an id.
    expect((await fixture.lookup()).map((row) => row.sis_id).sort()).toEqual(
      people.map((person) => `sis-${person}`),
    );
    expect((await fixture.verify()).problems).toEqual([]);
    expect(await fixture.run()).toMatchObject({ anonymized: 0, inQuarantine: [] });
  });

  test("is found by the ids that the lake knows from earlier files", async () => {
    const { fixture } = await fixtureWith(dailyCsv(daily("amy"), daily("ben")));
    const next = dailyPath("2024-09-04");
    // Ben is nowhere else in this file.
    await fixture.put(next, dailyCsv(daily("amy", "2024-09-04"), shifted.replace("-03", "-04")));
    const summary = await fixture.run();
    expect(summary.quarantined).toMatchObject([{ path: next, line: 3, column: "clever_school_id", reason }]);
    expect(await fixture.run({ accept: [next] })).toMatchObject({ anonymized: 1, refused: 1 });
    expect(await fixture.logins("amy", "ben")).toEqual([
      "amy 2024-09-03 1",
      "amy 2024-09-04 1",
      "ben 2024-09-03 1",
    ]);
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test.each(["students", "staff"])("is attributed to the file of %s among others", async (type) => {
    const { fixture } = await fixtureWith(dailyCsv(daily("dan")), dailyPath("2024-09-02"));
    for (const other of ["students", "teachers", "staff"]) {
      const text = other === type ? content : dailyCsv(daily(`${other} a`), daily(`${other} b`));
      const own = other === "staff" ? text.replace("sis_id", "staff_id") : text;
      await fixture.put(dailyPath("2024-09-03", other), own);
    }
    const summary = await fixture.run();
    expect(summary).toMatchObject({ anonymized: 2, rows: { daily_participation: 4 } });
    expect(summary.quarantined).toMatchObject([{ path: dailyPath("2024-09-03", type), line: 4, reason }]);
  });

  test("is counted with other bad rows, in the file's order", async () => {
    const text = dailyCsv(daily("amy"), "\n", shifted, daily("cat", "yesterday"), daily("ben"));
    const { fixture, summary } = await fixtureWith(text);
    expect(summary.quarantined).toMatchObject([{ line: 6, column: "date" }]);
    const accepted = await fixture.run({ accept: [file] });
    expect(accepted).toMatchObject({ anonymized: 1, refused: 2, rows: { daily_participation: 2 } });
    const landed = (await fixture.lastLog()).get(file)?.landedPath ?? "";
    const refused = await readFile(fixture.lake.localPath(refusedRowsPath(landed)), "utf8");
    expect(refused.match(/^# line \d+, \w+/gm)).toEqual(["# line 5, clever_school_id", "# line 6, date"]);
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("is found at its line in a file that the engine reads in parts", async () => {
    const lines = Array.from({ length: 120_000 }, (_, number) => daily(`person-${number}`));
    const line = 70_000;
    const text = dailyCsv(...lines.with(line - 2, shifted), daily("ben"));
    expect(text.length).toBeGreaterThan(8_000_000);
    const { summary } = await fixtureWith(text);
    expect(summary.quarantined).toMatchObject([{ path: file, line, column: "clever_school_id", reason }]);
  });

  test("fails its file if the engine fails while it reads the rows in their order", async () => {
    const { fixture } = await fixtureWith(content);
    let keepsOrder = true;
    let failures = 0;
    const { query } = DuckSession.prototype;
    const spy = vi.spyOn(DuckSession.prototype, "query").mockImplementation(function (
      this: DuckSession,
      sql,
      ...rest
    ) {
      if (sql.includes("preserve_insertion_order")) keepsOrder = sql.endsWith("true");
      if (!keepsOrder || failures > 0 || !sql.startsWith("CREATE OR REPLACE TEMP TABLE raw"))
        return query.call(this, sql, ...rest);
      failures++;
      return Promise.reject(new CleverLakeError("engine", "Out of memory."));
    });
    onTestFinished(() => spy.mockRestore());
    const summary = await fixture.run({ accept: [file] });
    expect(summary).toMatchObject({ anonymized: 0, refused: 0, failed: [{ path: file }] });
    expect(await fixture.rows()).toEqual([]);
    spy.mockRestore();
    expect(await fixture.run({ accept: [file] })).toMatchObject({ anonymized: 1, refused: 1, failed: [] });
  });

  test.each([
    ["by one cell", "2024-09-03,,sis-ben,clever-ben,school-1,North High,Maps,id-Maps,3", "clever_school_id"],
    ["by two cells", "2024-09-03,,,sis-ben,clever-ben,school-1,Maps,id-Maps,3", "clever_school_id"],
    ["by three cells", "2024-09-03,,,,sis-ben,clever-ben,school-1,id-Maps,3", "school_name"],
    ["by four cells", "2024-09-03,,,,,sis-ben,clever-ben,id-Maps,3", "resource_type"],
  ])("is found %s", async (_, row, column) => {
    const text = usageCsv(usage("amy", "Maps"), usage("ben", "Maps"), row, row.replace("-03", "-04"));
    const { summary } = await fixtureWith(text, usagePath());
    expect(summary.quarantined).toMatchObject([
      {
        path: usagePath(),
        line: 4,
        column,
        reason: `${reason} (2 rows are bad; this is the first.)`,
      },
    ]);
  });
});

/** The shifted rows of a file by number and column, with people known from other files. */
async function shiftedRowsOf(text: string, name: ReportName, before?: string) {
  await using duck = await Duck.open({ threads: 1 });
  const { lake } = await PipelineFixture.create();
  const known = await ReportPeople.open({ lake, duck }, reports[name], "pepper", undefined);
  const folder = await temporaryFolder();
  let found: Awaited<ReturnType<typeof markedRows>>;
  for (const [index, each] of [before, text].entries()) {
    if (each === undefined) continue;
    await duck.session(async (session) => {
      const place = `${folder}/${index}.csv`;
      await writeFile(place, each);
      const opened = await openCsv(place, reports[name], undefined);
      if ("reason" in opened) throw new Error("The file was refused.");
      const loaded = await loadCsv(session, opened, reports[name], { inOrder: true });
      if (!("rowsOf" in loaded)) throw new Error("The file was refused.");
      const { places } = await session.one(`SELECT ${placesOfIdsSql(known)} AS places`);
      const columns = Array.isArray(places) ? places.map(Number) : [];
      found = await markedRows(session, await findShiftedRows(session, known, columns));
      await known.add(session);
    });
  }
  return [...(found?.rows ?? [])].map((row, index) => `${row} ${found?.columnOf(index)}`);
}

describe("texts that are people's ids:", () => {
  test("also those of other files of the run", async () => {
    const text = dailyCsv(daily("amy"), shifted);
    expect(await shiftedRowsOf(text, "daily_participation")).toEqual([]);
    expect(await shiftedRowsOf(text, "daily_participation", dailyCsv(daily("ben")))).toEqual([
      "1 clever_school_id",
    ]);
  });

  const row = (sis: string, school: string, name: string, resource: string, id = "r") =>
    `2024-09-03,${sis},clever-${sis},${school},${name},app,${resource},${id},1`;

  test.each([
    ["a game that is named like a student's number", [row("2048", "s1", "North", "2048", "2048")]],
    ["a school that is", [row("12", "12", "12", "Maps"), row("1001", "1001", "1001", "Maps")]],
    ["the shortest ids", [row("app", "app", "app", "app")]],
    [
      "a value that several people have, even if it is one person's id",
      [row("East", "East", "East", "Maps"), row("amy", "East", "East", "Maps")],
    ],
    [
      "a school whose id one row has in a person's place, the cells before it missing",
      [
        row("amy", "school-1", "North", "Maps"),
        row("ben", "school-1", "North", "Maps"),
        "2024-09-03,clever-cat,school-1,North,,app,Maps,r,1",
      ],
    ],
    ["blank ids", [row("amy", "    ", "", "    "), ",,,,,,,,", "2024-09-03,    ,,    ,,app,Maps,r,1"]],
  ])("not %s", async (_, rows) => {
    expect(await shiftedRowsOf(usageCsv(...rows), "resource_usage")).toEqual([]);
  });

  test("not a Clever id next to a number, one of digits only, or any other text", async () => {
    const rows = [
      row("7654321", "s1", "North", "Maps"),
      "2024-09-03,,,7654321,clever-7654321,app,Maps,r,1",
      row("x-7654", "s1", "North", "Maps"),
      "2024-09-03,,,,,app,x-7654,r,1",
      `2024-09-03,1,${"1".repeat(24)},s1,North,app,Maps,r,1`,
      `2024-09-03,,,,,app,Maps,${"1".repeat(24)},1`,
    ];
    expect(await shiftedRowsOf(usageCsv(...rows), "resource_usage")).toEqual([
      "1 school_name",
      "3 resource_name",
      "5 resource_id",
    ]);
  });
});
