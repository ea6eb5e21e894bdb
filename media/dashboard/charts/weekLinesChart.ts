import type { Shown } from "../../../src/dashboard/answer";
import { baseOption, type Chart, categoryAxis, type Scale, valueAxis } from "./chart";
import type { Look } from "./look";

interface WeekLine {
  readonly name: string;
  readonly colour: string;
  /** By week; `null` or missing if unknown. */
  readonly values: readonly Shown[];
  readonly dashed?: boolean;
}

/** Superimposed lines over the weeks of periods; an unknown week breaks its line. Bars for a single week. */
export function weekLinesChart(
  weeks: readonly string[],
  lines: readonly WeekLine[],
  scale: Scale,
  label: (value: Shown | undefined) => string,
  look: Look,
): Chart {
  const isSingle = weeks.length === 1;
  return {
    option: {
      ...baseOption(look),
      grid: { left: 48, right: 14, top: 12, bottom: 26 },
      xAxis: categoryAxis(look, weeks, { color: look.quiet, hideOverlap: true }),
      yAxis: { ...valueAxis(look, scale), min: 0, splitNumber: 3 },
      series: lines.map(({ name, colour, values, dashed }) => ({
        type: isSingle ? "bar" : "line",
        barMaxWidth: 60,
        name,
        symbol: "circle",
        // A ring around the dot of another line, so that both can be seen where they meet.
        symbolSize: dashed ? 10 : 6,
        showAllSymbol: true,
        lineStyle: { color: colour, width: 2, type: dashed ? "dashed" : "solid" },
        itemStyle: dashed
          ? { color: look.background, borderColor: colour, borderWidth: 2 }
          : { color: colour },
        data: weeks.map((_, week) => values[week] ?? "-"),
      })),
    },
    marks: weeks.map((title, index) => ({
      series: 0,
      index,
      title,
      lines: lines.map(({ name, colour, values }) => ({
        name,
        colour,
        value: label(values[index] ?? undefined),
      })),
    })),
    legend: lines.map(({ name, colour, dashed }) => {
      const shape = dashed ? "dashes" : "line";
      return { name, colour, shape: isSingle ? (dashed ? "ring" : "square") : shape };
    }),
    height: 200,
    byAxis: "x",
  };
}
