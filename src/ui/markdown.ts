import * as vscode from "vscode";
import { asMarkdown, pathAsMarkdown } from "./outsideText";

/** A text, or a path, which wraps at its slashes. */
export type Cell = string | { readonly path: string };

/**
 * A heading with a table below it; empty if there are no rows. Cells are always shown as plain text.
 * @param numbers the indexes of right-aligned columns
 */
export function tableSection(
  title: string,
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  numbers: readonly number[] = [],
): string[] {
  if (rows.length === 0) return [];
  return [
    `## ${asMarkdown(title)}`,
    "",
    `| ${head.map(asMarkdown).join(" | ")} |`,
    `|${head.map((_, index) => (numbers.includes(index) ? " ---: |" : " --- |")).join("")}`,
    ...rows.map((cells) => `| ${cells.map(cellAsMarkdown).join(" | ")} |`),
    "",
  ];
}

function cellAsMarkdown(cell: Cell): string {
  return typeof cell === "string" ? asMarkdown(cell) : pathAsMarkdown(cell.path);
}

/** A tooltip with facts, one per line after its name. */
export function detailsTooltip(
  facts: readonly (readonly [name: string, value: string])[],
): vscode.MarkdownString {
  return new vscode.MarkdownString(
    facts.map(([name, value]) => `**${asMarkdown(name)}** ${asMarkdown(value)}`).join("  \n"),
  );
}
