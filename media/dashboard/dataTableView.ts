import { html, nothing, type TemplateResult } from "lit";
import { fill, isolated } from "./formats";
import type { Actions, Ready } from "./model";
import type { Cell, Column, DataTable } from "./panels/panel";

/** A picture's numbers as a table; a row's name filters as its mark does. */
export function dataTableView(
  { texts, formats, answer }: Ready,
  actions: Actions | undefined,
  title: string,
  table: DataTable,
): TemplateResult {
  const show = (cell: Cell, { kind }: Column) => {
    if (cell === undefined) return "–";
    if (cell === null) {
      return html`<span class="hidden-number" title=${fill(texts.hiddenHint, answer.minimumGroupSize)}>${texts.hidden}</span>`;
    }
    if (kind === "text") return cell;
    if (cell === "few") return formats.few;
    if (typeof cell === "string") return kind === "day" ? formats.longDay(cell) : cell;
    if (kind === "decimal") return formats.decimal(cell);
    return kind === "share" ? formats.share(cell) : formats.integer(cell);
  };
  const text = ({ kind }: Column) => kind === "text" || kind === "day";
  return html`<div class="table-scroll" tabindex="0" role="group" aria-label=${title}>
    <table class="data">
      <thead><tr>${table.columns.map(
        (column) =>
          html`<th scope="col" class=${text(column) ? "" : "number"}><bdi>${column.title}</bdi></th>`,
      )}</tr></thead>
      <tbody>${table.rows.map(
        ({ cells, pick, picked, partly }) =>
          html`<tr class=${picked ? "picked" : ""}>${table.columns.map((column, at) => {
            const shown = show(cells[at], column);
            if (at > 0) return html`<td class=${text(column) ? "" : "number"}>${shown}</td>`;
            const name = typeof shown === "string" ? isolated(shown) : texts.hidden;
            // Same mark as in the picture; the reason is below it. Days have a column for it instead.
            const mark =
              partly && column.kind !== "day" ? html`<span title=${texts.ofCounted}>\u00a0*</span>` : nothing;
            return html`<th scope="row">${
              pick && actions
                ? html`<button type="button" class="row-pick" aria-pressed=${picked === true}
                  title=${fill(picked ? texts.unfilter : texts.filterBy, name)}
                  @click=${() => actions.setFilter(pick)}><bdi>${shown}</bdi>${mark}</button>`
                : html`<bdi>${shown}</bdi>${mark}`
            }</th>`;
          })}</tr>`,
      )}</tbody>
    </table>
    ${table.rows.length === 0 ? html`<p class="quiet nothing">${texts.nothingToShow}</p>` : nothing}
  </div>`;
}
