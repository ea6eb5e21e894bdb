import type { Entry } from "../../../src/dashboard/answer";
import { type Bars, barChart } from "../charts/barChart";
import type { Chart } from "../charts/chart";
import type { Look } from "../charts/look";
import { isolated, partlyMark } from "../formats";
import { absentSentences, orUnknown } from "../missingWords";
import { formerSchoolNames, type NameList, nameIn, pickName, type Ready } from "../model";
import { countsUngraded, cutSentences, ungradedSentences } from "../suppressionWords";
import {
  type Cell,
  type ColumnOf,
  type Control,
  drawable,
  extremes,
  labelText,
  type Panel,
  picking,
} from "./panel";

export type PlaceList = "schools" | "grades" | "resources";

/** A school, grade or resource. */
export type Named<E extends Entry> = E & { readonly name: string | null };

/** A numeric property of entries, as bars next to their names. */
interface BarsOf<E> {
  readonly name: string;
  /** Its index in the palette. */
  readonly colour: number;
  readonly value: (entry: E) => Cell;
}

type Draw<E extends Entry> = (
  drawn: readonly Named<E>[],
  rows: Pick<Bars, "names" | "picks">,
  look: Look,
) => Chart;

interface PlacePanel<E extends Entry> extends Pick<Panel, "id" | "title" | "definition" | "report" | "note"> {
  readonly list: PlaceList;
  readonly entries: readonly Named<E>[];
  /** The subject of the chart, and what schools are ranked by. */
  readonly subject: string;
  readonly value: (entry: Named<E>) => Cell;
  /** If not all fit, the highest come first; by default ranked by value. */
  readonly rank?: (entry: Named<E>) => number;
  readonly format: (value: number) => string;
  readonly columns: readonly ColumnOf<Named<E>>[];
  readonly controls?: readonly Control[];
  readonly chart: readonly BarsOf<Named<E>>[] | Draw<E>;
}

const schoolsBeforeChoice = 12;
/** Charts of more schools would block the page for seconds. Tables have all. */
export const mostSchools = 200;
const maxResources = 15;

/** A chart of named entries, and the table of all of them. */
export function placePanel<E extends Entry>(ready: Ready, given: PlacePanel<E>): Panel {
  const { texts, filter, view, answer } = ready;
  const { list, entries, subject, format, columns, controls = [], chart, ...panel } = given;
  const draw = typeof chart === "function" ? chart : drawBars(ready, chart, format);
  const value = (entry: Named<E>) => orUnknown(entry, given.value(entry));
  const unknown = entries.filter((entry) => entry.absent && value(entry) === undefined);
  const nameOf = ({ name }: Named<E>) => nameIn(texts, list, name);
  const limit = { schools: view.schoolsShown || mostSchools, grades: 0, resources: maxResources }[list];
  const rank = given.rank ?? ((entry: Named<E>) => drawable(value(entry)) ?? -1);
  const ranked = entries.map((entry) => ({ entry, rank: list === "schools" ? rank(entry) : 0 }));
  const sorted = ranked.sort((a, b) => b.rank - a.rank).map(({ entry }) => entry);
  const drawn = limit === 0 ? sorted : sorted.slice(0, limit);
  const title = { schools: texts.school, grades: texts.grade, resources: texts.resource }[list];
  const renamed = panel.id === "schools" ? renamedText(ready, entries) : "";
  return {
    ...panel,
    ...(renamed === "" ? {} : { caption: renamed, remarks: [renamed] }),
    controls: [
      ...controls,
      ...(list === "schools" && entries.length > schoolsBeforeChoice ? (["schoolsShown"] as const) : []),
    ],
    footnotes: [
      ...(list === "resources" ? [] : cutSentences(ready, answer.withheld[list])),
      ...(list === "grades" ? ungradedSentences(ready) : []),
      ...absentSentences(
        ready,
        [...new Set(unknown.flatMap(({ absent = [] }) => absent))],
        unknown.length === entries.length ? [] : unknown.map(nameOf),
      ),
    ],
    hasPartialNumbers: list !== "resources" && entries.some((entry) => entry.partly && value(entry) !== null),
    offersOther: entries.every((entry) => value(entry) === null),
    summary: extremes(
      ready,
      subject,
      entries.map((entry) => ({ name: nameOf(entry), value: value(entry) })),
      format,
    ),
    chart: (look) => {
      const names = drawn.map((entry) => entryName(ready, list, entry));
      const picks = drawn.map(({ name }) => pickName(filter, list, name));
      return unknown.length === entries.length ? undefined : draw(drawn, { names, picks }, look);
    },
    table: () => ({
      columns: [{ title, kind: "text" }, ...columns],
      rows: entries.map((entry) => {
        const cells = columns.map(({ cell }) => orUnknown(entry, cell(entry)));
        return {
          cells: [nameOf(entry), ...cells],
          ...picking(filter, list, entry.name),
          partly: entry.partly,
          absent: cells.includes(undefined) ? entry.absent : undefined,
          ungraded: list === "grades" && countsUngraded(answer, entry.name),
        };
      }),
    }),
  };
}

/** What the schools were called before. */
function renamedText(ready: Ready, schools: readonly Named<Entry>[]): string {
  const renamed = schools.flatMap(({ name }) => {
    const former = formerSchoolNames(ready, name);
    return former === undefined ? [] : [`${isolated(nameIn(ready.texts, "schools", name))}: ${former}`];
  });
  return renamed.join(" · ");
}

/** The name of an entry, marked if one of its groups is suppressed, or people without a grade count elsewhere. */
function entryName({ texts, answer }: Ready, list: NameList, { name, partly }: Named<Entry>): string {
  const text = nameIn(texts, list, name);
  return partly || (list === "grades" && countsUngraded(answer, name)) ? text + partlyMark : text;
}

function drawBars<E extends Entry>(
  ready: Ready,
  series: readonly BarsOf<Named<E>>[],
  format: (value: number) => string,
): Draw<E> {
  return (drawn, rows, look) =>
    barChart(
      {
        ...rows,
        series: series.map(({ name, colour, value }) => ({
          name,
          colour: look.palette[colour] ?? look.text,
          values: drawn.map((entry) => drawable(value(entry))),
          labels: drawn.map((entry) => labelText(ready, orUnknown(entry, value(entry)), format)),
        })),
      },
      look,
    );
}
