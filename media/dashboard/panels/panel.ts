import type { TemplateResult } from "lit";
import type { People, ReportKind, Shown } from "../../../src/dashboard/answer";
import type { DashboardView } from "../../../src/dashboard/export/view";
import { resourcesNamed } from "../../../src/dashboard/resourcesNamed";
import type { Chart } from "../charts/chart";
import type { Look } from "../charts/look";
import { fill, isolated, type Language } from "../formats";
import { missingOfDay } from "../missingWords";
import { type FilterPatch, isOnly, nameIn, pickName, type Ready, typeName } from "../model";
import type { Part } from "../partView";

/** A cell of a data table: `null` is a suppressed number, `few` too few people, `undefined` no known value. */
export type Cell = string | number | null | undefined;

export interface Column {
  readonly title: string;
  /** `integer` is a count or sum, `decimal` an average; `day` names its row, and `date` is a fact about it. */
  readonly kind: "text" | "integer" | "decimal" | "share" | "day" | "date";
}

const textKinds: readonly Column["kind"][] = ["text", "day", "date"];
export const isText = ({ kind }: Column) => textKinds.includes(kind);

/** Notes on how a row's numbers differ from those of everybody with its name; empty if they do not. */
export function rowRemarks(
  texts: Ready["texts"],
  { partly, ungraded, absent = [] }: Pick<TableRow, "partly" | "ungraded" | "absent">,
) {
  return [
    ...(partly ? [texts.ofCounted] : []),
    ...(ungraded ? [texts.withUngraded] : []),
    ...missingOfDay(texts, { missing: absent }),
  ].join(", ");
}

/** A cell as displayed text. */
export function cellText({ texts, formats }: Ready, cell: Cell, { kind }: Column): string {
  if (cell === undefined) return "–";
  if (cell === null) return texts.suppressed;
  if (kind === "text") return String(cell);
  if (cell === "few") return formats.few;
  if (typeof cell === "string") return kind === "day" || kind === "date" ? formats.longDay(cell) : cell;
  if (kind === "decimal") return formats.decimal(cell);
  return kind === "share" ? formats.share(cell) : formats.integer(cell);
}

/** A chart's numbers as a table: its text alternative, and the content of its CSV. */
export interface DataTable {
  readonly columns: readonly Column[];
  readonly rows: readonly TableRow[];
}

export interface TableRow {
  readonly cells: readonly Cell[];
  /** Whether the row's numbers exclude groups or days. */
  readonly partly?: true | undefined;
  /** Reports without a row of the row's people, so that their numbers are unknown. */
  readonly absent?: readonly ReportKind[] | undefined;
  /** Whether people without a grade count in this row, or are missing from it because they count with a grade. */
  readonly ungraded?: boolean;
  /** The filter change of a click on the row's name. */
  readonly pick?: FilterPatch | undefined;
  readonly picked?: boolean;
}

/** How a row's name filters by it. */
export const picking = (...name: Parameters<typeof pickName>) => ({
  pick: pickName(...name),
  picked: isOnly(...name),
});

/** A column, and its cell of an entry's row. */
export interface ColumnOf<E> extends Column {
  readonly cell: (entry: E) => Cell;
}

/** A table with a row for each entry. */
export function tableOf<E>(
  entries: readonly E[],
  columns: readonly ColumnOf<E>[],
  more: (entry: E) => Omit<TableRow, "cells"> = () => ({}),
): DataTable {
  const rows = entries.map((entry) => ({ ...more(entry), cells: columns.map(({ cell }) => cell(entry)) }));
  return { columns, rows };
}

/** The controls of a chart. */
export type Control = "schoolsShown" | "topResources";

export interface Panel extends Part {
  /** The report that has its numbers. Those of daily participation ignore the resource filters. */
  readonly report: ReportKind;
  readonly controls?: readonly Control[];
  /** Below the title; above the chart; below the chart. */
  readonly note?: string;
  readonly lead?: TemplateResult;
  readonly caption?: string;
  /** What the page says below the chart, and exports too. */
  readonly remarks?: readonly string[];
  /** What is suppressed or missing in this chart alone, one sentence each; `*` marks the names concerned. */
  readonly footnotes?: readonly string[];
  /** Whether numbers of marked names do not include a suppressed group. */
  readonly hasPartialNumbers?: boolean;
  /** Whether to offer keeping the other kind whole, if nothing can be shown. */
  readonly offersOther?: boolean;
  /** One sentence, for readers who cannot see the chart. */
  readonly summary: string;
  /** Undefined if there is nothing to draw. */
  readonly chart: (look: Look) => Chart | undefined;
  readonly table: () => DataTable;
}

