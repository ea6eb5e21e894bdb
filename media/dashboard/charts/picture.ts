import type { FilterPatch } from "../model";
import type { EChartsOption } from "./echarts";
import type { Look } from "./look";

/** One mark of a picture, or one day of it: what hovering, the arrow keys and a click are about. */
export interface Mark {
  /** Where ECharts has it. */
  readonly series: number;
  readonly index: number;
  /** First what it is, then its numbers. */
  readonly title: string;
  readonly lines: readonly MarkLine[];
  /** What a click changes of the filter; without, it changes nothing. */
  readonly pick?: FilterPatch;
}

export interface MarkLine {
  readonly name: string;
  readonly value: string;
  readonly colour?: string;
}

export interface LegendEntry {
  readonly name: string;
  readonly colour: string;
  readonly shape: "line" | "dashes" | "ring" | "dot" | "square" | "band" | "striped" | "hatched" | "hidden";
  readonly pick?: FilterPatch;
  readonly picked?: boolean;
}

/** A picture ready to be drawn. */
export interface Picture {
  readonly option: EChartsOption;
  readonly marks: readonly Mark[];
  readonly legend: readonly LegendEntry[];
  /** The least height that it is legible at, in pixels. */
  readonly height: number;
  /** For pictures over time: the days along the axis, to choose a range of by dragging. */
  readonly days?: readonly string[];
  /** Whether a mark is found by its place along the axis and not only by hitting it. */
  readonly byAxis?: "x" | "y";
}

/** What every picture's option has in common. */
export function baseOption(look: Look): EChartsOption {
  return {
    animation: !look.still,
    animationDuration: 300,
    animationDurationUpdate: 300,
    aria: { enabled: false },
    backgroundColor: "transparent",
    textStyle: { fontFamily: look.font, fontSize: look.fontSize - 1, color: look.text },
  };
}

/** A scale with few and faint lines. */
export function valueAxis(look: Look, format: (value: number) => string) {
  return {
    type: "value" as const,
    splitNumber: 4,
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: {
      lineStyle: {
        color: look.line,
        width: 1,
        type: look.contrast ? ("dotted" as const) : ("solid" as const),
      },
    },
    axisLabel: { color: look.quiet, formatter: format, hideOverlap: true },
  };
}
