import { stringify } from "csv-stringify/browser/esm/sync";

/** A cell as people and programs read it; `null` is empty. */
export type CsvCell = string | number | null;

/** What a spreadsheet takes for the start of a formula; a leading tab or line end does not prevent that. */
const formula = /^[\s\p{Cc}]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]/u;

/**
 * A table as CSV (RFC 4180, UTF-8 with a byte-order mark so that spreadsheets detect the encoding). Texts that a
 * spreadsheet would take for a formula get a leading apostrophe. All texts are quoted, so that a locale with another
 * delimiter cannot split them.
 */
export function csvOf(header: readonly string[], rows: readonly (readonly CsvCell[])[]): string {
  const safe = [header, ...rows].map((row) =>
    row.map((cell) => (typeof cell === "string" ? withoutFormula(cell) : cell)),
  );
  return stringify(safe, { bom: true, quoted_string: true, record_delimiter: "\r\n" });
}

function withoutFormula(text: string): string {
  return formula.test(text) ? `'${text}` : text;
}
