import { stringify } from "csv-stringify/sync";
import fc from "fast-check";
import {
  type ReportColumn,
  type ReportName,
  reportNames,
  reports,
  type UserType,
  userTypes,
} from "../../src/clever/reports";

/** A cell's expected value: a date as `yyyy-MM-dd`, null for a blank cell or a missing column. */
export type ExpectedValue = string | number | boolean | null;
/** A row by the report table's column names, whatever the file calls them. */
export type ExpectedRow = Readonly<Record<string, ExpectedValue>>;

export interface ReportCsv {
  readonly text: string;
  readonly report: ReportName;
  readonly userType: UserType;
  /** The good rows, in the file's order. */
  readonly rows: readonly ExpectedRow[];
  /** Headers that are not columns of the report, in the file's order. */
  readonly unknownColumns: readonly string[];
}

/** How a program wrote the file. */
export interface Style {
  readonly lineEnd: "\n" | "\r\n";
  readonly byteOrderMark: boolean;
  readonly quoteAll: boolean;
  readonly dates: "iso" | "M/D/YYYY" | "MM/DD/YYYY";
  readonly booleans: readonly [yes: string, no: string];
  readonly blankLinesAtEnd: number;
}

/** A column of the file: one of the report's under one of its names, or an unknown one. */
export interface FileColumn {
  readonly header: string;
  readonly column: ReportColumn | undefined;
}

export interface Cell {
  readonly written: string;
  readonly expected: ExpectedValue;
}

const style: fc.Arbitrary<Style> = fc.record({
  lineEnd: fc.constantFrom("\n", "\r\n"),
  byteOrderMark: fc.boolean(),
  quoteAll: fc.boolean(),
  dates: fc.constantFrom("iso", "M/D/YYYY", "MM/DD/YYYY"),
  booleans: fc.constantFrom(["true", "false"], ["True", "False"], ["TRUE", "FALSE"]),
  blankLinesAtEnd: fc.nat(3),
});

/** Text without leading or trailing white space, which is not the subject here. */
const plainText = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 12 })
  .filter((text) => text.trim() === text && !/^[=\p{C}\p{Z}]|[\p{C}\p{Z}]$/u.test(text));

function textValue(name: string, lineEnd: string): fc.Arbitrary<string> {
  if (name.endsWith("_id")) {
    // No id of a school or resource is as long as one of a person: a row with a person's id there looks shifted.
    const [letters, digits] = /school|resource/.test(name) ? [20, 8] : [24, 7];
    return fc.oneof(
      fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: letters, maxLength: letters }),
      fc.integer({ min: 0, max: 10 ** digits - 1 }).map((number) => String(number).padStart(digits, "0")),
    );
  }
  return fc.oneof(
    plainText,
    fc.constantFrom(
      "Escuela Peñasco, K-5",
      'The "Annex"',
      '"',
      ",",
      "NULL",
      "N/A",
      "O'Hare; West\tWing",
      "https://example.org/?a=1,2&b=%20#top",
      "数学ランド 🧮",
      "1/2/2025",
      "true",
      `two${lineEnd}lines`,
      `two${lineEnd}${lineEnd}"lines", and a blank one`,
    ),
  );
}

function dateCell({ dates }: Style): fc.Arbitrary<Cell> {
  // In spreadsheet formats, only days that cannot be months.
  const day = dates === "iso" ? fc.integer({ min: 1, max: 28 }) : fc.integer({ min: 13, max: 28 });
  const pad = (number: number): string => String(number).padStart(2, "0");
  // The 11 months before the files are written: dates a year away from that, or from the rest of their file, are refused.
  return fc.tuple(fc.constantFrom(12, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10), day).map(([m, d]) => {
    const y = m === 12 ? 2023 : 2024;
    const expected = `${y}-${pad(m)}-${pad(d)}`;
    const written = {
      iso: expected,
      "M/D/YYYY": `${m}/${d}/${y}`,
      "MM/DD/YYYY": `${pad(m)}/${pad(d)}/${y}`,
    };
    return { written: written[dates], expected };
  });
}

