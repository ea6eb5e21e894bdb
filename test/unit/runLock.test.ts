import { spawnSync } from "node:child_process";
import { hostname } from "node:os";
import { afterEach, describe, expect, test, vi } from "vitest";
import { runLockPath } from "../../src/clever/layout";
import { RunLock } from "../../src/pipeline/runLock";
import { MemoryLake } from "../helpers/memoryLake";

afterEach(() => vi.useRealTimers());

const later = () => Date.now() + 60_000;

/** The id of a process that has ended. */
function deadPid(): number {
  return spawnSync(process.execPath, ["-e", ""]).pid;
}

function lakeWithLock(lock: Record<string, unknown> | string): MemoryLake {
  const lake = new MemoryLake();
  lake.files.set(runLockPath, Buffer.from(typeof lock === "string" ? lock : JSON.stringify(lock)));
  return lake;
}

const foreign = { id: "other", runId: "theirs", host: "another-machine", pid: 1 };
const here = { id: "other", runId: "theirs", host: hostname() };

function holder(lake: MemoryLake): unknown {
  const text = lake.files.get(runLockPath);
  return text === undefined ? undefined : JSON.parse(String(text)).runId;
}

test("is taken, held and let go", async () => {
  const lake = new MemoryLake();
  {
    await using _lock = await RunLock.take(lake, "mine");
    expect(holder(lake)).toBe("mine");
    await expect(RunLock.take(lake, "second")).rejects.toMatchObject({ code: "busy" });
  }
  expect(lake.files.size).toBe(0);
  await using _again = await RunLock.take(lake, "again");
  expect(holder(lake)).toBe("again");
});

test("says who holds it", async () => {
  const lake = lakeWithLock({ ...foreign, expires: later() });
  await expect(RunLock.take(lake, "mine")).rejects.toThrow(/theirs.*process 1 on another-machine/);
  expect(holder(lake)).toBe("theirs");
});

describe("is taken over from", () => {
  test.each([
    ["a process of this machine that is gone", () => ({ ...here, pid: deadPid(), expires: later() })],
    ["one with this process's id that is gone", () => ({ ...here, pid: process.pid, expires: later() })],
    ["a file that is no lock", () => "{"],
    ["an empty file", () => ""],
    ["a lock of another form", () => ({ version: 2 })],
  ])("%s", async (_, lock) => {
    const lake = lakeWithLock(lock());
    await using _mine = await RunLock.take(lake, "mine");
    expect(holder(lake)).toBe("mine");
    expect([...lake.files.keys()]).toEqual([runLockPath]);
  });
});

describe("of another machine, where its clock cannot be the right one for both,", () => {
  const hour = 3_600_000;

  test.each([
    ["a lease that is over", -1],
    ["a lease that is over since long", -hour],
    ["a lease for hours", hour],
  ])("is watched and taken over where it is not renewed: %s", async (_, left) => {
    const lake = lakeWithLock({ ...foreign, expires: Date.now() + left });
    const waits: number[] = [];
    const wait = async (milliseconds: number) => void waits.push(milliseconds);
    await using _mine = await RunLock.take(lake, "mine", { wait });
    expect(holder(lake)).toBe("mine");
    expect(waits).toEqual([20_000]);
  });

  test.each([
    ["behind", -hour],
    ["ahead", hour],
  ])("stays where it is renewed: %s", async (_, left) => {
    const lake = lakeWithLock({ ...foreign, expires: Date.now() + left });
    const wait = async () => {
      const renewed = { ...foreign, expires: Date.now() + left + 15_000 };
      lake.files.set(runLockPath, Buffer.from(JSON.stringify(renewed)));
    };
    await expect(RunLock.take(lake, "mine", { wait })).rejects.toMatchObject({ code: "busy" });
    expect(holder(lake)).toBe("theirs");
  });

  test("is watched no longer than the run is wanted", async () => {
    const lake = lakeWithLock({ ...foreign, expires: 0 });
    const stopped = new Error("Stopped.");
    const stop = new AbortController();
    const taken = RunLock.take(lake, "mine", { signal: stop.signal });
    stop.abort(stopped);
    await expect(taken).rejects.toBe(stopped);
    expect(holder(lake)).toBe("theirs");
  });
});

describe("stays with", () => {
  test.each([
    ["a live process of this machine", () => ({ ...here, pid: process.ppid, expires: later() })],
    ["another machine that renews it", () => ({ ...foreign, expires: later() })],
  ])("%s", async (_, lock) => {
    const lake = lakeWithLock(lock());
    await expect(RunLock.take(lake, "mine")).rejects.toMatchObject({ code: "busy" });
    expect(holder(lake)).toBe("theirs");
  });
});

test("a dead one goes to exactly one of many that want it", async () => {
  const lake = lakeWithLock({ ...foreign, expires: 0 });
  const settled = await Promise.allSettled(
    Array.from({ length: 8 }, (_, index) => RunLock.take(lake, `run${index}`, { wait: async () => {} })),
  );
  const won = settled.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  for (const each of settled) if (each.status === "rejected") expect(each.reason.code).toBe("busy");
  expect(won).toHaveLength(1);
  for (const lock of won) await lock[Symbol.asyncDispose]();
  expect([...lake.files.keys()]).toEqual([]);
});

test("one that was taken from its holder is not deleted by it", async () => {
  const lake = new MemoryLake();
  const lock = await RunLock.take(lake, "mine");
  lake.files.set(runLockPath, Buffer.from(JSON.stringify({ ...foreign, expires: later() })));
  await lock[Symbol.asyncDispose]();
  expect(holder(lake)).toBe("theirs");
});

test("that was taken from its holder, or is gone, is told as lost", async () => {
  const lake = new MemoryLake();
  await using lock = await RunLock.take(lake, "mine");
  await lock.requireHeld();
  lake.files.set(runLockPath, Buffer.from(JSON.stringify({ ...foreign, expires: later() })));
  await expect(lock.requireHeld()).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringContaining("run theirs"),
  });
  lake.files.delete(runLockPath);
  await expect(lock.requireHeld()).rejects.toMatchObject({ code: "conflict" });
});

test("is renewed while it is held", async () => {
  vi.useFakeTimers({ toFake: ["Date", "setInterval", "clearInterval"] });
  const lake = new MemoryLake();
  const lock = await RunLock.take(lake, "mine");
  const expires = () => JSON.parse(String(lake.files.get(runLockPath))).expires as number;
  const before = expires();
  vi.advanceTimersByTime(30_000);
  await vi.waitFor(() => expect(expires()).toBeGreaterThan(before));
  await lock[Symbol.asyncDispose]();
  expect(lake.files.size).toBe(0);
});

test("a lake that fails when it is let go does not hide how the run went", async () => {
  const lake = new MemoryLake();
  const lock = await RunLock.take(lake, "mine");
  lake.delete = () => Promise.reject(new Error("The lake is gone."));
  await lock[Symbol.asyncDispose]();
  expect(holder(lake)).toBe("mine");
  // It is seen to be dead, although its process is alive.
  await using _next = await RunLock.take(Object.assign(new MemoryLake(), { files: lake.files }), "next");
  expect(holder(lake)).toBe("next");
});
