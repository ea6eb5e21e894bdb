import { type Bars, charactersIn, nameAxis, rowHeight, squares } from "./barChart";
import { baseOption, type Chart, type Mark, markLabel } from "./chart";
import type { Look } from "./look";

export interface ChangeBars extends Pick<Bars, "names" | "picks"> {
  /** Changes relative to the expected value. A new subject is drawn at full length. */
  readonly changes: readonly number[];
  /** The text next to each bar, with and without its numbers. */
  readonly labels: readonly string[];
  readonly shortLabels: readonly string[];
  readonly lines: readonly Mark["lines"][];
  readonly rose: string;
  readonly fell: string;
}

const minRowHeight = 26;
/** Rises are drawn up to a doubling: larger ones would make all others tiny. */
const [minDrawn, maxDrawn] = [-1, 1];

/**
 * Bars from a centre line, the expected value: less is to the left, more to the right. Texts are on the other side of the
 * line, where they have half of the width, however long the bar is.
 */
export function changeChart(bars: ChangeBars, look: Look): Chart {
  const { names, picks, changes, lines } = bars;
  const characters = charactersIn((look.wideWidth - look.labelWidth) / 2 - 16, look);
  const labels = bars.labels.some(({ length }) => length > characters) ? bars.shortLabels : bars.labels;
  const [up = "", down = ""] = look.palette;
  const drawn = changes.map((change) => Math.max(minDrawn, Math.min(maxDrawn, change)));
  return {
    option: {
      ...baseOption(look),
      grid: { left: look.labelWidth + 10, right: 12, top: 4, bottom: 4 },
      xAxis: {
        type: "value",
        min: minDrawn,
        max: maxDrawn,
        interval: maxDrawn,
        axisLabel: { show: false },
        axisTick: { show: false },
        axisLine: { show: false },
        splitLine: { lineStyle: { color: look.line, width: 1 } },
      },
      yAxis: nameAxis(names, look),
      series: [
        {
          type: "bar",
          barWidth: 13,
          label: { ...markLabel(look, labels), distance: 6 },
          data: drawn.map((value) => ({
            value,
            itemStyle: { color: value < 0 ? down : up, borderRadius: 2 },
            emphasis: { itemStyle: { color: value < 0 ? down : up, opacity: 0.82 } },
            label: { position: value < 0 ? ("right" as const) : ("left" as const) },
          })),
        },
      ],
    },
    marks: names.map((title, index) => ({
      series: 0,
      index,
      title,
      lines: lines[index] ?? [],
      pick: picks[index],
    })),
    legend: squares([
      ...(drawn.some((value) => value < 0) ? [{ name: bars.fell, colour: down }] : []),
      ...(drawn.some((value) => value > 0) ? [{ name: bars.rose, colour: up }] : []),
    ]),
    height: names.length * rowHeight(names, look, minRowHeight) + 8,
    byAxis: "y",
  };
}
