import { html, render } from "lit";
import type { Chart, Mark } from "./chart";
import { type EChartsType, init } from "./echarts";
import type { Look } from "./look";

/** The page's data and functions that an element needs. */
export interface ChartHost {
  readonly chart: Chart;
  readonly look: Look;
  /** One sentence describing the chart. */
  readonly label: string;
  readonly role: string;
  readonly keys: string;
  pick(mark: Mark): void;
  /** A range of days was chosen by dragging. */
  choose(from: string, to: string): void;
  announce(text: string): void;
}

/** `<clever-chart>`: a chart that adapts to its size, with marks that mouse and arrow keys can reach. */
export class ChartElement extends HTMLElement {
  private instance: EChartsType | undefined;
  private host: ChartHost | undefined;
  private readonly drawing = document.createElement("div");
  private drawn: Chart | undefined;
  private at = -1;
  private readonly sizes = new ResizeObserver(() => this.fit());

  /** Draws if the chart has changed. */
  set shown(host: ChartHost) {
    this.host = host;
    this.draw();
  }

  connectedCallback(): void {
    this.tabIndex = 0;
    this.drawing.className = "drawing";
    // The drawing's texts are in no order; the label and the table have the same content in words.
    this.drawing.setAttribute("aria-hidden", "true");
    this.append(this.drawing);
    this.sizes.observe(this);
    this.addEventListener("keydown", this.onKey);
    this.addEventListener("blur", this.onBlur);
    this.draw();
  }

  disconnectedCallback(): void {
    this.sizes.disconnect();
    this.removeEventListener("keydown", this.onKey);
    this.removeEventListener("blur", this.onBlur);
    this.instance?.dispose();
    this.instance = undefined;
    this.drawn = undefined;
  }

  /** Adapts to the current size at once: printing waits neither for observers nor for the next frame. */
  fit(): void {
    const { clientWidth: width, clientHeight: height } = this;
    if (!this.instance || width === 0 || height === 0) return;
    this.instance.resize({ width, height, animation: { duration: 0 } });
    this.instance.getZr().flush();
  }

  private draw(): void {
    const { host } = this;
    if (!host || !this.isConnected) return;
    this.setAttribute("role", "application");
    this.setAttribute("aria-roledescription", host.role);
    this.setAttribute("aria-label", `${host.label} ${host.keys}`);
    if (this.drawn === host.chart) return;
    this.drawn = host.chart;
    this.style.minHeight = `${host.chart.height}px`;
    // Rows keep their distance, even next to a higher chart.
    this.style.maxHeight = host.chart.byAxis === "y" ? this.style.minHeight : "";
    this.at = -1;
    this.instance ??= this.start();
    this.instance.setOption(
      {
        ...host.chart.option,
        tooltip: this.tooltip(host),
        ...(host.chart.days ? { brush: brushOf(host.look) } : {}),
      },
      { notMerge: true },
    );
    if (host.chart.days) {
      this.instance.dispatchAction({
        type: "takeGlobalCursor",
        key: "brush",
        brushOption: { brushType: "lineX", brushMode: "single" },
      });
    }
  }

  private start(): EChartsType {
    const instance = init(this.drawing, null, {
      renderer: "svg",
      // An element may have no size before its first layout.
      width: this.clientWidth || 400,
      height: Math.max(this.clientHeight, this.drawn?.height ?? 100),
    });
    instance.on("click", (event) => {
      const { chart } = this.host ?? {};
      if (!chart || chart.days) return;
      // A name next to a bar selects the bar's first mark.
      const mark =
        event.componentType === "yAxis"
          ? chart.marks.find(({ index }) => index === Number(event.value))
          : chart.marks.find((each) => each.series === event.seriesIndex && each.index === event.dataIndex);
      if (mark?.pick) this.host?.pick(mark);
    });
    instance.getZr().on("click", ({ offsetX, offsetY }) => this.clickDay(offsetX, offsetY));
    instance.on("brushEnd", (event) => this.brushed(event));
    return instance;
  }

  /** Handles a click anywhere above or below a day, because the line alone would be hard to hit. */
  private clickDay(x: number, y: number): void {
    const { chart } = this.host ?? {};
    if (!this.instance || !chart?.days || !this.instance.containPixel("grid", [x, y])) return;
    const index = this.instance.convertFromPixel({ xAxisIndex: 0 }, x);
    const mark = typeof index === "number" ? chart.marks[index] : undefined;
    if (mark) this.host?.pick(mark);
  }

