import { readFile, rm, writeFile } from "node:fs/promises";
import { afterEach, describe, expect, test, vi } from "vitest";
import { pseudoTable } from "../../src/clever/layout";
import { reports } from "../../src/clever/reports";
import { FaultyLake } from "../helpers/faultyLake";
import { ForeignWriter } from "../helpers/foreignWriter";
import { lakeTemplate } from "../helpers/lakeTemplate";
import { daily, dailyCsv, dailyPath, PipelineFixture } from "../helpers/pipelineFixture";

afterEach(() => vi.useRealTimers());

const [first, second, third] = [dailyPath("2024-09-03"), dailyPath("2024-09-04"), dailyPath("2024-09-05")];

/** Checks that the lake is consistent, and that the log accounts for every row that was read. */
async function expectComplete(fixture: PipelineFixture): Promise<void> {
  expect((await fixture.verify()).problems).toEqual([]);
  for (const [source, entry] of await fixture.lastLog()) {
    const { outcome, rowsRead, rowsWritten = 0, rowsSuperseded = 0, rowsRefused = 0 } = entry;
    if (outcome === "anonymized") expect(rowsRead, source).toBe(rowsWritten + rowsSuperseded + rowsRefused);
  }
}

/** Checks that all rows of the first file are in the table but the one that was refused. */
async function expectFirstWhole(fixture: PipelineFixture): Promise<void> {
  expect((await fixture.lastLog()).get(first)).toMatchObject({
    rowsRead: 4,
    rowsWritten: 3,
    rowsSuperseded: 0,
    rowsRefused: 1,
  });
}

/** Puts files, runs, and accepts what is held back. */
async function deliver(fixture: PipelineFixture, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [file, content] of Object.entries(files)) await fixture.put(file, content);
  const { quarantined } = await fixture.run();
  if (quarantined.length > 0) await fixture.run({ accept: quarantined.map(({ path }) => path) });
}

const people = ["amy", "ben", "cat", "dan"];

