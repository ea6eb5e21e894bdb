import Table from "cli-table3";
import { styled } from "./text";

/** A table without rules; `numbers` are the indexes of the columns to align right. */
export function columns(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  numbers: readonly number[],
): string {
  const made = new Table({
    head: head.map((title) => styled("bold", title)),
    colAligns: head.map((_, index) => (numbers.includes(index) ? "right" : "left")),
    chars: {
      top: "",
      "top-mid": "",
      "top-left": "",
      "top-right": "",
      bottom: "",
      "bottom-mid": "",
      "bottom-left": "",
      "bottom-right": "",
      left: "  ",
      "left-mid": "",
      mid: "",
      "mid-mid": "",
      right: "",
      "right-mid": "",
      middle: "  ",
    },
    style: { "padding-left": 0, "padding-right": 0, head: [], border: [] },
  });
  made.push(...rows.map((row) => [...row]));
  return made.toString();
}
