import { objectId, randomStream } from "./random";

export const gradeBands = ["elementary", "middle", "high"] as const;
export type GradeBand = (typeof gradeBands)[number];

/** Grades as in Clever's roster. */
export const gradesOfBand: Readonly<Record<GradeBand, readonly string[]>> = {
  elementary: ["Kindergarten", "1", "2", "3", "4", "5"],
  middle: ["6", "7", "8"],
  high: ["9", "10", "11", "12"],
};

/** Something whose use may change. */
export interface Changeable {
  /** From `onDay` (`yyyy-MM-dd`) on, it is used more or less by this factor. */
  readonly changed?: { readonly onDay: string; readonly factor: number };
}

export interface SampleSchool extends Changeable {
  readonly id: string;
  readonly name: string;
  readonly bands: readonly GradeBand[];
  /** The size of the school relative to the others. */
  readonly weight: number;
  /** The activity of the school: a factor on everybody's propensity, around 1. */
  readonly level: number;
}

/** The factor of a change on a day; 1 before it, and without one. */
export function factorOn(date: string, { changed }: Changeable): number {
  return changed !== undefined && date >= changed.onDay ? changed.factor : 1;
}

const places = (
  "Aldergrove, Brightwater, Cedar Hollow, Dunmere, Eastfield, Foxglove Hill, Granite Pass, Heron Lake, " +
  "Ivy Bend, Juniper Flats, Kestrel Ridge, Larkspur, Millrace, Northgate, Orchard Park, Pebble Creek, " +
  "Quarry Road, Redwillow, Stonebridge, Tamarack, Upland, Violet Meadow, Westbrook, Yarrow"
).split(", ");
const directions = ["", "North ", "South ", "East ", "West ", "Old ", "New "];
const kinds: readonly GradeBand[] = ["elementary", "middle", "high", "elementary", "elementary"];
const titleOfBand: Readonly<Record<GradeBand, string>> = {
  elementary: "Elementary School",
  middle: "Middle School",
  high: "High School",
};
const sizeOfBand: Readonly<Record<GradeBand, number>> = { elementary: 1, middle: 1.6, high: 2.8 };

/** Unique for every index. The first two names need quoting in a CSV, and the first is not ASCII. */
function nameOf(index: number, bands: readonly GradeBand[]): string {
  if (index === 0) return bands.length === 1 ? "Escuela Peñasco, K-5" : "Escuela Peñasco, K-12";
  const round = Math.floor(index / places.length);
  const direction = directions[round] ?? `No. ${round} `;
  const title = bands[0] === undefined ? "School" : titleOfBand[bands[0]];
  const place = places[index % places.length] ?? "";
  return index === 1 ? `${place} "Lakeside" ${title}` : `${direction}${place} ${title}`;
}

/** The district's schools: one for all grades if there is only one, otherwise three kinds of different sizes. */
export function sampleSchools(seed: number, count: number): SampleSchool[] {
  const random = randomStream(seed, "schools");
  return Array.from({ length: count }, (_, index) => {
    // The last school can be the tiny one, so it is always an elementary school.
    const kind =
      index === count - 1 && count >= 4 ? "elementary" : (kinds[index % kinds.length] ?? "elementary");
    const bands = count === 1 ? gradeBands : [kind];
    return {
      id: objectId(random),
      name: nameOf(index, bands),
      bands,
      weight: sizeOfBand[kind] * (0.7 + 0.6 * random()),
      level: 0.9 + 0.16 * random(),
    };
  });
}
