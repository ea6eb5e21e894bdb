import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SqlRow } from "../../src/duck/duck";
import type { RunSummary } from "../../src/pipeline/log/runRecord";
import {
  daily,
  dailyCsv,
  dailyHeader,
  dailyPath,
  PipelineFixture,
  pseudonym,
  usage,
  usageCsv,
  usagePath,
} from "../helpers/pipelineFixture";

const path = dailyPath();

async function runOf(content: string | Buffer, place = path) {
  const fixture = await PipelineFixture.create();
  await fixture.put(place, content);
  const summary = await fixture.run();
  const problems = (await fixture.verify()).problems;
  expect(problems).toEqual([]);
  return { fixture, summary, rows: await fixture.rows() };
}

const plain = dailyCsv(daily("amy"), daily("ben", "2024-09-04", 3));
const reversed = (line: string) => line.split(",").reverse().join(",");
const quoted = (text: string) => text.replace(/[^,\n]+/g, '"$&"');

const marks: readonly (readonly [string, string])[] = [
  ["a byte-order mark", `\ufeff${plain}`],
  ["CRLF line ends", plain.replaceAll("\n", "\r\n")],
  ["line ends of old Macs", plain.replaceAll("\n", "\r")],
  ["mixed line ends", plain.replace("\n", "\r\n")],
  ["no line end after the last row", plain.trimEnd()],
  ["quotes around every field", quoted(plain)],
  ["a byte-order mark, quotes and CRLF together", `\ufeff${quoted(plain).replaceAll("\n", "\r\n")}`],
  ["TRUE in capitals", plain.replaceAll("true", "TRUE")],
  ["True with a capital", plain.replaceAll("true", "True")],
  ["columns in another order", plain.split("\n").map(reversed).join("\n")],
  ["a header in capitals", plain.replace(dailyHeader, dailyHeader.toUpperCase())],
  ["blank lines at the end", `${plain}\n\n\n`],
  ["blank lines of another kind at the end", `${plain}\n\r\n\n`],
  ["blank lines between", plain.replaceAll("\n", "\n\n")],
  ["rows of commas at the end", `${plain},,,,,,,\n,,,,,,,\n`],
  ["fewer commas than columns at the end", `${plain},,,,\n`],
  ["more commas than columns at the end", `${plain},,,,,,,,,,\n`],
  ["lines of spaces at the end", `${plain}   \n`],
  ["semicolons", plain.replaceAll(",", ";")],
  ["tabs", plain.replaceAll(",", "\t")],
  ["numbers with decimals", plain.replaceAll(",2\n", ",2.0\n")],
  ["dates with a time of midnight", plain.replaceAll(/^2024-\d\d-\d\d/gm, "$& 00:00:00")],
  ["dates with slashes, year first", plain.replaceAll(/^(2024)-(\d\d)-(\d\d)/gm, "$1/$2/$3")],
  [
    "byte-order marks before dates, flags and numbers",
    plain.replaceAll(/^2024|true|\d(?=,2$)|2$/gm, "\ufeff$&"),
  ],
  ["a byte-order mark before a single date", plain.replace(/^2024/m, "\ufeff$&")],
  ["dates with a named month", plain.replaceAll(/^2024-09-0(\d)/gm, "$1-Sep-2024")],
];

describe("files changed by spreadsheets are read as the originals", () => {
  let folder: string;
  let summary: RunSummary;
  let rows: readonly SqlRow[];
  const pathOf = (index: number) => dailyPath(`2001-01-${String(index + 1).padStart(2, "0")}`);

  // All in one run, each with different people.
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "clever-lake-test-"));
    const fixture = await PipelineFixture.create(folder);
    for (const [index, [, content]] of marks.entries()) {
      await fixture.put(
        pathOf(index),
        content.replaceAll("-amy", `-amy${index}`).replaceAll("-ben", `-b${index}`),
      );
    }
    summary = await fixture.run();
    rows = await fixture.rows();
    expect((await fixture.verify()).problems).toEqual([]);
  }, 60_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.each(marks.map(([name], index) => ({ name, index })))("$name", ({ index }) => {
    const path = pathOf(index);
    expect(summary.quarantined.filter((file) => file.path === path)).toEqual([]);
    const ours = rows.filter(({ source_file }) => source_file === path);
    expect(ours).toHaveLength(2);
    expect(ours.find(({ num_logins }) => num_logins === 1)).toEqual({
      date: "2024-09-03",
      sis_id_pseudonym: pseudonym(`sis-amy${index}`),
      clever_user_id_pseudonym: pseudonym(`clever-amy${index}`),
      clever_school_id: "school-1",
      school_name: "North High",
      active: true,
      num_logins: 1,
      num_resources_accessed: 2,
      year: 2024,
      month: 9,
      user_type: "student",
      source_file: path,
    });
  });

  test("without refusing any row", () => {
    expect(summary).toMatchObject({ anonymized: marks.length, quarantined: [], failed: [], refused: 0 });
  });
});

