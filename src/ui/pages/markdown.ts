import * as vscode from "vscode";
import { integer } from "../texts/format";
import { asMarkdown, pathAsMarkdown } from "../texts/untrustedText";

/** A text, or a path, which wraps at its slashes. */
export type Cell = string | { readonly path: string };

/** A column of a table, with the cell of each row. */
export interface TableColumn<Row> {
  readonly head: string;
  readonly cellOf: (row: Row) => Cell;
  readonly align: "left" | "right";
}

export function column<Row>(
  head: string,
  cellOf: (row: Row) => Cell,
  align: "left" | "right" = "left",
): TableColumn<Row> {
  return { head, cellOf, align };
}

/** A column of whole numbers; the cell of one that is not known is empty. */
export function numbers<Row>(head: string, countOf: (row: Row) => number | undefined): TableColumn<Row> {
  const cellOf = (row: Row) => {
    const count = countOf(row);
    return count === undefined ? "" : integer(count);
  };
  return column(head, cellOf, "right");
}

/** A heading with a table below it; empty if there are no rows. Cells are always shown as plain text. */
export function tableSection<Row>(
  title: string,
  rows: readonly Row[],
  columns: readonly TableColumn<Row>[],
): string[] {
  if (rows.length === 0) return [];
  return [
    `## ${asMarkdown(title)}`,
    "",
    `| ${columns.map(({ head }) => asMarkdown(head)).join(" | ")} |`,
    `|${columns.map(({ align }) => (align === "right" ? " ---: |" : " --- |")).join("")}`,
    ...rows.map((row) => `| ${columns.map(({ cellOf }) => cellAsMarkdown(cellOf(row))).join(" | ")} |`),
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
