/** `1,234`: a number in English. */
export function integer(value: number): string {
  return value.toLocaleString("en-US");
}

/** `1 file`, `2 files`, `1,234 files`: a number and its noun, in English. */
export function counted(count: number, noun: string): string {
  return `${integer(count)} ${noun}${count === 1 ? "" : "s"}`;
}
