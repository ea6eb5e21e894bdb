import type { People, ResourceEntry, SchoolEntry, Shown } from "../../../src/dashboard/answer";
import { stackPicture } from "../charts/stackPicture";
import { fill } from "../formats";
import { isOnly, nameIn, pickName, type Ready } from "../model";
import { cutSentences } from "../withheldWords";
import { barsBy, entryName } from "./barsBy";
import { type Control, chosenName, extremes, type Panel, shareOf, told, useCells, useColumns } from "./panel";

/** The schools that pictures show, by a number of theirs: highest first, hidden ones behind. */
function ranked(ready: Ready, value: (entry: SchoolEntry) => Shown): readonly SchoolEntry[] {
  const sorted = [...ready.answer.bySchool].sort((a, b) => (value(b) ?? -1) - (value(a) ?? -1));
  const { schoolsShown } = ready.view;
  return schoolsShown === 0 ? sorted : sorted.slice(0, schoolsShown);
}

/** Whether there are so many schools that the reader says how many to see. */
export function controlsOf({ answer }: Ready): readonly Control[] {
  return answer.bySchool.length > 12 ? ["schoolsShown"] : [];
}

/** What pictures by school leave out, beside what the whole answer does. */
function leftOutOf(ready: Ready): Pick<Panel, "withheld" | "offersOther"> {
  const { bySchool, withheld } = ready.answer;
  return {
    withheld: cutSentences(ready, withheld.schools),
    offersOther: bySchool.every(({ users }) => users === null),
  };
}

const nameOf = ({ texts }: Ready, school: string | null) => nameIn(texts, "schools", school);

function rowOf(ready: Ready, school: string | null) {
  return { pick: pickName(ready.filter, "schools", school), picked: isOnly(ready.filter, "schools", school) };
}

/** The resources that the filter chooses, by school. */
function useBySchoolPanel(ready: Ready): Panel {
  const { texts, formats, answer, view } = ready;
  const inPercent = view.units === "percent";
  const value = ({ use, users }: SchoolEntry): People =>
    inPercent ? shareOf(use?.users ?? null, users) : (use?.users ?? null);
  const format = (number: number) => (inPercent ? formats.share(number) : formats.integer(number));
  const shown = ranked(ready, (entry) => told(value(entry)));
  return {
    id: "schools",
    title: fill(texts.titleUseBySchool, chosenName(ready)),
    definition: texts.definitions.use,
    allResources: false,
    wide: false,
    controls: controlsOf(ready),
    ...leftOutOf(ready),
    summary: extremes(
      ready,
      texts.users,
      answer.bySchool.map((entry) => ({ name: nameOf(ready, entry.school), value: value(entry) })),
      format,
    ),
    picture: (look) =>
      barsBy(
        ready,
        "schools",
        shown,
        ({ school }) => school,
        look,
        [{ name: texts.users, colour: 0, value }],
        format,
      ),
    table: () => ({
      columns: [{ title: texts.school, kind: "text" }, ...useColumns(ready)],
      rows: answer.bySchool.map((each) => ({
        cells: [nameOf(ready, each.school), ...useCells(each)],
        ...rowOf(ready, each.school),
        partly: each.partly,
      })),
    }),
  };
}

export function schoolsPanel(ready: Ready): Panel {
  if (ready.answer.bySchool.some(({ use }) => use)) return useBySchoolPanel(ready);
  const { texts, formats, answer } = ready;
  const shown = ranked(ready, ({ averageLogins }) => averageLogins);
  const format = (value: number) => formats.decimal(value);
  return {
    id: "schools",
    title: texts.titleSchools,
    definition: texts.definitions.schools,
    allResources: true,
    wide: false,
    controls: controlsOf(ready),
    ...leftOutOf(ready),
    summary: extremes(
      ready,
      texts.averageLogins,
      answer.bySchool.map((entry) => ({ name: nameOf(ready, entry.school), value: entry.averageLogins })),
      format,
    ),
    picture: (look) =>
      barsBy(ready, "schools", shown, ({ school }) => school, look, [
        {
          name: texts.logins,
          colour: 0,
          value: ({ averageLogins }) => averageLogins,
        },
        {
          name: texts.resourcesAccessed,
          colour: 1,
          value: ({ averageResources }) => averageResources,
        },
      ]),
    table: () => ({
      columns: [
        { title: texts.school, kind: "text" },
        { title: texts.users, kind: "integer" },
        { title: texts.activeUsers, kind: "integer" },
        { title: texts.share, kind: "share" },
        { title: texts.averageLogins, kind: "decimal" },
        { title: texts.averageResources, kind: "decimal" },
        { title: texts.accesses, kind: "integer" },
      ],
      rows: answer.bySchool.map((each) => ({
        cells: [
          nameOf(ready, each.school),
          each.users,
          each.activeUsers,
          shareOf(each.activeUsers, each.users),
          each.averageLogins,
          each.averageResources,
          each.accesses,
        ],
        ...rowOf(ready, each.school),
        partly: each.partly,
      })),
    }),
  };
}

