import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { reports } from "../../src/clever/reports";
import { type ExpectedValue, reportCsv } from "../helpers/csv";
import { reportCsvWithBadRows } from "../helpers/csvBadRows";

interface FileRecord {
  readonly cells: readonly string[];
  readonly line: number;
}

/** The records of a file with the line on which each starts. */
function records(text: string): FileRecord[] {
  const bytes = Buffer.from(text);
  const found: FileRecord[] = [];
  let line = 1;
  parse(bytes, {
    bom: true,
    relax_column_count: true,
    skip_empty_lines: true,
    on_record: (cells: string[], { bytes: end }) => {
      found.push({ cells, line });
      // The parser may be between the two characters of a line end.
      line = 1 + (bytes.toString("utf8", 0, end).match(/\r\n?|\n/g)?.length ?? 0);
    },
  });
  return found;
}

function written(value: ExpectedValue): string {
  return value === null ? "" : String(value);
}

/** A cell's value, read in the simplest way: spreadsheet dates and upper case undone. */
function reading(name: string, text: string): string {
  const spreadsheet = /^(\d+)\/(\d+)\/(\d{4})$/.exec(text);
  if (name === "date" && spreadsheet) {
    const [, month = "", day = "", year = ""] = spreadsheet;
    return `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
  }
  return name === "active" ? text.toLowerCase() : text;
}

/** Patterns of good cells that a bad one must not match. */
const good: Readonly<Record<string, RegExp>> & { readonly number: RegExp } = {
  date: /^(\d{4}-(0\d|1[012])-([01]\d|2[0-8])|\d+\/(1[3-9]|2\d)\/\d{4}|)$/,
  active: /^(true|false|)$/i,
  number: /^\d{0,10}$/,
};

describe("generated report CSVs", () => {
  it("are parsed to the rows returned with them", () => {
    fc.assert(
      fc.property(reportCsv(), ({ text, report, rows, unknownColumns }) => {
        const [header, ...body] = records(text);
        const names = header?.cells.map((name) => (name === "staff_id" ? "sis_id" : name)) ?? [];
        const columns = reports[report].columns.map(({ name }) => name);
        expect(names.filter((name) => !columns.includes(name))).toEqual(unknownColumns);
        const read = body.map(({ cells }) =>
          columns.map((name) => reading(name, cells[names.indexOf(name)] ?? "")),
        );
        expect(read).toEqual(rows.map((row) => columns.map((name) => written(row[name] ?? null))));
      }),
    );
  });

  it("have their bad rows on the lines returned with them", () => {
    fc.assert(
      fc.property(reportCsvWithBadRows(), ({ text, rows, badRows }) => {
        const [header, ...body] = records(text);
        const width = header?.cells.length ?? 0;
        const atLine = new Map(body.map(({ cells, line }) => [line, cells]));
        expect(body).toHaveLength(rows.length + badRows.length);
        for (const { kind, line, column } of badRows) {
          const cells = atLine.get(line);
          const cell = column === null ? undefined : cells?.[header?.cells.indexOf(column) ?? -1];
          if (kind === "short row") expect(cells?.length).toBeLessThan(width);
          else if (kind === "long row") expect(cells?.length).toBeGreaterThan(width);
          else if (kind.startsWith("blank")) expect(cell).toBe("");
          else expect(cell).not.toMatch(good[column ?? ""] ?? good.number);
        }
      }),
    );
  });

  it("have the requested number of bad rows", () => {
    fc.assert(
      fc.property(reportCsvWithBadRows(3), ({ badRows }) => {
        expect(badRows).toHaveLength(3);
        expect(badRows.map(({ line }) => line)).toEqual(
          badRows.map(({ line }) => line).sort((a, b) => a - b),
        );
      }),
    );
  });
});
