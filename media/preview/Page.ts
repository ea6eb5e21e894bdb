import { html, nothing, render } from "lit";
import { fill } from "../../src/basics/fill";
import type { FromPage, Opened, PageState, PreviewFile, Rows, ToPage } from "../../src/protocol/preview";
import type { PreviewStrings } from "../../src/protocol/previewStrings";
import { barView, notesView } from "./barView";
import { ColumnWidths, type MeasureText } from "./columns";
import { detailsView } from "./detailsView";
import { Grid } from "./Grid";
import { columnText, hasProblem, type Model, reasonOf, refusedText, rowCount, rowsText } from "./model";
import { nearestRefusedRow, placeAmong } from "./refusedRows";
import { RowCache } from "./rowCache";
import { stateView } from "./stateView";
import { Numbers } from "./text";

/** The API that VS Code provides in every webview. */
export interface VsCodeApi {
  postMessage(message: FromPage): void;
  /** The state from which a later page of the same tab starts. Unchecked: the extension validates it. */
  getState(): PageState | undefined;
  setState(state: PageState): void;
}

const rowHeightPerFontSize = 22 / 13;
/** Milliseconds without scrolling after which the position is saved. */
const saveDelay = 200;

/** The page of one report: handles the extension's messages and draws. */
export class Page {
  readonly model: Model;
  readonly rows: RowCache;
  readonly widths: ColumnWidths;
  /** The table's scroll position when the page was last visible. */
  readonly scrollTop: number;
  /** A row's height in pixels, for the current font. */
  rowHeight = 22;
  private readonly setWidths: Record<string, number>;
  private readonly grid: Grid;
  private generation = -1;
  /** Whether the report was not open in this tab before: then it opens at its first refused row. */
  private isNew: boolean;
  private measure = measureTextIn(document.body);
  private font = "";
  /** The refused row to show once it is loaded. */
  private refusedGoal: number | undefined;
  private frame = 0;
  private saveTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly root: HTMLElement,
    private readonly vscode: VsCodeApi,
    file: PreviewFile,
    strings: PreviewStrings,
    before: PageState | undefined,
  ) {
    this.model = {
      file,
      strings,
      numbers: new Numbers(strings.locale),
      phase: { name: "loading" },
      revealed: false,
      loadingMore: false,
      trouble: undefined,
      active: { row: before?.row ?? 0, column: before?.column ?? 1 },
      announcement: "",
    };
    this.isNew = before === undefined;
    this.setWidths = { ...before?.widths };
    this.scrollTop = before?.scrollTop ?? 0;
    this.rows = new RowCache(({ from, count }) =>
      vscode.postMessage({ type: "rows", generation: this.generation, from, count }),
    );
    this.widths = new ColumnWidths((text, bold) => this.measure(text, bold), this.setWidths);
    this.grid = new Grid(this);
    this.fitFont();
    this.changed();
  }

  receive(message: ToPage): void {
    const { model } = this;
    switch (message.type) {
      case "init":
        return;
      case "loading":
        model.phase = { name: "loading" };
        model.loadingMore = false;
        model.announcement = model.strings.loading;
        break;
      case "failed":
        model.phase = { name: "failed", message: message.message, fix: message.fix };
        model.loadingMore = false;
        model.announcement = `${model.strings.failedTitle}: ${message.message}`;
        break;
      case "opened":
        this.opened(message);
        break;
      case "rows":
        this.received(message);
        break;
      case "rowsFailed":
        if (message.generation !== this.generation) return;
        this.rows.stop();
        model.trouble = fill(model.strings.rowsFailed, message.message);
        break;
      case "moreFailed":
        model.loadingMore = false;
        model.trouble = message.message;
        break;
    }
    this.changed();
  }

  /** Redraws in the next frame. */
  readonly changed = (): void => {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
    clearTimeout(this.saveTimer);
    this.saveTimer = setTimeout(() => this.keep(), saveDelay);
  };

  /** Applies the font size, which follows VS Code's settings and theme. */
  readonly fitFont = (): void => {
    const { fontSize, fontFamily } = getComputedStyle(document.body);
    if (this.font === `${fontSize} ${fontFamily}`) return;
    this.font = `${fontSize} ${fontFamily}`;
    this.measure = measureTextIn(document.body);
    const size = Number.parseFloat(fontSize) || 13;
    this.rowHeight = Math.round(size * rowHeightPerFontSize);
    this.root.style.setProperty("--row-height", `${this.rowHeight}px`);
    this.fitColumns();
    this.widths.fitRows(this.rows.cached());
    this.grid.remeasure();
    this.changed();
  };

  readonly goToRefused = (direction: 1 | -1): void => {
    const { model } = this;
    const { phase, active } = model;
    const row =
      phase.name === "open" ? nearestRefusedRow(phase.info.refused, active.row, direction) : undefined;
    if (row === undefined) return;
    this.grid.goTo({ row, column: active.column });
    this.refusedGoal = row;
    this.showRefusedOnceLoaded();
  };

  readonly reveal = (on: boolean): void => this.vscode.postMessage({ type: "reveal", on });

  readonly loadMore = (): void => {
    const { model } = this;
    if (model.loadingMore) return;
    model.loadingMore = true;
    model.announcement = model.strings.loadingMore;
    this.vscode.postMessage({ type: "more" });
    this.changed();
  };

  readonly retry = (): void => this.vscode.postMessage({ type: "retry" });

  readonly connect = (): void => this.vscode.postMessage({ type: "connect" });

  private opened({ info, revealed, generation }: Opened): void {
    const { model } = this;
    const isOther = generation !== this.generation;
    const wasOpen = model.phase.name === "open";
    if (revealed !== model.revealed) {
      model.announcement = revealed ? model.strings.identitiesShown : model.strings.identitiesMasked;
    } else {
      model.announcement = info.problem
        ? `${model.strings.unreadableTitle}: ${info.problem.reason}`
        : `${rowsText(model, info)}. ${refusedText(model, info)}.`;
    }
    const masksAgain = model.revealed && !revealed;
    model.phase = { name: "open", info };
    model.revealed = revealed;
    model.loadingMore = false;
    model.trouble = undefined;
    this.generation = generation;
    if (isOther) {
      this.grid.forgetTitle();
      this.rows.clear(info.rowCount);
    } else {
      this.rows.grow(info.rowCount);
    }
    this.refusedGoal = this.isNew ? info.refused[0] : undefined;
    this.isNew = false;
    model.active = {
      row: Math.min(this.refusedGoal ?? model.active.row, Math.max(0, info.rowCount - 1)),
      column: Math.min(model.active.column, info.columns.length),
    };
    // Masked identities are short: their columns shrink and leave space for others.
    if (!wasOpen || masksAgain) this.fitColumns();
    this.grid.remeasure();
  }

  private received({ generation, from, rows }: Rows): void {
    if (generation !== this.generation) return;
    this.rows.receive(from, rows);
    if (this.widths.fitRows(rows)) this.grid.remeasure();
    this.showRefusedOnceLoaded();
  }

  private fitColumns(): void {
    const { phase, strings } = this.model;
    if (phase.name === "open")
      this.widths.fitHeaders(phase.info.columns, (column) => columnText(column, strings));
  }

  /** Goes to the faulty cell and announces why, as soon as the row is available. */
  private showRefusedOnceLoaded(): void {
    const { model, refusedGoal: row } = this;
    const { phase, strings, numbers } = model;
    const found = row === undefined ? undefined : this.rows.row(row);
    if (row === undefined || !found || phase.name !== "open") return;
    this.refusedGoal = undefined;
    const faulty = phase.info.columns.findIndex((candidate) => hasProblem(found, candidate));
    const column = faulty < 0 ? model.active.column : faulty + 1;
    // The user may have moved on in the meantime.
    if (model.active.row === row) this.grid.show({ row, column });
    const place = fill(
      strings.refusedPlace,
      numbers.integer(placeAmong(phase.info.refused, row)),
      numbers.integer(phase.info.refused.length),
    );
    model.announcement = `${place}. ${reasonOf(found, strings) ?? ""}`;
  }

  private draw(): void {
    const { model, grid, rows } = this;
    const { phase } = model;
    const isBusy = phase.name === "loading" || model.loadingMore;
    const hasGrid = phase.name === "open" && !phase.info.problem && phase.info.columns.length > 0;
    render(
      html`
        ${isBusy ? html`<vscode-progress-bar class="progress" aria-label=${model.strings.loading}></vscode-progress-bar>` : nothing}
        ${barView(this)}
        ${notesView(this)}
        ${hasGrid ? grid.view(phase.info) : nothing}
        ${stateView(model, this)}
        ${detailsView(model, rows.row(model.active.row))}
        <div class="spoken" role="status" aria-live="polite">${model.announcement}</div>`,
      this.root,
    );
    grid.drawn();
  }

  private keep(): void {
    const { file, active } = this.model;
    if (this.model.phase.name === "open" && rowCount(this.model) > 0) {
      this.vscode.setState({
        file,
        ...active,
        scrollTop: Math.max(0, this.grid.scrollTop),
        widths: this.setWidths,
      });
    }
  }
}

/** Measures in an element's font. */
function measureTextIn(element: Element): MeasureText {
  const { fontFamily, fontSize, fontWeight } = getComputedStyle(element);
  const context = document.createElement("canvas").getContext("2d");
  return (text, bold = false) => {
    if (!context) return text.length * Number.parseFloat(fontSize) * 0.6;
    context.font = `${bold ? "600" : fontWeight} ${fontSize} ${fontFamily}`;
    return context.measureText(text).width;
  };
}
