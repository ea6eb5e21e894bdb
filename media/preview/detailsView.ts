import { html, nothing, type TemplateResult } from "lit";
import { fill } from "../../src/basics/fill";
import type { PreviewColumn, PreviewRow } from "../../src/protocol/previewedReport";
import { columnText, type Model, reasonOf } from "./model";
import { textView } from "./textView";

const maxTextLength = 20_000;

/** The full text of the active cell, and the problem of its row. */
export function detailsView(model: Model, row: PreviewRow | undefined): TemplateResult | typeof nothing {
  const { phase, active, strings } = model;
  if (phase.name !== "open" || phase.info.rowCount === 0) return nothing;
  const column = phase.info.columns[active.column - 1];
  const place = active.row < 0 ? (column?.name ?? strings.lineColumn) : placeOf(model, column, row);
  return html`
    <section class="details">
      <header>
        <p class="place"><bdi>${place}</bdi></p>
        ${
          row?.problem
            ? html`<p class="reason">
                <vscode-icon name="error" class="refused-mark"></vscode-icon>
                <span>${fill(strings.refusedReason, reasonOf(row, strings) ?? "")}</span>
              </p>`
            : nothing
        }
      </header>
      ${active.row < 0 ? columnDetails(model, column) : cellText(model, column, row)}
    </section>`;
}

function placeOf(
  { strings, numbers }: Model,
  column: PreviewColumn | undefined,
  row: PreviewRow | undefined,
): string {
  if (!row) return strings.loadingRow;
  const line = fill(strings.line, numbers.integer(row.line));
  return column ? `${line} · ${column.name}` : line;
}

function columnDetails(
  { strings }: Model,
  column: PreviewColumn | undefined,
): TemplateResult | typeof nothing {
  if (!column) return nothing;
  const facts = [
    columnText(column, strings),
    ...(column.identity ? [strings.identities] : []),
    strings.resizeHint,
  ];
  return html`<p class="quiet">${facts.join(" · ")}</p>`;
}

function cellText(
  { strings, active }: Model,
  column: PreviewColumn | undefined,
  row: PreviewRow | undefined,
): TemplateResult | typeof nothing {
  if (!row || !column) return nothing;
  const cell = row.cells[active.column - 1];
  if (cell === null) return html`<p class="quiet">${strings.masked}</p>`;
  if (cell === undefined || cell === "") return html`<p class="quiet">${strings.blank}</p>`;
  return html`<p class="full-text">${textView(cell, maxTextLength)}</p>`;
}
