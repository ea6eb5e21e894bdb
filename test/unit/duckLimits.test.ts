import { afterEach, describe, expect, test, vi } from "vitest";
import { Duck } from "../../src/duck/duck";

const machine = vi.hoisted(() => ({ cores: 2, bytes: 8e9 }));
vi.mock("node:os", async (original) => ({
  ...(await original<typeof import("node:os")>()),
  availableParallelism: () => machine.cores,
  totalmem: () => machine.bytes,
}));
afterEach(() => {
  Object.assign(machine, { cores: 2, bytes: 8e9 });
});

const limits = "SELECT current_setting('threads')::INT AS threads, current_setting('memory_limit') AS memory";

// With one limit for any number of threads, a large file that two cores read failed on eight.
test.each([
  [1, 1, "133.5 MiB"],
  [2, 2, "267.0 MiB"],
  [8, 4, "534.0 MiB"],
  [64, 4, "534.0 MiB"],
])("on a machine with %d cores the engine uses %d threads and at most %s", async (cores, threads, memory) => {
  machine.cores = cores;
  await using duck = await Duck.open();
  expect(await duck.session((session) => session.one(limits))).toEqual({ threads, memory });
});

// A container of 512 MB on a machine with four cores was killed for its memory.
test.each([
  [512e6, 1, "133.5 MiB"],
  [1e9, 3, "400.5 MiB"],
  [100e6, 1, "133.5 MiB"],
])(
  "on a machine with %d bytes the engine uses %d threads and at first %s",
  async (bytes, threads, memory) => {
    Object.assign(machine, { cores: 8, bytes });
    await using duck = await Duck.open();
    expect(await duck.session((session) => session.one(limits))).toEqual({ threads, memory });
  },
);

describe("what cannot be spilled", () => {
  /** A list is kept in memory: 160 MB, and a copy. */
  const list = "SELECT len(list(range))::INT AS length FROM range(20000000)";

  test("gets twice the memory until it is enough, also in concurrent sessions", async () => {
    await using duck = await Duck.open({ threads: 1 });
    const both = [list, list].map((sql) => duck.session((session) => session.one(sql)));
    expect(await Promise.all(both)).toEqual([{ length: 20_000_000 }, { length: 20_000_000 }]);
    expect(await duck.session((session) => session.one(limits))).not.toMatchObject({ memory: "133.5 MiB" });
  });

  test("gets up to half of the machine's memory, and never more", async () => {
    machine.bytes = 300e6;
    await using duck = await Duck.open({ threads: 1 });
    const failed = duck.session((session) => session.one(list));
    await expect(failed).rejects.toMatchObject({
      code: "engine",
      message: expect.stringMatching(/Out of Memory/),
      hint: expect.stringContaining("more memory"),
    });
    expect(await duck.session((session) => session.one(limits))).toMatchObject({ memory: "143.0 MiB" });
  });
});
