import type { Change } from "../../../src/dashboard/answer";
import type { Ready } from "../model";
import { bands, baseOption, type Chart, categoryAxis, type LegendEntry } from "./chart";
import type { Look } from "./look";

/** Weekly use and the expected use; the judged weeks are shaded. */
export function weeksChart(change: Change, { texts, formats }: Ready, look: Look): Chart {
  const [colour = "", other = ""] = look.palette;
  const { weeks } = change;
  const number = formats.average;
  const last = weeks.length - 1;
  return {
    option: {
      ...baseOption(look),
      grid: { left: 4, right: 4, top: 8, bottom: 20 },
      xAxis: categoryAxis(
        look,
        weeks.map(({ week }) => week),
        {
          color: look.quiet,
          fontSize: look.fontSize - 2,
          interval: (index: number) => index === 0 || index === last,
          alignMinLabel: "left" as const,
          alignMaxLabel: "right" as const,
          formatter: formats.shortDay,
        },
      ),
      yAxis: [
        { type: "value", show: false, min: 0 },
        { type: "value", show: false, min: 0, max: 1 },
      ],
      series: [
        {
          type: "line",
          symbolSize: 0,
          symbol: "circle",
          lineStyle: { color: colour, width: 2 },
          itemStyle: { color: colour },
          data: weeks.map(({ value, judged }) => ({ value: value ?? "-", symbolSize: judged ? 7 : 0 })),
          z: 3,
        },
        {
          type: "line",
          symbol: "none",
          lineStyle: { color: other, width: 1.5, type: "dashed" },
          itemStyle: { color: other },
          data: weeks.map(({ expected }) => expected ?? "-"),
          z: 2,
        },
        bands(
          look,
          weeks.map(({ judged }) => (judged ? 1 : 0)),
        ),
      ],
    },
    marks: weeks.map(({ week, value, expected }, index) => ({
      series: 0,
      index,
      title: `${texts.week} ${formats.day(week)}`,
      lines: [
        { name: texts.actual, colour, value: value === null ? "–" : number(value) },
        { name: texts.expected, colour: other, value: expected === null ? "–" : number(expected) },
      ],
    })),
    legend: [],
    height: 110,
    byAxis: "x",
  };
}

/** The meaning of lines and shading, once for all charts of weeks. */
export function weeksLegend({ texts }: Ready, look: Look): readonly LegendEntry[] {
  const [colour = "", other = ""] = look.palette;
  return [
    { name: texts.actual, colour, shape: "line" },
    { name: texts.expected, colour: other, shape: "dashes" },
    { name: texts.judgedWeeks, colour: look.band, shape: "band" },
  ];
}
