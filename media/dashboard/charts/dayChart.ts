import type { DayEntry, ReportKind, Shown } from "../../../src/dashboard/answer";
import { missingOfDay } from "../missingWords";
import { pickDay, type Ready } from "../model";
import { type Cell, drawable, labelText } from "../panels/panel";
import { acrossWeekends, weekendsOff } from "./acrossWeekends";
import {
  bands,
  baseOption,
  type Chart,
  categoryAxis,
  type Hatching,
  type LegendEntry,
  type Mark,
  type MarkLine,
  type Scale,
  valueAxis,
} from "./chart";
import type { EChartsOption } from "./echarts";
import type { Look } from "./look";

export interface DaySeries {
  readonly name: string;
  readonly colour: string;
  readonly value: (day: DayEntry) => Cell;
  /** Bars instead of a line. */
  readonly bars?: boolean;
}

/**
 * Whether to mark days on which some groups are suppressed. If the filter itself suppresses groups, this applies to all
 * days and is stated once.
 */
const hasPartialDays = ({ answer: { withheld } }: Ready): boolean =>
  withheld.filter.length === 0 && withheld.days.length > 0;

/** The kind of a day, and what its numbers lack. A weekend without reports is shown as days off. */
export function dayWords(ready: Ready): (day: DayEntry) => string[] {
  const { texts, answer } = ready;
  const isOff = weekendsOff(answer.byDay);
  const kinds = { school: texts.schoolDay, quiet: texts.quietDay, noData: texts.noDataDay };
  return (day) => [
    kinds[isOff(day) ? "quiet" : day.kind],
    ...missingOfDay(texts, day),
    ...(day.partly && hasPartialDays(ready) ? [texts.partlyDay] : []),
  ];
}

/**
 * Lines or bars over days. Quiet days are shaded, days without data hatched. Lines continue across weekends without
 * school, because they would otherwise drop to zero every week. They break at every other day without school. They
 * also break at days whose report is missing or that are suppressed, which are hatched in their own way. So is a day on
 * which some groups are suppressed. `few` people are a hollow mark on the zero line.
 *
 * @param report the one that has the numbers: a day without the other report is not marked
 */
export function dayChart(
  ready: Ready,
  report: ReportKind,
  series: readonly DaySeries[],
  format: (value: number) => string,
  scale: Scale,
  height: number,
  look: Look,
): Chart {
  const { byDay } = ready.answer;
  const days = byDay.map(({ date }) => date);
  const { texts, formats, filter } = ready;
  const daysWith = (isMeant: (value: Cell) => boolean) =>
    byDay.flatMap((day, index) =>
      day.kind !== "noData" && series.some(({ value }) => isMeant(value(day))) ? [index] : [],
    );
  const suppressed = new Set(daysWith((value) => value === null));
  const missing = new Set(byDay.flatMap((day, index) => (day.missing?.includes(report) ? [index] : [])));
  const isFew = (value: Cell) => typeof value === "string";
  const few = daysWith(isFew);
  const explainsPartialDays = hasPartialDays(ready);
  const partly = new Set(
    byDay.flatMap((day, index) =>
      explainsPartialDays && day.partly && day.kind === "school" && !missing.has(index) ? [index] : [],
    ),
  );
  const isOff = weekendsOff(byDay);
  const wordsOf = dayWords(ready);
  const hatchings = [
    { days: missing, name: texts.missingDay, hatching: "falling" },
    { days: suppressed, name: texts.suppressed, hatching: "upright" },
    { days: partly, name: texts.partlyDay, hatching: "dotted" },
  ] as const;
  const marks = byDay.map((day, index): Mark => {
    const lines: MarkLine[] = series.map(({ name, colour, value }) => ({
      name,
      colour,
      value: labelText(ready, value(day), format),
    }));
    const words = wordsOf(day).slice(day.kind === "school" ? 1 : 0);
    return {
      series: 0,
      index,
      title: formats.longDay(day.date),
      lines: [...lines, ...words.map((name) => ({ name, value: "" }))],
      pick: pickDay(filter, day.date),
    };
  });
  const option: EChartsOption = {
    ...baseOption(look),
    grid: { left: 48, right: 14, top: 12, bottom: 26 },
    xAxis: [
      categoryAxis(look, days, {
        color: look.quiet,
        hideOverlap: true,
        formatter: formats.shortDay,
        ...labelled(byDay),
      }),
      // The bands have their own axis, because bars on a shared axis would be placed side by side.
      { type: "category", data: days, show: false },
    ],
    yAxis: [
      { ...valueAxis(look, scale), min: 0, splitNumber: height > 200 ? 4 : 3 },
      { type: "value", show: false, min: 0, max: 1 },
    ],
    series: [
      ...series.map((each) => (each.bars ? barsOf(byDay, each) : lineOf(byDay, each))),
      {
        ...bands(
          look,
          byDay.map((day, at) => {
            const hatched = hatchings.find((each) => each.days.has(at));
            if (hatched) return { value: 1, itemStyle: hatchedBand(look, hatched.hatching) };
            const kind = isOff(day) ? "quiet" : day.kind;
            return kind === "school" ? 0 : { value: 1, ...bandOf(kind, look) };
          }),
        ),
        xAxisIndex: 1,
      },
      {
        type: "scatter",
        silent: true,
        symbol: "diamond",
        symbolSize: 8,
        itemStyle: { color: look.background, borderColor: look.quiet, borderWidth: 1.5 },
        data: few.map((index) => [index, 0]),
        z: 4,
      },
    ],
  };
  const legend: LegendEntry[] = series.map(({ name, colour, bars }) => ({
    name,
    colour,
    shape: bars ? "square" : "line",
  }));
  if (byDay.some((day) => day.kind === "quiet" || isOff(day)))
    legend.push(
      look.contrast
        ? { name: texts.quietDay, colour: look.line, shape: "level" }
        : { name: texts.quietDay, colour: look.band, shape: "band" },
    );
  if (byDay.some((day) => day.kind === "noData" && !isOff(day))) {
    legend.push({ name: texts.noDataDay, colour: look.mark, shape: "rising" });
  }
  for (const { days, name, hatching } of hatchings) {
    if (days.size > 0) legend.push({ name, colour: look.mark, shape: hatching });
  }
  const [fewText] = byDay.flatMap((day) =>
    series.flatMap(({ value }) => (isFew(value(day)) ? labelText(ready, value(day), format) : [])),
  );
  if (fewText !== undefined) legend.push({ name: fewText, colour: look.quiet, shape: "few" });
  return { option, marks, legend, height, days, byAxis: "x" };
}

