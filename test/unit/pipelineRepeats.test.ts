import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { CleverLakeError } from "../../src/basics/errors";
import { refusedRowsPath } from "../../src/clever/layout";
import { lakeTemplate } from "../helpers/lakeTemplate";
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

/** For a source's rows: how many are in the table, and how many are superseded by which others. */
async function loggedCounts(fixture: PipelineFixture, source: string) {
  const { rowsWritten, rowsSuperseded, supersededBy = {} } = (await fixture.lastLog()).get(source) ?? {};
  return { rowsWritten, rowsSuperseded, supersededBy };
}

/** Checks that the lake is consistent, and that the log accounts for every row that was read. */
async function expectComplete(fixture: PipelineFixture): Promise<void> {
  expect((await fixture.verify()).problems).toEqual([]);
  for (const [source, entry] of await fixture.lastLog()) {
    const { outcome, rowsRead, rowsWritten = 0, rowsSuperseded = 0, rowsRefused = 0 } = entry;
    if (outcome === "anonymized") expect(rowsRead, source).toBe(rowsWritten + rowsSuperseded + rowsRefused);
  }
}

/** The names of the resources in the table. */
async function resources(fixture: PipelineFixture): Promise<string[]> {
  return (await fixture.rows("resource_usage")).map((row) => String(row.resource_name)).sort();
}

