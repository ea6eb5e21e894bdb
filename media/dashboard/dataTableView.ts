import { html, nothing, type TemplateResult } from "lit";
import { fill, isolated } from "./formats";
import type { FilterPatch, Ready } from "./model";
import { type Cell, type Column, cellText, type DataTable, isText, rowRemarks } from "./panels/panel";

/**
 * A table of numbers. A click on a row's name filters like a click on its mark.
 *
 * @param empty shown if it has no rows
 */
export function dataTableView(
  ready: Ready,
  title: string,
  table: DataTable,
  empty = ready.texts.nothingToShow,
): TemplateResult {
  const { texts } = ready;
  return html`<div class="table-scroll" tabindex="0" role="group" aria-label=${title}>
    <table class="data">
      <thead><tr>${table.columns.map(
        (column) =>
          html`<th scope="col" class=${isText(column) ? "" : "number"}><bdi>${column.title}</bdi></th>`,
      )}</tr></thead>
      <tbody>${table.rows.map(
        ({ cells, pick, picked, ...row }) =>
          html`<tr class=${picked ? "picked" : ""}>${table.columns.map((column, at) => {
            if (at > 0) return cellView(ready, cells[at], column);
            const shown = shownCell(ready, cells[at], column);
            const name = typeof shown === "string" ? isolated(shown) : texts.suppressed;
            // Days have a column for the reason instead.
            const why = column.kind === "day" ? "" : rowRemarks(texts, row);
            return html`<th scope="row">${rowNameView(ready, {
              name,
              shown: markedView(shown, why),
              pick,
              picked: picked === true,
            })}</th>`;
          })}</tr>`,
      )}</tbody>
    </table>
    ${table.rows.length === 0 && empty ? html`<p class="quiet nothing">${empty}</p>` : nothing}
  </div>`;
}

/** A cell, other than the row's name. */
export function cellView(ready: Ready, cell: Cell, column: Column): TemplateResult {
  const className = column.kind === "date" ? "date" : isText(column) ? "" : "number";
  return html`<td class=${className}>${shownCell(ready, cell, column)}</td>`;
}

function shownCell(ready: Ready, cell: Cell, column: Column): string | TemplateResult {
  if (cell === null) return suppressedNumberView(ready);
  // The weekday is of interest only where a row is about a day.
  return column.kind === "date" && cell ? ready.formats.day(String(cell)) : cellText(ready, cell, column);
}

/** A row's name with the same mark as in the chart, if there is a reason for one. */
function markedView(name: unknown, why: string): TemplateResult {
  return why === ""
    ? html`<bdi>${name}</bdi>`
    : html`<span class="marked"><bdi>${name}</bdi><span title=${why}>\u00a0*</span></span>`;
}

/** Stands in for a number that is suppressed. */
function suppressedNumberView({ texts, answer }: Ready): TemplateResult {
  return html`<span class="suppressed-number" title=${fill(texts.suppressedHint, answer.minimumGroupSize)}>${texts.suppressed}</span>`;
}

/** A row's name. A click filters by it, except on an exported page. */
export function rowNameView(
  { texts, frozen, actions }: Ready,
  row: {
    readonly name: string;
    readonly shown: TemplateResult;
    readonly pick: FilterPatch | undefined;
    readonly picked: boolean;
  },
): TemplateResult {
  const { name, shown, pick, picked } = row;
  if (pick === undefined || frozen) return shown;
  return html`<button type="button" class="link row-pick" aria-pressed=${picked}
    title=${fill(picked ? texts.unfilter : texts.filterBy, name)} @click=${() => actions.setFilter(pick)}>${shown}</button>`;
}
