import type { Shown } from "../../../src/dashboard/answer";
import { inTwoLines } from "../formats";
import type { FilterPatch } from "../model";
import type { EChartsOption } from "./echarts";
import type { Look } from "./look";
import { baseOption, type LegendEntry, type Mark, type Picture } from "./picture";

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
export function barPicture(bars: Bars, look: Look): Picture {
  const { names, series } = bars;
  const row = rowHeight(names, look, series.length * (barHeight + 2) + 13);
  const marks = names.flatMap((title, index) => {
    const lines = series.map(({ name, colour, labels }) => ({ name, colour, value: labels[index] ?? "" }));
    return series.map((_, at): Mark => ({ series: at, index, title, lines, pick: bars.picks[index] }));
  });
  const option: EChartsOption = {
    ...baseOption(look),
    grid: { left: look.labelWidth + 10, right: 58, top: 4, bottom: 4 },
    xAxis: { type: "value", show: false, min: 0 },
    yAxis: nameAxis(names, look),
    series: series.map(({ name, colour, values, labels }) => ({
      type: "bar",
      name,
      barWidth: barHeight,
      barGap: "15%",
      cursor: "pointer",
      itemStyle: { color: colour, borderRadius: [0, 2, 2, 0] },
      emphasis: { itemStyle: { color: colour, opacity: 0.82 } },
      label: {
        show: true,
        position: "right",
        distance: 5,
        color: look.text,
        fontSize: look.fontSize - 1,
        formatter: ({ dataIndex }) => labels[dataIndex] ?? "",
      },
      data: values.map((value) =>
        value === null ? { value: 0, label: { color: look.quiet, fontStyle: "italic" } } : { value },
      ),
    })),
  };
  const legend: LegendEntry[] =
    series.length > 1 ? series.map(({ name, colour }) => ({ name, colour, shape: "square" })) : [];
  return { option, marks, legend, height: names.length * row + 8, byAxis: "y" };
}

/** The capacity of a line of names: letter width relative to font size, in the widest of the usual fonts. */
const lettersIn = (look: Look) => Math.floor(look.labelWidth / (0.62 * (look.fontSize - 1)));

/** The height of a row, so that names on two lines do not touch. */
export function rowHeight(names: readonly string[], look: Look, least: number): number {
  const letters = lettersIn(look);
  const inTwo = names.some((name) => name.length > letters && name.includes(" "));
  return inTwo ? Math.max(least, 2 * look.fontSize + 8) : least;
}

/**
 * An axis of names from top to bottom. It identifies them by index, because two names may look the same when clipped.
 */
export function nameAxis(names: readonly string[], look: Look) {
  const letters = lettersIn(look);
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
        inTwoLines((names[Number(place)] ?? "").replaceAll(/[\r\n]+/g, " "), letters),
    },
  };
}
