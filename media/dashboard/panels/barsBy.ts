import type { Shown } from "../../../src/dashboard/answer";
import { barPicture } from "../charts/barPicture";
import type { Look } from "../charts/look";
import type { Picture } from "../charts/picture";
import { type NameList, nameIn, pickName, type Ready } from "../model";

/** A number that each entry has. */
export interface BarsOf<T> {
  readonly name: string;
  /** Its place in the palette. */
  readonly colour: number;
  readonly value: (entry: T) => Shown;
  readonly atLeast: (entry: T) => true | undefined;
}

/** Averages of schools or grades as bars beside their names, which filter by them; undefined without an entry. */
export function barsBy<T>(
  { texts, formats, filter }: Ready,
  list: NameList,
  entries: readonly T[],
  nameOf: (entry: T) => string | null,
  look: Look,
  series: readonly BarsOf<T>[],
): Picture | undefined {
  if (entries.length === 0) return undefined;
  return barPicture(
    {
      names: entries.map((entry) => nameIn(texts, list, nameOf(entry))),
      picks: entries.map((entry) => pickName(filter, list, nameOf(entry))),
      series: series.map(({ name, colour, value, atLeast }) => ({
        name,
        colour: look.palette[colour] ?? look.text,
        values: entries.map(value),
        labels: entries.map((entry) => formats.average(value(entry), atLeast(entry))),
      })),
    },
    look,
  );
}
