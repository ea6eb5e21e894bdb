import * as z from "zod";
import { idNames, userTypes } from "../../../clever/reports";
import type { OpenLake } from "../../../delta/openLake";
import type { DuckSession } from "../../../duck/duck";
import type { ReportPeople } from "../people/people";

export const identityHealthSchema = z.object({
  /**
   * Cells with a placeholder such as NULL instead of an id; they count as blank. Readers of run records know this name.
   */
  wordsForNothing: z.number(),
  /**
   * School system ids in a run's files that have more Clever ids, in all that the lake knows, than changes of school
   * year explain.
   */
  sisIdsOfSeveral: z.number(),
  /** Clever ids in a run's files that have more school system ids than a change of school year explains. */
  cleverIdsOfSeveral: z.number(),
});

/** What a run found about people's ids in a report's files: counts only. */
export type IdentityHealth = z.infer<typeof identityHealthSchema>;

export const healthy: IdentityHealth = { wordsForNothing: 0, sisIdsOfSeveral: 0, cleverIdsOfSeveral: 0 };

/** Combines the findings of several files, or rounds, of a run: an id can be found more than once. */
export function combinedHealth(a: IdentityHealth, b: IdentityHealth): IdentityHealth {
  return {
    wordsForNothing: a.wordsForNothing + b.wordsForNothing,
    sisIdsOfSeveral: Math.max(a.sisIdsOfSeveral, b.sisIdsOfSeveral),
    cleverIdsOfSeveral: Math.max(a.cleverIdsOfSeveral, b.cleverIdsOfSeveral),
  };
}

/**
 * How many others an id may have over the years, by the number of its column. A change of school year gives a Clever id
 * another school system id, and may also give a person another Clever id. A lookup table does not distinguish students
 * from teachers and staff, whose numbers may be the same.
 */
const maxCounterparts = [2 * userTypes.length, 2];

/** Records the ids in the session's table `clashing_ids` (see `findSharedIds`). */
export async function addClashes(session: DuckSession, { clashes }: ReportPeople): Promise<void> {
  await session.query(`INSERT INTO ${clashes} SELECT place, id FROM clashing_ids`);
}

/**
 * Counts the ids of the run's people that have more counterparts in its files and the lookup table than can be
 * explained.
 */
export async function healthOf({ duck, signal }: OpenLake, people: ReportPeople): Promise<IdentityHealth> {
  const counts = idNames.map((_, place) => `(${countSql(people, place)})::INTEGER AS ids_${place}`);
  const found = await duck.session((session) => session.one(`SELECT ${counts.join(", ")}`), signal);
  return { ...healthy, sisIdsOfSeveral: Number(found.ids_0), cleverIdsOfSeveral: Number(found.ids_1) };
}

function countSql({ inRun, inLookups, clashes }: ReportPeople, place: number): string {
  const [id, other] = [idNames[place], idNames[1 - place]];
  return `SELECT count(*) FROM (
    SELECT id FROM (
      SELECT ${id} AS id, ${other} AS other FROM ${inRun}
      UNION ALL SELECT ${id}, ${other} FROM ${inLookups} WHERE ${id} IN (SELECT ${id} FROM ${inRun}))
    WHERE id IS NOT NULL GROUP BY id HAVING count(DISTINCT other) > ${maxCounterparts[place] ?? 2}
    UNION SELECT id FROM ${clashes} WHERE place = ${place})`;
}
