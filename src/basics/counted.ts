/** `1 file`, `2 files`, `1,234 files`: a number and its noun, in English. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;
}
