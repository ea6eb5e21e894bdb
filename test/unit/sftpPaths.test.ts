import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isCleverLakeError } from "../../src/basics/errors";
import { nameFault, printable, safeRelativePath } from "../../src/sftp/paths";

describe("file names from a server", () => {
  it.each([
    "2020-10-26-daily-participation-students.csv",
    "2020-10-26-daily-participation-students (1).csv",
    "Schüler.csv",
    ".hidden",
    "con-fig.csv",
    "a".repeat(255),
  ])("accepts %j", (name) => {
    expect(nameFault(name)).toBeUndefined();
  });

  it.each([
    ["", "empty"],
    [".", "another folder"],
    ["..", "another folder"],
    ["a/b", "path separator"],
    ["/etc/passwd", "path separator"],
    ["..\\b", "path separator"],
    ["a\0b", "control"],
    ["a\nb", "control"],
    ["a\u0085b", "control"],
    ["\u{fffd}.csv", "UTF-8"],
    ["a\ud800", "UTF-8"],
    ["ä".repeat(128), "255 bytes"],
    ["C:evil", "Windows"],
    ["file.csv:stream", "Windows"],
    ["NUL", "device"],
    ["com1.csv", "device"],
    ["CON .csv", "device"],
    ["conout$", "device"],
    ["a.", "dot or space"],
    ["a ", "dot or space"],
  ])("refuses %j", (name, reason) => {
    expect(nameFault(name)).toContain(reason);
  });

  it("never lets a path leave its folder, whatever its names are", () => {
    const awkward = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom("..", ".", "", "a", "\\", "..\\..", "a/..", "\0", "C:"),
    );
    fc.assert(
      fc.property(fc.array(awkward, { maxLength: 5 }), (names) => {
        const path = names.join("/");
        try {
          safeRelativePath(path);
        } catch (error) {
          return isCleverLakeError(error, "unsafePath");
        }
        return path
          .split("/")
          .every(
            (name) =>
              name !== "" &&
              !/^\.{1,2}$/.test(name) &&
              !/[\\\p{C}:]/u.test(name.replace(/[\p{Cf}\p{Co}\p{Cn}]/gu, "")),
          );
      }),
    );
  });

  it("shows names without terminal control characters", () => {
    expect(printable("a\u001b[31m\n\u202etxt.csv")).toBe("a\\u{1b}[31m\\u{a}\\u{202e}txt.csv");
    expect(printable("x".repeat(1000))).toHaveLength(301);
  });
});
