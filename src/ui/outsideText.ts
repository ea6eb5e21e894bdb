import { plain } from "../plainText";

/**
 * Text from the server, the lake, file names and settings as what it is: text. VS Code makes links of `[…](command:…)` in
 * notifications and in the prompts of its boxes, and icons of `$(…)` in labels, and has no way to quote either. A
 * space between the two characters that begin one does it in every place.
 */
export function inert(text: string): string {
  return text
    .split("\n")
    .map(plain)
    .join("\n")
    .replace(/\](?=\()/g, "] ")
    .replace(/\$(?=\()/g, "$ ");
}

/**
 * The same for Markdown: in one line, with every ASCII punctuation character quoted, which CommonMark allows, so that
 * there is no list of dangerous ones to keep. VS Code's preview makes links of addresses all the same, quoted or not:
 * an invisible word joiner within `//` and before `@` leaves it no address.
 */
export function asMarkdown(text: string): string {
  return plain(text.replace(/[\r\n]+/g, " "))
    .replace(/(?<=\/)\/|@/g, "\u2060$&")
    .replace(/[!-/:-@[-`{-~]/g, "\\$&");
}

/** Longer parts of a path may be broken anywhere: a name from outside must not stretch a page. */
const mostUnbroken = 48;

/**
 * A path for a cell of a Markdown table. A narrow column breaks it behind a slash or a date, and not at each of its
 * hyphens.
 */
export function pathAsMarkdown(path: string): string {
  return asMarkdown(path)
    .split(/(?<=\\\/)|(?<=(?:^|\\\/)\d{4}\\-\d\d\\-\d\d\\-)(?=[a-z])/)
    .map((part) => (part.length > mostUnbroken ? part : `<nobr>${part}</nobr>`))
    .join("<wbr>");
}
