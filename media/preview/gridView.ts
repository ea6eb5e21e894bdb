import { html, nothing, type TemplateResult } from "lit";
import { classMap } from "lit/directives/class-map.js";
import { repeat } from "lit/directives/repeat.js";
import { fill } from "../../src/basics/fill";
import type { PreviewColumn, PreviewInfo, PreviewRow } from "../../src/protocol/previewedReport";
import type { Grid } from "./Grid";
import { columnText, hasProblem, type Model, reasonOf } from "./model";
import { textView } from "./textView";

/** The maximum length of a cell's text: more than fits in the widest column. The details show the rest. */
const maxTextLength = 400;

/** A visible row or column; positions are in pixels from the start of the rows or columns. */
export interface PixelRange {
  readonly index: number;
  readonly start: number;
  readonly size: number;
}

/** The visible part of the grid. */
export interface GridLayout {
  readonly rows: readonly PixelRange[];
  /** Index 0 is the first column after the line numbers. */
  readonly columns: readonly PixelRange[];
  readonly lineWidth: number;
  readonly width: number;
  readonly height: number;
}

export function cellId(row: number, column: number): string {
  return `cell-${row}-${column}`;
}

/** Whether the last column has the reasons of refused rows. */
export function hasProblemColumn(info: PreviewInfo): boolean {
  return info.refused.length > 0;
}

export function columnCount(info: PreviewInfo): number {
  return 1 + info.columns.length + (hasProblemColumn(info) ? 1 : 0);
}

/**
 * The visible part of the table, following the grid pattern of the ARIA Authoring Practices with a single tab stop.
 * Styles are set through the DOM, because the page's policy forbids style attributes.
 */
export function gridView(
  model: Model,
  info: PreviewInfo,
  layout: GridLayout,
  rowAt: (index: number) => PreviewRow | undefined,
  grid: Grid,
): TemplateResult {
  return html`
    <div
      class="grid"
      role="grid"
      aria-label=${fill(model.strings.title, model.file.name)}
      aria-readonly="true"
      aria-rowcount=${info.rowCount + 1}
      aria-colcount=${columnCount(info)}
      @keydown=${grid.keyDown}
      @focusin=${grid.focusIn}
      @pointerover=${grid.pointerOver}
      @copy=${grid.copy}
    >
      <div class="head" role="rowgroup" .style=${`width:${layout.width}px`}>
        ${headerRow(model, info, layout, grid)}
      </div>
      <div class="body" role="rowgroup" .style=${`width:${layout.width}px;height:${layout.height}px`}>
        ${repeat(
          layout.rows,
          ({ index }) => index,
          (stretch) => bodyRow(model, info, layout, stretch, rowAt(stretch.index)),
        )}
      </div>
    </div>`;
}

function headerRow(model: Model, info: PreviewInfo, layout: GridLayout, grid: Grid): TemplateResult {
  const { strings } = model;
  const { active } = model;
  return html`
    <div class="row" role="row" aria-rowindex="1">
      <div
        class="cell line"
        role="columnheader"
        id=${cellId(-1, 0)}
        aria-colindex="1"
        tabindex=${active.row === -1 && active.column === 0 ? 0 : -1}
        .style=${`width:${layout.lineWidth}px`}
      ><span class="name">${strings.lineColumn}</span></div>
      ${repeat(
        layout.columns,
        ({ index }) => index,
        ({ index, start, size }) => html`
          <div
            class="cell"
            role="columnheader"
            id=${cellId(-1, index + 1)}
            aria-colindex=${index + 2}
            tabindex=${active.row === -1 && active.column === index + 1 ? 0 : -1}
            .style=${`left:${start}px;width:${size}px`}
          >${headerCell(model, info.columns[index], index, grid)}</div>`,
      )}
    </div>`;
}

function headerCell(
  { strings, revealed }: Model,
  column: PreviewColumn | undefined,
  index: number,
  grid: Grid,
): TemplateResult {
  if (!column) return html`<span class="name">${strings.problemColumn}</span>`;
  return html`
    <span class="name"><bdi>${column.name}</bdi></span>
    ${
      column.identity
        ? html`<vscode-icon class="lock" name=${revealed ? "unlock" : "lock"} size="14"></vscode-icon
          ><span class="spoken">, ${strings.identities}</span>`
        : nothing
    }
    <span class=${classMap({ type: true, unknown: column.type === "unknown" })}>
      <span class="spoken">, </span>${columnText(column, strings)}
    </span>
    <span
      class="handle"
      aria-hidden="true"
      @pointerdown=${(event: PointerEvent) => grid.resizeStart(event, index)}
      @dblclick=${() => grid.resizeToFit(index)}
    ></span>`;
}

function bodyRow(
  model: Model,
  info: PreviewInfo,
  layout: GridLayout,
  { index, start }: PixelRange,
  row: PreviewRow | undefined,
): TemplateResult {
  const { active, strings, numbers } = model;
  const isActive = active.row === index;
  const reason = row ? reasonOf(row, strings) : undefined;
  return html`
    <div
      class=${classMap({ row: true, odd: index % 2 === 1, active: isActive, refused: reason !== undefined })}
      role="row"
      aria-rowindex=${index + 2}
      aria-busy=${row ? nothing : "true"}
      .style=${`top:${start}px`}
    >
      <div
        class="cell line"
        role="rowheader"
        id=${cellId(index, 0)}
        aria-colindex="1"
        tabindex=${isActive && active.column === 0 ? 0 : -1}
        .style=${`width:${layout.lineWidth}px`}
      >
        ${
          reason === undefined
            ? nothing
            : html`<span class="codicon codicon-error refused-mark" aria-hidden="true"></span>`
        }<span class="number">${row ? numbers.integer(row.line) : ""}</span>${
          reason === undefined
            ? nothing
            : html`<span class="spoken" id=${`reason-${index}`}>${fill(strings.refusedReason, reason)}</span>`
        }
      </div>
      ${repeat(
        layout.columns,
        (stretch) => stretch.index,
        (stretch) => {
          const column = info.columns[stretch.index];
          const troubled = row !== undefined && column !== undefined && hasProblem(row, column);
          return html`
            <div
              class=${classMap({
                cell: true,
                number: column?.type === "integer",
                troubled,
                explanation: column === undefined,
              })}
              role="gridcell"
              id=${cellId(index, stretch.index + 1)}
              aria-colindex=${stretch.index + 2}
              aria-invalid=${troubled ? "true" : nothing}
              aria-describedby=${troubled ? `reason-${index}` : nothing}
              tabindex=${isActive && active.column === stretch.index + 1 ? 0 : -1}
              .style=${`left:${stretch.start}px;width:${stretch.size}px`}
            >${column === undefined ? (reason ?? nothing) : bodyCell(model, row, stretch.index)}</div>`;
        },
      )}
    </div>`;
}

function bodyCell({ strings }: Model, row: PreviewRow | undefined, column: number): unknown {
  if (!row) return html`<span class="skeleton"></span><span class="spoken">${strings.loadingRow}</span>`;
  const cell = row.cells[column];
  if (cell === undefined || cell === "") return nothing;
  if (cell !== null) return textView(cell, maxTextLength);
  return html`<span class="masked" aria-hidden="true">••••••</span><span class="spoken">${strings.masked}</span>`;
}
