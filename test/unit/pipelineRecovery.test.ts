import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { ingestLogTable, lookupTable, pseudoTable, runLockPath } from "../../src/clever/layout";
import { reports } from "../../src/clever/reports";
import { IngestLog } from "../../src/pipeline/logTable";
import { FaultyLake } from "../helpers/faultyLake";
import { sharedDuck } from "../helpers/lakeRows";
import { daily, dailyCsv, dailyPath, PipelineFixture } from "../helpers/pipelineFixture";

const first = dailyPath("2024-09-03");
const second = dailyPath("2024-09-04");

async function finishedLake(): Promise<PipelineFixture> {
  const fixture = await PipelineFixture.create();
  await fixture.put(first, dailyCsv(daily("amy", "2024-09-03")));
  await fixture.put(second, dailyCsv(daily("ben", "2024-09-04")));
  await fixture.run();
  return fixture;
}

const rows = ["amy 2024-09-03 1", "ben 2024-09-04 1"];

describe("the tables say what is applied:", () => {
  test("without the ingest log each row still stands there once", async () => {
    const fixture = await finishedLake();
    await fixture.lose(ingestLogTable);
    expect(await fixture.run()).toMatchObject({ quarantined: [], failed: [] });
    expect(await fixture.logins("amy", "ben")).toEqual(rows);
    expect((await fixture.lookup()).length).toBe(2);
    expect(await fixture.run()).toMatchObject({ landed: 0, anonymized: 0, unchanged: 2 });
  });

  test("without the ingest log and with a duplicate too", async () => {
    const fixture = await finishedLake();
    await fixture.put(dailyPath("2024-09-05"), dailyCsv(daily("amy", "2024-09-03")));
    await fixture.run();
    await fixture.lose(ingestLogTable);
    await fixture.run();
    expect(await fixture.logins("amy", "ben")).toEqual(rows);
  });

  test("a table that was lost is made anew from the landed files", async () => {
    const fixture = await finishedLake();
    const before = await fixture.rows();
    await fixture.lose(pseudoTable(reports.daily_participation));
    expect(await fixture.state(first)).toBe("landed");
    expect(await fixture.run()).toMatchObject({ landed: 0, anonymized: 2, failed: [] });
    expect(await fixture.rows()).toEqual(before);
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("tables and log that were lost are made anew from the server", async () => {
    const fixture = await finishedLake();
    const before = await fixture.rows();
    for (const lost of ["stage1np", "stage2p", lookupTable(reports.daily_participation)]) {
      await fixture.lose(lost);
    }
    expect(await fixture.run()).toMatchObject({ landed: 2, anonymized: 2, failed: [] });
    expect(await fixture.rows()).toEqual(before);
    expect((await fixture.verify()).problems).toEqual([]);
  });
});

test("a lookup table that was lost is told by verify", async () => {
  const fixture = await finishedLake();
  const lookup = lookupTable(reports.daily_participation);
  await fixture.lose(lookup);
  expect((await fixture.verify()).problems).toEqual([
    { subject: lookup, problem: "The lookup table is gone." },
  ]);
});

/** Lands the two files of the server and dies before the log knows of them. */
async function dieAfterLanding(fixture: PipelineFixture): Promise<void> {
  // The lock, the run's record, two landings: the fifth operation is the log's.
  const lake = new FaultyLake(fixture.lake, "dead", 6);
  await expect(fixture.run({ command: "ingest", lake })).rejects.toMatchObject({ code: "io" });
  expect({ landed: (await fixture.landedFiles()).length, log: await fixture.log() }).toEqual({
    landed: 2,
    log: [],
  });
}

describe("what a run landed before it died", () => {
  test("is taken up as it is, and not brought over twice", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(first, dailyCsv(daily("amy", "2024-09-03")));
    await fixture.put(second, dailyCsv(daily("ben", "2024-09-04")));
    await dieAfterLanding(fixture);
    fixture.source.reads.length = 0;
    expect(await fixture.run()).toMatchObject({ landed: 0, anonymized: 2, failed: [] });
    expect(fixture.source.reads).toEqual([]);
    expect(await fixture.landedFiles()).toHaveLength(2);
    expect(await fixture.logins("amy", "ben")).toEqual(rows);
  });

  test("is taken up also where the next run dies before it comes to that", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(first, dailyCsv(daily("amy", "2024-09-03")));
    await fixture.put(second, dailyCsv(daily("ben", "2024-09-04")));
    await dieAfterLanding(fixture);
    for (const at of [1, 2, 3, 4, 5, 6]) {
      await fixture.run({ lake: new FaultyLake(fixture.lake, "dead", at) }).catch(() => undefined);
    }
    await fixture.run();
    expect(await fixture.landedFiles()).toHaveLength(2);
    expect(await fixture.logins("amy", "ben")).toEqual(rows);
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("is brought over anew where the server has another version of it meanwhile", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(first, dailyCsv(daily("amy", "2024-09-03")));
    await fixture.put(second, dailyCsv(daily("ben", "2024-09-04")));
    await dieAfterLanding(fixture);
    await fixture.put(first, dailyCsv(daily("amy", "2024-09-03", 9)));
    expect(await fixture.run()).toMatchObject({ landed: 1, anonymized: 2, failed: [] });
    expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-03 9", "ben 2024-09-04 1"]);
    expect((await fixture.verify()).problems).toEqual([]);
  });
});

test("a run beside a live one is refused and does nothing", async () => {
  const fixture = await PipelineFixture.create();
  await fixture.put(first, dailyCsv(daily("amy", "2024-09-03")));
  let refusal: unknown;
  fixture.source.hooks = {
    beforeChunk: async () => {
      refusal ??= await fixture.run().catch((error: unknown) => error);
    },
  };
  expect(await fixture.run()).toMatchObject({ landed: 1, anonymized: 1 });
  expect(refusal).toMatchObject({ code: "busy" });
  expect(await fixture.logins("amy")).toEqual(["amy 2024-09-03 1"]);
});

test("the lock is gone when a run has ended, also in failure", async () => {
  const fixture = await finishedLake();
  expect(await fixture.lake.stat(runLockPath)).toBeUndefined();
  await expect(fixture.run({ accept: ["nothing.csv"] })).rejects.toMatchObject({ code: "config" });
  expect(await fixture.lake.stat(runLockPath)).toBeUndefined();
});

test("two runs that start at once leave each row once", async () => {
  const fixture = await PipelineFixture.create();
  await fixture.put(first, dailyCsv(daily("amy", "2024-09-03")));
  await fixture.put(second, dailyCsv(daily("ben", "2024-09-04")));
  const settled = await Promise.allSettled([fixture.run(), fixture.run(), fixture.run()]);
  const refused = settled.flatMap((each) => (each.status === "rejected" ? [each.reason] : []));
  for (const error of refused) expect(error).toMatchObject({ code: "busy" });
  expect(refused.length).toBeLessThan(3);
  expect(await fixture.landedFiles()).toHaveLength(2);
  expect(await fixture.logins("amy", "ben")).toEqual(rows);
});

test("each run leaves a record of itself without a word of the files' content", async () => {
  const fixture = await finishedLake();
  const names = [...(await fixture.tree()).keys()].filter((file) => file.includes("/_runs/"));
  expect(names).toHaveLength(1);
  const text = await readFile(fixture.lake.localPath(names[0] ?? ""), "utf8");
  expect(JSON.parse(text)).toMatchObject({ command: "run", outcome: "done", summary: { anonymized: 2 } });
  expect(text).not.toMatch(/sis-|pepper/);
});

test("a delivery that the table has and the log calls landed is put right by the next run", async () => {
  const fixture = await finishedLake();
  const entries = (await fixture.log()).filter(({ outcome }) => outcome === "anonymized");
  await fixture.lose(ingestLogTable);
  const log = new IngestLog(fixture.lake, await sharedDuck());
  await log.append(entries.map((entry) => ({ ...entry, outcome: "landed" as const })));
  expect(await fixture.run()).toMatchObject({ landed: 0, anonymized: 0 });
  expect([...(await fixture.lastLog()).values()].map(({ outcome }) => outcome)).toEqual([
    "anonymized",
    "anonymized",
  ]);
});
