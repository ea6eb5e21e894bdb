import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { maskMarker, maskText, type TextKind } from "../../src/clever/maskedText";

const hex = "5f3a9c0b1d2e4f5a6b7c8d9e";
const unknownHex = "4e1a9c0b1d2e4f5a6b7c8d90";
const uuid = "0a1b2c3d-4e5f-4678-9abc-def012345678";
const known = new Set(["12", "314", "1234", "4711815", "a1234", "sis-amy", "j.doe", "reading", hex, uuid]);

const mask = (text: string, kind: TextKind = "name") => maskText(text, kind, (id) => known.has(id));

describe("masks", () => {
  test.each([
    [
      "a known id in a query",
      "https://x.org/app?ref=4711815&lang=en",
      "https://x.org/app?ref=[pseudonym]&lang=en",
    ],
    ["a short one after a person's key", "https://x.org/?student=12", "https://x.org/?student=[pseudonym]"],
    [
      "an unknown one after a person's key",
      "https://x.org/?student=98765",
      "https://x.org/?student=[pseudonym]",
    ],
    [
      "keys however they are written",
      "?Student_ID=7;user-name=amy",
      "?Student_ID=[pseudonym];user-name=[pseudonym]",
    ],
    ["a name after such a key", "https://x.org/?firstName=Amy", "https://x.org/?firstName=[pseudonym]"],
    ["a known id in a path", `https://x.org/docs/${hex}/edit`, "https://x.org/docs/[pseudonym]/edit"],
    ["capitals", `https://x.org/docs/${hex.toUpperCase()}`, "https://x.org/docs/[pseudonym]"],
    ["an unknown one below people", `https://x.org/users/${unknownHex}`, "https://x.org/users/[pseudonym]"],
    ["a login name below people", "x.org/users/jdoe24", "x.org/users/[pseudonym]"],
    ["a UUID below people", `x.org/users/${uuid.replace("0a1b", "1b1b")}`, "x.org/users/[pseudonym]"],
    ["a number below people", "x.org/students/12/home", "x.org/students/[pseudonym]/home"],
    [
      "an unknown id in Clever's format in a query",
      `https://x.org/?id=${unknownHex}`,
      "https://x.org/?id=[pseudonym]",
    ],
    ["a fragment", `https://x.org/#u=${hex}`, "https://x.org/#u=[pseudonym]"],
    ["a known id of letters in a query", "https://x.org/?q=reading", "https://x.org/?q=[pseudonym]"],
    ["mailto", "mailto:amy@school.example.org?subject=Hi", "mailto:[pseudonym]?subject=Hi"],
    ["a plain address", "Portfolio of zoë.o'neil@school.example.org.", "Portfolio of [pseudonym]."],
    ["an encoded address", "https://x.org/?a=amy%40example.org", "https://x.org/?a=[pseudonym]"],
    ["one that is encoded twice", "https://x.org/?a=amy%2540example.org", "https://x.org/?a=[pseudonym]"],
    ["an encoded id", "https://x.org/?a=%34711815", "https://x.org/?a=[pseudonym]"],
    [
      "an address within an address",
      "https://x.org/?to=https%3A%2F%2Fy.org%2F%3Fstudent%3D98765",
      "https://x.org/?to=[pseudonym]",
    ],
    ["a log-in", "https://amy:secret@x.org/a", "https://[pseudonym]@x.org/a"],
    ["a number in a text", "Portfolio 4711815", "Portfolio [pseudonym]"],
    ["an id between other characters", "Portfolio_(a1234)_2", "Portfolio_([pseudonym])_2"],
    [
      "an id of several pieces",
      "Page of sis-amy, class of J.Doe",
      "Page of [pseudonym], class of [pseudonym]",
    ],
    ["a UUID", `Journal {${uuid.toUpperCase()}}`, "Journal {[pseudonym]}"],
    ["an id alone", "sis-amy", "[pseudonym]"],
    ["several", "?user=1&mail=2 4711815", "?user=[pseudonym]&mail=[pseudonym] [pseudonym]"],
  ])("%s", (_what, text, expected) => {
    expect(mask(text)).toBe(expected);
    expect(mask(expected)).toBe(expected);
  });
});

describe("leaves unchanged", () => {
  test.each([
    "Algebra 1",
    "Grade 12 Math",
    "Room 314",
    "Room 1234",
    "Khan Academy",
    "Reading Eggs",
    "2048",
    "School year 2024-25",
    "K-12",
    "1234",
    "IXL – Math & Science: grades 6/7",
    "Class of 2024 @ North",
    "https://www.khanacademy.org/math/algebra?lang=en&grade=12",
    "https://youtu.be/watch?v=dQw4w9WgXcQ&t=314",
    "https://x.org/units/12/pages/1234",
    "https://x.org/students/dashboard",
    "https://x.org/teachers/k12-resources/5th-grade",
    "https://x.org/students/2024/",
    "https://x.org/course?id=98765",
    "https://clever.com/oauth/authorize?client_id=4c63c1cf623dce82caac",
    "100 % = all?",
    "https://x.org/%zz?a=%",
    "x4711815x",
    "日本 🏫",
    "",
  ])("%s", (text) => {
    expect(mask(text)).toBe(text);
  });

  test("the numbers of schools and resources, and cells that are whole ids, which their rows identify", () => {
    for (const kind of ["words", "id"] as const) {
      for (const text of ["4711815", "School 4711815", "sis-amy", hex]) expect(mask(text, kind)).toBe(text);
      expect(mask("page-of-sis-amy", kind)).toBe("page-of-[pseudonym]");
      expect(mask("North amy@example.org", kind)).toBe("North [pseudonym]");
    }
  });
});

test("looks up ids in lower case, and changes nothing without known ids or addresses", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(..."aB1 -_./:;,%éß".split("")) }), (text) => {
      const masked = maskText(text, "name", (id) => {
        expect(id).toBe(id.toLowerCase());
        return false;
      });
      expect(masked.includes(maskMarker) ? text : masked).toBe(text);
    }),
  );
});

test("runs in linear time", () => {
  const length = 200_000;
  for (const unit of ["a", "a.", "%40", "a@", "/", "=", "1-", "//a", "%25"]) {
    expect(mask(unit.repeat(length / unit.length)).length).toBeGreaterThan(0);
  }
});
