import { expect, test } from "vitest";
import { withTimeout } from "../../src/lake/adls/withTimeout";

const never = () => new Promise<never>(() => undefined);

test("a result in time is returned", async () => {
  expect(await withTimeout(Promise.resolve(7), { milliseconds: 60_000 })).toBe(7);
  await expect(withTimeout(Promise.reject(new Error("its own")), { milliseconds: 60_000 })).rejects.toThrow(
    "its own",
  );
});

test("work that takes too long fails with the given error", async () => {
  await expect(withTimeout(never(), { milliseconds: 5, tooLate: () => new Error("late") })).rejects.toThrow(
    "late",
  );
});

test("an abort, before or during the work, rejects with its reason", async () => {
  const abort = new AbortController();
  const waiting = withTimeout(never(), { signal: abort.signal });
  abort.abort(new Error("called off"));
  await expect(waiting).rejects.toThrow("called off");
  await expect(withTimeout(never(), { signal: abort.signal })).rejects.toThrow("called off");
});

test("work that fails after the abort causes no unhandled rejection", async () => {
  let unhandled = 0;
  const count = () => unhandled++;
  process.on("unhandledRejection", count);
  const failing = new Promise<never>((_, reject) => setTimeout(() => reject(new Error("too late")), 5));
  await expect(withTimeout(failing, { signal: AbortSignal.abort(new Error("before")) })).rejects.toThrow(
    "before",
  );
  await new Promise((resolve) => setTimeout(resolve, 20));
  process.off("unhandledRejection", count);
  expect(unhandled).toBe(0);
});
