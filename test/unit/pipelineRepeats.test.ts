import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { refusedRowsPath } from "../../src/clever/layout";
import { CleverLakeError } from "../../src/errors";
import {
  daily,
  dailyCsv,
  dailyPath,
  PipelineFixture,
  usage,
  usageCsv,
  usagePath,
} from "../helpers/pipelineFixture";

const september3 = dailyPath("2024-09-03");
const september4 = dailyPath("2024-09-04");
const september30 = dailyPath("2024-09-30");

describe("the same bytes under another date's name", () => {
  async function withDuplicate(): Promise<PipelineFixture> {
    const fixture = await PipelineFixture.create();
    await fixture.put(september3, dailyCsv(daily("amy")));
    await fixture.run();
    await fixture.put(september4, dailyCsv(daily("amy")));
    return fixture;
  }

  test("are told, and their rows stand once", async () => {
    const fixture = await withDuplicate();
    const summary = await fixture.run();
    expect(summary).toMatchObject({ landed: 0, anonymized: 0, quarantined: [], failed: [] });
    expect(summary.duplicates).toMatchObject([{ path: september4 }]);
    expect(await fixture.logins("amy")).toEqual(["amy 2024-09-03 1"]);
    expect(await fixture.landedFiles()).toHaveLength(1);
    expect(await fixture.status()).toMatchObject([
      { path: september3, state: "anonymized" },
      { path: september4, state: "ignored", reason: expect.stringContaining("same bytes") },
    ]);
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("are told once, also where both come in one run", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(september3, dailyCsv(daily("amy")));
    await fixture.put(september4, dailyCsv(daily("amy")));
    expect((await fixture.run()).duplicates).toHaveLength(1);
    expect(await fixture.logins("amy")).toEqual(["amy 2024-09-03 1"]);
    expect(await fixture.run()).toMatchObject({ landed: 0, duplicates: [] });
  });

  test("stay set aside when only the server's time is new", async () => {
    const fixture = await withDuplicate();
    await fixture.run();
    await fixture.touch(september4);
    expect(await fixture.run()).toMatchObject({ landed: 0, anonymized: 0 });
    expect(await fixture.state(september4)).toBe("ignored");
  });

  test("come in once the original is delivered with others", async () => {
    const fixture = await withDuplicate();
    await fixture.run();
    await fixture.put(september3, dailyCsv(daily("ben")));
    expect(await fixture.status()).toMatchObject([
      { path: september3, state: "changed" },
      { path: september4, state: "new" },
    ]);
    expect(await fixture.run()).toMatchObject({ landed: 2, anonymized: 2, quarantined: [], failed: [] });
    expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-03 1", "ben 2024-09-03 1"]);
    expect((await fixture.verify()).problems).toEqual([]);
    expect(await fixture.run()).toMatchObject({ landed: 0, anonymized: 0, unchanged: 2 });
  });

  test("wait while the original's new delivery is bad, since its old rows stay", async () => {
    const fixture = await withDuplicate();
    await fixture.run();
    await fixture.put(september3, dailyCsv(daily("ben", "yesterday")));
    const summary = await fixture.run();
    expect(summary.quarantined.map(({ path }) => path).sort()).toEqual([september3, september4]);
    expect(await fixture.logins("amy")).toEqual(["amy 2024-09-03 1"]);
  });

  describe("while the one set aside is on the server no more", () => {
    async function withoutDuplicate(): Promise<PipelineFixture> {
      const fixture = await withDuplicate();
      await fixture.run();
      await fixture.remove(september4);
      return fixture;
    }

    test("come in from the landed copy once the original is delivered with others", async () => {
      const fixture = await withoutDuplicate();
      await fixture.put(september3, dailyCsv(daily("ben")));
      expect(await fixture.run()).toMatchObject({ landed: 1, anonymized: 2, quarantined: [], failed: [] });
      expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-03 1", "ben 2024-09-03 1"]);
      expect((await fixture.lastLog()).get(september4)).toMatchObject({
        outcome: "anonymized",
        rowsWritten: 1,
      });
      expect((await fixture.verify()).problems).toEqual([]);
      expect(await fixture.run()).toMatchObject({ landed: 0, anonymized: 0, duplicates: [] });
    });

    test("come in also by the next run, where one brought the original alone", async () => {
      const fixture = await withoutDuplicate();
      await fixture.put(september3, dailyCsv(daily("ben")));
      await fixture.run({ only: [september3] });
      expect(await fixture.logins("amy", "ben")).toEqual(["ben 2024-09-03 1"]);
      expect(await fixture.run()).toMatchObject({ landed: 0, anonymized: 1 });
      expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-03 1", "ben 2024-09-03 1"]);
    });

    test("come in by `anonymize` after `ingest`", async () => {
      const fixture = await withoutDuplicate();
      await fixture.put(september3, dailyCsv(daily("ben")));
      await fixture.run({ command: "ingest" });
      expect(await fixture.run({ command: "anonymize", source: undefined })).toMatchObject({ anonymized: 2 });
      expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-03 1", "ben 2024-09-03 1"]);
    });

    test("come in once of two that were set aside", async () => {
      const fixture = await withDuplicate();
      await fixture.put(dailyPath("2024-09-05"), dailyCsv(daily("amy")));
      expect((await fixture.run()).duplicates).toHaveLength(2);
      await fixture.remove(september4);
      await fixture.remove(dailyPath("2024-09-05"));
      await fixture.put(september3, dailyCsv(daily("ben")));
      expect(await fixture.run()).toMatchObject({ anonymized: 2, quarantined: [], failed: [] });
      expect(await fixture.run()).toMatchObject({ anonymized: 0, quarantined: [], failed: [] });
      expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-03 1", "ben 2024-09-03 1"]);
    });

    test("stay set aside when only the original's time is new", async () => {
      const fixture = await withoutDuplicate();
      await fixture.touch(september3);
      expect(await fixture.run()).toMatchObject({ landed: 0, anonymized: 0, quarantined: [], failed: [] });
      expect((await fixture.lastLog()).get(september4)).toMatchObject({ outcome: "duplicate" });
    });

    test("wait while the original cannot be brought over", async () => {
      const fixture = await withoutDuplicate();
      await fixture.put(september3, dailyCsv(daily("ben")));
      fixture.source.hooks = {
        beforeChunk: () => {
          throw new CleverLakeError("network", "The connection is lost.");
        },
      };
      await fixture.run();
      expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-03 1"]);
      fixture.source.hooks = {};
      expect(await fixture.run()).toMatchObject({ anonymized: 2, quarantined: [], failed: [] });
      expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-03 1", "ben 2024-09-03 1"]);
    });
  });

  test("do not keep a report's old rows in the tables where it is delivered anew with them", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(september3, dailyCsv(daily("amy")));
    await fixture.put(september4, dailyCsv(daily("ben", "2024-09-04", 99)));
    await fixture.run();
    await fixture.put(september4, dailyCsv(daily("amy")));
    expect(await fixture.run()).toMatchObject({
      duplicates: [],
      quarantined: [{ path: september4, reason: expect.stringContaining(`already, from ${september3}`) }],
    });
    expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-03 1", "ben 2024-09-04 99"]);
    expect(await fixture.state(september4)).toBe("quarantined");
    expect(await fixture.run({ accept: [september4] })).toMatchObject({ anonymized: 1, refused: 1 });
    expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-03 1"]);
    expect((await fixture.verify()).problems).toEqual([]);
    // With that it holds what it says, and a correction replaces it.
    await fixture.put(september4, dailyCsv(daily("ben", "2024-09-04", 5)));
    expect(await fixture.run()).toMatchObject({ anonymized: 1, quarantined: [], failed: [] });
    expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-03 1", "ben 2024-09-04 5"]);
  });

  test("stay set aside when only the original's time is new", async () => {
    const fixture = await withDuplicate();
    await fixture.run();
    await fixture.touch(september3);
    expect(await fixture.run()).toMatchObject({ landed: 0, anonymized: 0, quarantined: [], failed: [] });
    expect(await fixture.state(september4)).toBe("ignored");
    expect(await fixture.landedFiles()).toHaveLength(1);
  });

  test("do not count as the same for files without rows", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(dailyPath("2024-09-03", "students"), dailyCsv(daily("amy")));
    await fixture.put(dailyPath("2024-09-03", "staff"), dailyCsv(daily("sam")));
    await fixture.put(dailyPath("2024-09-04", "students"), dailyCsv());
    await fixture.put(dailyPath("2024-09-05", "students"), dailyCsv());
    await fixture.run();
    expect(await fixture.rows()).toHaveLength(2);
    await fixture.put(dailyPath("2024-09-06", "students"), dailyCsv());
    expect(await fixture.run()).toMatchObject({ quarantined: [], failed: [] });
  });
});

