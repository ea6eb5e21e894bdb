import { expect, test } from "vitest";
import { resourcesNamed } from "../../src/dashboard/resourcesNamed";

test("a name means the resources that have it now, else those that had it formerly, of those that can be named", () => {
  const shown = [{ name: "Y", formerNames: ["X"] }, { name: "X" }];
  expect(resourcesNamed(shown)("X")).toEqual([1]);
  expect(resourcesNamed(shown, (place) => place === 0)("X")).toEqual([0]);
  expect(resourcesNamed(shown, (place) => place === 0)("Z")).toEqual([]);
});
