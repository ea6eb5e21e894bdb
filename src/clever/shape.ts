/** Characters of a cell that a reader would not see, and that could steer a terminal. */
const unseen = /[\p{C}\p{Z}]/gu;

/** What a cell looks like, without saying what it is: digits become 9, letters a, white space and the like a middle dot. */
export function shape(text: string): string {
  const start = [...text].slice(0, 24).join("");
  const pattern = start
    .replace(/[\p{L}\p{M}]/gu, "a")
    .replace(/\p{N}/gu, "9")
    .replace(unseen, "·");
  return start.length < text.length ? `“${pattern}…”` : `“${pattern}”`;
}
