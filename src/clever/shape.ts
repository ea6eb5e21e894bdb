/** Characters of a cell that are invisible, or that could control a terminal. */
const invisible = /[\p{C}\p{Z}]/gu;

/**
 * The shape of a cell without its value: digits become 9, letters a, white space and invisible characters a middle dot.
 */
export function shape(text: string): string {
  const start = [...text].slice(0, 24).join("");
  const pattern = start
    .replace(/[\p{L}\p{M}]/gu, "a")
    .replace(/\p{N}/gu, "9")
    .replace(invisible, "·");
  return start.length < text.length ? `“${pattern}…”` : `“${pattern}”`;
}
