import type { DayEntry, ReportKind } from "../../../src/dashboard/answer";
import { weekendsOff } from "../charts/acrossWeekends";
import { type DaySeries, dayChart, dayWords } from "../charts/dayChart";
import type { Look } from "../charts/look";
import { fill } from "../formats";
import { isDay, pickDay, type Ready } from "../model";
import { type Cell, chosenName, type Panel, tableOf, unitsOf } from "./panel";

interface DayPanel {
  readonly id: "time" | "active" | "distinctDay";
  readonly title: string;
  readonly wide?: true;
  readonly height: number;
  readonly report: ReportKind;
  readonly units?: ReturnType<typeof unitsOf>;
  /** Colours are indexes in the palette. */
  readonly series: readonly (Omit<DaySeries, "colour"> & {
    readonly colour: number;
    readonly onlyInTable?: boolean;
  })[];
}

/** Logins and accesses over time, or the use of the resources that the filter chooses. */
export function timePanel(ready: Ready): Panel {
  const { texts } = ready;
  const common = { id: "time", wide: true, height: 230 } as const;
  if (!ready.answer.byDay.some(({ use }) => use))
    return dayPanel(ready, {
      ...common,
      title: texts.titleTime,
      report: "dailyParticipation",
      series: [
        { name: texts.logins, colour: 0, value: ({ logins }) => logins },
        { name: texts.resourcesAccessed, colour: 1, value: ({ resources }) => resources },
      ],
    });
  return dayPanel(ready, {
    ...common,
    title: fill(texts.titleUse, chosenName(ready)),
    report: "resourceUsage",
    series: [
      { name: texts.users, colour: 0, value: ({ use }) => use?.users ?? null },
      { name: texts.accesses, colour: 1, value: ({ use }) => use?.accesses ?? null },
      { name: texts.personDays, colour: 2, value: ({ use }) => use?.personDays ?? null, onlyInTable: true },
    ],
  });
}

export function activePanel(ready: Ready): Panel {
  const { texts, view } = ready;
  const users = ready.answer.cards.users.value;
  const units = unitsOf(ready, view.units);
  const value = ({ activeUsers }: DayEntry) => units.of(activeUsers, users);
  return dayPanel(ready, {
    id: "active",
    title: texts.activePerDay,
    height: 190,
    report: "dailyParticipation",
    units,
    series: [{ name: texts.activeUsers, colour: 2, bars: true, value }],
  });
}

export function distinctDayPanel(ready: Ready): Panel {
  const { texts } = ready;
  return dayPanel(ready, {
    id: "distinctDay",
    title: texts.titleDistinctDay,
    height: 190,
    report: "resourceUsage",
    series: [
      {
        name: texts.distinctResources,
        colour: 3,
        bars: true,
        value: ({ distinctResources }) => distinctResources,
      },
    ],
  });
}

function dayPanel(ready: Ready, { series: given, units, height, ...panel }: DayPanel): Panel {
  const { texts, answer, filter } = ready;
  const { report } = panel;
  const known =
    <T>(of: (day: DayEntry) => T) =>
    (day: DayEntry) =>
      day.kind === "noData" || day.missing?.includes(report) ? undefined : of(day);
  const series = given.map(({ value, ...each }) => ({ ...each, value: known(value) }));
  const { kind, format, scale } = units ?? unitsOf(ready, "absolute");
  const drawn = (look: Look): DaySeries[] =>
    series.flatMap(({ colour, onlyInTable, ...each }) =>
      onlyInTable ? [] : [{ ...each, colour: look.palette[colour] ?? look.text }],
    );
  const [first] = series;
  const wordsOf = dayWords(ready);
  return {
    ...panel,
    definition: texts.definitions[panel.id === "time" && report === "resourceUsage" ? "use" : panel.id],
    ...(given.some(({ bars }) => !bars) && answer.byDay.some(weekendsOff(answer.byDay))
      ? { caption: texts.linesCaption }
      : {}),
    summary: first ? peak(ready, panel.title, first.value, format) : panel.title,
    chart: (look) =>
      answer.byDay.length === 0
        ? undefined
        : dayChart(ready, report, drawn(look), format, scale, height, look),
    table: () =>
      tableOf<DayEntry>(
        answer.byDay,
        [
          { title: texts.date, kind: "day", cell: ({ date }) => date },
          { title: texts.kind, kind: "text", cell: (day) => wordsOf(day).join("; ") },
          ...series.map(({ name, value }) => ({ title: name, kind, cell: value })),
        ],
        ({ date, partly }) => ({ pick: pickDay(filter, date), picked: isDay(filter, date), partly }),
      ),
  };
}

function peak(
  { answer, texts, formats }: Ready,
  title: string,
  value: (day: DayEntry) => Cell,
  format: (value: number) => string,
): string {
  let best: { date: string; value: number } | undefined;
  for (const day of answer.byDay) {
    const here = value(day);
    if (typeof here === "number" && (best === undefined || here > best.value))
      best = { date: day.date, value: here };
  }
  if (best === undefined) return `${title}: ${texts.nothingToShow}`;
  return fill(texts.peak, title, formats.day(best.date), format(best.value));
}
