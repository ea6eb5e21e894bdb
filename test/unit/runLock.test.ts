import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { afterEach, describe, expect, test, vi } from "vitest";
import { processSpace } from "../../src/basics/processSpace";
import { runLeasePath, runLockPath } from "../../src/clever/layout";
import { FolderLake } from "../../src/lake/folder";
import { RunLock, requireNoRun, runningRun } from "../../src/pipeline/lock/runLock";
import { MemoryLake } from "../helpers/memoryLake";
import { temporaryFolder } from "../helpers/temporaryFolder";

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

const foreign = { id: "other", runId: "theirs", host: "another-machine", space: "another", pid: 1 };
const here = { id: "other", runId: "theirs", host: hostname(), space: processSpace };

function holder(lake: MemoryLake): unknown {
  const text = lake.files.get(runLockPath);
  return text === undefined ? undefined : JSON.parse(String(text)).runId;
}

test("is taken, held and released", async () => {
  const lake = new MemoryLake();
  {
    await using _lock = await RunLock.acquire(lake, "mine");
    expect(holder(lake)).toBe("mine");
    await expect(RunLock.acquire(lake, "second")).rejects.toMatchObject({ code: "busy" });
  }
  expect(lake.files.size).toBe(0);
  await using _again = await RunLock.acquire(lake, "again");
  expect(holder(lake)).toBe("again");
});

describe("is not lost to another run of the same process", () => {
  test.each(["putIfAbsent", "list"] as const)("while the first waits for the lake's %s", async (slow) => {
    const lake = new MemoryLake();
    let other: Promise<RunLock> | undefined;
    const tellOther = async () => {
      other ??= RunLock.acquire(lake, "second");
      await other.catch(() => undefined);
    };
    if (slow === "putIfAbsent") {
      const put = lake.putIfAbsent.bind(lake);
      lake.putIfAbsent = async (...given) => {
        const isPut = await put(...given);
        if (isPut) await tellOther();
        return isPut;
      };
    } else {
      const list = lake.list.bind(lake);
      lake.list = async function* (...given) {
        await tellOther();
        yield* list(...given);
      };
    }
    await using lock = await RunLock.acquire(lake, "mine");
    await expect(other).rejects.toMatchObject({ code: "busy" });
    await lock.requireHeld();
  });

  test("and a failed attempt leaves nothing behind", async () => {
    const lake = new MemoryLake();
    const put = lake.putIfAbsent.bind(lake);
    lake.putIfAbsent = async (...given) => {
      await put(...given);
      throw new Error("The answer got lost.");
    };
    await expect(RunLock.acquire(lake, "first")).rejects.toThrow("The answer got lost.");
    lake.putIfAbsent = put;
    await using _lock = await RunLock.acquire(lake, "second");
    expect(holder(lake)).toBe("second");
  });
});

test("a lock renewed while another run is about to take it over keeps its lease", async () => {
  const lake = lakeWithLock({ ...here, pid: process.ppid, expires: Date.now() - 1 });
  const rename = lake.rename.bind(lake);
  const lease = JSON.stringify({ expires: later() });
  lake.rename = async (...given) => {
    lake.files.set(runLeasePath("other"), Buffer.from(lease));
    await rename(...given);
  };
  await expect(RunLock.acquire(lake, "mine")).rejects.toMatchObject({ code: "busy" });
  expect(holder(lake)).toBe("theirs");
  expect(String(lake.files.get(runLeasePath("other")))).toBe(lease);
});

test("is held if the reply to its request was lost, and the repeated request found it there", async () => {
  const lake = new MemoryLake();
  lake.loseReplies();
  {
    await using _lock = await RunLock.acquire(lake, "mine");
    expect(holder(lake)).toBe("mine");
    await expect(RunLock.acquire(lake, "second")).rejects.toMatchObject({ code: "busy" });
  }
  expect(lake.files.size).toBe(0);
});

