import { html, type TemplateResult } from "lit";
import type { Explanation } from "../../src/dashboard/export/definitionTexts";
import { tableFile } from "./exportFiles";
import { groupRule } from "./filterWords";
import { fill } from "./formats";
import { icon } from "./icons";
import type { Ready } from "./model";
import type { DataTable, Panel } from "./panels/panel";
import { popover } from "./popover";

/** A part of the page: its name, its definition, and its actions. */
export interface Part {
  readonly id: string;
  readonly title: string;
  readonly definition: Explanation;
  /** Whether it spans both columns if there are two. */
  readonly wide?: boolean;
}

/**
 * @param notes shown below the title
 * @param tools shown at the end of the head
 */
export function partView(
  ready: Ready,
  { id, title, definition, wide }: Part,
  notes: unknown,
  tools: unknown,
  body: unknown,
): TemplateResult {
  return html`<section class=${wide ? "panel wide" : "panel"} id=${`panel-${id}`} aria-label=${title}>
    <header class="panel-head">
      <div class="panel-title">
        <div class="titled"><h2>${title}</h2>${explainView(ready, id, title, definition)}</div>
        ${notes}
      </div>
      <div class="panel-tools">${tools}</div>
    </header>
    ${body}
  </section>`;
}

/** The `?` next to a title: the definition, in brief and in full. */
export function explainView(
  { texts, answer }: Pick<Ready, "texts" | "answer">,
  id: string,
  title: string,
  { brief, exact }: Explanation,
): TemplateResult {
  return popover({
    id: `explain-${id}`,
    className: "icon-button explain",
    label: fill(texts.explain, title),
    face: icon("question"),
    heading: title,
    width: 360,
    content: html`<div class="explanation" tabindex="0">
      <h3>${title}</h3>
      <p>${brief}</p>
      <details><summary>${texts.more}</summary><p>${exact}</p></details>
      <p class="quiet">${groupRule(texts, answer.minimumGroupSize)}</p>
    </div>`,
  });
}

/** The switch between a chart and its table. */
export function asTableView({ texts, view, actions }: Ready, { id, title }: Part): TemplateResult {
  const asTable = view.asTable.includes(id);
  return html`<button
      type="button"
      class="icon-button as-table"
      aria-pressed=${asTable}
      aria-label=${`${texts.showAsTable}: ${title}`}
      title=${asTable ? texts.showAsChart : texts.showAsTable}
      @click=${() => actions.toggleTable(id)}
    >${icon(asTable ? "graph" : "table")}</button>`;
}

/** An export format of a part of the page: the suffix of the command's id, its text, and its action. */
type ExportCommand = readonly [kind: "png" | "svg" | "csv", text: string, save: () => void];

/** The export button of a part, with its menu: its table, after other formats. */
export function exportView(
  ready: Ready,
  part: Part & Pick<Panel, "footnotes">,
  table: () => DataTable,
  others: readonly ExportCommand[] = [],
  name = part.id,
): TemplateResult {
  const { texts, actions } = ready;
  const label = fill(texts.exportOf, part.title);
  const commands: readonly ExportCommand[] = [
    ...others,
    ["csv", texts.asCsv, () => actions.save(tableFile(ready, { ...part, id: name }, table()))],
  ];
  return popover({
    id: `export-${part.id}`,
    className: "icon-button",
    label,
    face: icon("export"),
    heading: label,
    menu: true,
    width: 170,
    content: html`${commands.map(
      ([kind, text, save]) =>
        html`<button type="button" role="menuitem" class="command" id=${`${part.id}-${kind}`} @click=${save}>${text}</button>`,
    )}`,
  });
}
