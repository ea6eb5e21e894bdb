import type { FilterPatch } from "../model";
import type { EChartsOption } from "./echarts";
import type { Look } from "./look";

/** A mark of a chart, or one of its days: the target of hovering, arrow keys and clicks. */
export interface Mark {
  /** Its position in ECharts. */
  readonly series: number;
  readonly index: number;
  /** The name; `lines` has its numbers. */
  readonly title: string;
  readonly lines: readonly MarkLine[];
  /** The filter change of a click; without it, a click does nothing. */
  readonly pick?: FilterPatch | undefined;
}

export interface MarkLine {
  readonly name: string;
  readonly value: string;
  readonly colour?: string;
}

/** The lines on a band: level, rising, falling or upright ones, or dots. */
export type Hatching = "level" | "rising" | "falling" | "upright" | "dotted";

export interface LegendEntry {
  readonly name: string;
  readonly colour: string;
  readonly shape: "line" | "dashes" | "ring" | "dot" | "square" | "band" | "few" | Hatching;
  readonly pick?: FilterPatch;
  readonly picked?: boolean;
}

/** A chart ready to be drawn. */
export interface Chart {
  readonly option: EChartsOption;
  readonly marks: readonly Mark[];
  readonly legend: readonly LegendEntry[];
  /** The minimum legible height, in pixels. */
  readonly height: number;
  /** For charts over time: the days along the axis, for choosing a range by dragging. */
  readonly days?: readonly string[];
  /** The axis along which a mark is found by position, not only by pointing at it. */
  readonly byAxis?: "x" | "y";
}

/** The common options of all charts. */
export function baseOption(look: Look): EChartsOption {
  return {
    animation: !look.still,
    animationDuration: 300,
    animationDurationUpdate: 300,
    textStyle: { fontFamily: look.font, fontSize: look.fontSize - 1, color: look.text },
  };
}

/** What an axis of numbers is labelled with. */
export interface Scale {
  readonly tick: (value: number) => string;
  /** The least distance between two labels: 1 for counts, because there is no half person. */
  readonly minInterval: number;
}

/** A scale with few, faint lines. */
export function valueAxis(look: Look, { tick, minInterval }: Scale) {
  return {
    type: "value" as const,
    splitNumber: 4,
    minInterval,
    splitLine: {
      lineStyle: {
        color: look.line,
        width: 1,
        type: look.contrast ? ("dotted" as const) : ("solid" as const),
      },
    },
    axisLabel: { color: look.quiet, formatter: tick, hideOverlap: true },
  };
}

/** An axis of days, weeks or other names from left to right. */
export function categoryAxis<Label extends object>(look: Look, data: readonly string[], axisLabel: Label) {
  return {
    type: "category" as const,
    data: [...data],
    axisLine: { lineStyle: { color: look.line } },
    axisTick: { show: false },
    axisLabel,
  };
}

/** The texts at bars or points. */
export function markLabel(look: Look, texts: readonly string[]) {
  return {
    show: true,
    color: look.text,
    fontSize: look.fontSize - 1,
    formatter: ({ dataIndex }: { readonly dataIndex: number }) => texts[dataIndex] ?? "",
  };
}

/** Bars as wide as their slots, behind everything else. */
export function bands<Data>(look: Look, data: Data) {
  return {
    type: "bar" as const,
    yAxisIndex: 1,
    silent: true,
    animation: false,
    barWidth: "101%",
    itemStyle: { color: look.band },
    data,
    z: 1,
  };
}
