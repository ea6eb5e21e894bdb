// Not by name: an older Node.js does not have it, and must still load this file to say that it is too old.
import * as util from "node:util";
import { inByteUnit } from "../basics/byteSize";
import { duration as durationIn } from "../basics/duration";
import { plain, unsafeCharacters } from "../basics/plainText";

export { integer } from "../basics/counted";
export { plain } from "../basics/plainText";

type Style = Parameters<typeof util.styleText>[0];

/** Whether a stream is a terminal that understands escape codes. */
export function isTerminal(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY === true && process.env.TERM !== "dumb";
}

/** Whether a stream supports colours, unless the user opts out (https://no-color.org). */
function hasColours(stream: NodeJS.WriteStream): boolean {
  return isTerminal(stream) && !process.env.NO_COLOR;
}

/** A styled text for standard output, if it supports colours. */
export function styled(style: Style, text: string): string {
  return hasColours(process.stdout) ? util.styleText(style, text) : text;
}

/** The same for standard error. */
export function styledError(style: Style, text: string): string {
  return hasColours(process.stderr) ? util.styleText(style, text) : text;
}

/** Writes a warning to standard error. */
export function warn(text: string): void {
  console.error(`${styledError("yellow", "warning:")} ${plain(text)}`);
}

export function decimal(value: number): string {
  return value.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

export function bytes(value: number): string {
  const { amount, decimals, unit } = inByteUnit(value);
  return `${amount.toFixed(decimals)} ${unit}`;
}

export function duration(milliseconds: number): string {
  return durationIn(milliseconds, "en-US");
}

/**
 * A document as JSON. Characters that could control a terminal or reorder text are escaped: JSON itself leaves many
 * of them.
 */
export function jsonText(document: unknown): string {
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(document, undefined, 2).replace(unsafeCharacters, (character) =>
    character === "\n" ? character : escaped(character),
  );
}
