import { rm } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { LogEntry } from "../../src/pipeline/log/ingestLog";
import type { Landing } from "../../src/pipeline/plan/plan";
import { FaultyLake } from "../helpers/faultyLake";
import { lakeTemplate } from "../helpers/lakeTemplate";
import { daily, dailyCsv, dailyPath, PipelineFixture } from "../helpers/pipelineFixture";

/** Files with the same bytes and a new time, so that their rows may supersede those of others. */

const chunks = vi.hoisted(() => ({ areSmall: false }));

vi.mock(import("../../src/pipeline/plan/work"), async (original) => {
  const work = await original();
  return {
    ...work,
    chunksOf: (landings: readonly Landing[], pending: readonly LogEntry[]) =>
      chunks.areSmall
        ? [
            ...pending.map((entry) => ({ landings: [], pending: [entry] })),
            ...landings.map((landing) => ({ landings: [landing], pending: [] })),
          ]
        : work.chunksOf(landings, pending),
  };
});

let fixture: PipelineFixture;
beforeEach(async () => {
  fixture = await PipelineFixture.create();
});
afterEach(() => {
  chunks.areSmall = false;
});

const [first, second, third] = ["2024-09-02", "2024-09-03", "2024-09-04"].map((day) => dailyPath(day)) as [
  string,
  string,
  string,
];

/** A time on the server, by minute. */
function at(minute: number): Date {
  return new Date(Date.UTC(2024, 10, 6, 0, minute));
}

/** Checks that the lake is consistent, and that another run has nothing to do. */
async function expectSettled(): Promise<void> {
  expect((await fixture.verify()).problems).toEqual([]);
  const { landed, anonymized, unchanged, failed } = await fixture.run();
  const all = [...(await fixture.lastLog()).values()];
  expect({ landed, anonymized, failed, unchanged }).toEqual({
    landed: 0,
    anonymized: 0,
    failed: [],
    unchanged: all.length,
  });
}

test("a file touched before it is read counts with its new time once it is read", async () => {
  await fixture.put(first, dailyCsv(daily("amy", "2024-09-02", 1), daily("ben", "2024-09-02", 1)), at(1));
  await fixture.put(second, dailyCsv(daily("amy", "2024-09-02", 1), daily("ben", "2024-09-02", 2)), at(2));
  await fixture.run();
  expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-02 1", "ben 2024-09-02 2"]);
  await fixture.touch(first, at(3));
  await fixture.run({ command: "ingest", salt: undefined });
  await fixture.run({ command: "anonymize", source: undefined });
  expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-02 1", "ben 2024-09-02 1"]);
  await expectSettled();
});

const touched = lakeTemplate(async (made) => {
  await made.put(first, dailyCsv(daily("amy", "2024-09-02", 1), daily("ben", "2024-09-02", 1)), at(1));
  await made.put(second, dailyCsv(daily("amy", "2024-09-02", 1), daily("ben", "2024-09-02", 2)), at(2));
  await made.run();
  await made.touch(first, at(3));
});

test("a touched file counts with its new time even if the lake failed during the run", async () => {
  for (let number = 1; ; number++) {
    fixture = await touched();
    const lake = new FaultyLake(fixture.lake, "before", number);
    const summary = await fixture.run({ lake }).catch(() => undefined);
    if (lake.failed === undefined) break;
    await fixture.run();
    expect(await fixture.logins("amy", "ben"), lake.failed).toEqual(["amy 2024-09-02 1", "ben 2024-09-02 1"]);
    expect((await fixture.verify()).problems, lake.failed).toEqual([]);
    if (/_pseudo/.test(lake.failed)) expect(summary?.failed ?? [{}], lake.failed).not.toEqual([]);
    await rm(path.dirname(fixture.server), { recursive: true });
  }
});

test("the log has a touched file's counts after an earlier chunk of the run returned rows to it", async () => {
  await fixture.put(first, dailyCsv(daily("amy", "2024-09-02", 1), daily("ben", "2024-09-02", 1)), at(2));
  await fixture.put(second, dailyCsv(daily("amy", "2024-09-02", 1), daily("cat", "2024-09-02", 1)), at(1));
  await fixture.run();
  await fixture.put(first, dailyCsv(daily("ben", "2024-09-02", 1)), at(3));
  await fixture.touch(second, at(4));
  chunks.areSmall = true;
  await fixture.run();
  expect((await fixture.lastLog()).get(second)).toMatchObject({ rowsWritten: 2, rowsSuperseded: 0 });
  await expectSettled();
});

test("the log has a touched file's counts after an earlier chunk of the run took rows from it", async () => {
  await fixture.put(second, dailyCsv(daily("amy", "2024-09-02", 1)), at(1));
  await fixture.run();
  await fixture.put(first, dailyCsv(daily("amy", "2024-09-02", 1)), at(2));
  await fixture.touch(second, at(3));
  chunks.areSmall = true;
  await fixture.run();
  expect((await fixture.lastLog()).get(second)).toMatchObject({
    rowsWritten: 1,
    rowsSuperseded: 0,
    modified: at(3),
  });
  await expectSettled();
});

test("a file of a later chunk is compared with the new time of a touched one", async () => {
  await fixture.put(first, dailyCsv(daily("amy", "2024-09-02", 1), daily("ben", "2024-09-02", 1)), at(2));
  await fixture.put(second, dailyCsv(daily("amy", "2024-09-02", 1)), at(1));
  await fixture.run();
  await fixture.touch(first, at(4));
  await fixture.put(third, dailyCsv(daily("amy", "2024-09-02", 1), daily("ben", "2024-09-02", 1)), at(3));
  chunks.areSmall = true;
  await fixture.run();
  expect((await fixture.lastLog()).get(first)).toMatchObject({ rowsWritten: 2, modified: at(4) });
  await expectSettled();
});

test("rows written before a run was killed are known when the next delivery is held back", async () => {
  for (let number = 1; ; number++) {
    fixture = await PipelineFixture.create();
    await fixture.put(first, dailyCsv(daily("amy", "2024-09-02", 1), daily("ben", "2024-09-02", 1)), at(1));
    const lake = new FaultyLake(fixture.lake, "dead", number);
    await fixture.run({ lake }).catch(() => undefined);
    if (lake.failed === undefined) break;
    await fixture.put(first, dailyCsv(), at(2));
    await fixture.run();
    expect((await fixture.verify()).problems, lake.failed).toEqual([]);
    await rm(path.dirname(fixture.server), { recursive: true });
  }
});
