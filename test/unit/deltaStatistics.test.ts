import { rm } from "node:fs/promises";
import path from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compareCodePoints } from "../../src/delta/files/codePoints";
import {
  lowerTextBound,
  numRecords as numRecordsOf,
  statisticsOfCopy,
  upperTextBound,
} from "../../src/delta/files/statistics";
import type { Column } from "../../src/delta/schema";
import { Duck, type SqlRow, sqlString } from "../../src/duck/duck";
import { temporaryFolder } from "../helpers/temporaryFolder";

let duck: Duck;
beforeAll(async () => {
  duck = await Duck.open({ threads: 1 });
});
afterAll(() => duck.close());

async function statisticsOf(query: string, columns: readonly Column[], exact?: readonly string[]) {
  const file = path.join(await temporaryFolder(), "x.parquet");
  const answer = await duck.session((session) =>
    session.one(`COPY (${query}) TO ${sqlString(file)} (FORMAT parquet, RETURN_STATS true)`),
  );
  return statisticsOfCopy(answer, columns, exact).statistics;
}

const utf8Order = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** Texts around the lengths at which bounds are truncated, here and in DuckDB, with characters of one to four bytes. */
const awkwardText = fc
  .tuple(
    fc.constantFrom("", "a", "z", "é", "😀", "\u{10ffff}", "\uffff", "\u{7f}"),
    fc.constantFrom(0, 1, 30, 31, 32, 33, 62, 63, 64, 65, 127, 128, 129, 254, 255, 256, 257, 300),
    fc.string({ unit: "binary", maxLength: 5 }),
  )
  .map(([unit, count, tail]) => unit.repeat(count) + tail.replaceAll("\0", ""));

describe("order by code point", () => {
  test("is the order of UTF-8 bytes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (a, b) => {
        expect(Math.sign(compareCodePoints(a, b))).toBe(Math.sign(utf8Order(a, b)));
      }),
    );
    expect(compareCodePoints("\uffff", "😀")).toBeLessThan(0);
  });
});

describe("bounds of a text", () => {
  test("never exclude a value", () => {
    fc.assert(
      fc.property(awkwardText, (text) => {
        expect(utf8Order(lowerTextBound(text), text)).toBeLessThanOrEqual(0);
        const upper = upperTextBound(text);
        if (upper !== undefined) expect(utf8Order(upper, text)).toBeGreaterThanOrEqual(0);
        expect(lowerTextBound(text).length).toBeLessThanOrEqual(33);
      }),
    );
  });

  test("short texts are kept, long ones are cut between characters as Spark does, and some have no upper bound", () => {
    expect(upperTextBound("x".repeat(32))).toBe("x".repeat(32));
    expect(upperTextBound("x".repeat(33))).toBe(`${"x".repeat(32)}\u007f`);
    expect(upperTextBound(`${"x".repeat(32)}é`)).toBe(`${"x".repeat(32)}\u{10ffff}`);
    expect(upperTextBound(`${"x".repeat(32)}\u007f`)).toBe(`${"x".repeat(32)}\u{10ffff}`);
    expect(lowerTextBound("😀".repeat(300))).toBe("😀".repeat(16));
    expect(lowerTextBound(`x${"😀".repeat(300)}`)).toBe(`x${"😀".repeat(16)}`);
    // No character sorts after the greatest one, so the bound extends to the next different one, or to the text's end.
    expect(upperTextBound(`${"\u{10ffff}".repeat(17)}x`)).toBe(`${"\u{10ffff}".repeat(17)}\u007f`);
    expect(upperTextBound("\u{10ffff}".repeat(17))).toBe("\u{10ffff}".repeat(17));
    expect(upperTextBound("\u{10ffff}".repeat(40))).toBeUndefined();
  });
});

