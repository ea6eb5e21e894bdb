import { columnChart } from "../charts/barChart";
import type { LegendEntry } from "../charts/chart";
import { treemapChart } from "../charts/treemapChart";
import { fill } from "../formats";
import { formerNames, nameIn, pickName, type Ready, typeName } from "../model";
import { isPartial } from "../suppressionWords";
import { drawable, extremes, labelText, type Panel, picking, tableOf, unitsOf } from "./panel";

/** The number of distinguishable tiles; the table has all. */
const maxTiles = 80;

export function weekdayPanel(ready: Ready): Panel {
  const { texts, formats, answer, view } = ready;
  const { kind, format, scale, of } = unitsOf(ready, view.units);
  const days = answer.byWeekday.filter((each) => each.days > 0);
  const value = (each: (typeof days)[number]) => of(each.activeUsers, answer.cards.users.value);
  // If all are, the page says so once.
  const isMarked = days.some(({ partly }) => !partly);
  const nameOf = ({ weekday, partly }: (typeof days)[number]) =>
    `${formats.weekday(weekday)}${partly && isMarked ? "\u00a0*" : ""}`;
  return {
    id: "weekday",
    title: texts.titleWeekday,
    definition: texts.definitions.weekday,
    report: "dailyParticipation",
    summary: extremes(
      ready,
      texts.activePerDay,
      days.map((each) => ({ name: nameOf(each), value: value(each) })),
      format,
    ),
    chart: (look) =>
      days.length === 0
        ? undefined
        : columnChart(
            {
              scale,
              names: days.map(nameOf),
              series: [
                {
                  name: texts.activePerDay,
                  colour: look.palette[2] ?? "",
                  values: days.map((each) => drawable(value(each))),
                  labels: days.map((each) => labelText(ready, value(each), format)),
                },
              ],
            },
            look,
          ),
    table: () =>
      tableOf(
        answer.byWeekday,
        [
          { title: texts.weekday, kind: "text", cell: ({ weekday }) => formats.weekday(weekday) },
          { title: texts.days, kind: "integer", cell: (each) => each.days },
          { title: texts.activePerDay, kind, cell: value },
          { title: texts.loginsPerDay, kind: "integer", cell: ({ logins }) => logins },
        ],
        ({ partly }) => ({ partly }),
      ),
  };
}

export function treemapPanel(ready: Ready): Panel {
  const { texts, formats, answer, filter } = ready;
  const known = answer.resources
    .flatMap((each) => (each.rows === null || each.rows === 0 ? [] : [{ ...each, rows: each.rows }]))
    .sort((a, b) => b.rows - a.rows);
  const total = known.reduce((sum, { rows }) => sum + rows, 0);
  const drawn = known.slice(0, maxTiles);
  const types = [...new Set(answer.options.resourceTypes)];
  const present = types.filter((type) => drawn.some((each) => each.type === type));
  return {
    id: "treemap",
    title: texts.titleTreemap,
    definition: texts.definitions.treemap,
    report: "resourceUsage",
    ...(known.length > maxTiles
      ? { note: fill(texts.smallerOnes, formats.integer(known.length - maxTiles)) }
      : {}),
    summary: extremes(
      ready,
      texts.personDays,
      known.map(({ resource, rows }) => ({ name: nameIn(texts, "resources", resource), value: rows })),
      formats.integer,
    ),
    chart: (look) => {
      if (drawn.length === 0) return undefined;
      const colourOf = (type: string | null) => look.palette[types.indexOf(type) % look.palette.length] ?? "";
      const legend = present.map(
        (type): LegendEntry => ({
          name: typeName(texts, type),
          colour: colourOf(type),
          shape: "square",
          ...picking(filter, "resourceTypes", type),
        }),
      );
      const tiles = drawn.map((each) => ({
        name: nameIn(texts, "resources", each.resource),
        value: each.rows,
        colour: colourOf(each.type),
        lines: [
          { name: typeName(texts, each.type), colour: colourOf(each.type), value: "" },
          {
            name: texts.personDays,
            value: `${formats.integer(each.rows)} (${formats.share(each.rows / total)})`,
          },
          { name: texts.users, value: formats.shown(each.users) },
          ...[formerNames(ready, each) ?? []].flat().map((name) => ({ name, value: "" })),
        ],
        pick: pickName(filter, "resources", each.resource),
      }));
      return treemapChart(tiles, legend, formats.integer, look);
    },
    table: () =>
      tableOf(
        answer.resources,
        [
          { title: texts.resource, kind: "text", cell: (each) => nameIn(texts, "resources", each.resource) },
          { title: texts.type, kind: "text", cell: ({ type }) => typeName(texts, type) },
          { title: texts.personDays, kind: "integer", cell: ({ rows }) => rows },
          { title: texts.users, kind: "integer", cell: ({ users }) => users },
        ],
        ({ resource }) => ({ ...picking(filter, "resources", resource), partly: isPartial(answer) }),
      ),
  };
}