test("names its holder", async () => {
  const lake = lakeWithLock({ ...foreign, expires: later() });
  await expect(RunLock.acquire(lake, "mine")).rejects.toThrow(/theirs.*process 1 on another-machine/);
  expect(holder(lake)).toBe("theirs");
});

describe("is taken over from", () => {
  test.each([
    ["an ended process on this machine", () => ({ ...here, pid: deadPid(), expires: later() })],
    ["an ended one with this process's id", () => ({ ...here, pid: process.pid, expires: later() })],
    ["a file that is not a lock", () => "{"],
    ["an empty file", () => ""],
    ["a lock of another format", () => ({ version: 2 })],
  ])("%s", async (_, lock) => {
    const lake = lakeWithLock(lock());
    await using _mine = await RunLock.acquire(lake, "mine");
    expect(holder(lake)).toBe("mine");
    expect([...lake.files.keys()]).toEqual([runLockPath]);
  });
});

/** A lake that stalls after the n-th read of the lock from now on, until `goOn` is called. */
function standingStill(lake: MemoryLake, reading: number) {
  const read = lake.read.bind(lake);
  let readings = 0;
  let stand = () => {};
  let goOn = () => {};
  const stands = new Promise<void>((resolve) => (stand = resolve));
  const released = new Promise<void>((resolve) => (goOn = resolve));
  lake.read = async (file, options) => {
    const data = await read(file, options);
    if (file !== runLockPath || ++readings !== reading) return data;
    stand();
    await released;
    return data;
  };
  return { stands, goOn };
}

/** Another machine takes over the lock, since its lease has expired by that machine's clock. */
async function takeOver(lake: MemoryLake): Promise<void> {
  lake.files.set(runLockPath, Buffer.from(JSON.stringify({ ...foreign, expires: later() })));
}

test("a stalled renewal does not take the lock from a successor", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  const lake = new MemoryLake();
  const lock = await RunLock.acquire(lake, "mine");
  const { stands, goOn } = standingStill(lake, 1);
  vi.advanceTimersByTime(15_000);
  await stands;
  await takeOver(lake);
  goOn();
  await expect(lock.requireHeld()).rejects.toMatchObject({ code: "conflict" });
  await lock[Symbol.asyncDispose]();
  expect(holder(lake)).toBe("theirs");
  expect([...lake.files.keys()]).toEqual([runLockPath]);
});

test("a stalled release leaves a successor's lock", async () => {
  const lake = new MemoryLake();
  const lock = await RunLock.acquire(lake, "mine");
  const { stands, goOn } = standingStill(lake, 1);
  const disposed = lock[Symbol.asyncDispose]();
  await stands;
  await takeOver(lake);
  goOn();
  await disposed;
  expect(holder(lake)).toBe("theirs");
});

