import type { SampleOptions } from "./district";

/** The first school day of the last two of the showcase's ten weeks. */
const schoolDay = 38;

/**
 * The district for first-time users. It covers ten school weeks with two holidays, because changes are reported from
 * eight weeks on, and it has such changes in the last two weeks. There is no staff, because the time to ingest
 * depends mostly on the number of files. There are enough students that a school's grade on one day is large enough
 * to be shown.
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