describe("three files with the same rows", () => {
  const chain = lakeTemplate(async (fixture) => {
    await deliver(fixture, { [first]: dailyCsv(...people.map((person) => daily(person))) });
    await deliver(fixture, { [second]: dailyCsv(daily("amy", "2024-09-03", 2), daily("ben")) });
    await deliver(fixture, { [third]: dailyCsv(daily("amy", "2024-09-03", 3), daily("cat")) });
    expect(await fixture.logins(...people)).toEqual([
      "amy 2024-09-03 3",
      "ben 2024-09-03 1",
      "cat 2024-09-03 1",
      "dan 2024-09-03 1",
    ]);
    await expectComplete(fixture);
  });

  test("pass each row to the next newest file when they no longer have it", async () => {
    const fixture = await chain();
    await deliver(fixture, { [third]: dailyCsv(daily("cat")) });
    expect(await fixture.logins("amy")).toContain("amy 2024-09-03 2");
    await expectComplete(fixture);
    await deliver(fixture, { [second]: dailyCsv(daily("ben")) });
    expect(await fixture.logins("amy")).toContain("amy 2024-09-03 1");
    expect(await fixture.rows()).toHaveLength(4);
    await expectComplete(fixture);
    await deliver(fixture, { [second]: dailyCsv(), [third]: dailyCsv() });
    expect(await fixture.logins(...people)).toEqual(people.map((person) => `${person} 2024-09-03 1`));
    expect((await fixture.lastLog()).get(first)).not.toHaveProperty("supersededBy");
    await expectComplete(fixture);
  });

  test("keep the rows in the table if a landed file is missing", async () => {
    const fixture = await chain();
    const landed = (await fixture.lastLog()).get(first)?.landedPath ?? "";
    await rm(fixture.lake.localPath(landed));
    await fixture.put(third, dailyCsv(daily("cat")));
    const { notes } = await fixture.run();
    expect(notes).toContainEqual({
      path: first,
      note: expect.stringMatching(/^Some of this file.s rows may be missing/),
    });
    expect(await fixture.logins(...people)).toEqual([
      "amy 2024-09-03 2",
      "ben 2024-09-03 1",
      "cat 2024-09-03 1",
      "dan 2024-09-03 1",
    ]);
    expect((await fixture.verify()).problems).toMatchObject([
      {
        subject: landed,
        problem: expect.stringMatching(/^The landed file is gone\. Restore it from a backup/),
      },
      { subject: first, problem: expect.stringMatching(/^The table may lack 1 row of it\./) },
    ]);
  });

  test("are not said to be wrong in verify where the landed file of the newest one is missing", async () => {
    const fixture = await chain();
    const subject = (await fixture.lastLog()).get(third)?.landedPath ?? "";
    await rm(fixture.lake.localPath(subject));
    expect((await fixture.verify()).problems).toEqual([
      { subject, problem: expect.stringMatching(/^The landed file is gone\./) },
    ]);
  });

  test("are said to be wrong in verify if another program changed them, although that landed file is missing", async () => {
    const fixture = await chain();
    const log = await fixture.lastLog();
    const gone = log.get(third)?.landedPath ?? "";
    await rm(fixture.lake.localPath(gone));
    await new ForeignWriter(fixture.lake, pseudoTable(reports.daily_participation)).rewrite(
      "UPDATE",
      { year: 2024, month: 9 },
      { select: "SELECT * REPLACE (CAST(num_logins + 7 AS INTEGER) AS num_logins)" },
    );
    const { problems } = await fixture.verify();
    for (const path of [first, second]) {
      const subject = log.get(path)?.landedPath;
      expect(problems).toContainEqual({ subject, problem: expect.stringMatching(/differ/) });
    }
  });

  test("come back from the server if a landed file is missing", async () => {
    const fixture = await chain();
    const landed = (await fixture.lastLog()).get(first)?.landedPath ?? "";
    await rm(fixture.lake.localPath(landed));
    await deliver(fixture, { [third]: dailyCsv(daily("amy", "2024-09-03", 3)) });
    expect(await fixture.logins("cat")).not.toContain("cat 2024-09-03 1");
    expect((await fixture.verify()).problems).toContainEqual({
      subject: first,
      problem: expect.stringMatching(/^The table may lack 1 row of it\./),
    });
    expect(await fixture.run()).toMatchObject({ landed: 1, anonymized: 1, quarantined: [], failed: [] });
    expect(await fixture.logins("cat")).toContain("cat 2024-09-03 1");
    await expectComplete(fixture);
    expect(await fixture.run()).toMatchObject({ landed: 0, anonymized: 0, failed: [] });
  });

  test("come back once a missing landed file is restored", async () => {
    const fixture = await chain();
    const place = fixture.lake.localPath((await fixture.lastLog()).get(first)?.landedPath ?? "");
    const bytes = await readFile(place);
    await rm(place);
    await fixture.remove(first);
    await deliver(fixture, { [third]: dailyCsv(daily("amy", "2024-09-03", 3)) });
    expect(await fixture.run()).toMatchObject({ anonymized: 0, failed: [] });
    expect(await fixture.logins("cat")).not.toContain("cat 2024-09-03 1");
    await writeFile(place, bytes);
    expect(await fixture.run()).toMatchObject({ landed: 0, anonymized: 1, quarantined: [], failed: [] });
    expect(await fixture.logins("cat")).toContain("cat 2024-09-03 1");
    await expectComplete(fixture);
    expect(await fixture.run()).toMatchObject({ landed: 0, anonymized: 0, failed: [] });
  });

  test("count by the new time of a file whose landed file is missing", async () => {
    const fixture = await chain();
    const landed = (await fixture.lastLog()).get(first)?.landedPath ?? "";
    await rm(fixture.lake.localPath(landed));
    await fixture.touch(first);
    expect(await fixture.run()).toMatchObject({ landed: 1, anonymized: 1, quarantined: [], failed: [] });
    expect(await fixture.logins(...people)).toEqual(people.map((person) => `${person} 2024-09-03 1`));
    await expectComplete(fixture);
  });

  test("give the same rows wherever a run that removes some is killed", async () => {
    for (let at = 1; ; at++) {
      const fixture = await chain();
      await fixture.put(third, dailyCsv(daily("cat", "2024-09-03", 9), daily("eve", "2024-10-01")));
      const lake = new FaultyLake(fixture.lake, "dead", at);
      await fixture.run({ lake }).catch(() => undefined);
      if (lake.failed === undefined) break;
      const again = await fixture.run();
      if (again.quarantined.length + again.inQuarantine.length > 0) await fixture.run({ accept: [third] });
      expect(await fixture.logins(...people, "eve"), `${at}: ${lake.failed}`).toEqual([
        "amy 2024-09-03 2",
        "ben 2024-09-03 1",
        "cat 2024-09-03 9",
        "dan 2024-09-03 1",
        "eve 2024-10-01 1",
      ]);
      await expectComplete(fixture);
    }
  }, 300_000);
});