describe("dates of month/day/year", () => {
  test("are read if one date of the file shows the order", async () => {
    const { rows } = await runOf(dailyCsv(daily("amy", "9/3/2024"), daily("amy", "9/13/2024")));
    expect(rows.map(({ date }) => date)).toEqual(["2024-09-03", "2024-09-13"]);
  });

  test("are read as day/month/year if one date shows that order", async () => {
    const { rows } = await runOf(dailyCsv(daily("amy", "3/9/2024"), daily("amy", "13/9/2024")));
    expect(rows.map(({ date }) => date)).toEqual(["2024-09-03", "2024-09-13"]);
  });

  test("are refused if no date shows the order", async () => {
    const { summary } = await runOf(dailyCsv(daily("amy", "9/3/2024"), daily("amy", "9/4/2024")));
    expect(summary.quarantined).toMatchObject([
      { line: 2, column: "date", reason: expect.stringContaining("ambiguous") },
    ]);
  });

  test("are refused if they contradict each other", async () => {
    const { summary } = await runOf(
      dailyCsv(daily("amy", "13/9/2024"), daily("amy", "9/13/2024"), daily("amy", "9/4/2024")),
    );
    expect(summary.quarantined).toMatchObject([{ line: 4, column: "date" }]);
  });

  test("keep their order in a file that is accepted without its bad rows", async () => {
    const fixture = await PipelineFixture.create();
    // The row that shows the order is itself refused.
    await fixture.put(
      path,
      dailyCsv(daily("amy", "9/3/2024"), daily("ben", "9/13/2024").replace("true", "perhaps")),
    );
    const summary = await fixture.run({ accept: [path] });
    const rows = await fixture.rows();
    expect({ refused: summary.refused, dates: rows.map(({ date }) => date) }).toEqual({
      refused: 1,
      dates: ["2024-09-03"],
    });
  });
});

describe("texts are preserved byte for byte", () => {
  const texts: readonly [string, string][] = [
    ["quoted line ends", "two\nlines"],
    ["quoted CRLF", "two\r\nlines\r\n\r\n"],
    ["quotes", 'The "Annex"'],
    ["300 characters", "ñ".repeat(300)],
    ["900,000 characters", "x".repeat(900_000)],
    ["emoji", "数学ランド 🧮"],
    ["blanks around them", "  North  "],
    ["SQL", "'; DROP TABLE raw; --"],
    ["NULL", "NULL"],
    ["a backslash", "a\\b\\"],
    ["control characters", "a\u0001\u001b[31mb"],
  ];
  test.each(texts)("%s", async (_, text) => {
    const cellOf = (content: string) => `"${content.replaceAll('"', '""')}"`;
    const amy = daily("amy").replace("North High", () => cellOf(text));
    const { summary, rows } = await runOf(dailyCsv(amy, daily("ben")));
    expect(summary.quarantined).toEqual([]);
    const row = rows.find((each) => each.clever_user_id_pseudonym === pseudonym("clever-amy"));
    expect(row?.school_name === text).toBe(true);
    expect(rows).toHaveLength(2);
  });

  test.each([
    ["leading zeros", "00123"],
    ["zero", "0"],
    ["300 characters", "ñ".repeat(300)],
    ["emoji", "数学ランド 🧮 1"],
    ["a blank and a quotation mark within", 'O\'Brien "Bo" Junior'],
    ["SQL", "x'; DROP TABLE raw; --"],
    ["a backslash", "a\\b\\"],
  ])("ids: %s", async (_, id) => {
    const cell = `"${id.replaceAll('"', '""')}"`;
    const { summary, rows } = await runOf(
      dailyCsv(
        daily("amy").replace("sis-amy", () => cell),
        daily("ben"),
      ),
    );
    expect(summary.quarantined).toEqual([]);
    const row = rows.find((each) => each.clever_user_id_pseudonym === pseudonym("clever-amy"));
    expect(row?.sis_id_pseudonym).toBe(pseudonym(id));
  });

  test("a row longer than the engine's limit is refused with its line", async () => {
    const { summary } = await runOf(
      dailyCsv(daily("amy"), daily("ben").replace("North High", "x".repeat(3_000_000))),
    );
    expect(summary.quarantined).toMatchObject([{ line: 3, reason: expect.stringContaining("long") }]);
  });
});