describe("a lock with an implausibly long lease", () => {
  const century = 100 * 365 * 86_400_000;

  test("of a live process on this machine is taken over if it is not renewed", async () => {
    const lake = lakeWithLock({ ...here, pid: process.ppid, expires: Date.now() + century });
    await using _mine = await RunLock.acquire(lake, "mine", { wait: async () => {} });
    expect(holder(lake)).toBe("mine");
  });

  test("does not mean an active run if it is not renewed, and is watched only once", async () => {
    const lake = lakeWithLock({ ...foreign, id: randomUUID(), expires: Date.now() + century });
    const waits: number[] = [];
    const wait = async (milliseconds: number) => void waits.push(milliseconds);
    expect(await runningRun(lake, { wait })).toBeUndefined();
    await requireNoRun(lake, { wait });
    expect(holder(lake)).toBe("theirs");
    await using _mine = await RunLock.acquire(lake, "mine", { wait });
    expect(holder(lake)).toBe("mine");
    expect(waits).toEqual([20_000]);
  });

  test("means an active run if it is renewed; the message says to wait for it", async () => {
    const lake = lakeWithLock({ ...foreign, id: randomUUID(), expires: Date.now() + century });
    const { id } = JSON.parse(String(lake.files.get(runLockPath))) as { id: string };
    let renewals = 0;
    const wait = async () => {
      const lease = { expires: Date.now() + century + ++renewals * 15_000 };
      lake.files.set(runLeasePath(id), Buffer.from(JSON.stringify(lease)));
    };
    expect(await runningRun(lake, { wait })).toBe("theirs");
    await expect(requireNoRun(lake, { wait })).rejects.toMatchObject({
      code: "busy",
      message: expect.stringContaining("run theirs, process 1 on another-machine"),
      hint: "Wait until it has ended.",
    });
  });

  test("that is released while it is watched does not mean an active run", async () => {
    const lake = lakeWithLock({ ...foreign, id: randomUUID(), expires: Date.now() + century });
    const wait = async () => void lake.files.delete(runLockPath);
    expect(await requireNoRun(lake, { wait })).toBeUndefined();
  });

  test("explains why it holds if it is renewed", async () => {
    const lake = lakeWithLock({ ...here, pid: process.ppid, expires: Date.now() + century });
    const wait = async () => {
      const lease = { expires: Date.now() + century + 15_000 };
      lake.files.set(runLeasePath("other"), Buffer.from(JSON.stringify(lease)));
    };
    await expect(RunLock.acquire(lake, "mine", { wait })).rejects.toMatchObject({ code: "busy" });
  });
});

test("if its process may be dead, the message says when the lock ends", async () => {
  const lake = lakeWithLock({ ...foreign, expires: Date.now() + 42_000 });
  await expect(RunLock.acquire(lake, "mine")).rejects.toMatchObject({
    hint: expect.stringMatching(/killed, its lock expires in 4[12] seconds; then try again\.$/),
  });
});

test("two containers with the same host name and process id are distinguished", async () => {
  const lake = lakeWithLock({ ...foreign, host: hostname(), pid: deadPid(), expires: later() });
  await expect(RunLock.acquire(lake, "mine")).rejects.toMatchObject({ code: "busy" });
});

test("what killed runs left next to the lock is removed after a day, and the lease of a live run stays", async () => {
  const root = await temporaryFolder();
  const lake = await FolderLake.open(root);
  const put = async (name: string, hours: number) => {
    await lake.putIfAbsent(runLeasePath(name), Buffer.from("{}"));
    const time = new Date(Date.now() - hours * 3_600_000);
    await utimes(lake.localPath(runLeasePath(name)), time, time);
  };
  await put("old", 25);
  await put("young", 23);
  await using _lock = await RunLock.acquire(lake, "mine");
  const files = await Promise.all(["old", "young"].map((name) => lake.stat(runLeasePath(name))));
  expect(files.map((file) => file !== undefined)).toEqual([false, true]);
});

describe("of another machine, if the clocks cannot agree,", () => {
  const hour = 3_600_000;

  test.each([
    ["an expired lease", -1],
    ["a long expired lease", -hour],
    ["a lease for hours", hour],
  ])("is watched and taken over if it is not renewed: %s", async (_, left) => {
    const lake = lakeWithLock({ ...foreign, expires: Date.now() + left });
    const waits: number[] = [];
    const wait = async (milliseconds: number) => void waits.push(milliseconds);
    await using _mine = await RunLock.acquire(lake, "mine", { wait });
    expect(holder(lake)).toBe("mine");
    expect(waits).toEqual([20_000]);
  });

  test.each([
    ["behind", -hour],
    ["ahead", hour],
  ])("stays if it is renewed: %s", async (_, left) => {
    // Its own id: a lock that another test watched within the same millisecond would be known as dead.
    const lock = { ...foreign, id: "renewing", expires: Date.now() + left };
    const lake = lakeWithLock(lock);
    const wait = async () => {
      const lease = { expires: Date.now() + left + 15_000 };
      lake.files.set(runLeasePath(lock.id), Buffer.from(JSON.stringify(lease)));
    };
    await expect(RunLock.acquire(lake, "mine", { wait })).rejects.toMatchObject({ code: "busy" });
    expect(holder(lake)).toBe("theirs");
  });

  test("is watched only until the run is cancelled", async () => {
    const lake = lakeWithLock({ ...foreign, expires: 0 });
    const stopped = new Error("Stopped.");
    const stop = new AbortController();
    const taken = RunLock.acquire(lake, "mine", { signal: stop.signal });
    stop.abort(stopped);
    await expect(taken).rejects.toBe(stopped);
    expect(holder(lake)).toBe("theirs");
  });
});