test("rows that a redelivery moves to other months come back if another file has them", async () => {
  const fixture = await PipelineFixture.create();
  const both = [daily("amy", "2024-09-03", 1), daily("amy", "2024-10-01", 1), daily("ben", "2024-09-03")];
  await deliver(fixture, { [first]: dailyCsv(...both) });
  await deliver(fixture, { [second]: dailyCsv(daily("amy", "2024-09-03", 2)) });
  expect(await fixture.logins("amy", "ben")).toEqual([
    "amy 2024-09-03 2",
    "amy 2024-10-01 1",
    "ben 2024-09-03 1",
  ]);
  await deliver(fixture, { [second]: dailyCsv(daily("amy", "2024-10-01", 3)) });
  expect(await fixture.logins("amy", "ben")).toEqual([
    "amy 2024-09-03 1",
    "amy 2024-10-01 3",
    "ben 2024-09-03 1",
  ]);
  await expectComplete(fixture);
});

test("rows superseded by a run on a machine with a slow clock are counted as such", async () => {
  const fixture = await PipelineFixture.create();
  await deliver(fixture, { [first]: dailyCsv(daily("amy"), daily("ben"), daily("cat")) });
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() - 3_600_000 });
  await deliver(fixture, { [second]: dailyCsv(daily("amy"), daily("dan", "2024-09-04")) });
  expect((await fixture.lastLog()).get(first)).toMatchObject({ rowsWritten: 2, rowsSuperseded: 1 });
  expect((await fixture.lakeStatus()).changedByOthers).toEqual([]);
  await expectComplete(fixture);
});

describe("a file whose server time alone changed", () => {
  test("supersedes one that arrives with an older time in the same run", async () => {
    const fixture = await PipelineFixture.create();
    await deliver(fixture, { [first]: dailyCsv(daily("amy"), daily("ben")) });
    await fixture.put(second, dailyCsv(daily("amy", "2024-09-03", 2), daily("ben")));
    await fixture.touch(first);
    expect(await fixture.run()).toMatchObject({ anonymized: 1, quarantined: [], failed: [] });
    expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-03 1", "ben 2024-09-03 1"]);
    await expectComplete(fixture);
  });

  test("does not if this delivery is in quarantine", async () => {
    const fixture = await PipelineFixture.create();
    await deliver(fixture, { [first]: dailyCsv(daily("amy"), daily("ben"), daily("cat")) });
    await deliver(fixture, { [second]: dailyCsv(daily("amy", "2024-09-03", 2), daily("ben")) });
    const corrected = ["amy 2024-09-03 2", "ben 2024-09-03 1", "cat 2024-09-03 1"];
    await fixture.put(first, dailyCsv(daily("amy", "yesterday")));
    await fixture.run();
    await fixture.touch(first);
    await fixture.run();
    expect(await fixture.logins("amy", "ben", "cat")).toEqual(corrected);
    expect((await fixture.lastLog()).get(first)).toMatchObject({ outcome: "quarantined" });
    await expectComplete(fixture);
  });
});

