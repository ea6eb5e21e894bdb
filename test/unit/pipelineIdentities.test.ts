import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { refusedRowsPath } from "../../src/clever/layout";
import { RunHistory, readRunRecord } from "../../src/pipeline/log/runRecord";
import { lastIdentities } from "../../src/pipeline/plan/status";
import { healthy } from "../../src/pipeline/read/checks/identityHealth";
import {
  daily,
  dailyCsv,
  dailyPath,
  PipelineFixture,
  pseudonym,
  usage,
  usageCsv,
  usagePath,
} from "../helpers/pipelineFixture";

const file = dailyPath();
const next = dailyPath("2024-09-04");

/** A line of daily participation with the given ids. */
function withIds(sis: string, clever: string, date = "2024-09-03"): string {
  const cell = (id: string) => (/[",]/.test(id) ? `"${id.replaceAll('"', '""')}"` : id);
  return `${date},${cell(sis)},${cell(clever)},school-1,North High,true,1,2`;
}

async function runOf(...lines: string[]) {
  const fixture = await PipelineFixture.create();
  await fixture.put(file, dailyCsv(...lines));
  return { fixture, summary: await fixture.run() };
}

async function pairsIn(fixture: PipelineFixture): Promise<unknown[][]> {
  return (await fixture.rows()).map((row) => [row.sis_id_pseudonym, row.clever_user_id_pseudonym]);
}

describe("placeholders in place of an id", () => {
  test("count as blank, are counted and are in no lookup", async () => {
    const { fixture, summary } = await runOf(
      withIds("NULL", "clever-amy"),
      withIds("nan", "clever-ben"),
      withIds("sis-cat", "<NA>"),
      withIds("sis-dan", "clever-dan"),
    );
    expect(summary).toMatchObject({ anonymized: 1, quarantined: [], refused: 0 });
    expect(await pairsIn(fixture)).toEqual(
      expect.arrayContaining([
        [null, pseudonym("clever-amy")],
        [null, pseudonym("clever-ben")],
        [pseudonym("sis-cat"), null],
        [pseudonym("sis-dan"), pseudonym("clever-dan")],
      ]),
    );
    expect(JSON.stringify(await fixture.lookup())).not.toMatch(/NULL|nan|<NA>/);
    const note = "3 cells hold a placeholder instead of a person's id, such as NULL, and count as blank.";
    expect(summary.notes).toEqual([{ path: file, note }]);
    expect((await fixture.lastLog()).get(file)?.notes).toBe(note);
    expect(summary.identities?.daily_participation).toEqual({ ...healthy, wordsForNothing: 3 });
    expect((await readRunRecord(fixture.lake, summary.runId))?.summary?.identities).toEqual(
      summary.identities,
    );
    expect(await fixture.run()).toMatchObject({ anonymized: 0 });
    expect(await lastIdentities(new RunHistory(fixture.lake))).toEqual(summary.identities);
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("also in resource usage, but not in kept texts", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(usagePath(), usageCsv(usage("amy", "NULL").replace("sis-amy", "#N/A")));
    const summary = await fixture.run();
    expect(await fixture.rows("resource_usage")).toMatchObject([
      { sis_id_pseudonym: null, resource_name: "NULL" },
    ]);
    expect(summary.identities?.resource_usage.wordsForNothing).toBe(1);
  });
});

describe("an invalid id quarantines its file, and only its shape is shown:", () => {
  test.each([
    ["a number with decimals", "71234567.0", "“99999999.9”"],
    ["a formula", '="00712345"', '“="99999999"”'],
    ["an error", "#REF!", "“#aaa!”"],
    ["white space", "712345\u00a0", "“999999·”"],
    ["an invisible character", "712\u200b345", "“999·999”"],
    ["a rounded number", "7.12346E+11", "“9.99999a+99”"],
    ["decomposed letters", "Pen\u0303a71", "“aaaaa99”"],
  ])("%s", async (_, id, shape) => {
    const { fixture, summary } = await runOf(daily("amy"), withIds(id, "clever-ben"), daily("cat"));
    expect(summary.quarantined).toMatchObject([{ path: file, line: 3, column: "sis_id" }]);
    expect(summary.quarantined[0]?.reason).toContain(shape);
    expect(JSON.stringify([summary, await fixture.log()])).not.toContain("7123");
    expect(await fixture.run({ accept: [file] })).toMatchObject({ anonymized: 1, refused: 1 });
    expect(await fixture.logins("amy", "cat")).toEqual(["amy 2024-09-03 1", "cat 2024-09-03 1"]);
    expect((await fixture.verify()).problems).toEqual([]);
  });
});

describe("an id that several people share on one day", () => {
  const placeholder = ["amy", "ben", "cat"].map((person) => withIds("TBD", `clever-${person}`));

  test("quarantines its file if three do, and its rows are left out of an accepted file", async () => {
    const { fixture, summary } = await runOf(daily("zoe"), ...placeholder);
    expect(summary.quarantined).toMatchObject([{ path: file, line: 3, column: "sis_id" }]);
    expect(summary.quarantined[0]?.reason).toBe(
      "Three or more Clever ids occur with this id on one day, so it identifies nobody (the cell looks like “aaa”). (3 rows are bad; this is the first.)",
    );
    expect(await fixture.run({ accept: [file] })).toMatchObject({ anonymized: 1, refused: 3 });
    expect(await fixture.logins("zoe")).toEqual(["zoe 2024-09-03 1"]);
    const landed = (await fixture.lastLog()).get(file)?.landedPath ?? "";
    const refused = await readFile(fixture.lake.localPath(refusedRowsPath(landed)), "utf8");
    expect(refused.match(/^# line \d+, sis_id/gm)).toHaveLength(3);
  });

  test("also does if it is a Clever id with three ids of the school system", async () => {
    const { summary } = await runOf(...[1, 2, 3].map((n) => withIds(`sis-${n}`, "guest")), daily("amy"));
    expect(summary.quarantined).toMatchObject([{ line: 2, column: "clever_user_id" }]);
    expect(summary.quarantined[0]?.reason).toMatch(/^Three or more school system ids .*“aaaaa”/);
  });

  test("is noted and counted if two do, which may be one person with two accounts", async () => {
    const { fixture, summary } = await runOf(...placeholder.slice(1), withIds("sis-dan", "clever-dan"));
    expect(summary).toMatchObject({ anonymized: 1, quarantined: [] });
    const note = "1 school system id occurs with two Clever ids on one day.";
    expect(summary.notes).toEqual([{ path: file, note }]);
    expect(summary.identities?.daily_participation).toEqual({ ...healthy, sisIdsOfSeveral: 1 });
    expect((await fixture.lastLog()).get(file)?.notes).toBe(note);
  });

  test("is neither on different days, as at a change of school year", async () => {
    const { summary } = await runOf(
      withIds("old-1", "clever-amy", "2024-06-03"),
      withIds("new-1", "clever-amy", "2024-09-03"),
      withIds("old-2", "clever-ben", "2024-06-03"),
      withIds("new-2", "clever-ben", "2024-09-03"),
    );
    expect(summary).toMatchObject({ anonymized: 1, quarantined: [], notes: [] });
    expect(summary.identities?.daily_participation).toEqual(healthy);
  });
});

describe("ids that change over the runs", () => {
  test("are counted from the second change", async () => {
    const fixture = await PipelineFixture.create();
    const counts: (number | undefined)[] = [];
    for (const day of ["2024-09-03", "2024-09-04", "2024-09-05"]) {
      await fixture.put(
        dailyPath(day),
        dailyCsv(withIds(`sis-${day}`, "clever-amy", day), daily("ben", day)),
      );
      counts.push((await fixture.run()).identities?.daily_participation.cleverIdsOfSeveral);
    }
    expect(counts).toEqual([0, 0, 1]);
  });

  test("are not counted if students, teachers and staff have the same numbers", async () => {
    const fixture = await PipelineFixture.create();
    for (const type of ["students", "teachers", "staff"]) {
      await fixture.put(dailyPath("2024-09-03", type), dailyCsv(withIds("1001", `clever-${type}`)));
    }
    expect((await fixture.run()).identities?.daily_participation).toEqual(healthy);
  });
});

describe("lost leading zeros", () => {
  const sound = dailyCsv(withIds("000712", "clever-amy"), withIds("004711", "clever-ben"));
  const night = (...lines: string[]) =>
    dailyCsv(...lines.map((line) => line.replace("2024-09-03", "2024-09-04")));

  test("are found with the lookup, for new people too", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(file, sound);
    await fixture.run();
    await fixture.put(
      next,
      night(withIds("123456", "clever-dan"), withIds("712", "clever-amy"), withIds("815", "clever-cat")),
    );
    const summary = await fixture.run();
    expect(summary.quarantined).toEqual([
      {
        path: next,
        line: 3,
        column: "sis_id",
        reason:
          "The id has lost its leading zeros; the lake or the file has the same person with them (the cell looks like “999”). (2 rows are bad; this is the first.)",
        acceptable: true,
        hasEarlierRows: false,
      },
    ]);
    expect(await fixture.run({ accept: [next] })).toMatchObject({ anonymized: 1, refused: 2 });
  });

  test("are found within a file", async () => {
    const { summary } = await runOf(
      withIds("000712", "clever-amy"),
      withIds("712", "clever-amy", "2024-09-02"),
      withIds("815", ""),
      withIds("000815", "clever-cat"),
    );
    expect(summary.quarantined).toMatchObject([{ line: 3, column: "sis_id" }]);
    expect(summary.quarantined[0]?.reason).toContain("2 rows are bad");
  });

  test("are ignored if another person has the shorter number", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(file, sound);
    await fixture.run();
    const staff = dailyPath("2024-09-04", "staff");
    await fixture.put(staff, night(withIds("712", "clever-sam"), withIds("4711", "clever-sue")));
    await fixture.put(next, night(withIds("000712", "clever-amy"), withIds("99", "clever-zed")));
    expect(await fixture.run()).toMatchObject({ anonymized: 2, quarantined: [] });
  });

  test("are accepted if restored", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(file, dailyCsv(withIds("712", "clever-amy")));
    await fixture.run();
    await fixture.put(next, night(withIds("000712", "clever-amy")));
    expect(await fixture.run()).toMatchObject({ anonymized: 1, quarantined: [] });
  });
});

describe("an id in a different letter case", () => {
  const later = (...lines: string[]) =>
    dailyCsv(...lines.map((line) => line.replace("2024-09-03", "2024-09-04")));
  const one = (kind: string) => `1 ${kind} is known in a different letter case: its person may count twice.`;

  /** A run of these lines after one of the others. */
  async function laterRun(before: readonly string[], ...lines: string[]) {
    const fixture = await PipelineFixture.create();
    await fixture.put(file, dailyCsv(...before));
    await fixture.run();
    await fixture.put(next, later(...lines));
    return { fixture, summary: await fixture.run() };
  }

  test.each([
    ["of the school system, without a Clever id", withIds("S-0071", "clever-amy"), withIds("s-0071", "")],
    ["of the school system, with the same Clever id", withIds("S-0071", "ab"), withIds("s-0071", "ab")],
    ["of the school system, that had no Clever id", withIds("s-0071", ""), withIds("S-0071", "clever-amy")],
    ["with letters that are not English", withIds("PEÑA71", ""), withIds("peña71", "")],
    ["of Clever", withIds("", "50ca15a93bc2733956000007"), withIds("", "50CA15A93BC2733956000007")],
    ["of Clever, with another id", withIds("1", "50ca15a93bc2"), withIds("2", "50CA15A93BC2")],
  ])("%s is noted once: its person may count twice", async (what, before, line) => {
    const { fixture, summary } = await laterRun([before], withIds("s-0072", ""), line);
    const note = one(what.startsWith("of Clever") ? "Clever id" : "school system id");
    expect(summary).toMatchObject({ anonymized: 1, quarantined: [], notes: [{ path: next, note }] });
    expect((await fixture.lastLog()).get(next)?.notes).toBe(note);
    await fixture.put(dailyPath("2024-09-05"), later(line).replace("2024-09-04", "2024-09-05"));
    expect(await fixture.run()).toMatchObject({ anonymized: 1, notes: [] });
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("is noted within a file, and in the files that have it", async () => {
    const { summary } = await runOf(withIds("s-0071", ""), withIds("S-0071", "", "2024-09-02"), daily("ben"));
    const note = "2 school system ids are known in a different letter case: their people may count twice.";
    expect(summary).toMatchObject({ anonymized: 1, quarantined: [], notes: [{ path: file, note }] });
    const fixture = await PipelineFixture.create();
    await fixture.put(file, dailyCsv(withIds("S-0071", ""), withIds("s-0072", "")));
    await fixture.put(next, later(withIds("s-0072", "")));
    await fixture.put(dailyPath("2024-09-05"), dailyCsv(withIds("s-0071", "", "2024-09-05")));
    const { notes } = await fixture.run();
    expect(notes.map(({ path }) => path)).not.toContain(next);
    expect(notes.length).toBeGreaterThan(0);
  });

  test("is another person's, if the school system's ids come with different ids of Clever", async () => {
    const { summary } = await laterRun([withIds("S-0071", "clever-amy")], withIds("s-0071", "clever-ben"));
    expect(summary).toMatchObject({ anonymized: 1, quarantined: [], notes: [] });
  });

  test("enters as the correction of another form", async () => {
    const { fixture } = await runOf(withIds("S-0071", "clever-amy"));
    await fixture.put(file, dailyCsv(withIds("s-0071", "clever-amy")));
    expect(await fixture.run()).toMatchObject({ anonymized: 1, quarantined: [] });
    expect(await pairsIn(fixture)).toEqual([[pseudonym("s-0071"), pseudonym("clever-amy")]]);
  });
});

describe("an unlikely date", () => {
  test("makes a bad row, like an unreadable one", async () => {
    const lines = [daily("amy"), daily("ben", "2023-09-03"), daily("cat"), daily("dan", "2031-01-01")];
    const { fixture, summary } = await runOf(...lines);
    expect(summary.quarantined).toEqual([
      {
        path: file,
        line: 3,
        column: "date",
        reason:
          "The date is a year or more away from the other dates of the file. (2 rows are bad; this is the first.)",
        acceptable: true,
        hasEarlierRows: false,
      },
    ]);
    expect(await fixture.run({ accept: [file] })).toMatchObject({ anonymized: 1, refused: 2 });
    expect(await fixture.logins("amy", "cat")).toEqual(["amy 2024-09-03 1", "cat 2024-09-03 1"]);
    const landed = (await fixture.lastLog()).get(file)?.landedPath ?? "";
    const refused = await readFile(fixture.lake.localPath(refusedRowsPath(landed)), "utf8");
    expect(refused).toBe(
      [
        "# line 3, date: The date is a year or more away from the other dates of the file.",
        lines[1],
        "# line 5, date: The date is later than the file itself.",
        lines[3],
        "",
      ].join("\n"),
    );
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("is found in other date formats", async () => {
    const { summary } = await runOf(daily("amy"), daily("ben", "9/13/2014"), daily("cat", "9/3/2024"));
    expect(summary.quarantined).toMatchObject([{ line: 3, column: "date" }]);
  });

  test("is not found in an archive delivered years later", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(
      dailyPath("2021-03-05"),
      dailyCsv(daily("amy", "2021-03-04"), daily("ben", "2021-02-01")),
    );
    await fixture.put("daily-participation/Students.csv", dailyCsv(daily("cat", "2019-03-04")));
    expect(await fixture.run()).toMatchObject({ anonymized: 2, quarantined: [] });
  });
});

describe("a header with sis_id and staff_id", () => {
  test.each([
    ["staff", "sis-t"],
    ["teachers", "sis-s"],
  ])("of %s gives %s if both are filled, and otherwise the filled one", async (type, both) => {
    const fixture = await PipelineFixture.create();
    const place = dailyPath("2024-09-03", type);
    const lines = ["t,s", ",s2", "t2,NULL"].map((ids, index) => {
      const [staff = "", sis = ""] = ids.split(",");
      const idOf = (id: string) => (id === "" || id === "NULL" ? id : `sis-${id}`);
      return `${withIds(idOf(sis), `clever-${index}`)},${idOf(staff)}`;
    });
    await fixture.put(place, dailyCsv(...lines).replace("accessed\n", "accessed,staff_id\n"));
    const summary = await fixture.run();
    expect(summary).toMatchObject({ anonymized: 1, quarantined: [] });
    const byPerson = new Map(
      (await fixture.rows()).map((row) => [row.clever_user_id_pseudonym, row.sis_id_pseudonym]),
    );
    expect([0, 1].map((index) => byPerson.get(pseudonym(`clever-${index}`)))).toEqual([
      pseudonym(both),
      pseudonym("sis-s2"),
    ]);
    expect(summary.notes[0]?.note).toMatch(
      /^The file has (staff_id and sis_id|sis_id and staff_id): the filled one/,
    );
  });
});
