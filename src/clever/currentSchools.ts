/**
 * Which school a row of the `_pseudo` tables is about, as standard SQL: the one definition for all numbers. Reports name a
 * school and give Clever's id of it. A school is identified by its name, because ids can be missing or wrong. Two kinds
 * of rows have another name than that of their school:
 * - those from before a school was renamed (`renamedSchools`),
 * - those of older reports, which have no school names (`schoolsOfIds`).
 */

/** Whether a span of days overlaps the one before it; 1 for at least one of several that overlap. */
const sharesDays = (of: string) =>
  `CASE
        WHEN first_day <= LAG(last_day) OVER (PARTITION BY ${of} ORDER BY first_day, last_day) THEN 1
        ELSE 0
      END AS shares_days`;

/**
 * The names of each of Clever's ids of schools. If several names of an id have rows on the same days (`shares_days`),
 * schools share the id, and it identifies none of them.
 *
 * @param days a SELECT of (`clever_school_id`, `school_name`, `first_day`, `last_day`) that covers all rows
 */
function namesOfIds(days: string): string {
  return `SELECT
    clever_school_id,
    school_name,
    name_first_day,
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
      ${sharesDays("clever_school_id")}
    FROM (
      SELECT clever_school_id, school_name, MIN(first_day) AS first_day, MAX(last_day) AS last_day
      FROM (${days}) AS each_row
      WHERE school_name IS NOT NULL AND first_day IS NOT NULL
      GROUP BY clever_school_id, school_name
    ) AS spans
  ) AS placed
  WHERE clever_school_id IS NOT NULL`;
}

/**
 * The former names of schools. A name is a former name of another one if Clever's ids of its rows now all have this other
 * name, each of these ids identifies a school, and all rows of the former name are older than those of the other one. A
 * merger is not a renaming: two names of the same days do not become one.
 *
 * @param days see `namesOfIds`
 * @returns a SELECT of (`school_name`, `current_name`); no name is both a former and a current one
 */
export function renamedSchools(days: string): string {
  return `SELECT school_name, current_name
FROM (
  SELECT school_name, current_name, MAX(shares_days) OVER (PARTITION BY current_name) AS shares_days
  FROM (
    SELECT
      school_name,
      current_name,
      ${sharesDays("current_name")}
    FROM (
      SELECT
        school_name,
        MIN(newest_name) AS current_name,
        MIN(name_first_day) AS first_day,
        MAX(name_last_day) AS last_day
      FROM (
        ${namesOfIds(days)}
      ) AS named
      GROUP BY school_name
      HAVING MIN(newest_name) = MAX(newest_name)
        AND MIN(newest_name) <> school_name
        AND MAX(shares_days) = 0
        AND MAX(name_last_day) < MIN(newest_first_day)
    ) AS former
  ) AS placed_former
) AS renamed
WHERE shares_days = 0`;
}

/**
 * The school of rows without a name: the newest name of their id of a school, if it identifies one.
 *
 * @param days see `namesOfIds`
 * @returns a SELECT of (`clever_school_id`, `school_name`), with current names
 */
export function schoolsOfIds(days: string): string {
  return `SELECT clever_school_id, MIN(newest_name) AS school_name
FROM (
  ${namesOfIds(days)}
) AS named
GROUP BY clever_school_id
HAVING MAX(shares_days) = 0`;
}
