import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { refusedRowsPath } from "../../src/clever/layout";
import { bothMarked, type MarkedRows } from "../../src/pipeline/read/refuseRows";
import {
  daily,
  dailyCsv,
  dailyPath,
  PipelineFixture,
  usage,
  usageCsv,
  usagePath,
} from "../helpers/pipelineFixture";

const reason = "A row before it in the file says the same.";
const file = dailyPath();

async function fixtureWith(text: string, place = file) {
  const fixture = await PipelineFixture.create();
  await fixture.put(place, text);
  return { fixture, summary: await fixture.run() };
}

describe("a row that stands in its file twice", () => {
  const twice = dailyCsv(daily("amy"), daily("ben"), daily("amy"), daily("amy"));

  test("sets the file in quarantine, by its line", async () => {
    const { fixture, summary } = await fixtureWith(twice);
    expect(summary.quarantined).toMatchObject([
      { path: file, line: 4, column: null, reason: `${reason} (2 rows are bad; this is the first.)` },
    ]);
    expect(await fixture.rows()).toEqual([]);
  });

  test("is counted once where a person accepts the file", async () => {
    const { fixture } = await fixtureWith(twice);
    expect(await fixture.run({ accept: [file] })).toMatchObject({ anonymized: 1, refused: 2 });
    expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-03 1", "ben 2024-09-03 1"]);
    const landed = (await fixture.lastLog()).get(file)?.landedPath ?? "";
    const refused = await readFile(fixture.lake.localPath(refusedRowsPath(landed)), "utf8");
    expect(refused).toBe([4, 5].map((line) => `# line ${line}: ${reason}\n${daily("amy")}\n`).join(""));
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("is told apart from rows that are refused for other reasons", async () => {
    const shifted = "2024-09-03,,,sis-ben,clever-ben,true,1,2";
    const { fixture, summary } = await fixtureWith(
      dailyCsv(daily("amy"), shifted, daily("amy"), daily("cat", "yesterday"), daily("ben")),
    );
    expect(summary.quarantined).toMatchObject([{ line: 5, column: "date" }]);
    expect(await fixture.run({ accept: [file] })).toMatchObject({ anonymized: 1, refused: 3 });
    expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-03 1", "ben 2024-09-03 1"]);
    const landed = (await fixture.lastLog()).get(file)?.landedPath ?? "";
    const refused = await readFile(fixture.lake.localPath(refusedRowsPath(landed)), "utf8");
    expect(refused.match(/^# line .*?:/gm)).toEqual([
      "# line 3, clever_school_id:",
      "# line 4:",
      "# line 5, date:",
    ]);
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test.each([
    ["another form of the date", daily("amy").replace("2024-09-03", "9/3/2024")],
    ["another form of the flag", daily("amy").replace("true", "TRUE")],
    ["another form of the number", daily("amy").replace(",1,2", ",01,2.0")],
  ])("is found in %s", async (_, again) => {
    const day = daily("ben", "9/13/2024");
    const { summary } = await fixtureWith(dailyCsv(daily("amy"), day, again));
    expect(summary.quarantined).toMatchObject([{ line: 4, reason }]);
  });

  test("of usage is found by the resource's id", async () => {
    const lines = [usage("amy", "Maps"), usage("amy", "Maths"), usage("ben", "Maps"), usage("amy", "Maps")];
    const { summary } = await fixtureWith(usageCsv(...lines), usagePath());
    expect(summary.quarantined).toMatchObject([{ line: 5, reason }]);
  });
});

describe("rows that look alike are not the same", () => {
  const nobody = "2024-09-03,,,school-1,North High,false,0,0";

  test("where they are about nobody", async () => {
    const { fixture, summary } = await fixtureWith(dailyCsv(nobody, daily("amy"), nobody));
    expect(summary).toMatchObject({ anonymized: 1, quarantined: [], notes: [] });
    expect(await fixture.rows()).toHaveLength(3);
  });

  test("where they are about links without an id, which may be two of one name", async () => {
    const link = usage("amy", "Maps").replace(",id-Maps,", ",,");
    const { fixture, summary } = await fixtureWith(usageCsv(link, link), usagePath());
    expect(summary).toMatchObject({ anonymized: 1, quarantined: [], notes: [] });
    expect(await fixture.rows("resource_usage")).toHaveLength(2);
  });
});

describe("rows that tell different things of one person's day", () => {
  test("come in, and the run says how many they are", async () => {
    const lines = [daily("amy"), daily("ben"), daily("amy", "2024-09-03", 5), daily("cat")];
    const { fixture, summary } = await fixtureWith(dailyCsv(...lines));
    expect(summary.notes).toEqual([
      {
        path: file,
        note: "2 rows tell different things of one person's day; which is right cannot be told.",
      },
    ]);
    expect(await fixture.rows()).toHaveLength(4);
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("of usage are told apart by the resource", async () => {
    const lines = [usage("amy", "Maps"), usage("amy", "Maths"), usage("amy", "Maps", "2024-09-03", 2)];
    const { summary } = await fixtureWith(usageCsv(...lines), usagePath());
    expect(summary.notes).toMatchObject([
      {
        note: "2 rows tell different things of one person's day with one resource; which is right cannot be told.",
      },
    ]);
  });
});

test("rows that are marked for two reasons are marked once, for the first", () => {
  const marked = (reason: string, ...rows: number[]): MarkedRows => ({
    rows: Uint32Array.from(rows),
    columnOf: (index) => `${reason}${index}`,
    reasonOf: () => reason,
  });
  const both = bothMarked(marked("a", 2, 10, 11), marked("b", 1, 10, 100));
  expect(
    [...(both?.rows ?? [])].map((row, index) => [row, both?.columnOf(index), both?.reasonOf(index)]),
  ).toEqual([
    [1, "b0", "b"],
    [2, "a0", "a"],
    [10, "a1", "a"],
    [11, "a2", "a"],
    [100, "b2", "b"],
  ]);
});
