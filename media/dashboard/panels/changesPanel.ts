import type { Change, Subjects } from "../../../src/dashboard/answer";
import { changeChart } from "../charts/changeChart";
import { fill } from "../formats";
import { type NameList, nameIn, pickName, type Ready, typeName } from "../model";
import { extremes, type Panel, tableOf } from "./panel";

/** Rises and falls compared with each subject's own past, in one chart. */
export function changesPanel(ready: Ready): Panel {
  const { texts, formats, answer, filter } = ready;
  const { entries, recent } = answer.changes;
  const number = formats.average;
  const name = (change: Change) => nameIn(texts, changeList(change), change.name);
  const label = (change: Change) =>
    `${changeDirection(ready, change)} (${number(change.expected)} → ${number(change.actual)})`;
  const weeks = recent ? `${texts.judgedWeeks}: ${formats.range(recent.from, recent.to)}` : undefined;
  const nothing = entries.length === 0 ? Object.values(emptyTexts(ready)).join(": ") : undefined;
  return {
    id: "changes",
    title: texts.titleChanges,
    definition: texts.definitions.changes,
    report: "resourceUsage",
    wide: true,
    ...(weeks === undefined ? {} : { note: weeks }),
    remarks: [weeks, nothing, ...unjudgedTexts(ready).sentences].filter((text) => text !== undefined),
    ...(entries.length === 0 ? {} : { caption: texts.changesCaption }),
    summary: extremes(
      ready,
      texts.change,
      entries.map((change) => ({ name: name(change), value: changeOf(change) })),
      (value) => `${value < 0 ? "−" : "+"}${formats.wholeShare(Math.abs(value))}`,
    ),
    chart: (look) =>
      entries.length === 0
        ? undefined
        : changeChart(
            {
              names: entries.map(name),
              picks: entries.map((change) => pickName(filter, changeList(change), change.name)),
              changes: entries.map(changeOf),
              labels: entries.map(label),
              shortLabels: entries.map((change) => changeDirection(ready, change)),
              lines: entries.map((change) => [
                { name: changeKind(ready, change), value: "" },
                { name: texts.actual, value: number(change.actual) },
                { name: texts.expected, value: number(change.expected) },
              ]),
              rose: texts.rose,
              fell: texts.fell,
            },
            look,
          ),
    table: () =>
      tableOf(
        entries,
        [
          { title: texts.subject, kind: "text", cell: name },
          { title: texts.type, kind: "text", cell: (change) => changeKind(ready, change) },
          { title: texts.change, kind: "text", cell: (change) => directionText(ready, change) },
          { title: texts.actual, kind: "decimal", cell: ({ actual }) => actual },
          { title: texts.expected, kind: "decimal", cell: ({ expected }) => expected },
        ],
        (change) => ({ pick: pickName(filter, changeList(change), change.name), partly: change.partly }),
      ),
  };
}

/** Relative to the expected value; something new is drawn as a doubling, and its label says so. */
const changeOf = ({ actual, expected }: Change) => (expected > 0 ? actual / expected - 1 : 1);

export const changeList = ({ subject }: Change): NameList => (subject === "school" ? "schools" : "resources");

export function changeKind({ texts }: Ready, { subject, type, partly }: Change): string {
  const kind = subject === "school" ? texts.school : typeName(texts, type);
  return partly ? `${kind} · ${texts.ofCounted}` : kind;
}

function directionText({ texts }: Ready, { direction }: Change): string {
  return { rose: texts.rose, fell: texts.fell, new: texts.isNew, stopped: texts.stopped }[direction];
}

/** The direction of a change, and its size. */
export function changeDirection(ready: Ready, change: Change): string {
  const { direction } = change;
  const text = directionText(ready, change);
  const share = ready.formats.wholeShare(Math.abs(changeOf(change)));
  return direction === "rose" || direction === "fell" ? `${text} ${share}` : text;
}

/** Why there are no changes. */
export function emptyTexts(ready: Ready): { title: string; text?: string } {
  const { texts, formats, answer } = ready;
  const { weeks, weeksNeeded, judged } = answer.changes;
  if (weeks < weeksNeeded) {
    const text = [texts.noWeekText, texts.oneWeekText][weeks] ?? texts.tooFewWeeksText;
    const sentence = fill(text, formats.integer(weeksNeeded), formats.integer(weeks));
    return { title: texts.tooFewWeeksTitle, text: sentence };
  }
  if (countOf(judged) === 0) return { title: texts.nothingJudgedTitle };
  return { title: texts.noChangesTitle, text: fill(texts.noChangesText, subjectsText(ready, judged)) };
}

/** A short statement of what could not be judged, and one sentence each about the details. */
export function unjudgedTexts(ready: Ready): {
  readonly brief: string;
  readonly sentences: readonly string[];
} {
  const { texts, formats, answer } = ready;
  const { weeks, weeksNeeded, unjudged } = answer.changes;
  const { suppressed } = unjudged;
  if (weeks < weeksNeeded) return { brief: "", sentences: [] };
  const kinds = [
    [texts.unjudgedWeeks, unjudged.weeks],
    [texts.unjudgedUse, unjudged.use],
  ] as const;
  const sentences = [
    ...kinds.flatMap(([text, some]) => (countOf(some) > 0 ? [fill(text, subjectsText(ready, some))] : [])),
    ...(suppressed > 0 ? [fill(texts.unjudgedSuppressed, formats.integer(suppressed))] : []),
  ];
  const all = {
    resources: unjudged.weeks.resources + unjudged.use.resources,
    schools: unjudged.weeks.schools + unjudged.use.schools + suppressed,
  };
  return { brief: fill(texts.unjudgedBrief, subjectsText(ready, all)), sentences };
}

export const countOf = ({ resources, schools }: Subjects) => resources + schools;

function subjectsText({ texts, formats }: Ready, { resources, schools }: Subjects): string {
  return [
    ...(resources > 0 ? [fill(texts.countOfResources, formats.integer(resources))] : []),
    ...(schools > 0 ? [fill(texts.countOfSchools, formats.integer(schools))] : []),
  ].join(", ");
}