describe("rows that stand in two different files", () => {
  const month = dailyCsv(daily("amy"), daily("ben"), daily("amy", "2024-09-04"));

  test("put the second file into quarantine", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(september3, dailyCsv(daily("amy"), daily("ben")));
    await fixture.run();
    await fixture.put(september30, month);
    expect((await fixture.run()).quarantined).toEqual([
      {
        path: september30,
        line: null,
        column: null,
        reason: `2 of its rows are in the tables already, from ${september3}.`,
        acceptable: true,
        hasEarlierRows: false,
      },
    ]);
    expect(await fixture.rows()).toHaveLength(2);
  });

  test("are left out, exactly, where a person accepts the file", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(september3, dailyCsv(daily("amy"), daily("ben")));
    await fixture.run();
    await fixture.put(september30, month);
    await fixture.run();
    const summary = await fixture.run({ accept: [september30] });
    expect(summary).toMatchObject({ anonymized: 1, refused: 2, rows: { daily_participation: 1 } });
    expect(await fixture.logins("amy", "ben")).toEqual([
      "amy 2024-09-03 1",
      "amy 2024-09-04 1",
      "ben 2024-09-03 1",
    ]);
    const entry = (await fixture.lastLog()).get(september30);
    expect(entry).toMatchObject({ rowsRead: 3, rowsWritten: 1, rowsRefused: 2, outcome: "anonymized" });
    const refused = await readFile(fixture.lake.localPath(refusedRowsPath(entry?.landedPath ?? "")), "utf8");
    expect(refused.match(/sis-amy|sis-ben/g)).toHaveLength(2);
    expect((await fixture.verify()).problems).toEqual([]);
  });

  describe("and were left out by consent come in", () => {
    async function withLeftOut(): Promise<PipelineFixture> {
      const fixture = await PipelineFixture.create();
      await fixture.put(september30, dailyCsv(daily("amy"), daily("amy", "2024-09-04")));
      await fixture.run();
      await fixture.put(september4, dailyCsv(daily("amy", "2024-09-04", 7)), older);
      expect(await fixture.run({ accept: [september4] })).toMatchObject({ anonymized: 1, refused: 1 });
      return fixture;
    }
    const older = new Date("2024-09-05T00:00:00Z");
    const both = ["amy 2024-09-03 1", "amy 2024-09-04 7"];

    test("once the other file is delivered without them", async () => {
      const fixture = await withLeftOut();
      await fixture.put(september30, dailyCsv(daily("amy")));
      expect(await fixture.run()).toMatchObject({ landed: 1, anonymized: 2, quarantined: [], failed: [] });
      expect(await fixture.logins("amy")).toEqual(both);
      expect((await fixture.verify()).problems).toEqual([]);
      expect(await fixture.run()).toMatchObject({ landed: 0, anonymized: 0 });
    });

    test("but for rows that are bad by now, to which nobody has agreed: the rows there stay", async () => {
      const fixture = await PipelineFixture.create();
      const withId = (id: string, day: string) => daily("amy", day).replace("sis-amy", id);
      await fixture.put(september30, dailyCsv(daily("ben"), daily("ben", "2024-09-04")));
      await fixture.run();
      const lines = [daily("ben", "2024-09-04", 7), withId("712", "2024-09-04")];
      await fixture.put(september4, dailyCsv(...lines), older);
      expect(await fixture.run({ accept: [september4] })).toMatchObject({ anonymized: 1, refused: 1 });
      await fixture.put(september3, dailyCsv(withId("000712", "2024-09-03")));
      await fixture.run();
      await fixture.put(september30, dailyCsv(daily("ben")));
      const asked = { path: september4, line: 3, column: "sis_id", acceptable: true, hasEarlierRows: true };
      expect(await fixture.run()).toMatchObject({ anonymized: 1, refused: 0, quarantined: [asked] });
      expect(await fixture.rows()).toHaveLength(3);
      expect((await fixture.verify()).problems).toEqual([]);
      expect(await fixture.run({ accept: [september4] })).toMatchObject({ anonymized: 1, refused: 1 });
      expect(await fixture.logins("ben")).toEqual(["? 2024-09-03 1", "ben 2024-09-03 1", "ben 2024-09-04 7"]);
    });

    test("by the next run, where one brought the other file alone", async () => {
      const fixture = await withLeftOut();
      await fixture.put(september30, dailyCsv(daily("amy")));
      await fixture.run({ only: [september30] });
      expect(await fixture.run()).toMatchObject({ anonymized: 1, quarantined: [], failed: [] });
      expect(await fixture.logins("amy")).toEqual(both);
      expect(await fixture.run()).toMatchObject({ anonymized: 0 });
    });

    test("and two files with rows of each other come to rest", async () => {
      const fixture = await withLeftOut();
      const month = dailyCsv(daily("amy"), daily("amy", "2024-09-04"), daily("amy", "2024-09-05", 8));
      const late = dailyCsv(daily("amy", "2024-09-04", 7), daily("amy", "2024-09-05", 8));
      await fixture.put(september4, late, older);
      await fixture.run();
      await fixture.run({ accept: [september4] });
      await fixture.put(september30, month);
      const alone = { only: [september30] };
      expect(await fixture.run(alone)).toMatchObject({ anonymized: 0, quarantined: [{ path: september30 }] });
      expect(await fixture.run({ ...alone, accept: [september30] })).toMatchObject({
        anonymized: 1,
        refused: 1,
      });
      expect(await fixture.run()).toMatchObject({ anonymized: 1, refused: 1 });
      expect(await fixture.logins("amy")).toEqual([
        "amy 2024-09-03 1",
        "amy 2024-09-04 1",
        "amy 2024-09-05 8",
      ]);
      expect(await fixture.run()).toMatchObject({ anonymized: 0, quarantined: [], failed: [] });
      expect((await fixture.verify()).problems).toEqual([]);
    });

    test("not while the other file has them still", async () => {
      const fixture = await withLeftOut();
      await fixture.put(september30, dailyCsv(daily("amy"), daily("amy", "2024-09-04", 5)));
      expect(await fixture.run()).toMatchObject({ quarantined: [], failed: [] });
      expect(await fixture.logins("amy")).toEqual(["amy 2024-09-03 1", "amy 2024-09-04 5"]);
      expect((await fixture.verify()).problems).toEqual([]);
      expect(await fixture.run()).toMatchObject({ anonymized: 0, quarantined: [] });
      // And still from there on.
      await fixture.put(september30, dailyCsv(daily("amy")));
      await fixture.run();
      expect(await fixture.logins("amy")).toEqual(both);
    });
  });

  describe("and say something else in the second one", () => {
    async function withCorrection(modified?: Date): Promise<PipelineFixture> {
      const fixture = await PipelineFixture.create();
      await fixture.put(september3, dailyCsv(daily("amy"), daily("ben")));
      await fixture.run();
      await fixture.put(
        september30,
        dailyCsv(daily("amy", "2024-09-03", 7), daily("ben"), daily("cat")),
        modified,
      );
      return fixture;
    }
    const told = `2 of its rows are in the tables already, from ${september3}. 1 of them tells something else than the rows there.`;
    const before = ["amy 2024-09-03 1", "ben 2024-09-03 1"];

    test("are never left out of a newer file, which stays in quarantine with words", async () => {
      const fixture = await withCorrection();
      const quarantined = [
        {
          path: september30,
          line: null,
          column: null,
          reason: `${told} They are not older, so they cannot be left out; delivered under the name ${september3}, the file replaces all rows of that one.`,
          acceptable: false,
          hasEarlierRows: false,
        },
      ];
      expect((await fixture.run()).quarantined).toEqual(quarantined);
      expect(await fixture.run({ accept: [september30] })).toMatchObject({
        anonymized: 0,
        refused: 0,
        quarantined,
      });
      expect(await fixture.logins("amy", "ben")).toEqual(before);
      await fixture.remove(september30);
      await fixture.put(september3, dailyCsv(daily("amy", "2024-09-03", 7), daily("ben"), daily("cat")));
      expect(await fixture.run()).toMatchObject({ anonymized: 1, quarantined: [] });
      expect(await fixture.logins("amy", "ben", "cat")).toEqual([
        "amy 2024-09-03 7",
        "ben 2024-09-03 1",
        "cat 2024-09-03 1",
      ]);
      expect((await fixture.verify()).problems).toEqual([]);
    });

    test("are left out of an older file that a person accepts", async () => {
      const fixture = await withCorrection(new Date("2024-09-04T00:00:00Z"));
      expect((await fixture.run()).quarantined).toMatchObject([{ reason: told, acceptable: true }]);
      expect(await fixture.run({ accept: [september30] })).toMatchObject({ anonymized: 1, refused: 2 });
      expect(await fixture.logins("amy", "ben", "cat")).toEqual([...before, "cat 2024-09-03 1"]);
      expect((await fixture.verify()).problems).toEqual([]);
    });

    test.each([
      ["the times are the same or missing", new Date(0)],
      ["only a delivery that was not taken is newer", undefined],
    ])("are not left out where %s", async (_, modified) => {
      const fixture = await withCorrection(modified);
      if (modified) await fixture.touch(september3, modified);
      else await fixture.put(september3, dailyCsv(daily("amy", "yesterday")));
      await fixture.run();
      expect(await fixture.run({ accept: [september30] })).toMatchObject({ anonymized: 0 });
      expect(await fixture.logins("amy", "ben")).toEqual(before);
    });
  });

  test("are left out beside the rows that cannot be read", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(september3, dailyCsv(daily("amy")));
    await fixture.put(september30, dailyCsv(daily("amy"), daily("ben", "yesterday"), daily("cat")));
    await fixture.run();
    const summary = await fixture.run({ accept: [september30] });
    expect(summary).toMatchObject({ anonymized: 1, refused: 2, rows: { daily_participation: 1 } });
    const entry = (await fixture.lastLog()).get(september30);
    const refused = await readFile(fixture.lake.localPath(refusedRowsPath(entry?.landedPath ?? "")), "utf8");
    expect(refused.match(/sis-amy|sis-ben|sis-cat/g)?.sort()).toEqual(["sis-amy", "sis-ben"]);
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("are found also where both come in one run", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(september3, dailyCsv(daily("amy")));
    await fixture.put(september30, month);
    const { anonymized, quarantined } = await fixture.run();
    expect({ anonymized, quarantined: quarantined.length }).toEqual({ anonymized: 1, quarantined: 1 });
    const rows = await fixture.rows();
    expect(new Set(rows.map((row) => JSON.stringify({ ...row, source_file: "" }))).size).toBe(rows.length);
  });

  test("of resource usage are told apart by resource", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(usagePath("2024-09-03"), usageCsv(usage("amy", "Maths")));
    await fixture.put(usagePath("2024-09-04"), usageCsv(usage("amy", "Reading")));
    await fixture.run();
    expect(await fixture.rows("resource_usage")).toHaveLength(2);
    await fixture.put(usagePath("2024-09-30"), usageCsv(usage("amy", "Maths"), usage("amy", "Music")));
    expect((await fixture.run()).quarantined).toMatchObject([
      { reason: expect.stringMatching(/^1 of its rows/) },
    ]);
  });

  test("raise no false alarm for other people, user types and days", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(september3, dailyCsv(daily("amy"), daily("ben")));
    await fixture.put(september4, dailyCsv(daily("cat"), daily("amy", "2024-09-04")));
    await fixture.put(dailyPath("2024-09-03", "teachers"), dailyCsv(daily("amy")));
    expect(await fixture.run()).toMatchObject({ anonymized: 3, quarantined: [] });
    await fixture.put(
      dailyPath("2024-09-03", "staff"),
      dailyCsv(daily("amy", "2024-09-03", 2), daily("zoe")),
    );
    await fixture.put(dailyPath("2024-09-05"), dailyCsv(daily("dan")));
    expect(await fixture.run()).toMatchObject({ anonymized: 2, quarantined: [] });
  });

  describe("and are about nobody", () => {
    const nobody = "2024-09-03,,,school-1,North High,false,0,0";

    test("raise no false alarm by themselves: people who left look alike", async () => {
      const fixture = await PipelineFixture.create();
      await fixture.put(september3, dailyCsv(nobody, daily("amy")));
      await fixture.put(september4, dailyCsv(nobody, daily("ben")));
      expect(await fixture.run()).toMatchObject({ anonymized: 2, quarantined: [] });
    });

    test("count with the rows of people beside them, each with one of the other file's", async () => {
      const fixture = await PipelineFixture.create();
      await fixture.put(september3, dailyCsv(nobody, nobody, daily("amy")));
      await fixture.run();
      await fixture.put(september30, dailyCsv(nobody, nobody, nobody, daily("amy"), daily("ben")));
      expect((await fixture.run()).quarantined).toMatchObject([
        { reason: `3 of its rows are in the tables already, from ${september3}.` },
      ]);
      expect(await fixture.run({ accept: [september30] })).toMatchObject({ anonymized: 1, refused: 3 });
      expect(await fixture.logins("amy", "ben")).toEqual([
        "? 2024-09-03 0",
        "? 2024-09-03 0",
        "? 2024-09-03 0",
        "amy 2024-09-03 1",
        "ben 2024-09-03 1",
      ]);
      expect((await fixture.verify()).problems).toEqual([]);
    });

    test("count where the other file is about nobody else", async () => {
      const fixture = await PipelineFixture.create();
      await fixture.put(september4, dailyCsv(nobody));
      await fixture.run();
      await fixture.put(september30, dailyCsv(daily("amy"), nobody));
      expect((await fixture.run()).quarantined).toMatchObject([{ path: september30 }]);
    });

    test("of two files count together", async () => {
      const fixture = await PipelineFixture.create();
      await fixture.put(september3, dailyCsv(nobody, nobody, daily("amy")));
      await fixture.put(september4, dailyCsv(nobody, daily("ben")));
      await fixture.run();
      await fixture.put(september30, dailyCsv(nobody, nobody, nobody, nobody, daily("amy"), daily("ben")));
      await fixture.run();
      expect(await fixture.run({ accept: [september30] })).toMatchObject({ anonymized: 1, refused: 5 });
      expect(await fixture.rows()).toHaveLength(6);
    });

    test("go along where two files swap their rows", async () => {
      const fixture = await PipelineFixture.create();
      await fixture.put(september3, dailyCsv(daily("amy"), nobody));
      await fixture.put(september4, dailyCsv(daily("cat"), nobody));
      await fixture.run();
      await fixture.put(september3, dailyCsv(daily("cat", "2024-09-03", 2), nobody));
      await fixture.put(september4, dailyCsv(nobody, daily("amy", "2024-09-03", 3), nobody));
      expect(await fixture.run()).toMatchObject({ anonymized: 2, quarantined: [], failed: [] });
      expect(await fixture.logins("amy", "cat")).toEqual([
        "? 2024-09-03 0",
        "? 2024-09-03 0",
        "? 2024-09-03 0",
        "amy 2024-09-03 3",
        "cat 2024-09-03 2",
      ]);
    });

    test("count where the file is about nobody else", async () => {
      const fixture = await PipelineFixture.create();
      await fixture.put(september3, dailyCsv(nobody, daily("amy")));
      await fixture.run();
      await fixture.put(september4, dailyCsv(nobody));
      expect((await fixture.run()).quarantined).toMatchObject([{ path: september4 }]);
    });
  });

  test.each([
    ["the file before", "2024-09-03,sis-amy,,school-1,North High,true,1,2", daily("amy")],
    ["the file behind", daily("amy"), "2024-09-03,sis-amy,,school-1,North High,true,1,2"],
    [
      "both files",
      "2024-09-03,sis-amy,,school-1,North High,true,1,2",
      "2024-09-03,sis-amy,,s,South,true,1,2",
    ],
  ])("are found where Clever's id of the person is blank in %s", async (_, before, behind) => {
    const fixture = await PipelineFixture.create();
    await fixture.put(september3, dailyCsv(before, daily("ben")));
    await fixture.run();
    await fixture.put(september30, dailyCsv(behind, daily("cat")));
    expect((await fixture.run()).quarantined).toMatchObject([
      { reason: expect.stringMatching(/^1 of its rows/) },
    ]);
  });

  test("are not taken for another person's who has the same id in the school's system", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(september3, dailyCsv(daily("amy")));
    await fixture.run();
    await fixture.put(september30, dailyCsv("2024-09-03,sis-amy,clever-zoe,school-1,North High,true,1,2"));
    expect(await fixture.run()).toMatchObject({ anonymized: 1, quarantined: [] });
  });

  test("of resource usage are found where the resource's id is blank in one of them", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(usagePath("2024-09-03"), usageCsv(usage("amy", "Maths")));
    await fixture.run();
    const blank = (name: string) => usage("amy", name).replace(`,id-${name},`, ",,");
    await fixture.put(usagePath("2024-09-30"), usageCsv(blank("Maths"), blank("Music")));
    expect((await fixture.run()).quarantined).toMatchObject([
      { reason: expect.stringMatching(/^1 of its rows/) },
    ]);
  });

  test("are found where the person's id in the school's system is blank meanwhile", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(september3, dailyCsv(daily("amy")));
    await fixture.run();
    await fixture.put(september30, dailyCsv("2024-09-03,,clever-amy,school-1,North High,true,1,2"));
    expect((await fixture.run()).quarantined).toMatchObject([{ path: september30 }]);
  });

  test("do not count where the file that had them is delivered without them in the same run", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(september3, dailyCsv(daily("amy"), daily("ben", "2024-09-04")));
    await fixture.run();
    await fixture.put(september3, dailyCsv(daily("amy")));
    await fixture.put(september4, dailyCsv(daily("ben", "2024-09-04")));
    expect(await fixture.run()).toMatchObject({ anonymized: 2, quarantined: [] });
    expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-03 1", "ben 2024-09-04 1"]);
  });

  test("of resource usage are found where the resource has another name meanwhile", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(usagePath("2024-09-03"), usageCsv(usage("amy", "Maths")));
    await fixture.run();
    await fixture.put(
      usagePath("2024-09-30"),
      usageCsv(usage("amy", "Maths").replace(",Maths,", ",Algebra,")),
    );
    expect((await fixture.run()).quarantined).toMatchObject([{ path: usagePath("2024-09-30") }]);
  });

  test("of links without an id are told apart by name", async () => {
    const fixture = await PipelineFixture.create();
    const link = (name: string) => usage("amy", name).replace(`,id-${name},`, ",,");
    await fixture.put(usagePath("2024-09-03"), usageCsv(link("https://a.example")));
    await fixture.put(usagePath("2024-09-04"), usageCsv(link("https://b.example")));
    expect(await fixture.run()).toMatchObject({ anonymized: 2, quarantined: [] });
    await fixture.put(
      usagePath("2024-09-30"),
      usageCsv(link("https://b.example"), link("https://c.example")),
    );
    expect(await fixture.run()).toMatchObject({ quarantined: [{ path: usagePath("2024-09-30") }] });
  });
});