describe("the same bytes under the name of another date", () => {
  async function putSameBytes(fixture: PipelineFixture): Promise<void> {
    await fixture.put(september3, dailyCsv(daily("amy")));
    await fixture.run();
    await fixture.put(september4, dailyCsv(daily("amy")));
  }
  const withSameBytes = lakeTemplate(putSameBytes);

  test("land, and their rows count once, for the newer file", async () => {
    const fixture = await withSameBytes();
    const summary = await fixture.run();
    expect(summary).toMatchObject({ landed: 1, anonymized: 1, quarantined: [], failed: [], refused: 0 });
    expect(summary.notes).toEqual([
      {
        path: september4,
        note: `Supersedes 1 row of ${september3}: 1 with the same values, 0 with different ones.`,
      },
    ]);
    expect(await fixture.logins("amy")).toEqual(["amy 2024-09-03 1"]);
    expect(await fixture.landedFiles()).toHaveLength(2);
    expect(await fixture.status()).toMatchObject([
      { path: september3, state: "anonymized" },
      { path: september4, state: "anonymized" },
    ]);
    expect(await loggedCounts(fixture, september3)).toEqual({
      rowsWritten: 0,
      rowsSuperseded: 1,
      supersededBy: { [september4]: 1 },
    });
    expect(await loggedCounts(fixture, september4)).toEqual({
      rowsWritten: 1,
      rowsSuperseded: 0,
      supersededBy: {},
    });
    await expectComplete(fixture);
  });

  test("count once even if both arrive in one run", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(september3, dailyCsv(daily("amy")));
    await fixture.put(september4, dailyCsv(daily("amy")));
    expect(await fixture.run()).toMatchObject({ landed: 2, anonymized: 2, superseded: 1, quarantined: [] });
    expect(await fixture.logins("amy")).toEqual(["amy 2024-09-03 1"]);
    await expectComplete(fixture);
    expect(await fixture.run()).toMatchObject({ landed: 0, anonymized: 0, unchanged: 2 });
  });

  test("are unchanged if only the newer file's server time changed", async () => {
    const fixture = await withSameBytes();
    await fixture.run();
    await fixture.touch(september4);
    expect(await fixture.run()).toMatchObject({ landed: 0, anonymized: 1 });
    expect(await loggedCounts(fixture, september3)).toMatchObject({ rowsWritten: 0, rowsSuperseded: 1 });
    expect(await fixture.logins("amy")).toEqual(["amy 2024-09-03 1"]);
    await expectComplete(fixture);
  });

  test("count for the older file once its time alone becomes newer", async () => {
    const fixture = await withSameBytes();
    await fixture.run();
    await fixture.touch(september3);
    expect(await fixture.run()).toMatchObject({ landed: 0, anonymized: 1, quarantined: [], failed: [] });
    expect(await loggedCounts(fixture, september3)).toEqual({
      rowsWritten: 1,
      rowsSuperseded: 0,
      supersededBy: {},
    });
    expect(await loggedCounts(fixture, september4)).toEqual({
      rowsWritten: 0,
      rowsSuperseded: 1,
      supersededBy: { [september3]: 1 },
    });
    expect(await fixture.logins("amy")).toEqual(["amy 2024-09-03 1"]);
    expect(await fixture.landedFiles()).toHaveLength(2);
    await expectComplete(fixture);
    expect(await fixture.run()).toMatchObject({ landed: 0, anonymized: 0, unchanged: 2 });
  });

  test("are unchanged if the older file is redelivered with other rows", async () => {
    const fixture = await withSameBytes();
    await fixture.run();
    await fixture.put(september3, dailyCsv(daily("ben")));
    expect(await fixture.status()).toMatchObject([
      { path: september3, state: "changed" },
      { path: september4, state: "anonymized" },
    ]);
    expect(await fixture.run()).toMatchObject({ landed: 1, anonymized: 1, quarantined: [], failed: [] });
    expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-03 1", "ben 2024-09-03 1"]);
    await expectComplete(fixture);
    expect(await fixture.run()).toMatchObject({ landed: 0, anonymized: 0, unchanged: 2 });
  });

  test("are unchanged if a redelivery of either file is bad", async () => {
    const fixture = await withSameBytes();
    await fixture.run();
    await fixture.put(september3, dailyCsv(daily("ben", "yesterday")));
    await fixture.put(september4, dailyCsv(daily("cat", "yesterday")));
    const summary = await fixture.run();
    expect(summary.quarantined.map(({ path }) => path).sort()).toEqual([september3, september4]);
    expect(await fixture.logins("amy")).toEqual(["amy 2024-09-03 1"]);
    await expectComplete(fixture);
  });

  describe("while the older file is no longer on the server", () => {
    const withoutOlder = lakeTemplate(async (fixture) => {
      await putSameBytes(fixture);
      await fixture.run();
      await fixture.remove(september3);
    });

    test("come back from its landed file once the newer file is redelivered with other rows", async () => {
      const fixture = await withoutOlder();
      await fixture.put(september4, dailyCsv(daily("ben")));
      expect(await fixture.run()).toMatchObject({
        landed: 1,
        anonymized: 1,
        quarantined: [],
        failed: [],
        notes: [
          { path: september3, note: "Back in the table: 1 row that a newer file had superseded." },
          { path: september4, note: "Replaces 1 row with 1." },
        ],
      });
      expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-03 1", "ben 2024-09-03 1"]);
      expect((await fixture.lastLog()).get(september3)).toMatchObject({ outcome: "anonymized" });
      expect(await loggedCounts(fixture, september3)).toEqual({
        rowsWritten: 1,
        rowsSuperseded: 0,
        supersededBy: {},
      });
      await expectComplete(fixture);
      expect(await fixture.run()).toMatchObject({ landed: 0, anonymized: 0 });
    });

    test("come back even in a run that ingests only the newer file", async () => {
      const fixture = await withoutOlder();
      await fixture.put(september4, dailyCsv(daily("ben")));
      await fixture.run({ only: [september4] });
      expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-03 1", "ben 2024-09-03 1"]);
      expect(await fixture.run()).toMatchObject({ landed: 0, anonymized: 0 });
      await expectComplete(fixture);
    });

    test("come back with `anonymize` after `ingest`", async () => {
      const fixture = await withoutOlder();
      await fixture.put(september4, dailyCsv(daily("ben")));
      await fixture.run({ command: "ingest" });
      expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-03 1"]);
      expect(await fixture.run({ command: "anonymize", source: undefined })).toMatchObject({ anonymized: 1 });
      expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-03 1", "ben 2024-09-03 1"]);
    });

    test("come back once if two older files have them, from the newer one", async () => {
      const fixture = await withSameBytes();
      const september5 = dailyPath("2024-09-05");
      await fixture.put(september5, dailyCsv(daily("amy")));
      expect(await fixture.run()).toMatchObject({ landed: 2, anonymized: 2, superseded: 1 });
      expect(await fixture.logins("amy")).toEqual(["amy 2024-09-03 1"]);
      await fixture.remove(september3);
      await fixture.remove(september4);
      await fixture.put(september5, dailyCsv(daily("ben")));
      expect(await fixture.run()).toMatchObject({ anonymized: 1, quarantined: [], failed: [] });
      expect(await fixture.run()).toMatchObject({ anonymized: 0, quarantined: [], failed: [] });
      expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-03 1", "ben 2024-09-03 1"]);
      expect(await loggedCounts(fixture, september3)).toMatchObject({ supersededBy: { [september4]: 1 } });
      expect(await loggedCounts(fixture, september4)).toMatchObject({ rowsWritten: 1 });
      await expectComplete(fixture);
    });

    test("do not come back if only the newer file's time changed", async () => {
      const fixture = await withoutOlder();
      await fixture.touch(september4);
      expect(await fixture.run()).toMatchObject({ landed: 0, anonymized: 1, quarantined: [], failed: [] });
      expect(await loggedCounts(fixture, september3)).toMatchObject({ rowsWritten: 0, rowsSuperseded: 1 });
      expect(await fixture.logins("amy")).toEqual(["amy 2024-09-03 1"]);
    });

    test("do not come back while the newer file cannot be ingested", async () => {
      const fixture = await withoutOlder();
      await fixture.put(september4, dailyCsv(daily("ben")));
      fixture.source.hooks = {
        beforeChunk: () => {
          throw new CleverLakeError("network", "The connection is lost.");
        },
      };
      await fixture.run();
      expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-03 1"]);
      fixture.source.hooks = {};
      expect(await fixture.run()).toMatchObject({ anonymized: 1, quarantined: [], failed: [] });
      expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-03 1", "ben 2024-09-03 1"]);
      await expectComplete(fixture);
    });
  });

  test("do not keep a report's old rows in the tables if it is redelivered with these bytes", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(september3, dailyCsv(daily("amy")));
    await fixture.put(september4, dailyCsv(daily("ben", "2024-09-04", 99)));
    await fixture.run();
    await fixture.put(september4, dailyCsv(daily("amy")));
    // Ben's day would be lost, so a person accepts it.
    expect(await fixture.run()).toMatchObject({ anonymized: 0, quarantined: [{ path: september4 }] });
    expect(await fixture.run({ accept: [september4] })).toMatchObject({ anonymized: 1, refused: 0 });
    expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-03 1"]);
    expect(await loggedCounts(fixture, september3)).toMatchObject({ supersededBy: { [september4]: 1 } });
    await expectComplete(fixture);
    // A correction replaces its own rows, and the other file has its row again.
    await fixture.put(september4, dailyCsv(daily("ben", "2024-09-04", 5)));
    expect(await fixture.run()).toMatchObject({ anonymized: 1, quarantined: [], failed: [] });
    expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-03 1", "ben 2024-09-04 5"]);
    await expectComplete(fixture);
  });

  test("of files without rows are not reported", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(dailyPath("2024-09-03", "students"), dailyCsv(daily("amy")));
    await fixture.put(dailyPath("2024-09-03", "staff"), dailyCsv(daily("sam")));
    await fixture.put(dailyPath("2024-09-04", "students"), dailyCsv());
    await fixture.put(dailyPath("2024-09-05", "students"), dailyCsv());
    await fixture.run();
    expect(await fixture.rows()).toHaveLength(2);
    await fixture.put(dailyPath("2024-09-06", "students"), dailyCsv());
    expect(await fixture.run()).toMatchObject({ quarantined: [], failed: [] });
    expect(await fixture.rows()).toHaveLength(2);
  });
});

