import { describe, expect, test } from "vitest";
import { isProblem, readHeader } from "../../src/clever/header";
import { reports } from "../../src/clever/reports";

const clever =
  "date,sis_id,clever_user_id,clever_school_id,school_name,active,num_logins,num_resources_accessed";
const report = reports.daily_participation;

function read(text: string | Buffer) {
  const header = readHeader(Buffer.from(text), report);
  if (isProblem(header)) return `${header.line} ${header.column ?? "-"} ${header.reason}`;
  const indexes = Object.fromEntries([...header.indexes].map(([column, index]) => [column.name, index]));
  return { delimiter: header.delimiter, indexes, extra: header.extra };
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
});

describe("what is no header of the report is refused with line, column and reason", () => {
  test.each([
    ["an empty file", "", /^1 - The file is empty/],
    ["a missing column", clever.replace(",active", ""), /^1 active The column is missing/],
    ["a column twice", `${clever},active`, /^1 active The column stands 2 times/],
    ["sis_id beside staff_id", `${clever},staff_id`, /^1 sis_id The column stands 2 times/],
    ["rows without a header", "2020-01-01,a,b,c,d,true,1,1\n", /^1 - There is no header/],
    ["UTF-16", Buffer.from(`\ufeff${clever}`, "utf16le"), /another encoding/],
    [
      "the other report",
      clever.replace("num_logins", "x").replace("active", "y"),
      /^1 active The column is missing/,
    ],
  ])("%s", (_, text, expected) => {
    expect(read(text)).toMatch(expected);
  });
});
