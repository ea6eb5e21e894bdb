import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { isProblem, readHeader } from "../../src/clever/header";
import { findDayMonthOrder, judgeRows } from "../../src/clever/judgeRows";
import { reports } from "../../src/clever/reports";

const report = reports.daily_participation;
const header = report.columns.map(({ name }) => name).join(",");
const row = (school = "North") => `2024-09-03,sis,clever,s1,${school},true,1,2`;

async function judge(content: string | Buffer, pieces = 7) {
  const bytes = Buffer.from(content);
  const found = readHeader(bytes, report);
  if (isProblem(found)) throw new Error(found.reason);
  // In chunks that cut through characters, quotes and line ends.
  const open = () =>
    Readable.from(
      Array.from({ length: Math.ceil(bytes.length / pieces) }, (_, index) =>
        bytes.subarray(index * pieces, (index + 1) * pieces),
      ),
      { objectMode: false },
    );
  const order = await findDayMonthOrder(open, report, found);
  const rows: string[] = [];
  for await (const { line, raw, problem } of judgeRows(open, report, found, order)) {
    const text = Buffer.from(raw, "latin1").toString("utf8");
    rows.push(problem ? `${line} ${problem.column ?? "-"}: ${problem.reason}` : `${line} ${text}`);
  }
  return rows;
}

test("good rows are returned with their lines, as in the file", async () => {
  expect(await judge(`${header}\n${row()}\n${row('"a ""b"", c"')}\n${row("数学 🧮")}`)).toEqual([
    `2 ${row()}`,
    `3 ${row('"a ""b"", c"')}`,
    `4 ${row("数学 🧮")}`,
  ]);
});

test.each([
  ["LF", "\n"],
  ["CRLF", "\r\n"],
  ["CR", "\r"],
])("lines are counted as in an editor: %s", async (_, end) => {
  const lines = [header, row(), "", row(`"two${end}lines"`), row().replace("true", "x"), `${row()},`];
  expect(await judge(lines.join(end))).toEqual([
    `2 ${row()}`,
    `4 ${row(`"two${end}lines"`)}`,
    expect.stringMatching(/^6 active: /),
    "7 -: The row has 9 cells where the header has 8.",
  ]);
});

test("a byte-order mark does not affect the quotes after it", async () => {
  const quoted = header.replace("date", '"date"');
  expect(await judge(`\ufeff${quoted}\n${row('"two\nlines"')}\n`)).toEqual([`2 ${row('"two\nlines"')}`]);
});

describe("rows without a value are ignored:", () => {
  test.each([
    ["commas", ",,,,,,,"],
    ["fewer commas", ",,"],
    ["more commas", ",,,,,,,,,,,"],
    ["blanks", " , ,\t, ,,,,"],
    ["hard blanks", "\u00a0,,,,,,,"],
    ["quotes", '"","","","","","","",""'],
  ])("%s", async (_, blank) => {
    expect(await judge(`${header}\n${row()}\n${blank}\n`)).toEqual([`2 ${row()}`]);
  });

  test("a row with a value only in an unknown column is ignored", async () => {
    expect(await judge(`${header},note\n${row()},\n,,,,,,,,total\n`)).toEqual([`2 ${row()},`]);
  });
});

describe("the first error of a row is reported:", () => {
  test.each([
    [
      "another encoding",
      Buffer.from(row("Pe\xf1asco"), "latin1"),
      "school_name: The cell is not valid UTF-8",
    ],
    ["a NUL byte", Buffer.from(row("a\0b")), "school_name: The cell contains a NUL"],
    ["a quote that does not close", Buffer.from(row('"North')), "-: A quote opens in this row"],
    ["a stray quote", Buffer.from(row('No"rth')), "-: A quote is where no quote is all"],
    [
      "an id of Clever's as a name",
      Buffer.from(row("50ca15a93bc2733956000007")),
      "school_name: There is a Clever id",
    ],
    ["two problems", Buffer.from(row().replace("true", "x").replace("2024", "x")), "date: Not a date"],
    ["a row that is too long", Buffer.from(row("x".repeat(2_000_001))), "-: The row is too long"],
  ])("%s", async (_, bad, reported) => {
    const content = Buffer.concat([Buffer.from(`${header}\n`), bad, Buffer.from(`\n${row()}\n`)]);
    const rows = await judge(content, 65_536);
    expect(rows[0]).toMatch(new RegExp(`^2 ${reported}`));
    expect(rows).toHaveLength(2);
  });
});

test.each([
  ["another encoding", 0xff, "The cell in column 9 is not valid UTF-8."],
  ["a NUL byte", 0, "The cell in column 9 contains a NUL byte."],
])("an unknown column is named by its position: %s", async (_, byte, reported) => {
  const content = [Buffer.from(`${header},sis-SECRETAMY\n${row()},`), Buffer.from([byte, 0x0a])];
  expect(await judge(Buffer.concat(content))).toEqual([`2 -: ${reported}`]);
});

test("with wrong quotes, each line is a row, and none is lost", async () => {
  const rows = await judge(`${header}\n${row()}\n${row('"North')}\n${row("South")}\n${row("West")}\n`);
  expect(rows.map((each) => each.split(" ")[0])).toEqual(["2", "3", "4", "5"]);
  expect(rows[2]).toBe(`4 ${row("South")}`);
});

test("reasons never quote a cell", async () => {
  const secret = "Secret123";
  const rows = await judge(
    [
      header,
      row().replace("2024-09-03", secret),
      row().replace("true", secret),
      row().replace(",1,", `,${secret},`),
      `${row()},${secret}`,
      row(`"${secret}`),
    ].join("\n"),
  );
  expect(rows).toHaveLength(5);
  for (const reported of rows) expect(reported).not.toContain("Secret");
});

test("a file with a read error is not mistaken for one that ends there", async () => {
  for (const quote of ["", '"']) {
    const open = () =>
      Readable.from(
        (async function* () {
          yield await Promise.resolve(Buffer.from(`${header}\n${row(quote)}\n`));
          throw new Error("The disk is gone.");
        })(),
        { objectMode: false },
      );
    const found = readHeader(Buffer.from(header), report);
    if (isProblem(found)) throw new Error(found.reason);
    const read = async () => {
      for await (const _ of judgeRows(open, report, found, "unknown"));
    };
    await expect(read()).rejects.toThrow("The disk is gone.");
  }
});