function knownCell({ name, type, blank }: ReportColumn, fileStyle: Style): fc.Arbitrary<Cell> {
  const values: Readonly<Record<ReportColumn["type"], () => fc.Arbitrary<Cell>>> = {
    date: () => dateCell(fileStyle),
    string: () => textValue(name, fileStyle.lineEnd).map((text) => ({ written: text, expected: text })),
    boolean: () => fc.boolean().map((yes) => ({ written: fileStyle.booleans[yes ? 0 : 1], expected: yes })),
    integer: () =>
      fc
        .oneof(fc.nat(20), fc.nat(2 ** 31 - 1))
        .map((number) => ({ written: String(number), expected: number })),
  };
  const blankCell = fc.constant<Cell>({ written: "", expected: null });
  return blank
    ? fc.oneof({ weight: 5, arbitrary: values[type]() }, { weight: 1, arbitrary: blankCell })
    : values[type]();
}

export function cell({ column }: FileColumn, fileStyle: Style): fc.Arbitrary<Cell> {
  if (column !== undefined) return knownCell(column, fileStyle);
  return fc.oneof(plainText, fc.constant("")).map((text) => ({ written: text, expected: null }));
}

/** The columns of a file, in any order: Clever's, without some optional ones, with some unknown ones. */
function fileColumns(report: ReportName): fc.Arbitrary<FileColumn[]> {
  const known = reports[report].columns.map((column) =>
    fc
      .constantFrom(column.name, ...(column.aliases ?? []))
      .chain((header) =>
        column.required ? fc.constant(header) : fc.option(fc.constant(header), { freq: 3 }),
      )
      .map((header) => (header === null ? [] : [{ header, column }])),
  );
  const unknown = fc
    .subarray(["district_id", "Notes, free", "last_updated", "Straße"])
    .map((headers) => headers.map((header) => ({ header, column: undefined })));
  return fc
    .tuple(fc.tuple(...known), unknown)
    .map(([present, extra]): FileColumn[] => [...present.flat(), ...extra])
    .chain((columns) =>
      fc.oneof(
        fc.constant(columns),
        fc.shuffledSubarray(columns, { minLength: columns.length, maxLength: columns.length }),
      ),
    );
}

export interface Plan {
  readonly report: ReportName;
  readonly userType: UserType;
  readonly style: Style;
  readonly columns: readonly FileColumn[];
  readonly rows: readonly (readonly Cell[])[];
}

export const plan: fc.Arbitrary<Plan> = fc
  .record({ report: fc.constantFrom(...reportNames), userType: fc.constantFrom(...userTypes), style })
  .chain((head) => fc.record({ head: fc.constant(head), columns: fileColumns(head.report) }))
  .chain(({ head, columns }) =>
    fc
      .array(fc.tuple(...columns.map((column) => cell(column, head.style))), { maxLength: 12 })
      .map((rows) => ({ ...head, columns, rows })),
  );

export function expectedRow({ report, columns }: Plan, cells: readonly Cell[]): ExpectedRow {
  const byName = new Map(columns.map(({ column }, index) => [column?.name, cells[index]?.expected ?? null]));
  return Object.fromEntries(reports[report].columns.map(({ name }) => [name, byName.get(name) ?? null]));
}

/** Writes records one by one, so that the line on which each starts is known. */
export function writeRecords({ style: fileStyle }: Plan, records: readonly (readonly string[])[]) {
  let text = fileStyle.byteOrderMark ? "\uFEFF" : "";
  let line = 1;
  const startLines: number[] = [];
  for (const record of records) {
    startLines.push(line);
    const written = stringify([[...record]], {
      record_delimiter: fileStyle.lineEnd,
      quoted: fileStyle.quoteAll,
      quoted_empty: fileStyle.quoteAll,
    });
    line += written.split("\n").length - 1;
    text += written;
  }
  return { text: text + fileStyle.lineEnd.repeat(fileStyle.blankLinesAtEnd), startLines };
}

export const headers = ({ columns }: Plan): string[] => columns.map(({ header }) => header);
export const writtenCells = (cells: readonly Cell[]): string[] => cells.map(({ written }) => written);
export const unknownColumns = ({ columns }: Plan): string[] =>
  columns.filter(({ column }) => column === undefined).map(({ header }) => header);

/**
 * A file that must be read completely, with its expected values: any report and user type, columns in any order and
 * under any of their names, unknown columns, and the marks that spreadsheets leave. UTF-8 once encoded.
 */
export function reportCsv(): fc.Arbitrary<ReportCsv> {
  return plan.map((file) => ({
    text: writeRecords(file, [headers(file), ...file.rows.map(writtenCells)]).text,
    report: file.report,
    userType: file.userType,
    rows: file.rows.map((cells) => expectedRow(file, cells)),
    unknownColumns: unknownColumns(file),
  }));
}
