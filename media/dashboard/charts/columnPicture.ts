import type { Bars } from "./barPicture";
import type { Look } from "./look";
import { baseOption, type Picture, valueAxis } from "./picture";

/** Vertical bars for a few names, with their values on top. */
export function columnPicture(
  { names, series, tick }: Omit<Bars, "picks"> & { readonly tick: (value: number) => string },
  look: Look,
): Picture {
  return {
    option: {
      ...baseOption(look),
      grid: { left: 48, right: 12, top: 24, bottom: 26 },
      xAxis: {
        type: "category",
        data: [...names],
        axisLine: { lineStyle: { color: look.line } },
        axisTick: { show: false },
        axisLabel: { color: look.text, interval: 0 },
      },
      yAxis: { ...valueAxis(look, tick), min: 0, splitNumber: 3 },
      series: series.map(({ name, colour, values, labels }) => ({
        type: "bar",
        name,
        barMaxWidth: 44,
        barCategoryGap: "35%",
        itemStyle: { color: colour, borderRadius: [3, 3, 0, 0] },
        emphasis: { itemStyle: { color: colour, opacity: 0.82 } },
        label: {
          show: true,
          position: "top",
          color: look.text,
          fontSize: look.fontSize - 1,
          formatter: ({ dataIndex }) => labels[dataIndex] ?? "",
        },
        data: values.map((value) =>
          value === null ? { value: 0, label: { color: look.quiet, fontStyle: "italic" } } : { value },
        ),
      })),
    },
    marks: series.flatMap(({ name, colour, labels }, at) =>
      names.map((title, index) => ({
        series: at,
        index,
        title,
        lines: [{ name, colour, value: labels[index] ?? "" }],
      })),
    ),
    legend: [],
    height: 210,
    byAxis: "x",
  };
}
