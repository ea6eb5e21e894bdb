import type {
  ComparedUse,
  GradeEntry,
  People,
  PeriodUse,
  ResourceEntry,
  SchoolEntry,
} from "../../../src/dashboard/answer";
import { periodValue } from "../../../src/dashboard/periodValue";
import type { Look } from "../charts/look";
import { pairChart } from "../charts/pairChart";
import { stackChart } from "../charts/stackChart";
import { changeText, periodNames } from "../comparisonWords";
import { fill } from "../formats";
import { orUnknown } from "../missingWords";
import { isOnly, nameIn, type Ready } from "../model";
import {
  type Cell,
  type ColumnOf,
  chosenName,
  drawable,
  extremes,
  labelText,
  type Panel,
  picking,
  shareOf,
  unitsOf,
} from "./panel";
import { type Named, type PlaceList, placePanel } from "./placePanel";

type Place = Named<SchoolEntry | GradeEntry>;

const schoolsOf = ({ answer }: Ready): Named<SchoolEntry>[] =>
  answer.bySchool.map((entry) => ({ ...entry, name: entry.school }));

const placesOf = (ready: Ready, list: "schools" | "grades"): Place[] =>
  list === "schools"
    ? schoolsOf(ready)
    : ready.answer.byGrade.map((entry) => ({ ...entry, name: entry.grade }));

type Columns = readonly ColumnOf<Place>[];

function personColumns(ready: Ready): Columns {
  const { texts } = ready;
  return [
    { title: texts.users, kind: "integer", cell: ({ users }) => users },
    { title: texts.activeUsers, kind: "integer", cell: ({ activeUsers }) => activeUsers },
    {
      title: texts.share,
      kind: "share",
      cell: ({ activeUsers, users }) => shareOf(ready, activeUsers, users),
    },
    { title: texts.averageLogins, kind: "decimal", cell: ({ averageLogins }) => averageLogins },
    { title: texts.averageResources, kind: "decimal", cell: ({ averageResources }) => averageResources },
  ];
}

/** Logins and resources per person and day; or the use of the chosen resources. */
export function schoolsPanel(ready: Ready): Panel {
  if (ready.answer.bySchool.some(({ use }) => use)) return usePanel(ready, "schools");
  const { texts, formats } = ready;
  return placePanel(ready, {
    id: "schools",
    title: texts.titleSchools,
    definition: texts.definitions.schools,
    report: "dailyParticipation",
    list: "schools",
    entries: schoolsOf(ready),
    subject: texts.averageLogins,
    value: ({ averageLogins }) => averageLogins,
    format: formats.decimal,
    columns: [
      ...personColumns(ready),
      { title: texts.accesses, kind: "integer", cell: ({ accesses }: SchoolEntry) => accesses },
    ],
    chart: [
      { name: texts.logins, colour: 0, value: ({ averageLogins }) => averageLogins },
      { name: texts.resourcesAccessed, colour: 1, value: ({ averageResources }) => averageResources },
    ],
  });
}

/** Use of the chosen resources. */
function usePanel(ready: Ready, list: "schools" | "grades"): Panel {
  const { texts, view } = ready;
  const { format, of } = unitsOf(ready, view.units);
  const value = ({ use, users }: Place) => of(use?.users ?? null, users);
  const title = list === "schools" ? texts.titleUseBySchool : texts.titleUseByGrade;
  return placePanel<SchoolEntry | GradeEntry>(ready, {
    id: list === "schools" ? "schools" : "distinctGrade",
    title: fill(title, chosenName(ready)),
    definition: texts.definitions.use,
    report: "resourceUsage",
    list,
    entries: placesOf(ready, list),
    subject: texts.users,
    value,
    format,
    columns: [
      { title: texts.users, kind: "integer", cell: ({ use }) => use?.users ?? null },
      {
        title: texts.share,
        kind: "share",
        cell: ({ use, users }) => shareOf(ready, use?.users ?? null, users),
      },
      { title: texts.personDays, kind: "integer", cell: ({ use }) => use?.personDays ?? null },
      { title: texts.accesses, kind: "integer", cell: ({ use }) => use?.accesses ?? null },
    ],
    chart: [{ name: texts.users, colour: 0, value }],
  });
}