  private brushed(event: unknown): void {
    const { host, instance } = this;
    const days = host?.chart.days;
    const [area] = (event as { readonly areas?: readonly { readonly coordRange?: unknown }[] }).areas ?? [];
    const range = area?.coordRange;
    if (!host || !days || !instance || !Array.isArray(range)) return;
    const [first, last] = [Math.min(...range.map(Number)), Math.max(...range.map(Number))];
    instance.dispatchAction({ type: "brush", areas: [] });
    const from = days[Math.max(0, first)];
    const to = days[Math.min(days.length - 1, last)];
    if (from !== undefined && to !== undefined && from !== to) host.choose(from, to);
  }

  private tooltip({ look, chart }: ChartHost) {
    return {
      trigger: chart.byAxis ? ("axis" as const) : ("item" as const),
      confine: true,
      transitionDuration: 0,
      padding: 0,
      borderWidth: 0,
      backgroundColor: "transparent",
      extraCssText: "box-shadow: none;",
      axisPointer: {
        type: chart.days ? ("line" as const) : ("none" as const),
        lineStyle: { color: look.quiet, type: "dashed" as const },
      },
      formatter: (given: unknown) => {
        const [point] = Array.isArray(given) ? given : [given];
        const { seriesIndex, dataIndex } = point as { seriesIndex: number; dataIndex: number };
        const mark =
          chart.marks.find((each) => each.series === seriesIndex && each.index === dataIndex) ??
          chart.marks.find(({ index }) => index === dataIndex);
        return mark ? tipOf(mark) : "";
      },
    };
  }

  private readonly onKey = (event: KeyboardEvent): void => {
    const { host } = this;
    const marks = host?.chart.marks ?? [];
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!host || marks.length === 0) return;
    if (event.key === "Enter" || event.key === " ") {
      const mark = marks[this.at];
      if (mark?.pick) host.pick(mark);
    } else if (event.key === "Escape" && this.at >= 0) this.leave();
    else if (event.key === "Home") this.go(0);
    else if (event.key === "End") this.go(marks.length - 1);
    else if (step !== undefined) this.go(Math.min(marks.length - 1, Math.max(0, this.at + step)));
    else return;
    event.preventDefault();
  };

  private go(to: number): void {
    const mark = this.host?.chart.marks[to];
    if (!mark) return;
    this.leave();
    this.at = to;
    const at = { seriesIndex: mark.series, dataIndex: mark.index };
    this.instance?.dispatchAction({ type: "highlight", ...at });
    this.instance?.dispatchAction({ type: "showTip", ...at });
    // A chart of many names is higher than the window.
    this.drawing.querySelector(".tip")?.scrollIntoView({ block: "nearest" });
    this.host?.announce(
      [mark.title, ...mark.lines.map(({ name, value }) => (value ? `${name}: ${value}` : name))].join(", "),
    );
  }

  private readonly onBlur = (): void => this.leave();

  private leave(): void {
    const mark = this.host?.chart.marks[this.at];
    this.at = -1;
    if (mark)
      this.instance?.dispatchAction({ type: "downplay", seriesIndex: mark.series, dataIndex: mark.index });
    this.instance?.dispatchAction({ type: "hideTip" });
  }
}

function brushOf(look: Look) {
  return {
    toolbox: [],
    xAxisIndex: 0,
    brushStyle: { color: look.band, borderColor: look.palette[0] ?? look.text, borderWidth: 1 },
    outOfBrush: { colorAlpha: 1 },
  };
}

/** A tooltip's content, as elements: names stay text, and no styles are written into markup. */
function tipOf({ title, lines }: Mark): HTMLElement {
  const tip = document.createElement("div");
  tip.className = "tip";
  render(
    html`<div class="tip-title" dir="auto">${title}</div>
      ${lines.map(
        ({ name, value, colour }) => html`<div class="tip-line">
          <span class=${colour === undefined ? "tip-key none" : "tip-key"} .style=${`background-color: ${colour ?? ""}`}></span>
          <span class="tip-name" dir="auto">${name}</span><span class="tip-value" dir="auto">${value}</span>
        </div>`,
      )}`,
    tip,
  );
  return tip;
}

customElements.define("clever-chart", ChartElement);
