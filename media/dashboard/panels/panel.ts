import type { TemplateResult } from "lit";
import type { People, Shown } from "../../../src/dashboard/answer";
import type { Look } from "../charts/look";
import type { Picture } from "../charts/picture";
import { fill, isolated } from "../formats";
import { type FilterPatch, nameIn, type Ready, typeName } from "../model";
import type { Part } from "../partView";

/** A cell of a data table: `null` is a number that is left out, `few` too few people, `undefined` stands for none. */
export type Cell = string | number | null | undefined;

export interface Column {
  readonly title: string;
  /** `integer` is a count or sum, `decimal` an average. */
  readonly kind: "text" | "integer" | "decimal" | "share" | "day";
}

/** A picture's numbers as a table: its text alternative, and what its CSV holds. */
export interface DataTable {
  readonly columns: readonly Column[];
  readonly rows: readonly TableRow[];
}

export interface TableRow {
  readonly cells: readonly Cell[];
  /** Whether groups or days are left out of the row's numbers. */
  readonly partly?: true | undefined;
  /** What a click on the row's name changes of the filter. */
  readonly pick?: FilterPatch;
  readonly picked?: boolean;
}

/** What a picture may be adjusted by. */
export type Control = "schoolsShown" | "topResources";

export interface Panel extends Part {
  /** Whether the resource filters leave it as it is, since it is of daily participation; otherwise it is of resource usage. */
  readonly allResources: boolean;
  readonly controls: readonly Control[];
  /** Said below the title; shown above the picture; said below it. */
  readonly note?: string;
  readonly lead?: TemplateResult;
  readonly caption?: string;
  /** What is left out of the picture alone, one sentence each; `*` stands beside the names of what they are about. */
  readonly withheld?: readonly string[];
  /** What the reader may keep whole instead, where nothing can be shown. */
  readonly offersOther?: boolean;
  /** One sentence, for those who do not see the picture. */
  readonly summary: string;
  /** Undefined where there is nothing to draw. */
  readonly picture: (look: Look) => Picture | undefined;
  readonly table: () => DataTable;
}

/** What the filter chooses of resources, in words. */
export function chosenName({ texts, formats, answer: { filter, resources } }: Ready): string {
  const names =
    filter.resources.length > 0 ? resources.map(({ resource }) => nameIn(texts, "resources", resource)) : [];
  const [only, ...others] =
    names.length > 0 ? names : filter.resources.map((name) => nameIn(texts, "resources", name));
  if (only === undefined) return formats.list(filter.resourceTypes.map((type) => typeName(texts, type)));
  return others.length === 0 ? isolated(only) : fill(texts.chosen, formats.integer(others.length + 1));
}

/** A part of a whole, as a share of it; what cannot be told of either cannot be told. */
export function shareOf(part: People, whole: People): People {
  if (part === null || whole === null) return null;
  if (part === "few" || whole === "few") return "few";
  return whole === 0 ? 0 : part / whole;
}

/** A number that can be drawn. */
export const told = (value: People | undefined): Shown =>
  value === "few" || value === undefined ? null : value;

/** The highest and the lowest of some named numbers, as a sentence. */
export function extremes(
  { texts }: Ready,
  title: string,
  entries: readonly { readonly name: string; readonly value: People }[],
  format: (value: number) => string,
): string {
  const known = entries.flatMap(({ name, value }) =>
    typeof value === "number" ? [{ name: isolated(name), value }] : [],
  );
  const [first] = known;
  if (!first) return `${title}: ${texts.nothingToShow}`;
  if (known.length === 1) return fill(texts.single, title, first.name, format(first.value));
  const high = known.reduce((best, each) => (each.value > best.value ? each : best));
  const low = known.reduce((best, each) => (each.value < best.value ? each : best));
  return fill(texts.highest, title, high.name, format(high.value), low.name, format(low.value));
}