/** Distinct resources per person; by grade, the use of chosen resources instead. */
export function distinctPanel(ready: Ready, list: "schools" | "grades"): Panel {
  if (list === "grades" && ready.answer.byGrade.some(({ use }) => use)) return usePanel(ready, list);
  const { texts, formats } = ready;
  const id = list === "schools" ? "distinctSchool" : "distinctGrade";
  const value = ({ distinctResourcesPerUser }: Place) => distinctResourcesPerUser;
  const perPerson = { title: texts.perPerson, kind: "decimal", cell: value } as const;
  const users = { title: texts.users, kind: "integer", cell: (entry: Place) => entry.users } as const;
  return placePanel<SchoolEntry | GradeEntry>(ready, {
    id,
    title: list === "schools" ? texts.titleDistinctSchool : texts.titleDistinctGrade,
    definition: texts.definitions[id],
    report: "resourceUsage",
    list,
    entries: placesOf(ready, list),
    subject: texts.perPerson,
    value,
    format: formats.decimal,
    columns: list === "schools" ? [users, perPerson] : [...personColumns(ready), perPerson],
    chart: [{ name: texts.perPerson, colour: 3, value }],
  });
}

/** People who do not use Clever at all: people in the reports who were active on no day. */
export function neverPanel(ready: Ready, list: "schools" | "grades"): Panel {
  const { texts, formats, answer } = ready;
  const id = list === "schools" ? "neverSchool" : "neverGrade";
  const value = ({ neverActive, users }: Place) => shareOf(ready, neverActive, users);
  // Of a small school, the highest possible share would look like a number: fewer than 10 of 12 are not 83 %.
  const label = (place: Place) =>
    place.neverActive === "few" && typeof place.users === "number"
      ? fill(texts.fewOf, formats.few, formats.integer(place.users))
      : value(place);
  const format = formats.share;
  const users = answer.cards.users.value;
  const note =
    answer.neverActive === "few"
      ? fill(texts.neverOfFew, formats.integer(answer.minimumGroupSize), formats.shown(users))
      : fill(
          texts.neverOf,
          formats.shown(answer.neverActive),
          formats.shown(users),
          labelText(ready, shareOf(ready, answer.neverActive, users), format),
        );
  return placePanel<SchoolEntry | GradeEntry>(ready, {
    id,
    title: list === "schools" ? texts.titleNeverSchool : texts.titleNeverGrade,
    definition: texts.definitions[id],
    report: "dailyParticipation",
    ...(answer.absent.includes("dailyParticipation") ? {} : { note }),
    list,
    entries: placesOf(ready, list),
    subject: texts.neverActive,
    value,
    format,
    columns: [
      { title: texts.users, kind: "integer", cell: (entry) => entry.users },
      { title: texts.neverActive, kind: "integer", cell: ({ neverActive }) => neverActive },
      { title: texts.share, kind: "share", cell: value },
    ],
    chart: [{ name: texts.neverActive, colour: 4, value: label }],
  });
}

/** The most used resources by school, stacked. */
export function topPanel(ready: Ready): Panel {
  const { texts, formats, answer, filter, view } = ready;
  const { kind, format, of } = unitsOf(ready, view.units);
  const top = answer.resources.slice(0, view.topResources);
  const known = new Map(answer.resourcesBySchool.map((each) => [keyOf(each.school, each), each.users]));
  const countOf = ({ school, absent }: SchoolEntry, resource: ResourceEntry): People | undefined => {
    if (absent?.includes("resourceUsage")) return undefined;
    // A pair that is not listed has no users.
    return known.has(keyOf(school, resource)) ? (known.get(keyOf(school, resource)) ?? null) : 0;
  };
  const value = (entry: SchoolEntry, resource: ResourceEntry): Cell => {
    const share = of(countOf(entry, resource), entry.users);
    return kind === "share" ? orUnknown(entry, share) : share;
  };
  const resourceName = ({ resource }: ResourceEntry) => nameIn(texts, "resources", resource);
  const [first] = top;
  const panel = placePanel(ready, {
    id: "top",
    title: texts.titleTop,
    definition: texts.definitions.top,
    report: "resourceUsage",
    list: "schools",
    entries: schoolsOf(ready),
    subject: first ? resourceName(first) : texts.users,
    value: (entry) =>
      entry.users === null && !entry.absent
        ? null
        : top.reduce((sum, each) => sum + (drawable(value(entry, each)) ?? 0), 0),
    format,
    controls: ["topResources"],
    columns: top.map((resource) => ({
      title: resourceName(resource),
      kind,
      cell: (entry: SchoolEntry) => value(entry, resource),
    })),
    chart: (drawn, rows, look) =>
      stackChart(
        {
          ...rows,
          ends: drawn.map((entry) => {
            const values = top.map((resource) => value(entry, resource));
            if (values.includes(null)) return texts.suppressed;
            if (values.includes(undefined)) return "–";
            const few = values.filter((each) => typeof each === "string");
            if (few.length === 0) return "";
            return `+${formats.integer(few.length)} × ${labelText(ready, few[0], format)}`;
          }),
          series: top.map((resource, at) => ({
            name: resourceName(resource),
            colour: look.palette[at] ?? "",
            values: drawn.map((entry) => drawable(value(entry, resource))),
            labels: drawn.map((entry) => labelText(ready, value(entry, resource), format)),
          })),
          partPicks: top.map(({ resource }) =>
            drawn.map(({ school }) =>
              isOnly(filter, "schools", school) && isOnly(filter, "resources", resource)
                ? { schools: [], resources: [] }
                : { schools: [school], resources: [resource] },
            ),
          ),
          legendPicks: top.map(({ resource }) => picking(filter, "resources", resource)),
        },
        look,
      ),
  });
  const chart = (look: Look) => (top.length === 0 ? undefined : panel.chart(look));
  const summary = first
    ? extremes(
        ready,
        resourceName(first),
        answer.bySchool.map((entry) => ({
          name: nameIn(texts, "schools", entry.school),
          value: value(entry, first),
        })),
        format,
      )
    : texts.nothingToShow;
  return { ...panel, chart, summary };
}

