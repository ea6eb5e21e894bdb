import type { Entry, People } from "../../../src/dashboard/answer";
import { barPicture } from "../charts/barPicture";
import type { Look } from "../charts/look";
import type { Picture } from "../charts/picture";
import { type NameList, nameIn, pickName, type Ready } from "../model";
import { told } from "./panel";

/** A number that each entry has. */
export interface BarsOf<T> {
  readonly name: string;
  /** Its place in the palette. */
  readonly colour: number;
  readonly value: (entry: T) => People;
}

/** The name of a school or grade, marked where a group of it is left out. */
export function entryName(name: string, { partly }: Entry): string {
  return partly ? `${name}\u00a0*` : name;
}

/** Averages of schools or grades as bars beside their names, which filter by them; undefined without an entry. */
export function barsBy<T extends Entry>(
  { texts, formats, filter }: Ready,
  list: NameList,
  entries: readonly T[],
  nameOf: (entry: T) => string | null,
  look: Look,
  series: readonly BarsOf<T>[],
  format = (value: number) => formats.decimal(value),
): Picture | undefined {
  if (entries.length === 0) return undefined;
  return barPicture(
    {
      names: entries.map((entry) => entryName(nameIn(texts, list, nameOf(entry)), entry)),
      picks: entries.map((entry) => pickName(filter, list, nameOf(entry))),
      series: series.map(({ name, colour, value }) => ({
        name,
        colour: look.palette[colour] ?? look.text,
        values: entries.map((entry) => told(value(entry))),
        labels: entries.map((entry) => formats.shown(value(entry), format)),
      })),
    },
    look,
  );
}
