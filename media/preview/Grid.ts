import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from "@tanstack/virtual-core";
import type { TemplateResult } from "lit";
import type { PreviewInfo } from "../../src/protocol/previewedReport";
import { type GridPosition, moveInGrid } from "./gridPosition";
import { cellId, columnCount, type GridLayout, gridView, hasProblemColumn } from "./gridView";
import { rowCount } from "./model";
import type { Page } from "./Page";

const resizeStep = 16;

/** Scrolling, keys, focus and column widths of the table; `gridView` renders it. */
export class Grid {
  private readonly vertical: Virtualizer<HTMLElement, HTMLElement>;
  private readonly horizontal: Virtualizer<HTMLElement, HTMLElement>;
  private element: HTMLElement | null = null;
  private focusRequested = false;
  /** The cell that currently has a tooltip. */
  private titled: HTMLElement | undefined;

  constructor(private readonly page: Page) {
    const shared = {
      getScrollElement: () => this.element,
      scrollToFn: elementScroll<HTMLElement>,
      observeElementRect: observeElementRect<HTMLElement>,
      observeElementOffset: observeElementOffset<HTMLElement>,
      onChange: () => page.changed(),
      count: 0,
    };
    this.vertical = new Virtualizer<HTMLElement, HTMLElement>({
      ...shared,
      estimateSize: () => page.rowHeight,
      overscan: 8,
      initialOffset: page.scrollTop,
    });
    this.horizontal = new Virtualizer<HTMLElement, HTMLElement>({
      ...shared,
      estimateSize: (index) => this.widthOf(index),
      overscan: 3,
      horizontal: true,
    });
    this.vertical._didMount();
    this.horizontal._didMount();
  }

  get scrollTop(): number {
    return this.vertical.scrollOffset ?? this.page.scrollTop;
  }

  /** The visible rows and columns to draw now. */
  view(info: PreviewInfo): TemplateResult {
    const { model, rows } = this.page;
    const layout = this.layout(info);
    rows.want(layout.rows.map(({ index }) => index));
    return gridView(model, info, layout, (index) => rows.row(index), this);
  }

  /** Must be called once the result of `view` is in the page. */
  drawn(): void {
    this.element = document.querySelector<HTMLElement>(".grid");
    this.vertical._willUpdate();
    this.horizontal._willUpdate();
    if (!this.focusRequested) return;
    this.focusRequested = false;
    const { active } = this.page.model;
    document.getElementById(cellId(active.row, active.column))?.focus({ preventScroll: true });
  }

  /** Call it when sizes of rows or columns have changed. */
  remeasure(): void {
    this.vertical.measure();
    this.horizontal.measure();
  }

  /** Removes the tooltip when its text is no longer valid. */
  forgetTitle(): void {
    this.titled?.removeAttribute("title");
    this.titled = undefined;
  }

  /** Makes a cell active, visible and focused. */
  goTo(position: GridPosition): void {
    this.focusRequested = true;
    this.show(position);
  }

  /** Makes a cell active and visible. It takes the focus only from another cell, not from another part of VS Code. */
  show({ row, column }: GridPosition): void {
    this.page.model.active = { row, column };
    if (document.hasFocus() && this.element?.contains(document.activeElement)) this.focusRequested = true;
    if (row >= 0) this.vertical.scrollToIndex(row, { align: "auto" });
    if (column > 0) this.horizontal.scrollToIndex(column - 1, { align: "auto" });
    this.page.changed();
  }

  // Handlers are properties, because templates pass them on unbound.
  readonly keyDown = (event: KeyboardEvent): void => {
    const { model } = this.page;
    const { phase, active } = model;
    if (phase.name !== "open") return;
    const control = event.ctrlKey || event.metaKey;
    if (event.altKey) {
      if (event.key === "ArrowLeft") this.widen(active.column - 1, -resizeStep, event);
      if (event.key === "ArrowRight") this.widen(active.column - 1, resizeStep, event);
      return;
    }
    if (event.shiftKey) return;
    const page = Math.max(1, Math.floor(this.bodyHeight() / this.page.rowHeight) - 1);
    const size = { rows: rowCount(model), columns: columnCount(phase.info), page };
    const next = moveInGrid(active, { key: event.key, control }, size);
    if (!next) return;
    handled(event);
    this.goTo(next);
  };

  readonly focusIn = (event: FocusEvent): void => {
    const cell = cellOf(event.target);
    const [, row, column] = /^cell-(-?\d+)-(\d+)$/.exec(cell?.id ?? "") ?? [];
    const { active } = this.page.model;
    if (row === undefined || (Number(row) === active.row && Number(column) === active.column)) return;
    this.page.model.active = { row: Number(row), column: Number(column) };
    this.page.changed();
  };

