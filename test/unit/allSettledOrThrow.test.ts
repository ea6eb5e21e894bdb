import { expect, test } from "vitest";
import { allSettledOrThrow } from "../../src/basics/allSettledOrThrow";

test("results are returned in the order of the promises", async () => {
  const late = new Promise<string>((resolve) => setTimeout(() => resolve("late"), 5));
  expect(await allSettledOrThrow([late, Promise.resolve(2)])).toEqual(["late", 2]);
});

test("the first error in the list is thrown after the last promise has settled", async () => {
  const ended: string[] = [];
  const after = (milliseconds: number, name: string) =>
    new Promise<void>((resolve) => setTimeout(resolve, milliseconds)).then(() => void ended.push(name));
  const failing = after(1, "failing").then(() => {
    throw new Error("First.");
  });
  const second = after(3, "second").then(() => {
    throw new Error("Second.");
  });
  await expect(allSettledOrThrow([after(10, "slow"), second, failing])).rejects.toThrow("Second.");
  expect(ended).toEqual(["failing", "second", "slow"]);
});
