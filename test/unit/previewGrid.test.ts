import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ColumnWidths } from "../../media/preview/columns";
import { moveInGrid } from "../../media/preview/gridPosition";
import { nearestRefusedRow, placeAmong } from "../../media/preview/refusedRows";
import { type PageRequest, pageSize, RowCache } from "../../media/preview/rowCache";
import type { PreviewRow } from "../../src/protocol/previewedReport";

describe("moveInGrid", () => {
  const size = { rows: 1_000, columns: 5, page: 20 };
  const at = { row: 10, column: 2 };
  const move = (key: string, control = false, from = at) => {
    const to = moveInGrid(from, { key, control }, size);
    return to && [to.row, to.column];
  };

  test.each([
    ["ArrowUp", false, [9, 2]],
    ["ArrowDown", false, [11, 2]],
    ["ArrowLeft", false, [10, 1]],
    ["ArrowRight", false, [10, 3]],
    ["Home", false, [10, 0]],
    ["End", false, [10, 4]],
    ["Home", true, [0, 0]],
    ["End", true, [999, 4]],
    ["ArrowUp", true, [0, 2]],
    ["ArrowDown", true, [999, 2]],
    ["PageDown", false, [30, 2]],
    ["PageUp", false, [0, 2]],
    ["Enter", false, undefined],
    ["PageDown", true, undefined],
    ["PageUp", true, undefined],
  ])("%s (control: %s) leads to %j", (key, control, expected) =>
    expect(move(key, control)).toEqual(expected),
  );

  test("the header is above the first row, and nothing is beyond the edges", () => {
    expect(move("ArrowUp", false, { row: 0, column: 2 })).toEqual([-1, 2]);
    expect(move("ArrowUp", false, { row: -1, column: 2 })).toEqual([-1, 2]);
    expect(move("PageUp", false, { row: -1, column: 0 })).toEqual([-1, 0]);
    expect(move("ArrowDown", false, { row: 999, column: 4 })).toEqual([999, 4]);
    expect(move("ArrowLeft", false, { row: 5, column: 0 })).toEqual([5, 0]);
  });

  test("a table without rows keeps the active cell in its header", () => {
    expect(
      moveInGrid({ row: -1, column: 0 }, { key: "ArrowDown", control: false }, { ...size, rows: 0 }),
    ).toEqual({
      row: -1,
      column: 0,
    });
  });
});

describe("refused rows", () => {
  const refused = [4, 101, 198];

  test("moves forward and back, and wraps at the ends", () => {
    expect([0, 4, 150, 198, 999].map((row) => nearestRefusedRow(refused, row, 1))).toEqual([
      4, 101, 198, 4, 4,
    ]);
    expect([0, 4, 5, 198, 999].map((row) => nearestRefusedRow(refused, row, -1))).toEqual([
      198, 198, 4, 101, 198,
    ]);
  });

  test("returns a row's position", () => {
    expect([3, 4, 101, 198, 199].map((row) => placeAmong(refused, row))).toEqual([0, 1, 2, 3, 0]);
  });

  test("has none without refused rows", () => {
    expect(nearestRefusedRow([], 7, 1)).toBeUndefined();
    expect(nearestRefusedRow([], 7, -1)).toBeUndefined();
  });
});

describe("RowCache", () => {
  const rowsOf = ({ from, count }: PageRequest): PreviewRow[] =>
    Array.from({ length: count }, (_, index) => ({ line: from + index, cells: [], problem: null }));
  const setUp = (rowCount: number) => {
    const asked: PageRequest[] = [];
    const cache = new RowCache((page) => asked.push(page));
    cache.clear(rowCount);
    const answer = () => {
      for (const page of asked.splice(0)) cache.receive(page.from, rowsOf(page));
    };
    return { asked, cache, answer };
  };

  test("requests each needed page once, the last one shorter", () => {
    const { asked, cache } = setUp(250);
    cache.want([199, 200, 201, 300]);
    cache.want([199, 200]);
    expect(asked).toEqual([
      { from: 100, count: 100 },
      { from: 200, count: 50 },
    ]);
  });

  test("drops pages that were only scrolled past", () => {
    const { asked, cache, answer } = setUp(100_000);
    for (let row = 0; row < 100_000; row += 500) cache.want([row]);
    expect(asked.length).toBe(2);
    answer();
    expect(asked).toEqual([{ from: 99_500, count: pageSize }]);
    answer();
    expect(cache.row(99_500)?.line).toBe(99_500);
  });

  test("requests a page again if it grew while pending or cached", () => {
    const { asked, cache, answer } = setUp(150);
    cache.want([120]);
    cache.grow(300);
    answer();
    expect(cache.row(120)).toBeUndefined();
    expect(asked).toEqual([{ from: 100, count: 100 }]);
    answer();
    expect(cache.row(180)?.line).toBe(180);
  });

  test("requests nothing after it was stopped, until it is cleared", () => {
    const { asked, cache } = setUp(500);
    cache.stop();
    cache.want([1]);
    expect(asked).toEqual([]);
    cache.clear(500);
    cache.want([1]);
    expect(asked.length).toBe(1);
  });

  test("keeps few rows and always those on screen", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 99_999 }), { minLength: 1, maxLength: 200 }), (rows) => {
        const { cache, asked, answer } = setUp(100_000);
        for (const row of rows) {
          cache.want([row]);
          while (asked.length > 0) answer();
          expect(cache.row(row)?.line).toBe(row);
          expect(cache.cached().length).toBeLessThanOrEqual(41 * pageSize);
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe("ColumnWidths", () => {
  const name = "school_name";
  const column = { name, reportColumn: name, type: "string", identity: false } as const;
  const widths = () => new ColumnWidths((text) => text.length * 8, {});
  const row = (cell: string | null): PreviewRow => ({ line: 2, cells: [cell], problem: null });

  test("fit the rows, only grow, and stay within bounds", () => {
    const fitted = widths();
    fitted.fitHeaders([column], () => "text");
    const before = fitted.of(column, 0);
    expect(fitted.fitRows([row("Lincoln Elementary School")])).toBe(true);
    const after = fitted.of(column, 0);
    expect(after).toBeGreaterThan(before);
    expect(fitted.fitRows([row("x"), row(null)])).toBe(false);
    fitted.fitRows([row("x".repeat(10_000))]);
    expect(fitted.of(column, 0)).toBe(320);
  });

  test("the user's width wins until it is reset", () => {
    const fitted = widths();
    fitted.fitHeaders([column], () => "text");
    const natural = fitted.of(column, 0);
    fitted.resize(column, 500);
    fitted.fitRows([row("Lincoln Elementary School")]);
    expect(fitted.of(column, 0)).toBe(500);
    fitted.resize(column, -5);
    expect(fitted.of(column, 0)).toBe(32);
    fitted.resize(column, undefined);
    expect(fitted.of(column, 0)).toBeGreaterThanOrEqual(natural);
  });
});
