import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hideGroups } from "../../src/metrics/suppression";

const hide = (sizes: readonly number[], minimum: number) =>
  hideGroups(
    sizes.map((people) => ({ people })),
    minimum,
  );
const hiddenSizes = (sizes: readonly number[], minimum: number) =>
  sizes.filter((_, index) => hide(sizes, minimum)[index]);

describe("hideGroups", () => {
  test.each([
    ["nothing is small", [10, 20, 30], []],
    ["nobody is shown as nobody", [0, 10, 20], []],
    ["one small group takes the next smallest with it", [3, 50, 20, 30], [3, 20]],
    ["two small groups of enough people suffice", [4, 7, 20, 30], [4, 7]],
    ["two small groups of too few people take another", [2, 3, 20, 30], [2, 3, 20]],
    ["groups of equal size go together", [3, 20, 20, 30], [3, 20, 20]],
    ["small groups of equal size take another", [5, 5, 40, 30], [5, 5, 30]],
    ["groups of nobody do not cover", [0, 3, 40], [3, 40]],
    ["there may be nothing left to hide", [3], [3]],
  ])("%s", (_, sizes, expected) => {
    expect(hiddenSizes(sizes, 10)).toEqual(expected);
  });

  test("0 and 1 turn it off", () => {
    expect(hiddenSizes([0, 1, 2, 3], 0)).toEqual([]);
    expect(hiddenSizes([0, 1, 2, 3], 1)).toEqual([]);
  });

  test("what is hidden for another reason is covered too", () => {
    const groups = [{ people: 40, hidden: true }, { people: 30 }, { people: 20 }];
    expect(hideGroups(groups, 10)).toEqual([true, false, true]);
  });

  test("what is hidden elsewhere and holds nobody needs no cover", () => {
    expect(hideGroups([{ people: 0, hidden: true }, { people: 30 }], 10)).toEqual([true, false]);
  });

  const minimum = fc.integer({ min: 2, max: 6 });
  const list = fc.array(fc.nat(9), { minLength: 1, maxLength: 7 });

  test("hides every small group, no empty one, and enough beside them", () => {
    fc.assert(
      fc.property(list, minimum, (sizes, k) => {
        const hidden = hide(sizes, k);
        sizes.forEach((people, index) => {
          if (people === 0) expect(hidden[index]).toBe(false);
          else if (people < k) expect(hidden[index]).toBe(true);
        });
        const secret = hiddenSizes(sizes, k);
        const visible = sizes.filter((people, index) => people > 0 && !hidden[index]);
        if (secret.length === 0 || visible.length === 0) return;
        expect(secret.length).toBeGreaterThanOrEqual(2);
        expect(secret.reduce((sum, people) => sum + people, 0)).toBeGreaterThanOrEqual(k);
      }),
    );
  });

  test("a reader who knows the total and this very rule finds at least two values for every hidden size", () => {
    fc.assert(
      fc.property(list, minimum, (sizes, k) => {
        const hidden = hide(sizes, k);
        const places = hidden.flatMap((is, index) => (is ? [index] : []));
        const secret = places.map((index) => sizes[index] ?? 0);
        const total = secret.reduce((sum, people) => sum + people, 0);
        // Everything hidden: the total is all there is, and a list of ones gives itself away (then the total is hidden too).
        if (places.length < 2 || total < k || secret.every((people) => people === 1)) return;

        const possible = places.map(() => new Set<number>());
        for (const guess of compositions(total, places.length)) {
          const world = sizes.map((people, index) => {
            const place = places.indexOf(index);
            return place === -1 ? people : (guess[place] ?? 0);
          });
          const same = hide(world, k).every((is, index) => is === hidden[index]);
          if (same) for (const [place, people] of guess.entries()) possible[place]?.add(people);
        }
        for (const values of possible) expect(values.size).toBeGreaterThanOrEqual(2);
      }),
      { numRuns: 400 },
    );
  });
});

/** All ways to write `total` as `parts` numbers of at least 1. */
function* compositions(total: number, parts: number): Generator<number[]> {
  if (parts === 1) {
    if (total >= 1) yield [total];
    return;
  }
  for (let first = 1; first <= total - parts + 1; first += 1) {
    for (const rest of compositions(total - first, parts - 1)) yield [first, ...rest];
  }
}
