import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { CleverLakeError } from "../../src/basics/errors";
import { errorOrigin, fromResponseError, toResponseError } from "../../src/engine/messages/wireError";
import { Lane } from "../../src/engine/server/lane";
import { Throttle } from "../../src/engine/server/throttle";

describe("errors across the process boundary", () => {
  it("are unchanged", () => {
    const error = new CleverLakeError("io", "Full.", { subject: "a.csv", hint: "Make room." });
    expect(fromResponseError(toResponseError(error))).toEqual(error);
    const bare = new CleverLakeError("busy", "Busy.");
    expect(fromResponseError(toResponseError(bare))).toEqual(bare);
  });

  it("do not contain foreign text", () => {
    const secret = new TypeError("Cannot read 'S1234567' of hunter2");
    const crossed = JSON.stringify(toResponseError(secret).data) + errorOrigin(secret);
    expect(crossed).not.toMatch(/S1234567|hunter2/);
    expect(crossed).toMatch(/TypeError/);
    expect(fromResponseError(new Error("anything"))).toMatchObject({ code: "internal" });
  });
});

describe("the throttle", () => {
  it("passes the first immediately, the newest later and always the last", () => {
    vi.useFakeTimers();
    const passed: number[] = [];
    {
      using throttle = new Throttle<number>(100, (value) => passed.push(value));
      for (let n = 0; n < 50; n++) throttle.push(n);
      expect(passed).toEqual([0]);
      vi.advanceTimersByTime(100);
      expect(passed).toEqual([0, 49]);
      vi.advanceTimersByTime(1000);
      expect(passed).toEqual([0, 49]);
      throttle.push(50);
      throttle.push(51);
      expect(passed).toEqual([0, 49, 50]);
    }
    expect(passed).toEqual([0, 49, 50, 51]);
    vi.advanceTimersByTime(1000);
    expect(passed).toHaveLength(4);
    vi.useRealTimers();
  });
});

describe("a queue", () => {
  it("runs one task at a time, in order, even after failures", async () => {
    const lane = new Lane();
    const { signal } = new AbortController();
    const order: string[] = [];
    const work = (name: string, fails = false) =>
      lane.run(signal, async () => {
        order.push(`${name} begins`);
        await sleep(5);
        order.push(`${name} ends`);
        if (fails) throw new Error(name);
      });
    const results = await Promise.allSettled([work("a", true), work("b"), work("c")]);
    expect(results.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "fulfilled"]);
    expect(order).toEqual(["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
  });

  it("releases a cancelled waiting caller", async () => {
    const lane = new Lane();
    let endFirst = () => {};
    const first = lane.run(
      new AbortController().signal,
      () => new Promise<string>((resolve) => (endFirst = () => resolve("first"))),
    );
    const abort = new AbortController();
    const second = lane.run(abort.signal, () => Promise.resolve("second"));
    abort.abort(new Error("No more."));
    await expect(second).rejects.toThrow("No more.");
    endFirst();
    expect(await first).toBe("first");
  });
});
