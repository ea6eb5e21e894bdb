/** A heading and a table below it; nothing where there are no rows. Cells are texts, whatever they look like. */
export function tableSection(
  title: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string[] {
  if (rows.length === 0) return [];
  return [
    `## ${title}`,
    "",
    `| ${head.map(asMarkdown).join(" | ")} |`,
    `|${" --- |".repeat(head.length)}`,
    ...rows.map((cells) => `| ${cells.map(asMarkdown).join(" | ")} |`),
    "",
  ];
}

/** File names and reasons are text, whatever they look like. */
export function asMarkdown(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+\-!|<>&~]/g, "\\$&").replace(/[\r\n]+/g, " ");
}