describe("rows that are in two different files", () => {
  const month = dailyCsv(daily("amy"), daily("ben"), daily("amy", "2024-09-04"));

  test("count for the newer file", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(september3, dailyCsv(daily("amy"), daily("ben")));
    await fixture.run();
    await fixture.put(september30, month);
    const summary = await fixture.run();
    expect(summary).toMatchObject({
      anonymized: 1,
      refused: 0,
      rows: { daily_participation: 3 },
      quarantined: [],
    });
    expect(summary.notes).toEqual([
      {
        path: september30,
        note: `Supersedes 2 rows of ${september3}: 2 with the same values, 0 with different ones.`,
      },
    ]);
    expect(await fixture.logins("amy", "ben")).toEqual([
      "amy 2024-09-03 1",
      "amy 2024-09-04 1",
      "ben 2024-09-03 1",
    ]);
    expect(await loggedCounts(fixture, september3)).toEqual({
      rowsWritten: 0,
      rowsSuperseded: 2,
      supersededBy: { [september30]: 2 },
    });
    expect(await loggedCounts(fixture, september30)).toMatchObject({ rowsWritten: 3, rowsSuperseded: 0 });
    await expectComplete(fixture);
  });

  test("count for the newer file even if the older one arrives later", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(september30, month);
    await fixture.run();
    await fixture.put(
      september3,
      dailyCsv(daily("amy"), daily("ben"), daily("cat")),
      new Date("2024-09-04T00:00:00Z"),
    );
    const summary = await fixture.run();
    expect(summary).toMatchObject({
      anonymized: 1,
      refused: 0,
      superseded: 2,
      rows: { daily_participation: 1 },
      quarantined: [],
    });
    expect(await fixture.logins("amy", "ben", "cat")).toEqual([
      "amy 2024-09-03 1",
      "amy 2024-09-04 1",
      "ben 2024-09-03 1",
      "cat 2024-09-03 1",
    ]);
    expect((await fixture.lastLog()).get(september3)).toMatchObject({
      outcome: "anonymized",
      rowsRead: 3,
      rowsWritten: 1,
      rowsSuperseded: 2,
      rowsRefused: 0,
      notes: `2 rows are superseded by ${september30}, which is newer.`,
    });
    await expectComplete(fixture);
  });

  describe("that are superseded by a newer file come back", () => {
    const withNewer = lakeTemplate(async (fixture) => {
      await fixture.put(september30, dailyCsv(daily("amy"), daily("amy", "2024-09-04")));
      await fixture.run();
      await fixture.put(september4, dailyCsv(daily("amy", "2024-09-04", 7)), older);
      expect(await fixture.run()).toMatchObject({ anonymized: 0, quarantined: [{ path: september4 }] });
      expect(await fixture.run({ accept: [september4] })).toMatchObject({
        anonymized: 1,
        refused: 0,
        superseded: 1,
        rows: { daily_participation: 0 },
      });
      expect(await fixture.logins("amy")).toEqual(["amy 2024-09-03 1", "amy 2024-09-04 1"]);
    });
    const older = new Date("2024-09-05T00:00:00Z");
    const both = ["amy 2024-09-03 1", "amy 2024-09-04 7"];

    test("once the newer file is redelivered without them", async () => {
      const fixture = await withNewer();
      await fixture.put(september30, dailyCsv(daily("amy")));
      expect(await fixture.run()).toMatchObject({ landed: 1, anonymized: 1, quarantined: [], failed: [] });
      expect(await fixture.logins("amy")).toEqual(both);
      await expectComplete(fixture);
      expect(await fixture.run()).toMatchObject({ landed: 0, anonymized: 0 });
    });

    test("as they were accepted, even if a row of their file would now be refused", async () => {
      const fixture = await PipelineFixture.create();
      const withId = (id: string, day: string) => daily("amy", day).replace("sis-amy", id);
      await fixture.put(september30, dailyCsv(daily("ben"), daily("ben", "2024-09-04")));
      await fixture.run();
      const lines = [daily("ben", "2024-09-04", 7), withId("712", "2024-09-04")];
      await fixture.put(september4, dailyCsv(...lines), older);
      await fixture.run();
      expect(await fixture.run({ accept: [september4] })).toMatchObject({ anonymized: 1, superseded: 1 });
      // From here on, it is known that the id has lost its zeros.
      await fixture.put(september3, dailyCsv(withId("000712", "2024-09-03")));
      await fixture.run();
      expect(await fixture.rows()).toHaveLength(4);
      await fixture.put(september30, dailyCsv(daily("ben")));
      expect(await fixture.run()).toMatchObject({ anonymized: 1, refused: 0, quarantined: [] });
      expect(await fixture.logins("ben")).toEqual([
        "? 2024-09-03 1",
        "? 2024-09-04 1",
        "ben 2024-09-03 1",
        "ben 2024-09-04 7",
      ]);
      await expectComplete(fixture);
    });

    test("in the same run, even if it ingests only the newer file", async () => {
      const fixture = await withNewer();
      await fixture.put(september30, dailyCsv(daily("amy")));
      expect(await fixture.run({ only: [september30] })).toMatchObject({
        anonymized: 1,
        quarantined: [],
        failed: [],
      });
      expect(await fixture.logins("amy")).toEqual(both);
      expect(await fixture.run()).toMatchObject({ anonymized: 0 });
    });

    test("and two files with rows of each other reach a stable state", async () => {
      const fixture = await withNewer();
      const month = dailyCsv(daily("amy"), daily("amy", "2024-09-04"), daily("amy", "2024-09-05", 8));
      const late = dailyCsv(daily("amy", "2024-09-04", 7), daily("amy", "2024-09-05", 8));
      await fixture.put(september4, late, older);
      await fixture.run();
      expect(await fixture.run({ accept: [september4] })).toMatchObject({ anonymized: 1, superseded: 1 });
      await fixture.put(september30, month);
      expect(await fixture.run({ only: [september30] })).toMatchObject({ anonymized: 1, quarantined: [] });
      expect(await loggedCounts(fixture, september4)).toEqual({
        rowsWritten: 0,
        rowsSuperseded: 2,
        supersededBy: { [september30]: 2 },
      });
      expect(await fixture.logins("amy")).toEqual([
        "amy 2024-09-03 1",
        "amy 2024-09-04 1",
        "amy 2024-09-05 8",
      ]);
      expect(await fixture.run()).toMatchObject({ anonymized: 0, quarantined: [], failed: [] });
      await expectComplete(fixture);
    });

    test("not while the newer file still has them", async () => {
      const fixture = await withNewer();
      await fixture.put(september30, dailyCsv(daily("amy"), daily("amy", "2024-09-04", 5)));
      expect(await fixture.run()).toMatchObject({ quarantined: [{ path: september30 }], failed: [] });
      expect(await fixture.logins("amy")).toEqual(["amy 2024-09-03 1", "amy 2024-09-04 1"]);
      expect(await fixture.run({ accept: [september30] })).toMatchObject({ quarantined: [], failed: [] });
      expect(await fixture.logins("amy")).toEqual(["amy 2024-09-03 1", "amy 2024-09-04 5"]);
      await expectComplete(fixture);
      expect(await fixture.run()).toMatchObject({ anonymized: 0, quarantined: [] });
      // This still holds afterwards.
      await fixture.put(september30, dailyCsv(daily("amy")));
      await fixture.run();
      expect(await fixture.logins("amy")).toEqual(both);
    });
  });

  describe("with different values in the second one", () => {
    const inFirst = dailyCsv(daily("amy"), daily("ben"));
    const inSecond = dailyCsv(daily("amy", "2024-09-03", 7), daily("ben"), daily("cat"));
    const withFirst = lakeTemplate(async (fixture) => {
      await fixture.put(september3, inFirst);
      await fixture.run();
    });
    async function withCorrection(modified?: Date): Promise<PipelineFixture> {
      const fixture = await withFirst();
      await fixture.put(september30, inSecond, modified);
      return fixture;
    }
    const before = ["amy 2024-09-03 1", "ben 2024-09-03 1"];
    const corrected = ["amy 2024-09-03 7", "ben 2024-09-03 1", "cat 2024-09-03 1"];

    test("count for the newer file if at most half of them differ", async () => {
      const fixture = await withCorrection();
      const summary = await fixture.run();
      expect(summary).toMatchObject({ anonymized: 1, refused: 0, quarantined: [] });
      expect(summary.notes).toEqual([
        {
          path: september30,
          note: `Supersedes 2 rows of ${september3}: 1 with the same values, 1 with different ones.`,
        },
      ]);
      expect(await fixture.logins("amy", "ben", "cat")).toEqual(corrected);
      await expectComplete(fixture);
    });

    test("hold the newer file back if most of them differ, until a person accepts it", async () => {
      const fixture = await withCorrection();
      const lines = [daily("amy", "2024-09-03", 7), daily("ben", "2024-09-03", 8), daily("cat")];
      await fixture.put(september30, dailyCsv(...lines));
      const { anonymized, quarantined } = await fixture.run();
      expect({ anonymized, quarantined }).toEqual({
        anonymized: 0,
        quarantined: [
          {
            path: september30,
            line: null,
            column: null,
            reason: `2 rows of it are also in ${september3}: 0 with the same values, 2 with different ones.`,
            acceptable: true,
            hasEarlierRows: false,
          },
        ],
      });
      expect(await fixture.logins("amy", "ben")).toEqual(before);
      await expectComplete(fixture);
      expect(await fixture.run({ accept: [september30] })).toMatchObject({ anonymized: 1, quarantined: [] });
      expect(await fixture.logins("amy", "ben", "cat")).toEqual([
        "amy 2024-09-03 7",
        "ben 2024-09-03 8",
        "cat 2024-09-03 1",
      ]);
      expect((await fixture.lastLog()).get(september30)).toMatchObject({ accepted: true });
      await expectComplete(fixture);
    });

    test("add their people to the lookup table only once the file is accepted", async () => {
      const fixture = await withCorrection();
      const lines = [daily("amy", "2024-09-03", 7), daily("ben", "2024-09-03", 8), daily("cat")];
      await fixture.put(september30, dailyCsv(...lines));
      // In the same commit as another file with a new person.
      await fixture.put(september4, dailyCsv(daily("dan", "2024-09-04")));
      const people = async () => (await fixture.lookup()).map(({ sis_id }) => sis_id).sort();
      expect(await fixture.run()).toMatchObject({ anonymized: 1, quarantined: [{ path: september30 }] });
      expect(await people()).toEqual(["sis-amy", "sis-ben", "sis-dan"]);
      await fixture.run({ accept: [september30] });
      expect(await people()).toEqual(["sis-amy", "sis-ben", "sis-cat", "sis-dan"]);
      await expectComplete(fixture);
    });

    test("replace the first file's if they arrive under its name", async () => {
      const fixture = await withCorrection();
      await fixture.remove(september30);
      await fixture.put(september3, inSecond);
      expect(await fixture.run()).toMatchObject({ anonymized: 1, quarantined: [] });
      expect(await fixture.logins("amy", "ben", "cat")).toEqual(corrected);
      await expectComplete(fixture);
    });

    test("count for the first file if the second is older", async () => {
      const fixture = await withCorrection(new Date("2024-09-04T00:00:00Z"));
      expect(await fixture.run()).toMatchObject({ anonymized: 1, superseded: 2, quarantined: [] });
      expect(await fixture.logins("amy", "ben", "cat")).toEqual([...before, "cat 2024-09-03 1"]);
      await expectComplete(fixture);
    });

    test("count for the file with the later name if the times are equal or missing", async () => {
      for (const time of [new Date("2024-09-04T00:00:00Z"), new Date(0)]) {
        const fixture = await PipelineFixture.create();
        await fixture.put(september30, inSecond, time);
        await fixture.run();
        await fixture.put(september3, inFirst, time);
        expect(await fixture.run()).toMatchObject({ anonymized: 1, superseded: 2, quarantined: [] });
        expect(await fixture.logins("amy", "ben", "cat")).toEqual(corrected);
        await expectComplete(fixture);
      }
    });

    test("count for the second file if only a rejected delivery is newer", async () => {
      const fixture = await withCorrection();
      await fixture.put(september3, dailyCsv(daily("amy", "yesterday")));
      expect(await fixture.run()).toMatchObject({ anonymized: 1, quarantined: [{ path: september3 }] });
      expect(await fixture.logins("amy", "ben", "cat")).toEqual(corrected);
      await expectComplete(fixture);
      // The time of a rejected delivery does not matter.
      await fixture.touch(september3);
      expect(await fixture.run()).toMatchObject({ landed: 0, anonymized: 0 });
      expect((await fixture.lastLog()).get(september3)).toMatchObject({ outcome: "quarantined" });
      expect(await fixture.logins("amy", "ben", "cat")).toEqual(corrected);
      await expectComplete(fixture);
    });
  });

  test("count for the newer file in addition to its unreadable rows", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(september3, dailyCsv(daily("amy")));
    await fixture.put(september30, dailyCsv(daily("amy"), daily("ben", "yesterday"), daily("cat")));
    await fixture.run();
    const summary = await fixture.run({ accept: [september30] });
    expect(summary).toMatchObject({ anonymized: 1, refused: 1, rows: { daily_participation: 2 } });
    expect(await fixture.logins("amy", "cat")).toEqual(["amy 2024-09-03 1", "cat 2024-09-03 1"]);
    const entry = (await fixture.lastLog()).get(september30);
    const refused = await readFile(fixture.lake.localPath(refusedRowsPath(entry?.landedPath ?? "")), "utf8");
    expect(refused.match(/sis-amy|sis-ben|sis-cat/g)?.sort()).toEqual(["sis-ben"]);
    await expectComplete(fixture);
  });

  test("are found even if both arrive in one run", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(september3, dailyCsv(daily("amy")));
    await fixture.put(september30, month);
    const { anonymized, superseded, quarantined } = await fixture.run();
    expect({ anonymized, superseded, quarantined }).toEqual({
      anonymized: 2,
      superseded: 1,
      quarantined: [],
    });
    const rows = await fixture.rows();
    expect(rows).toHaveLength(3);
    expect(new Set(rows.map((row) => JSON.stringify({ ...row, source_file: "" }))).size).toBe(rows.length);
    await expectComplete(fixture);
  });

  test("of resource usage are distinguished by resource", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(usagePath("2024-09-03"), usageCsv(usage("amy", "Maths")));
    await fixture.put(usagePath("2024-09-04"), usageCsv(usage("amy", "Reading")));
    await fixture.run();
    expect(await fixture.rows("resource_usage")).toHaveLength(2);
    await fixture.put(usagePath("2024-09-30"), usageCsv(usage("amy", "Maths"), usage("amy", "Music")));
    expect(await fixture.run()).toMatchObject({ anonymized: 1, quarantined: [] });
    expect(await resources(fixture)).toEqual(["Maths", "Music", "Reading"]);
    expect(await loggedCounts(fixture, usagePath("2024-09-03"))).toMatchObject({ rowsSuperseded: 1 });
    expect(await loggedCounts(fixture, usagePath("2024-09-04"))).toMatchObject({ rowsSuperseded: 0 });
    await expectComplete(fixture);
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

  describe("and have no person", () => {
    const nobody = "2024-09-03,,,school-1,North High,false,0,0";

    test("cause no false alarm on their own: people who left look alike", async () => {
      const fixture = await PipelineFixture.create();
      await fixture.put(september3, dailyCsv(nobody, daily("amy")));
      await fixture.put(september4, dailyCsv(nobody, daily("ben")));
      expect(await fixture.run()).toMatchObject({ anonymized: 2, quarantined: [] });
    });

    test("follow the rows of people in the same file", async () => {
      const fixture = await PipelineFixture.create();
      await fixture.put(september3, dailyCsv(nobody, nobody, daily("amy")));
      await fixture.run();
      await fixture.put(september30, dailyCsv(nobody, nobody, nobody, daily("amy"), daily("ben")));
      expect(await fixture.run()).toMatchObject({ anonymized: 1, refused: 0, quarantined: [] });
      expect(await fixture.logins("amy", "ben")).toEqual([
        "? 2024-09-03 0",
        "? 2024-09-03 0",
        "? 2024-09-03 0",
        "amy 2024-09-03 1",
        "ben 2024-09-03 1",
      ]);
      expect(await loggedCounts(fixture, september3)).toMatchObject({ rowsWritten: 0, rowsSuperseded: 3 });
      await expectComplete(fixture);
    });

    test("are kept in addition to those of an older file without other people", async () => {
      const fixture = await PipelineFixture.create();
      await fixture.put(september4, dailyCsv(nobody));
      await fixture.run();
      await fixture.put(september30, dailyCsv(daily("amy"), nobody));
      expect(await fixture.run()).toMatchObject({ anonymized: 1, quarantined: [] });
      expect(await fixture.logins("amy")).toEqual(["? 2024-09-03 0", "? 2024-09-03 0", "amy 2024-09-03 1"]);
      await expectComplete(fixture);
    });

    test("of two files follow the people of both", async () => {
      const fixture = await PipelineFixture.create();
      await fixture.put(september3, dailyCsv(nobody, nobody, daily("amy")));
      await fixture.put(september4, dailyCsv(nobody, daily("ben")));
      await fixture.run();
      await fixture.put(september30, dailyCsv(nobody, nobody, nobody, nobody, daily("amy"), daily("ben")));
      expect(await fixture.run()).toMatchObject({ anonymized: 1, refused: 0, quarantined: [] });
      expect(await fixture.rows()).toHaveLength(6);
      expect(await loggedCounts(fixture, september3)).toMatchObject({ rowsWritten: 0, rowsSuperseded: 3 });
      expect(await loggedCounts(fixture, september4)).toMatchObject({ rowsWritten: 0, rowsSuperseded: 2 });
      await expectComplete(fixture);
    });

    test("move with the others if two files swap their rows", async () => {
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

    test("are kept in addition to those of an older file if the newer one has no other people", async () => {
      const fixture = await PipelineFixture.create();
      await fixture.put(september3, dailyCsv(nobody, daily("amy")));
      await fixture.run();
      await fixture.put(september4, dailyCsv(nobody));
      expect(await fixture.run()).toMatchObject({ anonymized: 1, quarantined: [] });
      expect(await fixture.logins("amy")).toEqual(["? 2024-09-03 0", "? 2024-09-03 0", "amy 2024-09-03 1"]);
      await expectComplete(fixture);
    });
  });

  test.each([
    ["the earlier file", 0, "2024-09-03,sis-amy,,school-1,North High,true,1,2", daily("amy")],
    ["the later file", 0, daily("amy"), "2024-09-03,sis-amy,,school-1,North High,true,1,2"],
    [
      "both files, which differ",
      1,
      "2024-09-03,sis-amy,,school-1,North High,true,1,2",
      "2024-09-03,sis-amy,,s,South,true,1,2",
    ],
  ])("are found if the person's Clever id is blank in %s", async (_, held, before, behind) => {
    const fixture = await PipelineFixture.create();
    await fixture.put(september3, dailyCsv(before, daily("ben")));
    await fixture.run();
    await fixture.put(september30, dailyCsv(behind, daily("cat")));
    const { quarantined } = await fixture.run();
    expect(quarantined).toHaveLength(held);
    if (held > 0) await fixture.run({ accept: [september30] });
    expect(await fixture.logins("amy", "ben", "cat")).toEqual([
      "amy 2024-09-03 1",
      "ben 2024-09-03 1",
      "cat 2024-09-03 1",
    ]);
    expect(await loggedCounts(fixture, september3)).toMatchObject({ rowsWritten: 1, rowsSuperseded: 1 });
    await expectComplete(fixture);
  });

  test("are not attributed to another person with the same school system id", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(september3, dailyCsv(daily("amy")));
    await fixture.run();
    await fixture.put(september30, dailyCsv("2024-09-03,sis-amy,clever-zoe,school-1,North High,true,1,2"));
    expect(await fixture.run()).toMatchObject({ anonymized: 1, quarantined: [] });
  });

  test("of resource usage are found if the resource's id is blank in one of them", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(usagePath("2024-09-03"), usageCsv(usage("amy", "Maths")));
    await fixture.run();
    const blank = (name: string) => usage("amy", name).replace(`,id-${name},`, ",,");
    await fixture.put(usagePath("2024-09-30"), usageCsv(blank("Maths"), blank("Music")));
    expect((await fixture.run()).quarantined).toMatchObject([
      { reason: expect.stringMatching(/^1 row of it /), acceptable: true },
    ]);
    expect(await resources(fixture)).toEqual(["Maths"]);
    await fixture.run({ accept: [usagePath("2024-09-30")] });
    expect(await resources(fixture)).toEqual(["Maths", "Music"]);
    expect(await loggedCounts(fixture, usagePath("2024-09-03"))).toMatchObject({ rowsSuperseded: 1 });
    await expectComplete(fixture);
  });

  test("are found if the person's school system id became blank", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(september3, dailyCsv(daily("amy")));
    await fixture.run();
    await fixture.put(september30, dailyCsv("2024-09-03,,clever-amy,school-1,North High,true,1,2"));
    expect(await fixture.run()).toMatchObject({ anonymized: 1, quarantined: [] });
    expect(await fixture.rows()).toHaveLength(1);
    expect(await loggedCounts(fixture, september3)).toMatchObject({ rowsSuperseded: 1 });
    await expectComplete(fixture);
  });

  test("do not count if their file is redelivered without them in the same run", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(september3, dailyCsv(daily("amy"), daily("ben", "2024-09-04")));
    await fixture.run();
    await fixture.put(september3, dailyCsv(daily("amy")));
    await fixture.put(september4, dailyCsv(daily("ben", "2024-09-04")));
    expect(await fixture.run()).toMatchObject({ anonymized: 2, quarantined: [] });
    expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-03 1", "ben 2024-09-04 1"]);
  });

  test("of resource usage are found if the resource was renamed", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(usagePath("2024-09-03"), usageCsv(usage("amy", "Maths")));
    await fixture.run();
    await fixture.put(
      usagePath("2024-09-30"),
      usageCsv(usage("amy", "Maths").replace(",Maths,", ",Algebra,")),
    );
    expect((await fixture.run()).quarantined).toMatchObject([{ path: usagePath("2024-09-30") }]);
    expect(await resources(fixture)).toEqual(["Maths"]);
    await fixture.run({ accept: [usagePath("2024-09-30")] });
    expect(await resources(fixture)).toEqual(["Algebra"]);
    await expectComplete(fixture);
  });

  test("of links without an id are distinguished by name", async () => {
    const fixture = await PipelineFixture.create();
    const link = (name: string) => usage("amy", name).replace(`,id-${name},`, ",,");
    await fixture.put(usagePath("2024-09-03"), usageCsv(link("https://a.example")));
    await fixture.put(usagePath("2024-09-04"), usageCsv(link("https://b.example")));
    expect(await fixture.run()).toMatchObject({ anonymized: 2, quarantined: [] });
    await fixture.put(
      usagePath("2024-09-30"),
      usageCsv(link("https://b.example"), link("https://c.example")),
    );
    expect(await fixture.run()).toMatchObject({ anonymized: 1, quarantined: [] });
    expect(await resources(fixture)).toEqual(["https://a.example", "https://b.example", "https://c.example"]);
    expect(await loggedCounts(fixture, usagePath("2024-09-03"))).toMatchObject({ rowsSuperseded: 0 });
    expect(await loggedCounts(fixture, usagePath("2024-09-04"))).toMatchObject({ rowsSuperseded: 1 });
    await expectComplete(fixture);
  });
});