test("rows of an accepted file come back without its bad rows", async () => {
  const fixture = await PipelineFixture.create();
  const withId = (id: string, day: string) => daily("amy", day).replace("sis-amy", id);
  const lines = [daily("ben", "x"), withId("712", "2024-09-03"), daily("cat"), daily("dan")];
  await deliver(fixture, { [first]: dailyCsv(...lines) });
  await deliver(fixture, { [second]: dailyCsv(daily("cat"), daily("eve", "2024-09-04")) });
  // From here on, it is known that the id has lost its zeros.
  await deliver(fixture, { [third]: dailyCsv(withId("000712", "2024-09-05")) });
  await deliver(fixture, { [second]: dailyCsv(daily("eve", "2024-09-04")) });
  expect(await fixture.logins("cat", "dan", "eve")).toEqual([
    "? 2024-09-03 1",
    "? 2024-09-05 1",
    "cat 2024-09-03 1",
    "dan 2024-09-03 1",
    "eve 2024-09-04 1",
  ]);
  await expectFirstWhole(fixture);
  await expectComplete(fixture);
});

test("rows of a file that was accepted without rows that other files made bad come back", async () => {
  const fixture = await PipelineFixture.create();
  const withId = (id: string, person: string, day: string) => daily(person, day).replace(`sis-${person}`, id);
  await deliver(fixture, { [dailyPath("2024-09-02")]: dailyCsv(withId("000123", "amy", "2024-09-02")) });
  const others = [
    withId("200001", "ben", "2024-09-03"),
    withId("200002", "cat", "2024-09-03"),
    daily("dan", "2024-09-03"),
  ];
  await deliver(fixture, { [first]: dailyCsv(withId("123", "amy", "2024-09-03"), ...others) });
  expect((await fixture.lastLog()).get(first)).toMatchObject({ rowsRead: 4, rowsWritten: 3, rowsRefused: 1 });
  const newer = [withId("200001", "ben", "2024-09-04"), daily("eve", "2024-09-04")];
  await deliver(fixture, { [second]: dailyCsv(withId("200001", "ben", "2024-09-03"), ...newer) });
  // From here on, it is known that another id of the first file has lost its zeros.
  await deliver(fixture, { [third]: dailyCsv(withId("0200002", "cat", "2024-09-05")) });
  await expectComplete(fixture);
  await fixture.put(second, dailyCsv(...newer));
  expect(await fixture.run()).toMatchObject({ anonymized: 1, quarantined: [], failed: [] });
  expect(await fixture.rows()).toHaveLength(7);
  await expectFirstWhole(fixture);
  await expectComplete(fixture);
});

test("the earlier rows of a file whose newest delivery is in quarantine are restored after the table was lost", async () => {
  const fixture = await PipelineFixture.create();
  await deliver(fixture, { [first]: dailyCsv(daily("amy")), [second]: dailyCsv(daily("ben")) });
  await fixture.put(first, dailyCsv(daily("amy", "yesterday")));
  await fixture.run();
  await fixture.lose("stage2p/clever");
  expect(await fixture.run()).toMatchObject({ anonymized: 2, inQuarantine: [first] });
  expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-03 1", "ben 2024-09-03 1"]);
  expect(await fixture.state(first)).toBe("quarantined");
  await expectComplete(fixture);
  expect(await fixture.run()).toMatchObject({ anonymized: 0, inQuarantine: [first] });
  await fixture.put(first, dailyCsv(daily("amy", "2024-09-03", 2)));
  expect(await fixture.run()).toMatchObject({ anonymized: 1, inQuarantine: [] });
  expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-03 2", "ben 2024-09-03 1"]);
});
