import { type Bars, nameAxis, nameMarks, rowHeight } from "./barChart";
import { baseOption, type Chart, markLabel, type Scale, valueAxis } from "./chart";
import type { EChartsOption } from "./echarts";
import type { Look } from "./look";

export interface Pairs extends Bars {
  /** The text after each pair. */
  readonly ends: readonly string[];
  readonly scale: Scale;
}

const minRowHeight = 26;

/** Two points on a line next to each name: the earlier value and the current one. */
export function pairChart(pairs: Pairs, look: Look): Chart {
  const { names, series, ends, scale } = pairs;
  const largest = names.map((_, row) => Math.max(...series.map(({ values }) => values[row] ?? 0)));
  const endWidth = Math.max(...ends.map((text) => text.length)) * 0.6 * look.fontSize;
  const isWhole = (row: number) => series.every(({ values }) => values[row] !== null);
  const option: EChartsOption = {
    ...baseOption(look),
    grid: { left: look.labelWidth + 10, right: Math.max(66, endWidth + 20), top: 4, bottom: 26 },
    xAxis: { ...valueAxis(look, scale), min: 0 },
    yAxis: nameAxis(names, look),
    series: [
      ...series.map(({ name, colour, values }, at) => ({
        type: "scatter" as const,
        name,
        symbol: "circle",
        // Hollow and solid, so that colour is not the only difference. The dot fits into the ring, so that both can be
        // seen where they meet.
        symbolSize: at === 0 ? 12 : 7,
        itemStyle:
          at === 0 ? { color: look.background, borderColor: colour, borderWidth: 2 } : { color: colour },
        emphasis: { scale: 1.3 },
        data: values.map((value, row) => [isWhole(row) && value !== null ? value : "-", row]),
        z: 4 + at,
      })),
      ...names.map((_, row) => ({
        type: "line" as const,
        silent: true,
        symbol: "none",
        lineStyle: { color: look.quiet, width: 2, opacity: 0.55 },
        data: series.map(({ values }) => [isWhole(row) ? (values[row] ?? 0) : "-", row]),
        z: 2,
      })),
      {
        type: "scatter" as const,
        silent: true,
        symbolSize: 0,
        label: { ...markLabel(look, ends), position: "right" as const, distance: 10 },
        data: names.map((_, row) => [isWhole(row) ? (largest[row] ?? 0) : 0, row]),
        z: 6,
      },
    ],
  };
  return {
    option,
    marks: nameMarks(pairs, ends),
    legend: series.map(({ name, colour }, at) => ({ name, colour, shape: at === 0 ? "ring" : "dot" })),
    height: names.length * rowHeight(names, look, minRowHeight) + 32,
    byAxis: "y",
  };
}
