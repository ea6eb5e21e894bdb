import { expect, test } from "vitest";
import { Duck } from "../../src/duck/duck";

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
