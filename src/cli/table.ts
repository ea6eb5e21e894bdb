import { stripVTControlCharacters } from "node:util";
import { styled } from "./text";

/** Scripts and symbols that are two columns wide in a terminal. */
const wide = /[\p{Emoji_Presentation}\p{scx=Han}\p{scx=Hangul}\p{scx=Hira}\p{scx=Kana}\uFF01-\uFF60]/u;
const graphemes = new Intl.Segmenter();

/** How many terminal columns a text takes, without its colours. */
function width(text: string): number {
  const plainText = stripVTControlCharacters(text);
  if (/^[ -~]*$/.test(plainText)) return plainText.length;
  return [...graphemes.segment(plainText)].reduce(
    (sum, { segment }) => sum + (wide.test(segment) ? 2 : 1),
    0,
  );
}

/** A column is not made narrower than this. */
const narrowest = 12;

/**
 * A text that fits into a number of terminal columns, without its colours if it was shortened. The mark of numbers that
 * cover only a part stays.
 */
function shortened(text: string, columnCount: number): string {
  if (width(text) <= columnCount) return text;
  const end = text.endsWith(" *") ? "… *" : "…";
  let kept = "";
  for (const { segment } of graphemes.segment(stripVTControlCharacters(text))) {
    if (width(kept + segment + end) > columnCount) break;
    kept += segment;
  }
  return kept + end;
}

/**
 * A table without rules.
 * @param numbers the indexes of right-aligned columns
 * @param flexible the column whose texts are shortened on a terminal that is too narrow; names of files stay whole
 */
export function columns(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  numbers: readonly number[],
  flexible?: number,
): string {
  const lines = [head.map((title) => styled("bold", title)), ...rows];
  const widths = head.map((_, index) => Math.max(...lines.map((cells) => width(cells[index] ?? ""))));
  const { isTTY, columns: available } = process.stdout;
  const excess = widths.reduce((sum, each) => sum + 2 + each, 0) - available;
  const natural = flexible === undefined ? 0 : (widths[flexible] ?? 0);
  // A terminal of unknown size reports 0.
  if (isTTY && available > 0 && flexible !== undefined && excess > 0)
    widths[flexible] = Math.min(natural, Math.max(narrowest, natural - excess));
  const padded = (cell: string, index: number) => {
    const text = shortened(cell, widths[index] ?? 0);
    const space = " ".repeat((widths[index] ?? 0) - width(text));
    return numbers.includes(index) ? space + text : text + space;
  };
  return lines.map((cells) => `  ${cells.map(padded).join("  ")}`.trimEnd()).join("\n");
}