describe("statistics of a file", () => {
  test("each type has the format that Delta readers expect", async () => {
    const columns: Column[] = [
      { name: "d", type: "date" },
      { name: "i", type: "integer" },
      { name: "l", type: "long" },
      { name: "b", type: "boolean" },
      { name: "t", type: "timestamp" },
      { name: "f", type: "double" },
      { name: 'odd "name"', type: "string" },
      { name: "none", type: "string" },
    ];
    const query = `SELECT DATE '2022-01-30' + i::INTEGER d, i::INTEGER - 1 i, i * 9007199254740991 l, i > 0 b,
        TIMESTAMPTZ '2022-01-01 00:00:00.0015+00' t, i / 2 f,
        CASE WHEN i < 2 THEN 's' || i END AS "odd ""name""", NULL::VARCHAR AS "none" FROM range(3) r(i)`;
    expect(await statisticsOf(query, columns)).toEqual({
      numRecords: 3,
      minValues: {
        d: "2022-01-30",
        i: -1,
        l: 0,
        b: false,
        t: "2022-01-01T00:00:00.001Z",
        f: 0,
        'odd "name"': "s0",
      },
      // The greatest long is not a safe integer and is omitted.
      maxValues: { d: "2022-02-01", i: 1, b: true, t: "2022-01-01T00:00:00.002Z", f: 1, 'odd "name"': "s1" },
      nullCount: { d: 0, i: 0, l: 0, b: 0, t: 0, f: 0, 'odd "name"': 1, none: 3 },
    });
  });

  test("values without an agreed format are omitted", async () => {
    const columns: Column[] = [
      { name: "d", type: "date" },
      { name: "f", type: "double" },
      { name: "g", type: "double" },
    ];
    const query = `SELECT DATE '0044-03-15 (BC)' d, 'infinity'::DOUBLE f, 'nan'::DOUBLE g UNION ALL SELECT 'infinity', 1, 1`;
    const { minValues, maxValues } = await statisticsOf(query, columns);
    expect(minValues).toEqual({ f: 1, g: 1 });
    expect(maxValues).toEqual({});
  });

  test("texts marked as exact keep their full length", async () => {
    const long = "2022/01/a-folder-with-a-long-name/2022-01-31-daily-participation-students.csv";
    const columns: Column[] = [{ name: "source_file", type: "string" }];
    const { minValues, maxValues } = await statisticsOf(`SELECT '${long}' source_file`, columns, [
      "source_file",
    ]);
    expect([minValues.source_file, maxValues.source_file]).toEqual([long, long]);
  });

  test("bounds hold for all texts that DuckDB wrote, truncated or not, over several row groups", async () => {
    const folder = await temporaryFolder();
    const columns: Column[] = [{ name: "x", type: "string" }];
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.option(awkwardText), { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        async (texts, exact) => {
          const file = path.join(folder, "x.parquet");
          // Each text is in a separate row group.
          const answer: SqlRow = await duck.session(async (session) => {
            await session.query("CREATE TEMP TABLE texts (i INTEGER, x VARCHAR)");
            for (const [i, text] of texts.entries()) {
              await session.query("INSERT INTO texts SELECT $1::INTEGER, $2 FROM range(2048)", [i, text]);
            }
            const answer = await session.one(
              `COPY (SELECT x FROM texts ORDER BY i) TO ${sqlString(file)} (FORMAT parquet, ROW_GROUP_SIZE 2048, RETURN_STATS true)`,
            );
            await session.query("DROP TABLE texts");
            return answer;
          });
          await rm(file);
          const { minValues, maxValues, nullCount } = statisticsOfCopy(
            answer,
            columns,
            exact ? ["x"] : [],
          ).statistics;
          expect(nullCount.x).toBe(2048 * texts.filter((text) => text === null).length);
          for (const text of texts) {
            if (text === null) continue;
            if (minValues.x !== undefined)
              expect(utf8Order(String(minValues.x), text)).toBeLessThanOrEqual(0);
            if (maxValues.x !== undefined)
              expect(utf8Order(String(maxValues.x), text)).toBeGreaterThanOrEqual(0);
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});

test.each(["1e300", "-1", "0.5", "1e999", '"3"'])("a row count of %s is ignored", (numRecords) => {
  const stats = `{"numRecords":${numRecords},"minValues":{},"maxValues":{},"nullCount":{}}`;
  const file = { path: "p", partitionValues: {}, size: 1, modificationTime: 1, dataChange: true, stats };
  expect(numRecordsOf([file])).toBeUndefined();
});
