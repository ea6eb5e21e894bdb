import { html, type TemplateResult } from "lit";
import type { Explanation } from "../../src/dashboard/export/definitionTexts";
import { explainView } from "./explainView";
import { type ExportCommand, exportMenu } from "./exportMenu";
import { icon } from "./icons";
import { type Ready, toggled } from "./model";
import type { DataTable } from "./panels/panel";
import type { PanelContext } from "./panelView";

/** A part of the page: its name, its definition, and its actions. */
export interface Part {
  readonly id: string;
  readonly title: string;
  readonly definition: Explanation;
  /** Whether it spans both columns if there are two. */
  readonly wide: boolean;
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

/** The switch between a picture and its table. */
export function asTableView({ ready, actions }: PanelContext, { id, title }: Part): TemplateResult {
  const { texts, view } = ready;
  const asTable = view.asTable.includes(id);
  return html`<button
      type="button"
      class="icon-button as-table"
      aria-pressed=${asTable}
      aria-label=${`${texts.showAsTable}: ${title}`}
      title=${asTable ? texts.showAsPicture : texts.showAsTable}
      @click=${() => actions.setView({ asTable: toggled(view.asTable, id) })}
    >${icon(asTable ? "graph" : "table")}</button>`;
}

/** The export button of a part: its table, after other formats. */
export function exportView(
  { ready, exporter }: PanelContext,
  part: Part,
  table: () => DataTable,
  others: readonly ExportCommand[] = [],
  name = part.id,
): TemplateResult {
  return exportMenu(ready, part.id, part.title, [
    ...others,
    ["csv", ready.texts.asCsv, () => exporter.table(ready, { ...part, id: name }, table())],
  ]);
}
