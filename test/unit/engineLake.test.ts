import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { pseudoTable, runLockPath, runRecordPath } from "../../src/clever/layout";
import { reports } from "../../src/clever/reports";
import { Duck } from "../../src/duck/duck";
import { lakeTables, landedFiles, landingFolders } from "../../src/pipeline/catalogue/lakeContents";
import { RunLock } from "../../src/pipeline/lock/runLock";
import { watchForRuns } from "../../src/pipeline/lock/runWatch";
import { listRuns, readRun } from "../../src/pipeline/log/listRuns";
import { writeRunRecord } from "../../src/pipeline/log/runRecord";
import { MemoryLake } from "../helpers/memoryLake";

const record = (runId: string, outcome: "done" | "running") => ({
  runId,
  command: "run" as const,
  started: new Date(0),
  outcome,
  landings: [],
});

describe("the list of runs", () => {
  it("is newest first, page by page, and skips unreadable records", async () => {
    const lake = new MemoryLake();
    for (const id of ["2026-01-01-a", "2026-01-03-c", "2026-01-02-b"]) {
      await writeRunRecord(lake, record(id, "done"));
    }
    lake.files.set(runRecordPath("2026-01-04-d"), Buffer.from("{ no record"));
    const all = await listRuns(lake, { from: 0, count: 10 });
    expect(all.total).toBe(4);
    expect(all.runs.map(({ runId }) => runId)).toEqual(["2026-01-03-c", "2026-01-02-b", "2026-01-01-a"]);
    const page = await listRuns(lake, { from: 2, count: 1 });
    expect(page.runs.map(({ runId }) => runId)).toEqual(["2026-01-02-b"]);
  });

  it("distinguishes an active run from an interrupted one", async () => {
    const lake = new MemoryLake();
    await writeRunRecord(lake, record("1", "running"));
    await writeRunRecord(lake, record("2", "running"));
    await using _lock = await RunLock.acquire(lake, "2");
    const { runs } = await listRuns(lake, { from: 0, count: 10 });
    expect(runs.map(({ outcome }) => outcome)).toEqual(["running", "interrupted"]);
    lake.files.set(runLockPath, Buffer.from("unreadable"));
    expect((await listRuns(lake, { from: 0, count: 1 })).runs[0]?.outcome).toBe("interrupted");
  });

  it("shows a run as interrupted even if its dead lock expires in a hundred years", async () => {
    const lake = new MemoryLake();
    await writeRunRecord(lake, record("1", "running"));
    const lock = { id: randomUUID(), runId: "1", host: "another-machine", space: "another", pid: 1 };
    const expires = Date.now() + 100 * 365 * 86_400_000;
    lake.files.set(runLockPath, Buffer.from(JSON.stringify({ ...lock, expires })));
    let waits = 0;
    const wait = async () => void waits++;
    const { runs } = await listRuns(lake, { from: 0, count: 10 }, { wait });
    expect(runs.map(({ outcome }) => outcome)).toEqual(["interrupted"]);
    expect((await readRun(lake, "1", { wait }))?.outcome).toBe("interrupted");
    const sawRun = await watchForRuns(lake, { wait });
    expect(await sawRun()).toBe(false);
    expect(waits).toBe(1);
  });

  it("shows a run as done that ended while its lock was checked", async () => {
    const lake = new MemoryLake();
    await writeRunRecord(lake, record("1", "running"));
    const lock = { id: randomUUID(), runId: "1", host: "another-machine", space: "another", pid: 1 };
    lake.files.set(runLockPath, Buffer.from(JSON.stringify({ ...lock, expires: 0 })));
    const wait = async () => {
      await writeRunRecord(lake, record("1", "done"));
      lake.files.delete(runLockPath);
    };
    expect((await readRun(lake, "1", { wait }))?.outcome).toBe("done");
  });
});

describe("the lake's contents", () => {
  it("report an unreadable table with the reason", async () => {
    const lake = new MemoryLake();
    const path = pseudoTable(reports.resource_usage);
    lake.files.set(`${path}/_delta_log/00000000000000000000.json`, Buffer.from("not JSON"));
    await using duck = await Duck.open();
    const tables = await lakeTables({ lake, duck });
    expect(tables).toEqual([
      {
        path,
        name: "resource_usage_pseudo",
        problem: expect.stringContaining("00000000000000000000.json") as string,
      },
    ]);
  });

  it("list landings by folder, and their files", async () => {
    const lake = new MemoryLake();
    const place = "stage1np/clever/daily-participation";
    for (const file of [
      "2026-01-02T03-04-05/Staff/a.csv",
      "2026-02-02T03-04-05/Students/b.csv",
      "other/c.csv",
    ]) {
      lake.files.set(`${place}/${file}`, Buffer.from("12345"));
    }
    expect((await landingFolders(lake)).map(({ folder, time }) => [folder, time])).toEqual([
      ["2026-02-02T03-04-05", "2026-02-02T03:04:05.000Z"],
      ["2026-01-02T03-04-05", "2026-01-02T03:04:05.000Z"],
    ]);
    // As OEA's production pipeline lands: without a folder for the user type.
    lake.files.set(`${place}/2026-01-02T03-04-05/b.csv`, Buffer.from("rows"));
    expect(await landedFiles(lake, "2026-01-02T03-04-05")).toMatchObject([
      { path: `${place}/2026-01-02T03-04-05/Staff/a.csv`, size: 5 },
      { path: `${place}/2026-01-02T03-04-05/b.csv`, size: 4 },
    ]);
    expect(await landedFiles(lake, "../..")).toEqual([]);
  });
});
