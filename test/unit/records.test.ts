import { stringify } from "csv-stringify/sync";
import fc from "fast-check";
import { expect, test } from "vitest";
import { RecordCounter } from "../../src/clever/records";

function count(text: string, cuts: readonly number[] = []): number {
  return counted(text, cuts).total();
}

const surplusField = "A row has more fields than the header.";
const strayQuote = "A quote is where no quote is allowed.";
const loneReturn = "A line ends in a carriage return alone.";

function hasFault(text: string, cuts: readonly number[], fault: string): boolean {
  return counted(text, cuts).fault() === fault;
}

function counted(text: string, cuts: readonly number[] = []): RecordCounter {
  const counter = new RecordCounter();
  const bytes = Buffer.from(text);
  const ends = [...new Set([...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort(
    (a, b) => a - b,
  );
  let start = 0;
  for (const end of ends) {
    counter.add(bytes.subarray(start, end));
    start = end;
  }
  return counter;
}

test.each([
  ["", 0],
  ["a", 1],
  ["a\n", 1],
  ["a\r\nb\r\n", 2],
  ["a\n\n\r\nb", 2],
  ['a,"x\ny"\nb\n', 2],
  ['"a""\n"\nb', 2],
  ["\n\n", 0],
])("%j has %i records", (text, expected) => {
  expect(count(text)).toBe(expected);
});

test("any CSV is counted correctly, wherever its chunks are cut", () => {
  const cell = fc.stringMatching(/^[a-z",\n\r ]{0,6}$/);
  const rows = fc.array(fc.tuple(fc.constant("x"), cell, cell), { maxLength: 20 });
  const lineEnd = fc.constantFrom<"\n" | "\r\n">("\n", "\r\n");
  fc.assert(
    fc.property(rows, lineEnd, fc.boolean(), fc.array(fc.nat()), (table, record_delimiter, quoted, cuts) => {
      expect(count(stringify(table, { record_delimiter, quoted, quoted_match: /[\r\n]/ }), cuts)).toBe(
        table.length,
      );
    }),
  );
});

test.each([
  ["a,b\n1,2\n", false],
  ["a,b\n1,\n", false],
  ["a,b\n1,2,\n", true],
  ["a,b\n1,2,", true],
  ["a,b\r\n1,2,\r\n3,4", true],
  ['a,b\n1,2,""\n', true],
  ['a,b\n1,2,""', true],
  ['a,b\n1,"2"""\n3,"x,y,"""\n', false],
  ['a,b\n"1\n,",\n', false],
  ['a,b\n"1\n,",,\n', true],
  ["\n\na,b\n1,2\n", false],
  ["a,b,\n1,2,\n", false],
])("%j has an empty field too many: %s, wherever its chunks are cut", (text, expected) => {
  for (let first = 0; first <= text.length; first++) {
    for (const second of [first, first + 1, text.length]) {
      expect(hasFault(text, [first, second], surplusField), `${first}, ${second}`).toBe(expected);
    }
  }
});

test.each([
  ['a,"b"\n"1","2"\n', false],
  ['a,"b ""c"""\n"1","2"', false],
  ['a,"b"\r\n"1","2" \r\n', true],
  ['a,"b"\n"1" ,"2"\n', true],
  ['a,"b"\n1,2""\n', true],
])("%j has a quote where readers differ: %s, wherever its chunks are cut", (text, expected) => {
  for (let cut = 0; cut <= text.length; cut++) {
    expect(hasFault(text, [cut], strayQuote), String(cut)).toBe(expected);
  }
});

test.each([
  ["a,b\n1,2\n", false],
  ["a,b\r\n1,2\r\n", false],
  ['a,"b\rc"\n1,"2\r\n3\r"\r\n', false],
  ["a,b\r1,2\r", true],
  ["a,b\r\n1,2\r", true],
  ["a,b\r\r\n1,2\r\n", true],
  ['a,"b\nc"\r1,2\r', true],
  ['a,"b"\r1,"2"\r\n', true],
])("%j has a line that ends in CR alone: %s, wherever its chunks are cut", (text, expected) => {
  for (let first = 0; first <= text.length; first++) {
    for (const second of [first, first + 1, text.length]) {
      expect(hasFault(text, [first, second], loneReturn), `${first}, ${second}`).toBe(expected);
    }
  }
});
