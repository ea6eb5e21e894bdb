import { userTypes, userTypeValue } from "../../clever/reports";
import { fileStatistics } from "../../delta/files/statistics";
import type { AddFile, Tags } from "../../delta/log/actions";
import { allDays, type Cells, dayBit, unionOf } from "./cells";

/**
 * The contents of a data file of a `_pseudo` table, as recorded in its tags. They make overlaps exact without reading a
 * row.
 */
export interface FileContents {
  /** Rows by source; undefined if another program wrote the file, or merged it and dropped the tags. */
  readonly sources: ReadonlyMap<string, number> | undefined;
  /** The days of the file's month by user type. A bit may be set for a day without rows. */
  readonly days: Cells;
}

const sourcesTag = "clever.sources";
const daysTag = "clever.days";
/** Earlier versions wrote one file per source and month, tagged with the source. */
const oneSourceTag = "clever.source";

/** Tags for a data file with these contents. */
export function contentTags(contents: {
  readonly sources: ReadonlyMap<string, number>;
  readonly days: Cells;
}): Tags {
  const days = Object.fromEntries([...contents.days].filter(([, bits]) => bits !== 0));
  return {
    [sourcesTag]: JSON.stringify(Object.fromEntries(contents.sources)),
    [daysTag]: JSON.stringify(days),
  };
}

/** Actions live as long as the snapshots that share them, and each is queried many times. */
const parsed = new WeakMap<AddFile, FileContents>();

/** The contents of a data file, from its tags or, without tags, from its statistics. */
export function contentsOf(file: AddFile): FileContents {
  let contents = parsed.get(file);
  if (contents === undefined) {
    contents = taggedContents(file) ?? statedContents(file);
    parsed.set(file, contents);
  }
  return contents;
}

/** The tags of a file that holds the rows of several files; none if one of them has no tags. */
export function mergedTags(files: readonly AddFile[]): Tags | undefined {
  const sources = new Map<string, number>();
  for (const file of files) {
    const contents = contentsOf(file);
    if (contents.sources === undefined) return undefined;
    for (const [source, rows] of contents.sources) sources.set(source, (sources.get(source) ?? 0) + rows);
  }
  return contentTags({ sources, days: unionOf(files.map((file) => contentsOf(file).days)) });
}

function taggedContents({ tags }: AddFile): FileContents | undefined {
  const sources = numbersIn(tags?.[sourcesTag]);
  const days = numbersIn(tags?.[daysTag]);
  if (sources === undefined || days === undefined) return undefined;
  return {
    sources,
    days: new Map(userTypes.flatMap((type) => (days.has(type) ? [[type, days.get(type) ?? 0]] : []))),
  };
}

/** A flat JSON object of numbers; undefined for anything else. */
function numbersIn(text: string | null | undefined): Map<string, number> | undefined {
  if (typeof text !== "string") return undefined;
  try {
    const numbers = new Map<string, number>();
    for (const [name, value] of Object.entries(JSON.parse(text) as Record<string, unknown>)) {
      if (typeof value !== "number") return undefined;
      numbers.set(name, value);
    }
    return numbers;
  } catch {
    return undefined;
  }
}

function statedContents(file: AddFile): FileContents {
  const statistics = fileStatistics(file);
  const source = file.tags?.[oneSourceTag];
  const sources =
    typeof source === "string" && statistics ? new Map([[source, statistics.numRecords]]) : undefined;
  const bits = daysBetween(statistics?.minValues.date, statistics?.maxValues.date);
  const [first, last] = [statistics?.minValues.user_type, statistics?.maxValues.user_type];
  const within = userTypes.filter((type) => {
    const value = userTypeValue[type];
    return typeof first !== "string" || typeof last !== "string" || (first <= value && value <= last);
  });
  return { sources, days: new Map(within.map((type) => [type, bits])) };
}

function daysBetween(first: unknown, last: unknown): number {
  if (typeof first !== "string" || typeof last !== "string") return allDays;
  const [from, to] = [Number(first.slice(8, 10)), Number(last.slice(8, 10))];
  if (!(from >= 1 && to <= 31 && from <= to)) return allDays;
  let bits = 0;
  for (let day = from; day <= to; day++) bits |= dayBit(day);
  return bits;
}
