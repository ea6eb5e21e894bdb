import type { Shown } from "../../../src/dashboard/answer";
import { inTwoLines } from "../formats";
import type { FilterPatch } from "../model";
import {
  baseOption,
  type Chart,
  categoryAxis,
  type LegendEntry,
  type Mark,
  markLabel,
  type Scale,
  valueAxis,
} from "./chart";
import type { Look } from "./look";

export interface BarSeries {
  readonly name: string;
  readonly colour: string;
  readonly values: readonly Shown[];
  /** The values as displayed. */
  readonly labels: readonly string[];
}

export interface Bars {
  readonly names: readonly string[];
  /** The filter change of a click on a name, or on a bar next to it. */
  readonly picks: readonly (FilterPatch | undefined)[];
  readonly series: readonly BarSeries[];
}

const barHeight = 13;

/** Horizontal bars next to names, one or more per name, with their values at the ends. */
export function barChart(bars: Bars, look: Look): Chart {
  const { names, series } = bars;
  const row = rowHeight(names, look, series.length * (barHeight + 2) + 13);
  return {
    option: {
      ...baseOption(look),
      grid: { left: look.labelWidth + 10, right: 58, top: 4, bottom: 4 },
      xAxis: { type: "value", show: false, min: 0 },
      yAxis: nameAxis(names, look),
      series: series.map((each) => ({
        ...barsOf(each, look, [0, 2, 2, 0]),
        barWidth: barHeight,
        barGap: "15%",
        label: { ...markLabel(look, each.labels), position: "right", distance: 5 },
      })),
    },
    marks: nameMarks(bars),
    legend: series.length > 1 ? squares(series) : [],
    height: names.length * row + 8,
    byAxis: "y",
  };
}

/** Vertical bars for a few names, with their values on top. */
export function columnChart(
  { names, series, scale }: Omit<Bars, "picks"> & { readonly scale: Scale },
  look: Look,
): Chart {
  return {
    option: {
      ...baseOption(look),
      grid: { left: 48, right: 12, top: 24, bottom: 26 },
      xAxis: categoryAxis(look, names, { color: look.text, interval: 0 }),
      yAxis: { ...valueAxis(look, scale), min: 0, splitNumber: 3 },
      series: series.map((each) => ({
        ...barsOf(each, look, [3, 3, 0, 0]),
        barMaxWidth: 44,
        barCategoryGap: "35%",
        label: { ...markLabel(look, each.labels), position: "top" },
      })),
    },
    marks: partMarks({ names, series }),
    legend: [],
    height: 210,
    byAxis: "x",
  };
}

function barsOf({ name, colour, values }: BarSeries, look: Look, borderRadius: number[]) {
  return {
    type: "bar" as const,
    name,
    itemStyle: { color: colour, borderRadius },
    emphasis: { itemStyle: { color: colour, opacity: 0.82 } },
    data: values.map((value) =>
      value === null ? { value: 0, label: { color: look.quiet, fontStyle: "italic" as const } } : { value },
    ),
  };
}

/** A mark for each series of each name; each has all numbers of the name, and the text at its end. */
export function nameMarks({ names, picks, series }: Bars, ends?: readonly string[]): Mark[] {
  return names.flatMap((title, index) => {
    const numbers = series.map(({ name, colour, labels }) => ({ name, colour, value: labels[index] ?? "" }));
    const lines = [...numbers, ...(ends ? [{ name: ends[index] ?? "", value: "" }] : [])];
    return series.map((_, at) => ({ series: at, index, title, lines, pick: picks[index] }));
  });
}

/** A mark for each number. */
export function partMarks(
  { names, series }: Omit<Bars, "picks">,
  picks: readonly (readonly (FilterPatch | undefined)[])[] = [],
): Mark[] {
  return series.flatMap(({ name, colour, labels }, at) =>
    names.map((title, index) => ({
      series: at,
      index,
      title,
      lines: [{ name, colour, value: labels[index] ?? "" }],
      pick: picks[at]?.[index],
    })),
  );
}

export const squares = (series: readonly Pick<BarSeries, "name" | "colour">[]): LegendEntry[] =>
  series.map(({ name, colour }) => ({ name, colour, shape: "square" }));

/** The capacity of a line: character width relative to font size, in the widest of the usual fonts. */
export const charactersIn = (width: number, look: Look) => Math.floor(width / (0.62 * (look.fontSize - 1)));

/** The height of a row, so that names on two lines do not touch. */
export function rowHeight(names: readonly string[], look: Look, minHeight: number): number {
  const characters = charactersIn(look.labelWidth, look);
  const inTwo = names.some((name) => name.length > characters && name.includes(" "));
  return inTwo ? Math.max(minHeight, 2 * look.fontSize + 8) : minHeight;
}

/**
 * An axis of names from top to bottom. It identifies them by index, because two names may look the same when clipped.
 */
export function nameAxis(names: readonly string[], look: Look) {
  const characters = charactersIn(look.labelWidth, look);
  return {
    type: "category" as const,
    inverse: true,
    data: names.map((_, index) => String(index)),
    axisLine: { show: false },
    axisTick: { show: false },
    triggerEvent: true,
    axisLabel: {
      interval: 0,
      color: look.text,
      fontSize: look.fontSize - 1,
      width: look.labelWidth,
      overflow: "truncate" as const,
      ellipsis: "…",
      lineHeight: look.fontSize,
      margin: 10,
      formatter: (place: string) =>
        inTwoLines((names[Number(place)] ?? "").replaceAll(/[\r\n]+/g, " "), characters),
    },
  };
}