  readonly pointerOver = (event: PointerEvent): void => {
    const cell = cellOf(event.target);
    if (cell === this.titled) return;
    this.forgetTitle();
    if (!cell) return;
    const texts = [...cell.querySelectorAll<HTMLElement>(".text, .name, .type")];
    const isCut = [cell, ...texts].some(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth);
    const reason = cell.closest(".refused")?.querySelector("[id^=reason-]")?.textContent;
    const text = isCut
      ? texts.map(({ textContent }) => textContent.trim()).join("\n") || cell.textContent.trim()
      : "";
    const title = [text, cell.matches(".troubled, .line, .explanation") ? reason : undefined];
    cell.title = title.filter(Boolean).join("\n");
    this.titled = cell;
  };

  /** Copies the active cell, unless it is masked. */
  readonly copy = (event: ClipboardEvent): void => {
    const { model, rows } = this.page;
    const { row, column } = model.active;
    const cell = rows.row(row)?.cells[column - 1];
    if (!cell || !event.clipboardData) return;
    event.clipboardData.setData("text/plain", cell);
    event.preventDefault();
  };

  readonly resizeStart = (event: PointerEvent, column: number): void => {
    const handle = event.target;
    if (!(handle instanceof HTMLElement) || event.button !== 0) return;
    event.preventDefault();
    handle.setPointerCapture(event.pointerId);
    const from = event.clientX;
    const width = this.widthOf(column);
    const done = new AbortController();
    const move = (moved: PointerEvent) => this.resize(column, width + moved.clientX - from);
    handle.addEventListener("pointermove", move, { signal: done.signal });
    handle.addEventListener("lostpointercapture", () => done.abort(), { signal: done.signal });
  };

  readonly resizeToFit = (column: number): void => this.resize(column, undefined);

  private widen(column: number, by: number, event: Event): void {
    handled(event);
    if (column >= 0) this.resize(column, this.widthOf(column) + by);
  }

  private resize(index: number, width: number | undefined): void {
    const { model, widths } = this.page;
    const column = model.phase.name === "open" ? model.phase.info.columns[index] : undefined;
    if (!column) return;
    widths.resize(column, width);
    this.horizontal.measure();
    this.page.changed();
  }

  private layout(info: PreviewInfo): GridLayout {
    const lineWidth = this.lineWidth(info);
    const head = this.page.rowHeight * 2;
    const { row, column } = this.page.model.active;
    // The active cell stays in the document wherever the table is scrolled, because it has the focus.
    const withActive =
      (active: number, count: number) =>
      (range: { startIndex: number; endIndex: number; overscan: number }) => {
        const first = Math.max(0, range.startIndex - range.overscan);
        const last = Math.min(count - 1, range.endIndex + range.overscan);
        const indexes = Array.from({ length: Math.max(0, last - first + 1) }, (_, offset) => first + offset);
        if (active < 0 || active >= count || (active >= first && active <= last)) return indexes;
        return active < first ? [active, ...indexes] : [...indexes, active];
      };
    const columns = columnCount(info) - 1;
    this.vertical.setOptions({
      ...this.vertical.options,
      count: info.rowCount,
      scrollMargin: head,
      scrollPaddingStart: head,
      rangeExtractor: withActive(row, info.rowCount),
    });
    this.horizontal.setOptions({
      ...this.horizontal.options,
      count: columns,
      scrollMargin: lineWidth,
      scrollPaddingStart: lineWidth,
      rangeExtractor: withActive(column - 1, columns),
    });
    return {
      rows: this.vertical
        .getVirtualItems()
        .map(({ index, start, size }) => ({ index, start: start - head, size })),
      columns: this.horizontal.getVirtualItems(),
      lineWidth,
      width: lineWidth + this.horizontal.getTotalSize(),
      height: this.vertical.getTotalSize(),
    };
  }

  private lineWidth(info: PreviewInfo): number {
    const { widths, model } = this.page;
    // Cells with line breaks can make line numbers larger than row numbers; space for one more digit is enough.
    return widths.lines(model.numbers.integer(info.rowCount * 2), model.strings.lineColumn);
  }

  private widthOf(index: number): number {
    const { model, widths } = this.page;
    if (model.phase.name !== "open") return 0;
    const { info } = model.phase;
    const column = info.columns[index];
    if (column) return widths.of(column, index);
    const others = info.columns.reduce((sum, other, at) => sum + widths.of(other, at), this.lineWidth(info));
    return hasProblemColumn(info) ? widths.problems((this.element?.clientWidth ?? 0) - others) : 0;
  }

  private bodyHeight(): number {
    return (this.element?.clientHeight ?? 0) - this.page.rowHeight * 2;
  }
}

function cellOf(target: EventTarget | null): HTMLElement | null {
  return target instanceof Element ? target.closest<HTMLElement>(".cell") : null;
}

/** Keeps a key that the table uses from the page and from VS Code, where Alt+Left leaves the tab on Windows. */
function handled(event: Event): void {
  event.preventDefault();
  event.stopPropagation();
}
