import { plain } from "../../basics/plainText";

/**
 * Makes text from the server, the lake, file names and settings inert. VS Code turns `[…](command:…)` into links in
 * notifications and box prompts, and `$(…)` into icons in labels, and neither can be escaped. A space between the two
 * opening characters prevents both everywhere.
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
 * The same for Markdown: on one line, with every ASCII punctuation character escaped. CommonMark allows this, so no
 * list of dangerous characters is needed. VS Code's preview still turns URLs and e-mail addresses into links, escaped
 * or not; an invisible word joiner within `//` and before `@` prevents that.
 */
export function asMarkdown(text: string): string {
  return plain(text.replace(/[\r\n]+/g, " "))
    .replace(/(?<=\/)\/|@/g, "\u2060$&")
    .replace(/[!-/:-@[-`{-~]/g, "\\$&");
}

/** Longer parts of a path may wrap anywhere: an external name must not stretch a page. */
const maxUnbroken = 48;

/** A path for a cell of a Markdown table. In a narrow column it wraps after a slash or a date, not at every hyphen. */
export function pathAsMarkdown(path: string): string {
  return asMarkdown(path)
    .split(/(?<=\\\/)|(?<=(?:^|\\\/)\d{4}\\-\d\d\\-\d\d\\-)(?=[a-z])/)
    .map((part) => (part.length > maxUnbroken ? part : `<nobr>${part}</nobr>`))
    .join("<wbr>");
}