describe("files of other user types and versions", () => {
  test("staff with staff_id, teachers with sis_id", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(dailyPath("2024-09-03", "staff"), dailyCsv(daily("amy")).replace("sis_id", "staff_id"));
    await fixture.put(dailyPath("2024-09-03", "teachers"), dailyCsv(daily("ben")));
    expect(await fixture.run()).toMatchObject({ anonymized: 2 });
    const rows = await fixture.rows();
    expect(rows.map(({ user_type, sis_id_pseudonym: id }) => [user_type, id]).sort()).toEqual([
      ["staff", pseudonym("sis-amy")],
      ["teacher", pseudonym("sis-ben")],
    ]);
    expect(await fixture.landedFiles()).toEqual([
      expect.stringMatching(/\/Staff\/2024-09-03-daily-participation-staff\.csv$/),
      expect.stringMatching(/\/Teachers\/2024-09-03-daily-participation-teachers\.csv$/),
    ]);
  });

  test("older files without school_name get null for it", async () => {
    const { rows } = await runOf(plain.replace(",school_name", "").replaceAll(",North High", ""));
    expect(rows.map(({ school_name }) => school_name)).toEqual([null, null]);
  });

  test("unknown columns are ignored and reported", async () => {
    const { summary, rows } = await runOf(
      dailyCsv(`${daily("amy")},5,x`).replace("num_resources_accessed", "num_resources_accessed,grade,Notes"),
    );
    expect(rows).toHaveLength(1);
    expect(summary.notes).toEqual([{ path, note: "Unknown columns, not read: grade, Notes." }]);
  });

  test("unknown columns named like a person of any file are reported by position", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(
      path,
      dailyCsv(`${daily("amy")},5,x,1`).replace("accessed", "accessed,SIS-Ben,sis-cy,Notes"),
    );
    await fixture.put(dailyPath("2024-09-04"), dailyCsv(daily("ben", "2024-09-04")));
    const { notes } = await fixture.run();
    expect(notes).toEqual([{ path, note: "Unknown columns, not read: column 9, sis-cy, Notes." }]);
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("unknown columns with quoted names and line breaks", async () => {
    const { rows } = await runOf(
      dailyCsv(`${daily("amy")},5`).replace(
        "num_resources_accessed",
        'num_resources_accessed,"Notes,\nfree ""text"""',
      ),
    );
    expect(rows).toHaveLength(1);
  });

  test.each([
    ["CR", "LF in an unknown column's name", ',"Homeroom\nteacher"', "\r"],
    ["CR", "CRLF in an unknown column's name", ',"Homeroom\r\nteacher"', "\r"],
    ["LF", "CR in an unknown column's name", ',"Homeroom\rteacher"', "\n"],
    ["CRLF", "LF in an unknown column's name", ',"Homeroom\nteacher"', "\r\n"],
  ])("lines that end in %s, with a quoted %s", async (_, __, extra, end) => {
    const lines = [`${dailyHeader}${extra}`, `${daily("amy")},5`, `${daily("ben")},6`, ""];
    const { rows } = await runOf(lines.join(end));
    expect(rows).toHaveLength(2);
  });

  test("lines that end in CR, with a quoted LF after a known column's name", async () => {
    const lines = [dailyHeader.replace("sis_id", '"sis_id\n"'), daily("amy"), daily("ben"), ""];
    const { rows } = await runOf(lines.join("\r"));
    expect(rows).toHaveLength(2);
  });

  test("blank ids are null in the table, and never in the lookup as a hash", async () => {
    const { fixture, rows } = await runOf(
      dailyCsv("2024-09-03,,clever-amy,school-1,North High,true,1,2", "2024-09-03, ,,,,false,0,0"),
    );
    expect(rows.map(({ sis_id_pseudonym: a, clever_user_id_pseudonym: b }) => [a, b])).toEqual([
      [null, pseudonym("clever-amy")],
      [null, null],
    ]);
    expect(await fixture.lookup()).toEqual([
      {
        sis_id: null,
        clever_user_id: "clever-amy",
        sis_id_pseudonym: null,
        clever_user_id_pseudonym: pseudonym("clever-amy"),
      },
    ]);
  });

  test("OEA's names: Students/Students.csv below a report's folder", async () => {
    const fixture = await PipelineFixture.create();
    const place = "daily-participation/2021-06-01/Students/Students.csv";
    await fixture.put(place, plain);
    await fixture.put("resource-usage/Students/Students.csv", usageCsv(usage("amy", "Maths")));
    expect(await fixture.run()).toMatchObject({ anonymized: 2 });
    expect((await fixture.rows()).map(({ source_file }) => source_file)).toEqual([place, place]);
    expect(await fixture.rows("resource_usage")).toHaveLength(1);
  });

  test("the date in a file's name is not the date of its rows", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(dailyPath("2020-10-27"), dailyCsv(daily("amy", "2020-10-26")));
    await fixture.put(usagePath("2021-01-01"), usageCsv(usage("amy", "Maths", "2021-12-31")));
    await fixture.run();
    expect(await fixture.rows()).toMatchObject([{ date: "2020-10-26", year: 2020, month: 10 }]);
    expect(await fixture.rows("resource_usage")).toMatchObject([{ year: 2021, month: 12 }]);
  });
});