/** What `*` means in a chart. */
export function markNotes(
  { texts }: Language,
  { footnotes = [], hasPartialNumbers }: Pick<Panel, "footnotes" | "hasPartialNumbers">,
): readonly string[] {
  return hasPartialNumbers ? [texts.markedNumbers, ...footnotes] : footnotes;
}

/** The resources that the filter chooses, used or not, by their current names, in words. */
export function chosenName({ texts, formats, answer: { filter, options } }: Ready): string {
  const numbersOf = resourcesNamed(options.resources);
  const names = filter.resources.flatMap((name) => {
    const found = numbersOf(name);
    return found.length === 0 ? [name] : found.map((number) => options.resources[number]?.name ?? null);
  });
  const [only, ...others] = [...new Set(names)].map((name) => nameIn(texts, "resources", name));
  if (only === undefined) return formats.list(filter.resourceTypes.map((type) => typeName(texts, type)));
  return others.length === 0 ? isolated(only) : fill(texts.chosen, formats.integer(others.length + 1));
}

/**
 * A part as a share of a whole; unknown if either is. Of too few people, what the shown numbers say about it, as text.
 */
export function shareOf(
  { formats }: Pick<Ready, "formats">,
  part: People | undefined,
  whole: People | undefined,
): Cell {
  if (part === undefined || whole === undefined) return undefined;
  if (part === null || whole === null) return null;
  if (whole === "few") return undefined;
  if (part === "few") return formats.fewOf(whole);
  return whole === 0 ? 0 : part / whole;
}

/** How numbers of people are shown: as they are, or as shares of a whole. */
export function unitsOf({ formats }: Pick<Ready, "formats">, units: DashboardView["units"]) {
  return units === "percent"
    ? ({
        kind: "share",
        format: formats.share,
        scale: { tick: formats.shareTick, minInterval: 0 },
        of: (part: People | undefined, whole: People | undefined) => shareOf({ formats }, part, whole),
      } as const)
    : ({
        kind: "integer",
        format: formats.integer,
        scale: { tick: formats.tick, minInterval: 1 },
        of: (part: People | undefined): Cell => part,
      } as const);
}

/** A cell as the label of a mark. */
export function labelText(
  { formats }: Pick<Ready, "formats">,
  cell: Cell,
  format: (value: number) => string,
) {
  if (cell === "few") return formats.few;
  return typeof cell === "string" ? cell : formats.shown(cell, format);
}

/** A number that can be drawn: too few people are a text. */
export const drawable = (value: Cell): Shown => (typeof value === "number" ? value : null);

/** At most this many are named one by one. */
const maxNamed = 4;

/**
 * The highest and lowest of some named numbers, as a sentence. Numbers of too few people are named instead of the lowest
 * one: of a share, they may be any.
 */
export function extremes(
  { texts, formats }: Language,
  title: string,
  entries: readonly { readonly name: string; readonly value: Cell }[],
  format: (value: number) => string,
): string {
  const known = entries.flatMap(({ name, value }) =>
    typeof value === "number" ? [{ name: isolated(name), value }] : [],
  );
  const few = entries.flatMap(({ name, value }) => (typeof value === "string" ? [isolated(name)] : []));
  const fewText = few.length === 0 ? "" : fill(texts.fewFor, formats.few, formats.shortList(few, maxNamed));
  const [first] = known;
  if (!first) return `${title}: ${fewText || texts.nothingToShow}`;
  const high = known.reduce((best, each) => (each.value > best.value ? each : best));
  const low = known.reduce((best, each) => (each.value < best.value ? each : best));
  if (known.length === 1 || few.length > 0) {
    const text = few.length === 0 ? texts.single : texts.highestOnly;
    return `${fill(text, title, high.name, format(high.value))} ${fewText}`.trim();
  }
  return fill(texts.highest, title, high.name, format(high.value), low.name, format(low.value));
}