describe("files that are redelivered in one run", () => {
  const days = ["2024-09-03", "2024-09-04", "2024-09-05", "2024-09-06"];
  const logins = days.map((day, index) => `amy ${day} ${index + 1}`);

  const fourDays = lakeTemplate(async (fixture) => {
    for (const [index, day] of days.entries()) {
      await fixture.put(dailyPath(day), dailyCsv(daily("amy", day, index + 1)));
    }
    await fixture.run();
  });

  test("may pass their rows from one to the next", async () => {
    const fixture = await fourDays();
    // For example, each file had the previous day's rows, and now has those of its own day.
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

  test("and swap their rows are ingested together, each row once", async () => {
    const fixture = await fourDays();
    await fixture.put(dailyPath("2024-09-03"), dailyCsv(daily("amy", "2024-09-04", 7)));
    await fixture.put(dailyPath("2024-09-04"), dailyCsv(daily("amy", "2024-09-03", 8)));
    expect(await fixture.run()).toMatchObject({ anonymized: 2, quarantined: [], failed: [] });
    expect(await fixture.logins("amy")).toEqual(["amy 2024-09-03 8", "amy 2024-09-04 7", ...logins.slice(2)]);
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("and swap their rows lose none if a person accepts them after separate runs", async () => {
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

  test("and swap their rows are unchanged if one of them cannot be ingested", async () => {
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

  test("hold back a file that contradicts one of them while that one cannot be ingested", async () => {
    const fixture = await fourDays();
    await fixture.put(dailyPath("2024-09-03"), dailyCsv(daily("ben", "2024-09-03")));
    await fixture.put(dailyPath("2024-09-10"), dailyCsv(daily("amy", "2024-09-03", 9)));
    fixture.source.hooks = {
      beforeChunk: (file) => {
        if (file === dailyPath("2024-09-03")) throw new CleverLakeError("network", "The connection is lost.");
      },
    };
    const summary = await fixture.run();
    expect(summary.failed.map(({ path }) => path)).toEqual([dailyPath("2024-09-03")]);
    expect(summary.quarantined).toMatchObject([{ path: dailyPath("2024-09-10"), acceptable: true }]);
    expect(await fixture.logins("amy")).toEqual(logins);
    fixture.source.hooks = {};
    const accept = [dailyPath("2024-09-10")];
    expect(await fixture.run({ accept })).toMatchObject({ anonymized: 2, quarantined: [], failed: [] });
    expect(await fixture.logins("amy", "ben")).toEqual([
      "amy 2024-09-03 9",
      ...logins.slice(1),
      "ben 2024-09-03 1",
    ]);
  });
});