export function distinctSchoolPanel(ready: Ready): Panel {
  const { texts, formats, answer } = ready;
  const shown = ranked(ready, ({ distinctResourcesPerUser }) => distinctResourcesPerUser);
  const format = (value: number) => formats.decimal(value);
  const value = (each: SchoolEntry) => each.distinctResourcesPerUser;
  return {
    id: "distinctSchool",
    title: texts.titleDistinctSchool,
    definition: texts.definitions.distinctSchool,
    allResources: false,
    wide: false,
    controls: controlsOf(ready),
    ...leftOutOf(ready),
    summary: extremes(
      ready,
      texts.perPerson,
      answer.bySchool.map((each) => ({ name: nameOf(ready, each.school), value: value(each) })),
      format,
    ),
    picture: (look) =>
      barsBy(ready, "schools", shown, ({ school }) => school, look, [
        { name: texts.perPerson, colour: 3, value },
      ]),
    table: () => ({
      columns: [
        { title: texts.school, kind: "text" },
        { title: texts.users, kind: "integer" },
        { title: texts.perPerson, kind: "decimal" },
      ],
      rows: answer.bySchool.map((each) => ({
        cells: [nameOf(ready, each.school), each.users, value(each)],
        ...rowOf(ready, each.school),
        partly: each.partly,
      })),
    }),
  };
}

export function topPanel(ready: Ready): Panel {
  const { texts, formats, answer, filter, view } = ready;
  const inPercent = view.units === "percent";
  const top = answer.resources.slice(0, view.topResources);
  const people = new Map(answer.bySchool.map(({ school, users }) => [school, users]));
  const entries = new Map(answer.resourcesBySchool.map((each) => [keyOf(each.school, each), each]));
  const entryOf = (school: string | null, resource: ResourceEntry) => entries.get(keyOf(school, resource));
  const value = (school: string | null, resource: ResourceEntry): People => {
    const entry = entryOf(school, resource);
    // A pair that is not listed has none.
    const count = entry === undefined ? 0 : entry.users;
    return inPercent ? shareOf(count, people.get(school) ?? null) : count;
  };
  const shown = ranked(ready, ({ school }) =>
    top.reduce((sum, each) => sum + (told(value(school, each)) ?? 0), 0),
  );
  const format = (number: number) => (inPercent ? formats.share(number) : formats.compact(number));
  const resourceName = ({ resource }: ResourceEntry) => nameIn(texts, "resources", resource);
  const [first] = top;
  return {
    id: "top",
    title: texts.titleTop,
    definition: texts.definitions.top,
    allResources: false,
    wide: false,
    controls: ["topResources", ...controlsOf(ready)],
    ...leftOutOf(ready),
    summary: first
      ? extremes(
          ready,
          resourceName(first),
          answer.bySchool.map(({ school }) => ({ name: nameOf(ready, school), value: value(school, first) })),
          format,
        )
      : texts.nothingToShow,
    picture: (look) =>
      shown.length === 0 || top.length === 0
        ? undefined
        : stackPicture(
            {
              format,
              names: shown.map((each) => entryName(nameOf(ready, each.school), each)),
              behind: shown.map(({ school }) => {
                const values = top.map((resource) => value(school, resource));
                const few = values.filter((each) => each === "few").length;
                if (values.includes(null)) return texts.hidden;
                return few === 0 ? "" : `+${formats.integer(few)} × ${formats.few}`;
              }),
              picks: shown.map(({ school }) => pickName(filter, "schools", school)),
              series: top.map((resource, at) => ({
                name: resourceName(resource),
                colour: look.palette[at] ?? "",
                values: shown.map(({ school }) => told(value(school, resource))),
                labels: shown.map(({ school }) => formats.shown(value(school, resource), format)),
              })),
              partPicks: top.map(({ resource }) =>
                shown.map(({ school }) =>
                  isOnly(filter, "schools", school) && isOnly(filter, "resources", resource)
                    ? { schools: [], resources: [] }
                    : { schools: [school], resources: [resource] },
                ),
              ),
              legendPicks: top.map(({ resource }) => ({
                pick: pickName(filter, "resources", resource),
                picked: isOnly(filter, "resources", resource),
              })),
            },
            look,
          ),
    table: () => ({
      columns: [
        { title: texts.school, kind: "text" },
        ...top.map((resource) => ({
          title: resourceName(resource),
          kind: inPercent ? ("share" as const) : ("integer" as const),
        })),
      ],
      rows: answer.bySchool.map(({ school, partly }) => ({
        partly,
        cells: [nameOf(ready, school), ...top.map((resource) => value(school, resource))],
        ...rowOf(ready, school),
      })),
    }),
  };
}

/** Two resources may have one name; the type tells them apart. */
function keyOf(
  school: string | null,
  { resource, type }: { readonly resource: string | null; readonly type: string | null },
) {
  return JSON.stringify([school, resource, type]);
}