function lineOf(byDay: readonly DayEntry[], { name, colour, value }: DaySeries) {
  const values = acrossWeekends(byDay, (day) => drawable(value(day)));
  const dots = byDay.length <= 45;
  return {
    type: "line" as const,
    name,
    symbol: "circle",
    showSymbol: true,
    showAllSymbol: true as const,
    lineStyle: { color: colour, width: 2 },
    itemStyle: { color: colour },
    emphasis: { scale: 1.6, lineStyle: { width: 2 } },
    data: values.map((each, at) => ({
      value: each ?? "-",
      // A line through a single day would have no length.
      symbolSize: (dots && byDay[at]?.kind === "school") || isAlone(values, at) ? 6 : 0,
    })),
    z: 3,
  };
}

function barsOf(byDay: readonly DayEntry[], { name, colour, value }: DaySeries) {
  return {
    type: "bar" as const,
    name,
    barCategoryGap: byDay.length > 120 ? "10%" : "25%",
    barMaxWidth: 40,
    itemStyle: { color: colour },
    emphasis: { itemStyle: { color: colour, opacity: 0.8 } },
    data: byDay.map((day) => drawable(value(day)) ?? "-"),
    z: 3,
  };
}

/** The marking of a day without school. Tints are invisible in high contrast, so lines distinguish the kinds. */
function bandOf(kind: "quiet" | "noData", look: Look) {
  if (kind === "noData") return { itemStyle: hatchedBand(look, "rising") };
  return look.contrast ? { itemStyle: hatchedBand(look, "level") } : {};
}

/**
 * Spaced and turned differently, because in a band of a few pixels a direction alone cannot be seen. Quiet days, the
 * most frequent ones, have the fewest and thinnest lines.
 */
const decals = {
  level: { dashArrayX: [1, 0], dashArrayY: [0.5, 17.5], rotation: 0 },
  rising: { dashArrayX: [1, 0], dashArrayY: [1, 6], rotation: -Math.PI / 4 },
  falling: { dashArrayX: [1, 0], dashArrayY: [2, 2], rotation: Math.PI / 4 },
  upright: { dashArrayX: [1, 0], dashArrayY: [1, 2], rotation: Math.PI / 2 },
  dotted: { symbol: "circle", dashArrayX: [2, 2], dashArrayY: [2, 4], rotation: 0 },
} satisfies Readonly<Record<Hatching, object>>;

function hatchedBand(look: Look, hatching: Hatching) {
  return { color: look.band, decal: { symbol: "rect", color: look.mark, ...decals[hatching] } };
}

/** The days with labels on the axis: Mondays in short ranges, the first of each month in long ones. */
function labelled(days: readonly DayEntry[]) {
  if (days.length <= 14) return { interval: 0 };
  const isNamed = ({ date }: DayEntry) =>
    days.length <= 70
      ? new Date(date).getUTCDay() === 1
      : date.endsWith("-01") || (days.length <= 200 && date.endsWith("-15"));
  return { interval: (index: number) => days[index] !== undefined && isNamed(days[index]) };
}

function isAlone(values: readonly Shown[], at: number): boolean {
  return (
    typeof values[at] === "number" && typeof values[at - 1] !== "number" && typeof values[at + 1] !== "number"
  );
}
