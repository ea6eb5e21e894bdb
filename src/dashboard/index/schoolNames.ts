import { currentSchools } from "../../clever/currentSchools";
import { type DuckSession, sqlString } from "../../duck/duck";
import type { ParticipationIndex } from "./participationIndex";

/** See `clever/currentSchools.ts`. */
export interface CurrentSchools extends Pick<ParticipationIndex, "renamedSchools"> {
  /** Clever's ids of schools that have rows without a name, each with the name. */
  readonly schoolsOfIds: readonly (readonly [id: string, name: string])[];
}

/**
 * The schools of rows that do not have the current name of their school.
 *
 * @param ids SELECTs as `MonthIds` returns them, of all months
 */
export async function currentSchoolsIn(
  session: DuckSession,
  ids: readonly string[],
): Promise<CurrentSchools> {
  if (ids.length === 0) return { renamedSchools: [], schoolsOfIds: [] };
  const days = ids.map(
    (each) => `SELECT clever_school_id, school_name, first_day, last_day FROM (${each}) WHERE counts`,
  );
  // Few rows, so that the ids of all months are read once.
  await session.query(
    `CREATE OR REPLACE TEMP TABLE school_days AS
     SELECT clever_school_id, school_name, min(first_day) AS first_day, max(last_day) AS last_day
     FROM (${days.join(" UNION ALL ")}) GROUP BY ALL`,
  );
  const found = await session.query(
    `FROM (${currentSchools("FROM school_days")}) SELECT school_name, clever_school_id, current_name
     WHERE school_name IS NOT NULL
       OR clever_school_id IN (SELECT clever_school_id FROM school_days WHERE school_name IS NULL)
     ORDER BY ALL`,
  );
  const pairs = (key: string) =>
    found.flatMap((row) =>
      row[key] === null ? [] : [[String(row[key]), String(row.current_name)] as const],
    );
  return { renamedSchools: pairs("school_name"), schoolsOfIds: pairs("clever_school_id") };
}

/** A SELECT of rows under the current names of their schools. */
export function underCurrentNames(select: string, { renamedSchools, schoolsOfIds }: CurrentSchools): string {
  if (renamedSchools.length + schoolsOfIds.length === 0) return select;
  // Without values, a row that matches nothing.
  const values = (pairs: CurrentSchools["schoolsOfIds"]) =>
    [[null, null] as const, ...pairs].map((pair) => `(${pair.map(literal).join(", ")})`).join(", ");
  return `SELECT own.* REPLACE (coalesce(renamed.name, own.school_name, of_id.name) AS school_name) FROM (${select}) own
    LEFT JOIN (VALUES ${values(renamedSchools)}) renamed(former, name) ON renamed.former = own.school_name
    LEFT JOIN (VALUES ${values(schoolsOfIds)}) of_id(id, name)
      ON of_id.id = CASE WHEN own.school_name IS NULL THEN own.clever_school_id END`;
}

const literal = (text: string | null) => (text === null ? "NULL::VARCHAR" : sqlString(text));
