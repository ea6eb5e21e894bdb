/**
 * The schools that were renamed, as standard SQL: the one definition for all numbers. Reports name a school and give
 * Clever's id of it. A school is identified by its name, because ids can be missing or wrong. A name is a former name of
 * another one if
 * - Clever's ids of its rows now all have this other name,
 * - each of these ids had only one name at a time: an id that several schools share identifies none of them,
 * - no day has rows of both names, and the other one is the later: a merger is not a renaming.
 *
 * @param days a SELECT of (`clever_school_id`, `school_name`, `first_day`, `last_day`) that covers all rows of the
 *   `_pseudo` tables
 * @returns a SELECT of (`school_name`, `current_name`); no name is both a former and a current one
 */
export function renamedSchools(days: string): string {
  return `SELECT school_name, MIN(newest_name) AS current_name
FROM (
  SELECT
    school_name,
    name_last_day,
    MAX(shares_days) OVER (PARTITION BY clever_school_id) AS shares_days,
    MAX(CASE WHEN place = 1 THEN school_name END) OVER (PARTITION BY clever_school_id) AS newest_name,
    MAX(CASE WHEN place = 1 THEN name_first_day END) OVER (PARTITION BY clever_school_id) AS newest_first_day
  FROM (
    SELECT
      clever_school_id,
      school_name,
      MIN(first_day) OVER (PARTITION BY school_name) AS name_first_day,
      MAX(last_day) OVER (PARTITION BY school_name) AS name_last_day,
      ROW_NUMBER() OVER (PARTITION BY clever_school_id ORDER BY last_day DESC, first_day DESC, school_name) AS place,
      CASE
        WHEN first_day <= LAG(last_day) OVER (PARTITION BY clever_school_id ORDER BY first_day, last_day) THEN 1
        ELSE 0
      END AS shares_days
    FROM (
      SELECT clever_school_id, school_name, MIN(first_day) AS first_day, MAX(last_day) AS last_day
      FROM (${days}) AS each_row
      WHERE school_name IS NOT NULL AND first_day IS NOT NULL
      GROUP BY clever_school_id, school_name
    ) AS spans
  ) AS placed
  WHERE clever_school_id IS NOT NULL
) AS named
GROUP BY school_name
HAVING MIN(newest_name) = MAX(newest_name)
  AND MIN(newest_name) <> school_name
  AND MAX(shares_days) = 0
  AND MAX(name_last_day) < MIN(newest_first_day)`;
}
