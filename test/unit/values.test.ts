import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ReportColumn, reports } from "../../src/clever/reports";
import { rosterShape } from "../../src/clever/roster";
import { type DayMonthOrder, dayMonthOrder, isBlank, parseValue } from "../../src/clever/values";

function columnNamed(name: string): ReportColumn {
  const found = reports.daily_participation.columns.find((column) => column.name === name);
  if (!found) throw new Error(`no column ${name}`);
  return found;
}

function read(name: string, text: string, order: DayMonthOrder = "unknown") {
  const parsed = parseValue(columnNamed(name), text, order);
  return "reason" in parsed ? `refused: ${parsed.reason}` : parsed.value;
}

describe("dates", () => {
  test.each([
    ["2022-01-03", "2022-01-03"],
    [" 2022-1-3 ", "2022-01-03"],
    ["2022/01/03", "2022-01-03"],
    ["2022-01-03 00:00:00", "2022-01-03"],
    ["2022-01-03T00:00:00.000Z", "2022-01-03"],
    ["1/13/2022", "2022-01-13"],
    ["13/1/2022", "2022-01-13"],
    ["13.01.2022", "2022-01-13"],
    ["2/2/2022", "2022-02-02"],
    ["3-Jan-2022", "2022-01-03"],
    ["03 January 2022", "2022-01-03"],
    ["2024-02-29", "2024-02-29"],
  ])("%j is %s", (text, expected) => {
    expect(read("date", text)).toBe(expected);
  });

  test("ambiguous day and month are refused, unless other dates of the file show the order", () => {
    expect(read("date", "1/3/2022")).toMatch(/ambiguous/);
    expect(read("date", "1/3/2022", "monthFirst")).toBe("2022-01-03");
    expect(read("date", "1/3/2022", "dayFirst")).toBe("2022-03-01");
  });

  test.each([
    ["2022-02-30", /no such date/],
    ["2022-13-01", /no such date/],
    ["2023-02-29", /no such date/],
    ["0000-01-03", /not between 2000 and 2099/],
    ["9999-12-31", /not between 2000 and 2099/],
    ["1/27/1922", /not between 2000 and 2099/],
    ["13/13/2022", /no such date/],
    ["1/13/22", /Not a date/],
    ["44564", /Not a date/],
    ["2022-01-03 08:15:00", /Not a date/],
    ["2022-01/03", /Not a date/],
    ["yesterday", /Not a date/],
    ["", /blank/],
    ["  ", /blank/],
  ])("%j is refused", (text, expected) => {
    expect(read("date", text)).toMatch(expected);
  });

  test("a file's order of day and month is known only if its dates agree", () => {
    expect(dayMonthOrder(["1/3/2022", "1/27/2022"])).toBe("monthFirst");
    expect(dayMonthOrder(["1/3/2022", "27/1/2022"])).toBe("dayFirst");
    expect(dayMonthOrder(["1/27/2022", "27/1/2022"])).toBe("unknown");
    expect(dayMonthOrder(["1/3/2022", "2022-01-27"])).toBe("unknown");
  });

  test("every day of this century is read and written unchanged", () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date("2000-01-01"), max: new Date("2099-12-31"), noInvalidDate: true }),
        (day) => {
          const iso = day.toISOString().slice(0, 10);
          expect(read("date", iso)).toBe(iso);
        },
      ),
    );
  });
});

describe("numbers", () => {
  test.each([
    ["0", 0],
    [" 12 ", 12],
    ["007", 7],
    ["7.0", 7],
    ["2147483647", 2147483647],
  ])("%j is %d", (text, expected) => {
    expect(read("num_logins", text)).toBe(expected);
  });

  test.each(["", "1.5", "1,234", "1.234", "-1", "1e3", "2147483648", "99999999999", "x", "١"])(
    "%j is refused",
    (text) => {
      expect(read("num_logins", text)).toMatch(/^refused/);
    },
  );
});

describe("booleans", () => {
  test.each([
    ["TRUE", true],
    ["False", false],
    [" true ", true],
  ])("%j is %s", (text, expected) => {
    expect(read("active", text)).toBe(expected);
  });

  test.each(["", "1", "yes", "t"])("%j is refused", (text) => {
    expect(read("active", text)).toMatch(/^refused/);
  });
});

describe("texts", () => {
  test("are kept byte for byte, and null if blank", () => {
    expect(read("sis_id", "00123")).toBe("00123");
    expect(read("school_name", " =HYPERLINK(1) ")).toBe(" =HYPERLINK(1) ");
    expect(read("sis_id", " \u00a0")).toBeNull();
  });

  test("are null if they are a placeholder in place of an id, and kept elsewhere", () => {
    expect(read("sis_id", "NULL")).toBeNull();
    expect(read("clever_user_id", "<NA>")).toBeNull();
    expect(read("school_name", "NULL")).toBe("NULL");
  });

  test("that are not ids are refused in place of one, and kept elsewhere", () => {
    expect(read("sis_id", "12345.0")).toMatch(/as a number.*“99999\.9”/);
    expect(read("clever_user_id", "#REF!")).toMatch(/error/);
    expect(read("school_name", "#REF!")).toBe("#REF!");
  });

  test("an id that a spreadsheet rounded is refused, but a school's name of that form is not", () => {
    expect(read("sis_id", "1.23457E+11")).toMatch(/rounded by a spreadsheet/);
    expect(read("school_name", "1.23457E+11")).toBe("1.23457E+11");
  });
});

test("the roster's ids are checked like those of the reports, and may not be blank", () => {
  const [studentId] = rosterShape.columns;
  if (!studentId) throw new Error("no column");
  expect(parseValue(studentId, "00123", "unknown")).toEqual({ value: "00123" });
  for (const text of ["NULL", "12345.0", "00123\u200b"]) {
    expect(parseValue(studentId, text, "unknown")).toHaveProperty("reason");
  }
});

test("a refusal never shows the cell", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[b-z]{4,12}[1-8]{3,9}$/), (secret) => {
      for (const name of ["date", "active", "num_logins"]) {
        expect(read(name, secret)).not.toContain(secret);
        expect(read(name, secret)).toMatch(/^refused/);
      }
    }),
  );
});

test("only white space is blank", () => {
  expect(["", " ", "\t\r\n", "\ufeff"].every(isBlank)).toBe(true);
  expect(["0", "-", "\u200b"].some(isBlank)).toBe(false);
});
