import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { refusedRowsPath } from "../../src/clever/layout";
import { Duck } from "../../src/duck/duck";
import { type Mark, markedRows } from "../../src/pipeline/read/checks/markedRows";
import {
  daily,
  dailyCsv,
  dailyPath,
  PipelineFixture,
  usage,
  usageCsv,
  usagePath,
} from "../helpers/pipelineFixture";

const file = dailyPath();

async function fixtureWith(text: string, place = file) {
  const fixture = await PipelineFixture.create();
  await fixture.put(place, text);
  return { fixture, summary: await fixture.run() };
}

const repeated = (rows: string) => `${rows} repeated within the file; kept as the file has them.`;

describe("a row that its file repeats", () => {
  const twice = dailyCsv(daily("amy"), daily("ben"), daily("amy"), daily("amy"));
  const expectedLogins = ["amy 2024-09-03 1", "amy 2024-09-03 1", "amy 2024-09-03 1", "ben 2024-09-03 1"];

  test("is in the table as often, and is noted with the count", async () => {
    const { fixture, summary } = await fixtureWith(twice);
    expect(summary).toMatchObject({
      anonymized: 1,
      refused: 0,
      superseded: 0,
      quarantined: [],
      rows: { daily_participation: 4 },
      notes: [{ path: file, note: repeated("2 rows") }],
    });
    expect(await fixture.logins("amy", "ben")).toEqual(expectedLogins);
    expect((await fixture.lastLog()).get(file)).toMatchObject({
      rowsRead: 4,
      rowsWritten: 4,
      rowsRefused: 0,
      rowsSuperseded: 0,
      notes: repeated("2 rows"),
    });
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("is attributed to its file if many files are read together", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(
      dailyPath("2024-09-02"),
      dailyCsv(daily("amy", "2024-09-02"), daily("ben", "2024-09-02")),
    );
    await fixture.put(file, twice);
    await fixture.put(
      dailyPath("2024-09-04"),
      dailyCsv(daily("amy", "2024-09-04"), daily("amy", "2024-09-04")),
    );
    expect((await fixture.run()).notes).toEqual([
      { path: file, note: repeated("2 rows") },
      { path: dailyPath("2024-09-04"), note: repeated("1 row") },
    ]);
    expect(await fixture.rows()).toHaveLength(8);
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("is removed in all its copies if a newer file has the same day", async () => {
    const { fixture } = await fixtureWith(twice);
    await fixture.put(dailyPath("2024-09-04"), dailyCsv(daily("amy"), daily("amy", "2024-09-04")));
    await fixture.run();
    expect(await fixture.logins("amy", "ben")).toEqual([
      "amy 2024-09-03 1",
      "amy 2024-09-04 1",
      "ben 2024-09-03 1",
    ]);
    expect((await fixture.lastLog()).get(file)).toMatchObject({ rowsWritten: 1, rowsSuperseded: 3 });
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("stays if other rows are refused for other reasons", async () => {
    const shifted = "2024-09-03,,,sis-ben,clever-ben,true,1,2";
    const { fixture, summary } = await fixtureWith(
      dailyCsv(daily("amy"), shifted, daily("amy"), daily("cat", "yesterday"), daily("ben")),
    );
    expect(summary.quarantined).toMatchObject([{ line: 5, column: "date" }]);
    expect(await fixture.run({ accept: [file] })).toMatchObject({ anonymized: 1, refused: 2 });
    expect(await fixture.logins("amy", "ben")).toEqual([
      "amy 2024-09-03 1",
      "amy 2024-09-03 1",
      "ben 2024-09-03 1",
    ]);
    const landed = (await fixture.lastLog()).get(file)?.landedPath ?? "";
    const refused = await readFile(fixture.lake.localPath(refusedRowsPath(landed)), "utf8");
    expect(refused.match(/^# line .*?:/gm)).toEqual(["# line 3, clever_school_id:", "# line 5, date:"]);
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test.each([
    ["another format of the date", daily("amy").replace("2024-09-03", "9/3/2024")],
    ["another format of the flag", daily("amy").replace("true", "TRUE")],
    ["another format of the number", daily("amy").replace(",1,2", ",01,2.0")],
  ])("is recognized in %s", async (_, again) => {
    const day = daily("ben", "9/13/2024");
    const { fixture, summary } = await fixtureWith(dailyCsv(daily("amy"), day, again));
    expect(summary.notes).toContainEqual({ path: file, note: repeated("1 row") });
    expect(await fixture.rows()).toHaveLength(3);
  });

  test("of resource usage is found by the resource's id", async () => {
    const lines = [usage("amy", "Maps"), usage("amy", "Maths"), usage("ben", "Maps"), usage("amy", "Maps")];
    const { fixture, summary } = await fixtureWith(usageCsv(...lines), usagePath());
    expect(summary.notes).toEqual([{ path: usagePath(), note: repeated("1 row") }]);
    expect(await fixture.rows("resource_usage")).toHaveLength(4);
  });
});

describe("equal rows are not noted", () => {
  const nobody = "2024-09-03,,,school-1,North High,false,0,0";

  test("if they have no person", async () => {
    const { fixture, summary } = await fixtureWith(dailyCsv(nobody, daily("amy"), nobody));
    expect(summary).toMatchObject({ anonymized: 1, quarantined: [], notes: [] });
    expect(await fixture.rows()).toHaveLength(3);
  });

  test("if they are about links without an id, which may be two with one name", async () => {
    const link = usage("amy", "Maps").replace(",id-Maps,", ",,");
    const { fixture, summary } = await fixtureWith(usageCsv(link, link), usagePath());
    expect(summary).toMatchObject({ anonymized: 1, quarantined: [], notes: [] });
    expect(await fixture.rows("resource_usage")).toHaveLength(2);
  });
});

describe("rows with different values for one person's day", () => {
  test("are ingested, and the run reports their number", async () => {
    const lines = [daily("amy"), daily("ben"), daily("amy", "2024-09-03", 5), daily("cat")];
    const { fixture, summary } = await fixtureWith(dailyCsv(...lines));
    expect(summary.notes).toEqual([
      { path: file, note: "2 rows have different values for one person's day; all are kept." },
    ]);
    expect(await fixture.rows()).toHaveLength(4);
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("of resource usage are distinguished by resource", async () => {
    const lines = [usage("amy", "Maps"), usage("amy", "Maths"), usage("amy", "Maps", "2024-09-03", 2)];
    const { summary } = await fixtureWith(usageCsv(...lines), usagePath());
    expect(summary.notes).toMatchObject([
      { note: "2 rows have different values for one person's day with one resource; all are kept." },
    ]);
  });
});

test("rows that are refused for two reasons are refused once, for the first", async () => {
  await using duck = await Duck.open({ threads: 1 });
  const mark = (column: string, ...rows: number[]): Mark => ({
    column,
    rows: `SELECT unnest([${rows.join(", ")}]) AS row_id, unnest(range(${rows.length})) AS detail`,
    reasonOf: (detail) => `${column}${detail}`,
  });
  const both = await duck.session(async (session) => {
    await session.query("CREATE TEMP TABLE raw AS SELECT 0 AS file FROM range(200)");
    await session.query("DELETE FROM raw WHERE rowid = 50");
    return markedRows(session, [mark("a", 10, 2, 11), mark("b", 1, 10, 100)]);
  });
  expect(
    [...(both?.rows ?? [])].map((row, index) => [row, both?.columnOf(index), both?.reasonOf(index)]),
  ).toEqual([
    [1, "b", "b0"],
    [2, "a", "a1"],
    [10, "a", "a0"],
    [11, "a", "a2"],
    [99, "b", "b2"],
  ]);
});
