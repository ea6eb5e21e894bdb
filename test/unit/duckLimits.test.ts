import { afterEach, expect, test, vi } from "vitest";
import { Duck } from "../../src/duck/duck";

const cores = vi.hoisted(() => ({ count: 2 }));
vi.mock("node:os", async (original) => ({
  ...(await original<typeof import("node:os")>()),
  availableParallelism: () => cores.count,
}));
afterEach(() => {
  cores.count = 2;
});

// With one limit for any number of threads, a large file that two cores read failed on eight.
test.each([
  [1, 1, "114.4 MiB"],
  [2, 2, "228.8 MiB"],
  [8, 4, "457.7 MiB"],
  [64, 4, "457.7 MiB"],
])("on a machine with %d cores the engine uses %d threads and at most %s", async (count, threads, memory) => {
  cores.count = count;
  await using duck = await Duck.open();
  const settings =
    "SELECT current_setting('threads')::INT AS threads, current_setting('memory_limit') AS memory";
  expect(await duck.session((session) => session.one(settings))).toEqual({ threads, memory });
});
