import { expect, test } from "vitest";
import { untilAborted } from "../../src/basics/untilAborted";

const never = () => new Promise<never>(() => undefined);

test("a result before the abort is returned, and so is a failure", async () => {
  const { signal } = new AbortController();
  expect(await untilAborted(Promise.resolve(7), signal)).toBe(7);
  expect(await untilAborted(Promise.resolve(7), undefined)).toBe(7);
  await expect(untilAborted(Promise.reject(new Error("its own")), signal)).rejects.toThrow("its own");
});

test("an abort, before or during the work, rejects with its reason", async () => {
  const abort = new AbortController();
  const waiting = untilAborted(never(), abort.signal);
  abort.abort(new Error("called off"));
  await expect(waiting).rejects.toThrow("called off");
  await expect(untilAborted(never(), abort.signal)).rejects.toThrow("called off");
});

test("work that fails after the abort causes no unhandled rejection", async () => {
  let unhandled = 0;
  const count = () => unhandled++;
  process.on("unhandledRejection", count);
  const failing = new Promise<never>((_, reject) => setTimeout(() => reject(new Error("too late")), 5));
  await expect(untilAborted(failing, AbortSignal.abort(new Error("before")))).rejects.toThrow("before");
  await new Promise((resolve) => setTimeout(resolve, 20));
  process.off("unhandledRejection", count);
  expect(unhandled).toBe(0);
});
