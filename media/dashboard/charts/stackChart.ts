import type { FilterPatch } from "../model";
import { type Bars, nameAxis, partMarks, rowHeight, squares } from "./barChart";
import { baseOption, type Chart, markLabel } from "./chart";
import { textOn } from "./colours";
import type { EChartsOption } from "./echarts";
import type { Look } from "./look";

export interface Stacks extends Bars {
  /** The text after each name's bar. */
  readonly ends: readonly string[];
  /** The filter change of a click on a part, by series and name. */
  readonly partPicks: readonly (readonly (FilterPatch | undefined)[])[];
  readonly legendPicks: readonly { readonly pick: FilterPatch; readonly picked: boolean }[];
}

/**
 * Stacked horizontal bars next to names; values that cannot be drawn are stated after the bar. There is no scale: a
 * person counts for each of several resources, so the length of a bar is not a number or share of people.
 */
export function stackChart(stacks: Stacks, look: Look): Chart {
  const { names, series, ends } = stacks;
  const option: EChartsOption = {
    ...baseOption(look),
    grid: {
      left: look.labelWidth + 10,
      right: ends.some((text) => text !== "") ? 84 : 16,
      top: 4,
      bottom: 4,
    },
    xAxis: { type: "value", show: false, min: 0, max: "dataMax" },
    yAxis: nameAxis(names, look),
    series: [
      ...series.map(({ name, colour, values, labels }) => ({
        type: "bar" as const,
        name,
        stack: "all",
        barWidth: 17,
        itemStyle: { color: colour, borderColor: look.background, borderWidth: 1 },
        emphasis: { itemStyle: { color: colour, opacity: 0.82 } },
        label: { ...markLabel(look, labels), color: textOn(colour), fontSize: look.fontSize - 2 },
        // A label that does not fit into its part is not drawn; ECharts offers no other way to leave one out.
        labelLayout: ({
          rect,
          labelRect,
        }: Readonly<Record<"rect" | "labelRect", { readonly width: number }>>) =>
          labelRect.width + 4 > rect.width ? { fontSize: 0 } : {},
        data: values.map((value) => value ?? 0),
      })),
      {
        type: "bar" as const,
        stack: "all",
        silent: true,
        tooltip: { show: false },
        itemStyle: { color: "transparent" },
        label: {
          ...markLabel(look, ends),
          position: "insideLeft" as const,
          align: "left" as const,
          color: look.quiet,
          padding: [2, 3],
          fontStyle: "italic" as const,
          fontSize: look.fontSize - 2,
        },
        data: ends.map((text) => ({ value: 0, label: { show: text !== "" } })),
      },
    ],
  };
  return {
    option,
    marks: partMarks(stacks, stacks.partPicks),
    legend: squares(series).map((entry, at) => ({ ...entry, ...stacks.legendPicks[at] })),
    height: names.length * rowHeight(names, look, 28) + 8,
  };
}
