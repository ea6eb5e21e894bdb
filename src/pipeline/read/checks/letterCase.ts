import { idNames } from "../../../clever/reports";
import type { DuckSession } from "../../../duck/duck";
import { peopleInFiles } from "../csv/distinctTexts";
import type { ReportPeople } from "../people/people";
import { idKinds } from "./sharedIds";

const [sis, clever] = idNames;

function everyoneSql({ inRun, inLookups }: ReportPeople): string {
  return [inLookups, inRun, peopleInFiles]
    .map((people) => `SELECT ${sis}, ${clever} FROM ${people}`)
    .join(" UNION ALL ");
}

/** Whether any id has a capital letter: of two forms in different letter case, one has. Most ids have none. */
export function anyCapitalsSql(people: ReportPeople): string {
  const capitals = idNames.map((id) => `${id} <> lower(${id})`).join(" OR ");
  return `EXISTS (FROM (${everyoneSql(people)}) WHERE ${capitals})`;
}

/**
 * Notes, by file number, on files of the session's `raw` with new ids that are known in a different letter case: in the
 * lookup table, in the run's other files or in these. Pseudonyms are computed from an id's bytes, so the person with
 * such an id has two pseudonyms and may count twice. Only noted, once for each form, because a program may have changed
 * all ids. Not a school system's ids that are two people's according to Clever's.
 */
export async function findChangedCase(
  session: DuckSession,
  people: ReportPeople,
): Promise<ReadonlyMap<number, readonly string[]>> {
  const isSamePerson = [`coalesce(own.${clever} = other.${clever}, true)`, "true"];
  const forms = idNames.map(
    (id, place) => `SELECT DISTINCT ${place} AS place, own.${id} AS id
      FROM ${peopleInFiles} own JOIN everyone other ON lower(own.${id}) = lower(other.${id}) AND own.${id} <> other.${id}
      WHERE ${isSamePerson[place]} AND NOT EXISTS (FROM ${people.inLookups} known WHERE known.${id} = own.${id})`,
  );
  const found = await session.query(
    `WITH everyone AS MATERIALIZED (SELECT DISTINCT ${sis}, ${clever} FROM (${everyoneSql(people)})),
       forms AS (${forms.join(" UNION ALL ")}),
       cells AS (SELECT DISTINCT file, 0 AS place, ${sis} AS id FROM raw
         UNION ALL SELECT DISTINCT file, 1 AS place, ${clever} AS id FROM raw)
     SELECT file, place, count(*)::INTEGER AS ids FROM cells SEMI JOIN forms USING (place, id)
     GROUP BY file, place ORDER BY file, place`,
  );
  const notes = new Map<number, string[]>();
  for (const { file, place, ids: count } of found) {
    const { one, many } = idKinds[place === 0 ? 0 : 1];
    const note =
      count === 1
        ? `1 ${one} is known in a different letter case: its person may count twice.`
        : `${Number(count)} ${many} are known in a different letter case: their people may count twice.`;
    notes.set(Number(file), [...(notes.get(Number(file)) ?? []), note]);
  }
  return notes;
}
