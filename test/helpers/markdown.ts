import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

export const projectFolder = path.resolve(import.meta.dirname, "..", "..");
const skipped = new Set(["node_modules", "dist", "out", "fixtures"]);

/** What documentation tests need from a Markdown file. */
export interface MarkdownPage {
  /** From the project's folder, with `/`. */
  readonly file: string;
  /** The targets of links and images, as written. */
  readonly links: readonly string[];
  /** The anchors that GitHub derives from the headings. */
  readonly anchors: ReadonlySet<string>;
  /** The lines of code blocks, and each piece of code within a text. */
  readonly code: readonly string[];
}

/** All Markdown files of the project, except those that tests use as input. */
export function markdownPages(folder = ""): MarkdownPage[] {
  return readdirSync(path.join(projectFolder, folder), { withFileTypes: true }).flatMap((entry) => {
    const file = path.posix.join(folder, entry.name);
    if (!entry.isDirectory()) return entry.name.endsWith(".md") ? [readPage(file)] : [];
    const hidden = entry.name.startsWith(".") && entry.name !== ".github";
    return hidden || skipped.has(entry.name) ? [] : markdownPages(file);
  });
}

function readPage(file: string): MarkdownPage {
  const text = readFileSync(path.join(projectFolder, file), "utf8");
  const block = /^ *```.*\n([\s\S]*?)^ *```/gm;
  const prose = text.replace(block, "");
  const span = /`([^`]+)`/g;
  return {
    file,
    links: all(prose.replace(span, ""), /\]\(([^)\s]+)\)/g),
    anchors: new Set(all(prose, /^#+ (.+)$/gm).map(anchor)),
    code: [...all(text, block).flatMap((lines) => lines.split("\n")), ...all(prose, span)].map((line) =>
      line.trim(),
    ),
  };
}

function all(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, found]) => found ?? "");
}

function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
}