describe("stays with", () => {
  test.each([
    ["a live process on this machine", () => ({ ...here, pid: process.ppid, expires: later() })],
    ["another machine that renews it", () => ({ ...foreign, expires: later() })],
  ])("%s", async (_, lock) => {
    const lake = lakeWithLock(lock());
    await expect(RunLock.acquire(lake, "mine")).rejects.toMatchObject({ code: "busy" });
    expect(holder(lake)).toBe("theirs");
  });
});

test("a dead lock is taken by exactly one of many runs", async () => {
  const lake = lakeWithLock({ ...foreign, expires: 0 });
  const settled = await Promise.allSettled(
    Array.from({ length: 8 }, (_, index) => RunLock.acquire(lake, `run${index}`, { wait: async () => {} })),
  );
  const won = settled.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  for (const each of settled) if (each.status === "rejected") expect(each.reason.code).toBe("busy");
  expect(won).toHaveLength(1);
  for (const lock of won) await lock[Symbol.asyncDispose]();
  expect([...lake.files.keys()]).toEqual([]);
});

test("a lock that was taken over is not deleted by its former holder", async () => {
  const lake = new MemoryLake();
  const lock = await RunLock.acquire(lake, "mine");
  lake.files.set(runLockPath, Buffer.from(JSON.stringify({ ...foreign, expires: later() })));
  await lock[Symbol.asyncDispose]();
  expect(holder(lake)).toBe("theirs");
});

test("that was taken over or deleted is reported as lost", async () => {
  const lake = new MemoryLake();
  await using lock = await RunLock.acquire(lake, "mine");
  await lock.requireHeld();
  lake.files.set(runLockPath, Buffer.from(JSON.stringify({ ...foreign, expires: later() })));
  await expect(lock.requireHeld()).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringContaining("(theirs)"),
  });
  lake.files.delete(runLockPath);
  await expect(lock.requireHeld()).rejects.toMatchObject({ code: "conflict" });
});

test("is renewed while it is held", async () => {
  vi.useFakeTimers({ toFake: ["Date", "setInterval", "clearInterval"] });
  const lake = new MemoryLake();
  const lock = await RunLock.acquire(lake, "mine");
  const { id } = JSON.parse(String(lake.files.get(runLockPath))) as { id: string };
  expect(lake.files.has(runLeasePath(id))).toBe(false);
  vi.advanceTimersByTime(15_000);
  await vi.waitFor(() => expect(lake.files.has(runLeasePath(id))).toBe(true));
  const expires = () => JSON.parse(String(lake.files.get(runLeasePath(id)))).expires as number;
  const before = expires();
  vi.advanceTimersByTime(45_000);
  await vi.waitFor(() => expect(expires()).toBeGreaterThan(before));
  // The lock itself has expired by now; its lease has not.
  expect(await runningRun(lake)).toBe("mine");
  await lock[Symbol.asyncDispose]();
  expect(lake.files.size).toBe(0);
});

test("a lake error on release does not hide the run's outcome", async () => {
  const lake = new MemoryLake();
  const lock = await RunLock.acquire(lake, "mine");
  lake.rename = () => Promise.reject(new Error("The lake is gone."));
  await lock[Symbol.asyncDispose]();
  expect(holder(lake)).toBe("mine");
  // It counts as dead, although its process is alive.
  await using _next = await RunLock.acquire(Object.assign(new MemoryLake(), { files: lake.files }), "next");
  expect(holder(lake)).toBe("next");
});
