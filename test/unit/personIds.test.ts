import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isPlaceholderSql, judgeId, suspectIdSql } from "../../src/clever/personIds";
import { Duck, sqlString } from "../../src/duck/duck";

let duck: Duck;
beforeAll(async () => {
  duck = await Duck.open({ threads: 1 });
});
afterAll(() => duck.close());

function holds(condition: string, text: string): Promise<boolean> {
  return duck.session(async (session) => {
    const row = await session.one(`SELECT ${condition} AS holds FROM (SELECT $1 AS id)`, [text]);
    return row.holds === true;
  });
}

/** Whether the engine passes the text to `judgeId`. */
const isSuspect = (text: string) => holds(suspectIdSql("id", sqlString), text);
/** Whether the engine takes the text for a placeholder. */
const isNothing = (text: string) => holds(isPlaceholderSql("id", sqlString), text);

const reasonOf = (text: string) => {
  const finding = judgeId(text);
  return typeof finding === "object" ? finding.reason : finding;
};

const nothing = [
  ...[
    "nan",
    "NaN",
    "-nan",
    "<NA>",
    "None",
    "NULL",
    "null",
    "NA",
    "N/A",
    "n/a",
    "#N/A",
    "\\N",
    "nil",
    "undefined",
  ],
  ...[
    "(null)",
    "[NULL]",
    "<null>",
    "#N/D",
    "#NV",
    "-",
    "--",
    "–",
    "—",
    ".",
    " NULL ",
    "\u00a0NaN",
    "\u200b",
    "\u00ad",
  ],
];

const bad: readonly (readonly [string, RegExp, string])[] = [
  [" 00123", /white space/, "“·99999”"],
  ["00123 ", /white space/, "“99999·”"],
  ["\t00123", /white space/, "“·99999”"],
  ["\ufeff00123", /invisible/, "“·99999”"],
  ["00123\u200b", /invisible/, "“99999·”"],
  ["001\u00ad23", /invisible/, "“999·99”"],
  ["001\u00a023", /invisible/, "“999·99”"],
  ["001\u206023", /invisible/, "“999·99”"],
  ["ab\n12", /invisible/, "“aa·99”"],
  ["#REF!", /spreadsheet error/, "“#aaa!”"],
  ["#VALUE!", /spreadsheet error/, "“#aaaaa!”"],
  ["#NAME?", /spreadsheet error/, "“#aaaa?”"],
  ["#DIV/0!", /spreadsheet error/, "“#aaa/9!”"],
  ["#¡VALOR!", /spreadsheet error/, "“#¡aaaaa!”"],
  ["#SPILL!", /spreadsheet error/, "“#aaaaa!”"],
  ["#######", /spreadsheet error/, "“#######”"],
  ["Err:502", /spreadsheet error/, "“aaa:999”"],
  ['="00123"', /quotation marks or a formula/, '“="99999"”'],
  ["'00123", /quotation marks or a formula/, "“'99999”"],
  ['"00123"', /quotation marks or a formula/, '“"99999"”'],
  ["=A1", /quotation marks or a formula/, "“=a9”"],
  ["’00123", /quotation marks or a formula/, "“’99999”"],
  ["1.23457E+11", /rounded/, "“9.99999a+99”"],
  ["1e+05", /rounded/, "“9a+99”"],
  ["123.457E+9", /rounded/, "“999.999a+9”"],
  ["1.23456789E8", /rounded/, "“9.99999999a9”"],
  ["1,23457E+11", /rounded/, "“9,99999a+99”"],
  ["12345.0", /as a number/, "“99999.9”"],
  ["12345.00", /as a number/, "“99999.99”"],
  ["12345,0", /as a number/, "“99999,9”"],
  ["12,345", /as a number/, "“99,999”"],
  ["1,234,567", /as a number/, "“9,999,999”"],
  ["Pe\ufffda", /lost in an encoding error/, "“aa�a”"],
  ["???", /no letters or digits/, "“???”"],
  ["*", /no letters or digits/, "“*”"],
  ["Pen\u0303a1", /accents/, "“aaaaa9”"],
];

const sound = [
  ...["00123", "0", "000", "9", "S-00123", "sis-amy", "amy", "amy.p@example.org", "AB 123", "Peña1", "张三"],
  ...[
    "50ca15a93bc2733956000007",
    "501115193902733956000007",
    "B2BAEFAD-4C1D-463E-B541-CC5F2F204F52",
    "b2baefad-4c1d-463e-b541-cc5f2f204f52",
    "12e4",
    "1E05",
    "1.2.3",
    "001.234",
  ],
  ...["Null Island 1", "nancy", "NA12", "x_", "_x", "-5", "O'Brien", "#12", "12,34"],
];

describe("the id of a person", () => {
  test.each(nothing)("%j means that there is none", async (text) => {
    expect(judgeId(text)).toBe("placeholder");
    expect(await isSuspect(text)).toBe(true);
  });

  test.each(bad)("%j is refused with the reason and its shape", async (text, reason, shape) => {
    expect(reasonOf(text)).toMatch(reason);
    expect(reasonOf(text)).toContain(`(the cell looks like ${shape}).`);
    expect(await isSuspect(text)).toBe(true);
  });

  test.each(sound)("%j is valid", (text) => {
    expect(judgeId(text)).toBeUndefined();
  });
});

/** Any text, and combinations of those that mean something. */
const anyText = () => {
  const pieces = [
    ...nothing,
    ...bad.map(([text]) => text),
    ...sound,
    "e",
    "E",
    "+",
    ".",
    ",",
    "0",
    "7",
    "é",
    "e\u0301",
  ];
  return fc.oneof(
    fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 3 }).map((parts) => parts.join("")),
    fc.string({ unit: "binary", minLength: 1, maxLength: 8 }),
  );
};

test("the engine and the judge agree on what means that there is no id", async () => {
  for (const text of [...nothing, "...", "\u2015", "\u00a0 \u2014\u200b"])
    expect(await isNothing(text), text).toBe(true);
  await fc.assert(
    fc.asyncProperty(anyText(), async (id) => {
      const text = id.replaceAll("\0", " ");
      expect(await isNothing(text)).toBe(judgeId(text) === "placeholder");
    }),
    { numRuns: 300 },
  );
});

test("the engine misses no questionable id, and returns no plain id", async () => {
  await fc.assert(
    fc.asyncProperty(anyText(), async (id) => {
      if (judgeId(id) !== undefined) expect(await isSuspect(id.replaceAll("\0", " "))).toBe(true);
    }),
    { numRuns: 500 },
  );
  for (const id of ["000123456", "50ca15a93bc2733956000007", "sis-amy"])
    expect(await isSuspect(id)).toBe(false);
});

test("a reason never contains the id", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[b-z]{4,12}[1-8]{3,9}$/), (secret) => {
      for (const text of [` ${secret}`, `="${secret}"`, `'${secret}`, `${secret}\u200b`]) {
        expect(reasonOf(text)).toBeTypeOf("string");
        expect(reasonOf(text)).not.toContain(secret);
      }
    }),
  );
});
