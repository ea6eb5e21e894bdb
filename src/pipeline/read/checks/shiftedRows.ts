import { idNames, keptTextColumns } from "../../../clever/reports";
import { plainNumber, shiftedReason, shortestId } from "../../../clever/shiftedCells";
import { type DuckSession, sqlName, sqlString } from "../../../duck/duck";
import { peopleInFiles } from "../csv/distinctTexts";
import { idSelects, type ReportPeople } from "../people/people";
import type { Mark } from "./markedRows";

/** A SELECT of the texts in `kept_texts` that are people's ids. */
function textsLikeIdsSql({ inRun, inLookups }: ReportPeople): string {
  return `SELECT DISTINCT place, text FROM kept_texts SEMI JOIN (
      ${idSelects([peopleInFiles, inRun, inLookups]).join(" UNION ALL ")}) ids ON id = text
    WHERE length(text) >= ${shortestId} AND NOT regexp_full_match(text, ${sqlString(plainNumber)})`;
}

/**
 * The columns of kept texts that hold a person's id, by their numbers: a list, null if there is none. Nearly all of the
 * time goes into looking up the few distinct texts among the ids.
 */
export function placesOfIdsSql(people: ReportPeople): string {
  return `(SELECT list(DISTINCT place ORDER BY place) FROM (${textsLikeIdsSql(people)}))`;
}

/**
 * Finds the rows of the session's `raw` in which a kept text equals a person's id from any row of this file or of the
 * run's others, or from the report's lookup table.
 *
 * A text that several people have in one column is not the id of one of them, whatever it equals: a school has many
 * people, while a shifted row's cells all belong to its own person. So if one row has a school's id in place of a
 * person's, the school's rows are not refused.
 *
 * @param places the columns with such texts (see `placesOfIdsSql`)
 */
export async function findShiftedRows(
  session: DuckSession,
  people: ReportPeople,
  places: readonly number[],
): Promise<Mark[]> {
  if (places.length === 0) return [];
  const kept = keptTextColumns(people.report);
  await session.query(`CREATE OR REPLACE TEMP TABLE texts_like_ids AS ${textsLikeIdsSql(people)}`);
  return places.flatMap((place) => {
    const name = kept[place]?.name;
    if (name === undefined) return [];
    const rows = `WITH cells AS MATERIALIZED (
        SELECT raw.rowid AS row_id, text, coalesce(${idNames.toReversed().join(", ")}) AS person
        FROM raw JOIN texts_like_ids ON place = ${place} AND text = raw.${sqlName(name)})
      SELECT row_id, 0 AS detail FROM cells SEMI JOIN (
        SELECT text FROM cells GROUP BY text HAVING count(DISTINCT person) < 2) unshared USING (text)`;
    return [{ column: name, rows, reasonOf: () => shiftedReason }];
  });
}