describe("files that are delivered anew in one run", () => {
  const days = ["2024-09-03", "2024-09-04", "2024-09-05", "2024-09-06"];
  const logins = days.map((day, index) => `amy ${day} ${index + 1}`);

  async function fourDays(): Promise<PipelineFixture> {
    const fixture = await PipelineFixture.create();
    for (const [index, day] of days.entries()) {
      await fixture.put(dailyPath(day), dailyCsv(daily("amy", day, index + 1)));
    }
    await fixture.run();
    return fixture;
  }

  test("may hand their rows on from one to the next", async () => {
    const fixture = await fourDays();
    // Each file's rows were those of the day before, say, and now they are those of its name.
    for (const [index, day] of days.entries()) {
      const next = days[index + 1] ?? "2024-09-07";
      const lines = [daily("amy", next, index + 2), daily("ben", day)];
      await fixture.put(dailyPath(day), dailyCsv(...lines));
    }
    expect(await fixture.run()).toMatchObject({ landed: 4, anonymized: 4, quarantined: [], failed: [] });
    expect(await fixture.logins("amy", "ben")).toEqual([
      ...logins.slice(1),
      "amy 2024-09-07 5",
      ...days.map((day) => `ben ${day} 1`),
    ]);
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("and swap their rows come in together, each row once", async () => {
    const fixture = await fourDays();
    await fixture.put(dailyPath("2024-09-03"), dailyCsv(daily("amy", "2024-09-04", 7)));
    await fixture.put(dailyPath("2024-09-04"), dailyCsv(daily("amy", "2024-09-03", 8)));
    expect(await fixture.run()).toMatchObject({ anonymized: 2, quarantined: [], failed: [] });
    expect(await fixture.logins("amy")).toEqual(["amy 2024-09-03 8", "amy 2024-09-04 7", ...logins.slice(2)]);
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("and swap their rows lose none where a person accepts them after they came one by one", async () => {
    const fixture = await fourDays();
    await fixture.put(dailyPath("2024-09-03"), dailyCsv(daily("amy", "2024-09-04", 7)));
    await fixture.put(dailyPath("2024-09-04"), dailyCsv(daily("amy", "2024-09-03", 8)));
    const swapped = [dailyPath("2024-09-03"), dailyPath("2024-09-04")];
    for (const file of swapped) {
      expect(await fixture.run({ only: [file] })).toMatchObject({ quarantined: [{ path: file }] });
    }
    expect(await fixture.run({ accept: swapped })).toMatchObject({ anonymized: 2, refused: 0, failed: [] });
    expect(await fixture.logins("amy")).toEqual(["amy 2024-09-03 8", "amy 2024-09-04 7", ...logins.slice(2)]);
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("and swap their rows stay as they are where one of the two cannot come in", async () => {
    const fixture = await fourDays();
    await fixture.put(dailyPath("2024-09-03"), dailyCsv(daily("amy", "2024-09-04", 7)));
    const mixed = dailyCsv(daily("amy", "2024-09-03", 8), daily("amy", "2024-09-05", 9));
    await fixture.put(dailyPath("2024-09-04"), mixed);
    const summary = await fixture.run();
    expect(summary).toMatchObject({ anonymized: 0, failed: [] });
    expect(summary.quarantined).toMatchObject([
      { path: dailyPath("2024-09-03"), reason: expect.stringContaining(dailyPath("2024-09-04")) },
      { path: dailyPath("2024-09-04"), reason: expect.stringContaining(dailyPath("2024-09-05")) },
    ]);
    expect(await fixture.logins("amy")).toEqual(logins);
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("keep a file that has one's rows waiting while that one cannot be brought over", async () => {
    const fixture = await fourDays();
    await fixture.put(dailyPath("2024-09-03"), dailyCsv(daily("ben", "2024-09-03")));
    await fixture.put(dailyPath("2024-09-10"), dailyCsv(daily("amy", "2024-09-03", 9)));
    fixture.source.hooks = {
      beforeChunk: (file) => {
        if (file === dailyPath("2024-09-03")) throw new CleverLakeError("network", "The connection is lost.");
      },
    };
    const summary = await fixture.run();
    expect(summary.failed.map(({ path }) => path).sort()).toEqual([
      dailyPath("2024-09-03"),
      dailyPath("2024-09-10"),
    ]);
    expect(await fixture.logins("amy")).toEqual(logins);
    fixture.source.hooks = {};
    expect(await fixture.run()).toMatchObject({ anonymized: 2, quarantined: [], failed: [] });
    expect(await fixture.logins("amy", "ben")).toEqual([
      "amy 2024-09-03 9",
      ...logins.slice(1),
      "ben 2024-09-03 1",
    ]);
  });
});
