import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Numbers } from "../../media/preview/text";
import { visibleText } from "../../media/preview/visibleText";
import { fill } from "../../src/basics/fill";

const shown = (text: string) =>
  visibleText(text)
    .map((part) => (part.control ? `<${part.text}>` : part.text))
    .join("");

describe("visibleText", () => {
  test.each([
    ["", ""],
    ["Lincoln Elementary", "Lincoln Elementary"],
    ["a\tb\r\nc", "a<TAB>b<CR><LF>c"],
    ["\u0000\u001b\u007f", "<NUL><ESC><DEL>"],
    ["abc\u202edef", "abc<U+202E>def"],
    ["a\u00a0b", "a<U+00A0>b"],
    ["\ufeffdate", "<U+FEFF>date"],
    ["\u{e0041}", "<U+E0041>"],
    ["École مدرسة 学校", "École مدرسة 学校"],
  ])("%j", (text, expected) => expect(shown(text)).toBe(expected));

  test("keeps joiners that shape emoji and letters, and shows those that are hidden", () => {
    expect(shown("👩‍🏫")).toBe("👩‍🏫");
    expect(shown("می\u200cخواهم")).toBe("می\u200cخواهم");
    expect(shown("1\u200d2")).toBe("1<U+200D>2");
    expect(shown("\u200dabc")).toBe("<U+200D>abc");
  });

  test("no control character is left in any text, and nothing else is lost", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const parts = visibleText(text);
        const plain = parts
          .filter(({ control }) => !control)
          .map((part) => part.text)
          .join("");
        expect(plain).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
        expect(
          [...text].filter((character) => !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u00a0]/u.test(character)).join(""),
        ).toBe(plain.replaceAll(/[\u200c\u200d]/g, ""));
      }),
    );
  });
});

test("fill inserts values and leaves unknown placeholders", () => {
  expect(fill("{0} of {1} {2}", 1, "{0}")).toBe("1 of {0} {2}");
});

test("numbers are formatted as in the language", () => {
  expect(new Numbers("en").integer(100_000)).toBe("100,000");
  expect(new Numbers("es").integer(100_000)).toBe("100.000");
  expect(new Numbers("en").bytes(651)).toBe("651 B");
  expect(new Numbers("es").bytes(9_300_000)).toBe("9,3 MB");
  expect(new Numbers("en").bytes(999_999)).toBe("1 MB");
});
