import { cp, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { daily, dailyCsv, dailyPath, PipelineFixture } from "../helpers/pipelineFixture";
import { temporaryFolder } from "../helpers/temporaryFolder";

/** A lake of an earlier version is read, continued and verified without manual steps. */

const people = ["amy", "ben", "cat", "dan", "eve", "tim", "una"] as const;
/** The lake's daily participation. */
const reported = [
  "amy 2024-09-02 1",
  "amy 2024-09-03 5",
  "amy 2024-09-05 1",
  "amy 2024-10-01 1",
  "ben 2024-09-02 1",
  "ben 2024-09-03 1",
  "ben 2024-10-01 1",
  "cat 2024-09-02 1",
  "cat 2024-09-05 1",
  "dan 2024-09-03 1",
  "eve 2024-09-09 1",
  "tim 2024-09-02 1",
  "tim 2024-10-01 1",
  "una 2024-09-02 1",
] as const;
const [second, third, fourth, sixth, ninth] = ["02", "03", "04", "06", "09"].map((day) =>
  dailyPath(`2024-09-${day}`),
) as [string, string, string, string, string];

/** Newer than everything in the lake. */
const later = (minute: number) => new Date(Date.UTC(2024, 11, 1, 0, minute));

/** A copy of the lake, and the server with the lake's files. */
async function earlierLake(): Promise<PipelineFixture> {
  const folder = await temporaryFolder();
  const lake = path.join(import.meta.dirname, "../fixtures/lakes/before-months");
  await cp(lake, path.join(folder, "lake"), { recursive: true });
  const fixture = await PipelineFixture.create(folder);
  for (const { path: file, landedPath, modified } of (await fixture.lastLog()).values()) {
    await fixture.put(file, await readFile(fixture.lake.localPath(landedPath)), modified);
  }
  return fixture;
}

async function requireSound(fixture: PipelineFixture, inQuarantine: readonly string[] = [fourth]) {
  const { problems, ...found } = await fixture.verify();
  expect(problems).toEqual([]);
  expect(found.inQuarantine).toEqual(inQuarantine);
  for (const [source, entry] of await fixture.lastLog()) {
    const { rowsRead, rowsWritten = 0, rowsRefused = 0, rowsSuperseded = 0 } = entry;
    if (rowsRead === undefined) continue;
    expect(rowsRead, source).toBe(rowsWritten + rowsRefused + rowsSuperseded);
    expect(Math.min(rowsWritten, rowsRefused, rowsSuperseded), source).toBeGreaterThanOrEqual(0);
  }
}

test("the lake is consistent, with and without its salt", async () => {
  const fixture = await earlierLake();
  expect(await fixture.logins(...people)).toEqual(reported);
  const before = await fixture.tree();
  await requireSound(fixture);
  expect(await fixture.tree()).toEqual(before);
  // What earlier versions kept among the tables is not a problem, and the next run moves it.
  await writeFile(fixture.lake.localPath("stage2p/clever/notes.txt"), "a person's");
  const among = "It is not a table, but OEA treats everything here as one.";
  expect((await fixture.verify()).leftovers).toEqual([
    { subject: "stage2np/clever/_salt_fingerprint.json", note: `${among} The next run moves it.` },
    { subject: "stage2p/clever/notes.txt", note: `${among} Move it to another place.` },
  ]);
  expect(await fixture.state(fourth)).toBe("quarantined");
  expect(await fixture.state(third)).toBe("anonymized");
});

test("a run with nothing new changes no counting row: the ignored copy is newer and has the rows", async () => {
  const fixture = await earlierLake();
  expect(await fixture.run()).toMatchObject({
    landed: 0,
    anonymized: 1,
    quarantined: [],
    failed: [],
    inQuarantine: [fourth],
  });
  expect(await fixture.logins(...people)).toEqual(reported);
  const log = await fixture.lastLog();
  expect(log.get(sixth)).toMatchObject({ outcome: "anonymized", rowsRead: 3, rowsWritten: 3 });
  expect(log.get(second)).toMatchObject({ rowsWritten: 0, rowsSuperseded: 3, supersededBy: { [sixth]: 3 } });
  // Rows that were left out are decided again by the rule: the file named for the 9th is newer than the 3rd.
  expect(log.get(ninth)).toMatchObject({ rowsWritten: 3, rowsRefused: 0, rowsSuperseded: 0 });
  expect(log.get(third)).toMatchObject({ rowsWritten: 1, rowsSuperseded: 2, supersededBy: { [ninth]: 2 } });
  await requireSound(fixture);
  const before = await fixture.tree();
  expect(await fixture.run()).toMatchObject({ landed: 0, anonymized: 0 });
  expect(await fixture.tree()).toEqual(before);
});

test("the next day is added to the existing rows", async () => {
  const fixture = await earlierLake();
  const next = dailyPath("2024-10-02");
  await fixture.put(next, dailyCsv(daily("amy", "2024-10-02"), daily("ben", "2024-10-02")), later(0));
  expect(await fixture.run()).toMatchObject({ landed: 1, anonymized: 2, quarantined: [], failed: [] });
  expect(await fixture.logins(...people)).toEqual(
    [...reported, "amy 2024-10-02 1", "ben 2024-10-02 1"].sort(),
  );
  await requireSound(fixture);
});

test("a redelivered day restores the rows that another file left out", async () => {
  const fixture = await earlierLake();
  await fixture.put(third, dailyCsv(daily("amy", "2024-09-03", 6), daily("dan", "2024-09-03")), later(0));
  expect(await fixture.run()).toMatchObject({ landed: 1, quarantined: [], failed: [] });
  // Ben's row of that day is the one of the file named for the 9th.
  expect(await fixture.logins(...people)).toEqual(
    reported.map((each) => (each === "amy 2024-09-03 5" ? "amy 2024-09-03 6" : each)),
  );
  expect((await fixture.lastLog()).get(ninth)).toMatchObject({ rowsRead: 3, rowsWritten: 2 });
  await requireSound(fixture);
});

test("a day that loses its person again also gives back its rows if nothing is shared any more", async () => {
  const fixture = await earlierLake();
  await fixture.put(third, dailyCsv(daily("amy", "2024-09-03", 6), daily("cat", "2024-09-03")), later(0));
  expect(await fixture.run()).toMatchObject({ landed: 1, quarantined: [], failed: [] });
  expect(await fixture.logins(...people)).toEqual(
    [
      ...reported.map((each) => (each === "amy 2024-09-03 5" ? "amy 2024-09-03 6" : each)),
      "cat 2024-09-03 1",
    ].sort(),
  );
  expect((await fixture.lastLog()).get(ninth)).toMatchObject({
    rowsRead: 3,
    rowsWritten: 3,
    rowsRefused: 0,
    rowsSuperseded: 0,
  });
  await requireSound(fixture);
});

test("a file that left out rows has them after a redelivery, since it is newer", async () => {
  const fixture = await earlierLake();
  const lines = [daily("ben", "2024-09-03"), daily("dan", "2024-09-03"), daily("eve", "2024-09-09", 4)];
  await fixture.put(ninth, dailyCsv(...lines), later(0));
  expect(await fixture.run()).toMatchObject({ landed: 1, quarantined: [], failed: [] });
  expect(await fixture.logins(...people)).toEqual(
    reported.map((each) => (each === "eve 2024-09-09 1" ? "eve 2024-09-09 4" : each)),
  );
  const log = await fixture.lastLog();
  expect(log.get(ninth)).toMatchObject({ rowsWritten: 3, rowsRefused: 0, rowsSuperseded: 0 });
  expect(log.get(third)).toMatchObject({ rowsWritten: 1, rowsSuperseded: 2, supersededBy: { [ninth]: 2 } });
  await requireSound(fixture);
});

test("the file in quarantine can be accepted, and accepted ones stay without their bad rows", async () => {
  const fixture = await earlierLake();
  expect(await fixture.run({ accept: [fourth] })).toMatchObject({ anonymized: 2, refused: 1 });
  expect(await fixture.logins(...people)).toEqual([...reported, "amy 2024-09-04 1"].sort());
  await requireSound(fixture, []);
  // The same bytes with a new time are still accepted.
  const fifth = dailyPath("2024-09-05");
  await fixture.touch(fifth, later(0));
  expect(await fixture.run()).toMatchObject({ landed: 0, quarantined: [], failed: [] });
  expect(await fixture.logins(...people)).toEqual([...reported, "amy 2024-09-04 1"].sort());
  await requireSound(fixture, []);
});
