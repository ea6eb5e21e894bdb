import { expect, test } from "vitest";
import { Duck } from "../../src/duck/duck";
import { temporaryFolder } from "../helpers/temporaryFolder";

/** U+FEFF, a byte-order mark within a text. */
const mark = "\ufeff";

test.each([
  ["alone", mark],
  ["before a short text", `${mark}5`],
  ["before a long text", `${mark}${"long ".repeat(20)}`],
  ["twice", `${mark}${mark}x`],
  ["after a text", `x${mark}`],
])("a text keeps its byte-order mark: %s", async (_, text) => {
  await using duck = await Duck.open({ threads: 1 });
  await duck.session(async (session) => {
    expect(await session.one("SELECT $1 AS given, [$1] AS list, {'in': $1} AS struct", [text])).toEqual({
      given: text,
      list: [text],
      struct: { in: text },
    });
  });
});

test("columns are those of the rows, over many chunks, also where DuckDB keeps track of nulls", async () => {
  await using duck = await Duck.open({ threads: 1 });
  await duck.session(async (session) => {
    const number = "nullif(range, 14000)";
    const shape = { integer: "UINTEGER", byte: "UTINYINT", double: "DOUBLE" } as const;
    const found = await session.columns(
      `SELECT coalesce(${number}, 7)::UINTEGER, (coalesce(${number}, 7) % 31)::UTINYINT, (range / 4)::DOUBLE
       FROM range(20000) ORDER BY range`,
      shape,
      "range(30000)",
    );
    const numbers = Array.from({ length: 20_000 }, (_, row) => (row === 14_000 ? 7 : row));
    expect([...found.integer]).toEqual(numbers);
    expect([...found.byte]).toEqual(numbers.map((each) => each % 31));
    expect([...found.double]).toEqual(Array.from({ length: 20_000 }, (_, row) => row / 4));
    await expect(
      session.columns(
        `SELECT ${number}::UINTEGER FROM range(20000)`,
        { integer: "UINTEGER" },
        "range(20000)",
      ),
    ).rejects.toThrow("unexpected null");
  });
});

test("a statement waits until all rows of the previous one are read", async () => {
  await using duck = await Duck.open();
  await duck.session(async (session) => {
    const source = "range(1_000_000)";
    const large = () => session.columns(`SELECT range::UINTEGER FROM ${source}`, { n: "UINTEGER" }, source);
    const [first, rows, last] = await Promise.all([large(), session.query("SELECT 2 AS n"), large()]);
    expect([first.n.length, rows, last.n.length]).toEqual([1_000_000, [{ n: 2 }], 1_000_000]);
  });
});

test.each([
  ["a value with a quotation mark", "'Jo O''Hare'::INTEGER"],
  ["one with several", `'"Jo" O''Hare''s'::INTEGER`],
  ["one with a line end", "('Jo ''O' || chr(10) || 'Hare')::INTEGER"],
  ["one that is not a date", `strptime('Jo "Hare', '%Y')`],
])("a message shows nothing of %s", async (_, value) => {
  await using duck = await Duck.open({ threads: 1 });
  const failed = duck.session((session) => session.query(`SELECT ${value}`));
  await expect(failed).rejects.toThrow(/^DuckDB failed: [A-Z][A-Za-z ]+: Could not [a-z ]+ …$/);
});

test("a message says why a file cannot be read, but shows nothing that is quoted", async () => {
  await using duck = await Duck.open({ threads: 1 });
  const place = await temporaryFolder();
  const failed = duck.session((session) =>
    session.query(`COPY (SELECT 1) TO '${place}/O''Hare/file.parquet'`),
  );
  await expect(failed).rejects.toThrow(/: No such file or directory$/);
  await expect(failed).rejects.not.toThrow("Hare");
});
