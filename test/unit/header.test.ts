import { describe, expect, test } from "vitest";
import { cellOf, columnAt, type Header, isProblem, readHeader, shownName } from "../../src/clever/header";
import { reports } from "../../src/clever/reports";

const clever =
  "date,sis_id,clever_user_id,clever_school_id,school_name,active,num_logins,num_resources_accessed";
const report = reports.daily_participation;

function read(text: string | Buffer) {
  const header = readHeader(Buffer.from(text), report);
  if (isProblem(header)) return `${header.line} ${header.column ?? "-"} ${header.reason}`;
  const indexes = Object.fromEntries([...header.indexes].map(([column, index]) => [column.name, index]));
  return { delimiter: header.delimiter, indexes, extra: shownExtras(header) };
}

function shownExtras(header: Header, ids: ReadonlySet<string> = new Set()): string[] {
  return header.extra.map((index) => shownName(header, index, ids));
}

const inOrder = {
  date: 0,
  sis_id: 1,
  clever_user_id: 2,
  clever_school_id: 3,
  school_name: 4,
  active: 5,
  num_logins: 6,
  num_resources_accessed: 7,
};

describe("a header is read as its report's", () => {
  test.each([
    ["as Clever writes it", `${clever}\n2020-01-01`],
    ["without a row or line end", clever],
    ["with a byte-order mark, CRLF and quotes", `\ufeff"${clever.replaceAll(",", '","')}"\r\n`],
    ["in capitals, with spaces", `${clever.toUpperCase().replaceAll("_", " ").replaceAll(",", " , ")}\n`],
    ["of staff", `${clever.replace("sis_id", "staff_id")}\n`],
  ])("%s", (_, text) => {
    expect(read(text)).toEqual({ delimiter: ",", indexes: inOrder, extra: [] });
  });

  test("with semicolons or tabs, as some spreadsheets save", () => {
    expect(read(clever.replaceAll(",", ";"))).toMatchObject({ delimiter: ";", indexes: inOrder });
    expect(read(clever.replaceAll(",", "\t"))).toMatchObject({ delimiter: "\t", indexes: inOrder });
  });

  test("in another order, with unknown columns, without school_name", () => {
    expect(
      read("active,num_logins,grade,num_resources_accessed,clever_school_id,clever_user_id,sis_id,date,x"),
    ).toEqual({
      delimiter: ",",
      indexes: {
        date: 7,
        sis_id: 6,
        clever_user_id: 5,
        clever_school_id: 4,
        school_name: undefined,
        active: 0,
        num_logins: 1,
        num_resources_accessed: 3,
      },
      extra: ["grade", "x"],
    });
  });

  test("with unknown columns reported by name if they look like one, else by position", () => {
    const extras = ["Homeroom", "Grade Level", "Año (2)", '"Notes,\nfree ""text"""', "", "#", "A".repeat(41)];
    expect(read(`${clever},${extras.join(",")}\n`)).toMatchObject({
      extra: ["Homeroom", "Grade Level", "Año (2)", "column 12", "column 13", "column 14", "column 15"],
    });
  });

  test("with unknown columns reported by position if they may be a person's id", () => {
    expect(read(`${clever},a1b2c3,s-100,Q1,Term 12\n`)).toMatchObject({
      extra: ["column 9", "column 10", "Q1", "Term 12"],
    });
    const header = readHeader(Buffer.from(`${clever},Jane.Doe,Homeroom`), report);
    if (isProblem(header)) throw new Error("No header.");
    expect(shownExtras(header, new Set(["jane.doe"]))).toEqual(["column 9", "Homeroom"]);
  });

  test("with line breaks within the names of unknown columns", () => {
    expect(read(`${clever},"Homeroom\nteacher"\n`)).toMatchObject({ indexes: inOrder, extra: ["column 9"] });
    expect(read(`${clever},"Homeroom\r\nteacher"\r`)).toMatchObject({ extra: ["column 9"] });
  });
});

describe("sis_id together with staff_id", () => {
  const both = `staff_id,${clever}`;
  const cells = ["t", "2024-09-03", "s", "c", "school", "North", "true", "1", "2"];

  test.each([
    ["students", "s"],
    ["teachers", "s"],
    ["staff", "t"],
    [undefined, "s"],
  ] as const)("of %s: the filled one counts, and %s if both are", (userType, preferred) => {
    const header = readHeader(Buffer.from(both), report, userType);
    const column = report.columns.find(({ name }) => name === "sis_id");
    if (isProblem(header) || !column) throw new Error("No header.");
    expect(header.extra).toEqual([]);
    expect(cellOf(header, column, cells)).toBe(preferred);
    expect(cellOf(header, column, cells.with(0, " "))).toBe("s");
    expect(cellOf(header, column, cells.with(2, ""))).toBe("t");
    expect(cellOf(header, column, cells.with(0, "").with(2, "\u00a0"))).toMatch(/^\s*$/);
    expect(columnAt(header, 0)).toBe(column);
    expect(columnAt(header, 2)).toBe(column);
  });
});

describe("a header line that contains data is refused:", () => {
  const optionalLast = clever.replace(",school_name", "").concat(",school_name");
  const row = "2024-09-03,sis-SECRETAMY,clever-SECRETAMY,s,true,1,2,North";

  test.each([
    ["a line separator", `${optionalLast}\u2028${row}\u2028`],
    ["a vertical tab", `${optionalLast}\v${row}\v`],
    ["a form feed", `${optionalLast}\f${row}\f`],
    ["a next line", `${optionalLast}\u0085${row}\u0085`],
    ["a record separator", `${optionalLast}\x1e${row}\x1e`],
    ["a control character in an unknown name", `${clever},x\u0001\n`],
    ["the row after it", `${optionalLast}${row}\n`],
    ["the row after it and a blank", `${optionalLast} ${row}\n`],
    ["the row on the same line", `${clever},${row}\n`],
    ["a quote that includes the row", `${clever},"Homeroom\n${row},"\n`],
    ["a date", `${clever},9/3/2024\n`],
    ["a number", `${clever},123456789012\n`],
    ["a boolean", `${clever},FALSE\n`],
  ])("%s", (_, text) => {
    expect(read(text)).toBe("1 - The header line contains data or a line break.");
  });
});

describe("a line that is not the report's header is refused with line, column and reason", () => {
  test.each([
    ["an empty file", "", /^1 - The file is empty/],
    ["a missing column", clever.replace(",active", ""), /^1 active The column active is missing/],
    ["a duplicate column", `${clever},active`, /^1 active The header has the column active 2 times/],
    [
      "sis_id twice together with staff_id",
      `${clever},staff_id,sis_id`,
      /^1 sis_id The header has the column sis_id 3 times/,
    ],
    ["rows without a header", "2020-01-01,a,b,c,d,true,1,1\n", /^1 - The file does not have the header/],
    ["UTF-16", Buffer.from(`\ufeff${clever}`, "utf16le"), /another encoding/],
    [
      "the other report",
      clever.replace("num_logins", "x").replace("active", "y"),
      /^1 active The column active is missing/,
    ],
  ])("%s", (_, text, expected) => {
    expect(read(text)).toMatch(expected);
  });
});
