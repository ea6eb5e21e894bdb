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

/** A table without rules; `numbers` are the indexes of right-aligned columns. */
export function columns(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  numbers: readonly number[],
): string {
  const lines = [head.map((title) => styled("bold", title)), ...rows];
  const widths = head.map((_, index) => Math.max(...lines.map((cells) => width(cells[index] ?? ""))));
  const padded = (cell: string, index: number) => {
    const space = " ".repeat((widths[index] ?? 0) - width(cell));
    return numbers.includes(index) ? space + cell : cell + space;
  };
  return lines.map((cells) => `  ${cells.map(padded).join("  ")}`.trimEnd()).join("\n");
}