/** Two resources may share a name; the type distinguishes them. */
function keyOf(
  school: string | null,
  { resource, type }: { readonly resource: string | null; readonly type: string | null },
) {
  return JSON.stringify([school, resource, type]);
}

/** Use in two periods, by school, grade or resource. */
export function periodsBy(ready: Ready, list: PlaceList): Panel | undefined {
  const { texts, formats, answer } = ready;
  const { comparison } = answer;
  if (comparison === null) return undefined;
  const entries: readonly Named<ComparedUse>[] = {
    schools: comparison.bySchool.map((entry) => ({ ...entry, name: entry.school })),
    grades: comparison.byGrade.map((entry) => ({ ...entry, name: entry.grade })),
    resources: comparison.resources.map((entry) => ({ ...entry, name: entry.resource })),
  }[list];
  // With a single resource, the whole comparison is about it.
  if (entries.length < (list === "resources" ? 2 : 1)) return undefined;
  const [before, now] = periodNames(ready, comparison);
  const perDay = ({ personDaysPerDay }: PeriodUse) => personDaysPerDay;
  const format = formats.average;
  const inPeriod = (entry: ComparedUse, period: "before" | "now", of: (use: PeriodUse) => People) =>
    periodValue(comparison[period], of(entry[period]), list === "resources" || entry.partly);
  const columns = (title: string, period: "before" | "now"): ColumnOf<ComparedUse>[] => [
    {
      title: `${title}: ${texts.usePerDay}`,
      kind: "decimal",
      cell: (entry) => inPeriod(entry, period, perDay),
    },
    {
      title: `${title}: ${texts.users}`,
      kind: "integer",
      cell: (entry) => inPeriod(entry, period, ({ users }) => users),
    },
  ];
  return placePanel(ready, {
    id: { schools: "periodsSchool", grades: "periodsGrade", resources: "periodsResource" }[list],
    title: {
      schools: texts.titlePeriodsSchool,
      grades: texts.titlePeriodsGrade,
      resources: texts.titlePeriodsResource,
    }[list],
    definition: texts.definitions.periods,
    report: "resourceUsage",
    list,
    entries,
    subject: now,
    value: (entry) => perDay(entry.now) ?? perDay(entry.before),
    rank: (entry) => Math.abs((perDay(entry.now) ?? 0) - (perDay(entry.before) ?? 0)),
    format,
    columns: [
      ...columns(before, "before"),
      ...columns(now, "now"),
      { title: texts.change, kind: "text", cell: (entry) => changeText(ready, entry) },
    ],
    chart: (drawn, rows, look) =>
      pairChart(
        {
          ...rows,
          ends: drawn.map((entry) =>
            (["before", "now"] as const).some((period) => inPeriod(entry, period, perDay) === null)
              ? texts.suppressed
              : changeText(ready, entry),
          ),
          series: [
            { name: before, colour: look.quiet, period: "before" as const },
            { name: now, colour: look.palette[0] ?? look.text, period: "now" as const },
          ].map(({ name, colour, period }) => ({
            name,
            colour,
            values: drawn.map((entry) => perDay(entry[period])),
            labels: drawn.map((entry) => formats.shown(inPeriod(entry, period, perDay), format)),
          })),
          scale: { tick: formats.tick, minInterval: 0 },
        },
        look,
      ),
  });
}
