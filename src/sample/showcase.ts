import type { SampleOptions } from "./district";

/** The first school day of the newest two of the showcase's ten weeks. */
const schoolDay = 38;

/**
 * The district that newcomers meet. It reaches over ten school weeks with two holidays, since what changed is told from
 * eight weeks on, and in the newest two it has such changes. Most of the time of bringing it into a lake goes by its
 * files, so there is no staff; it has so many students that a school's grade on one day is not too few to be told.
 */
export const showcase = {
  students: 1600,
  teachers: 60,
  staff: 0,
  schools: 5,
  days: 48,
  changes: [
    { resource: "Bookburrow", schoolDay, factor: 3 },
    { school: "Dunmere Elementary School", schoolDay, factor: 0.55 },
  ],
} as const satisfies SampleOptions;
