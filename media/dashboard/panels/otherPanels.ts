import { columnPicture } from "../charts/columnPicture";
import type { LegendEntry } from "../charts/picture";
import { treemapPicture } from "../charts/treemapPicture";
import { fill } from "../formats";
import { isOnly, nameIn, pickName, type Ready, typeName } from "../model";
import { barsBy } from "./barsBy";
import { extremes, type Panel } from "./panel";
import { shareOf } from "./schoolPanels";

/** As many tiles as can be told apart; the table has all. */
const mostTiles = 80;

export function gradePanel(ready: Ready): Panel {
  const { texts, formats, answer, filter } = ready;
  const name = (grade: string | null) => nameIn(texts, "grades", grade);
  const format = (value: number) => formats.decimal(value);
  return {
    id: "distinctGrade",
    title: texts.titleDistinctGrade,
    definition: texts.definitions.distinctGrade,
    wide: false,
    allResources: false,
    controls: [],
    summary: extremes(
      ready,
      texts.perPerson,
      answer.byGrade.map((each) => ({ name: name(each.grade), value: each.distinctResourcesPerUser })),
      format,
    ),
    picture: (look) =>
      barsBy(ready, "grades", answer.byGrade, ({ grade }) => grade, look, [
        {
          name: texts.perPerson,
          colour: 3,
          value: ({ distinctResourcesPerUser }) => distinctResourcesPerUser,
          atLeast: ({ usageAtLeast }) => usageAtLeast,
        },
      ]),
    table: () => ({
      columns: [
        { title: texts.grade, kind: "text" },
        { title: texts.users, kind: "integer" },
        { title: texts.activeUsers, kind: "integer" },
        { title: texts.averageLogins, kind: "decimal" },
        { title: texts.averageResources, kind: "decimal" },
        { title: texts.perPerson, kind: "decimal", usage: true },
      ],
      rows: answer.byGrade.map((each) => ({
        cells: [
          name(each.grade),
          each.users,
          each.activeUsers,
          each.averageLogins,
          each.averageResources,
          each.distinctResourcesPerUser,
        ],
        pick: pickName(filter, "grades", each.grade),
        picked: isOnly(filter, "grades", each.grade),
        atLeast: each.atLeast,
        usageAtLeast: each.usageAtLeast,
      })),
    }),
  };
}

export function weekdayPanel(ready: Ready): Panel {
  const { texts, formats, answer, view } = ready;
  const inPercent = view.units === "percent";
  const days = answer.byWeekday.filter((each) => each.days > 0);
  const value = (each: (typeof days)[number]) =>
    inPercent ? shareOf(each.activeUsers, answer.cards.users.value) : each.activeUsers;
  const format = (number: number) => (inPercent ? formats.share(number) : formats.compact(number));
  return {
    id: "weekday",
    title: texts.titleWeekday,
    definition: texts.definitions.weekday,
    wide: false,
    allResources: true,
    controls: [],
    summary: extremes(
      ready,
      texts.activePerDay,
      days.map((each) => ({ name: formats.weekday(each.weekday), value: value(each) })),
      format,
    ),
    picture: (look) =>
      days.length === 0
        ? undefined
        : columnPicture(
            {
              format,
              names: days.map(({ weekday }) => formats.weekday(weekday)),
              series: [
                {
                  name: texts.activePerDay,
                  colour: look.palette[2] ?? "",
                  values: days.map(value),
                  labels: days.map((each) => formats.average(value(each), each.atLeast, format)),
                },
              ],
            },
            look,
          ),
    table: () => ({
      columns: [
        { title: texts.weekday, kind: "text" },
        { title: texts.days, kind: "exact" },
        { title: texts.activePerDay, kind: inPercent ? "share" : "integer" },
        { title: texts.loginsPerDay, kind: "integer" },
      ],
      rows: answer.byWeekday.map((each) => ({
        cells: [formats.weekday(each.weekday), each.days, value(each), each.logins],
        atLeast: each.atLeast,
      })),
    }),
  };
}

export function treemapPanel(ready: Ready): Panel {
  const { texts, formats, answer, filter } = ready;
  const known = answer.resources
    .flatMap((each) => (each.rows === null || each.rows === 0 ? [] : [{ ...each, rows: each.rows }]))
    .sort((a, b) => b.rows - a.rows);
  const total = known.reduce((sum, { rows }) => sum + rows, 0);
  const hidden = answer.resources.filter(({ rows }) => rows === null).length;
  const drawn = known.slice(0, mostTiles);
  const types = [...new Set(answer.options.resourceTypes)];
  const present = types.filter((type) => drawn.some((each) => each.type === type));
  const notes = [
    ...(known.length > mostTiles ? [fill(texts.smallerOnes, formats.integer(known.length - mostTiles))] : []),
    ...(hidden > 0 ? [fill(texts.hiddenOnes, formats.integer(hidden))] : []),
  ];
  return {
    id: "treemap",
    title: texts.titleTreemap,
    definition: texts.definitions.treemap,
    wide: false,
    allResources: false,
    controls: [],
    ...(notes.length > 0 ? { note: notes.join(" · ") } : {}),
    summary: extremes(
      ready,
      texts.personDays,
      known.map(({ resource, rows }) => ({ name: nameIn(texts, "resources", resource), value: rows })),
      (value) => formats.integer(value),
    ),
    picture: (look) => {
      if (drawn.length === 0) return undefined;
      const colourOf = (type: string | null) => look.palette[types.indexOf(type) % look.palette.length] ?? "";
      const legend = present.map(
        (type): LegendEntry => ({
          name: typeName(texts, type),
          colour: colourOf(type),
          shape: "square",
          pick: pickName(filter, "resourceTypes", type),
          picked: isOnly(filter, "resourceTypes", type),
        }),
      );
      const tiles = drawn.map((each) => ({
        name: nameIn(texts, "resources", each.resource),
        value: each.rows,
        share: each.rows / total,
        colour: colourOf(each.type),
        lines: [
          { name: typeName(texts, each.type), colour: colourOf(each.type), value: "" },
          {
            name: texts.personDays,
            value: `${formats.sum(each.rows, each.atLeast)} (${formats.share(each.rows / total)})`,
          },
          { name: texts.users, value: formats.sum(each.users, each.atLeast) },
        ],
        pick: pickName(filter, "resources", each.resource),
      }));
      return treemapPicture(tiles, legend, (value) => formats.compact(value), look);
    },
    table: () => ({
      columns: [
        { title: texts.resource, kind: "text" },
        { title: texts.type, kind: "text" },
        { title: texts.personDays, kind: "integer" },
        { title: texts.users, kind: "integer" },
      ],
      rows: answer.resources.map((each) => ({
        cells: [nameIn(texts, "resources", each.resource), typeName(texts, each.type), each.rows, each.users],
        pick: pickName(filter, "resources", each.resource),
        picked: isOnly(filter, "resources", each.resource),
        atLeast: each.atLeast,
      })),
    }),
  };
}
