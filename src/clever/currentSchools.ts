/**
 * Which school a row of the `_pseudo` tables is about, as standard SQL: the one definition for all numbers. Reports name a
 * school and give Clever's id of it. A school is identified by its name, because ids can be missing or wrong. Two kinds
 * of rows have another name than that of their school:
 * - those from before a school was renamed,
 * - those of older reports, which have no school names.
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
 * The current names of schools, by other names and by ids:
 * - The former names of schools. A name is a former name of another one if Clever's ids of its rows now all have this
 *   other name, each of these ids identifies a school, and all rows of the former name are older than those of the other
 *   one. A merger is not a renaming: two names of the same days do not become one. No name is both a former and a current
 *   one.
 * - For rows without a name, the ids that identify a school, each with its newest name.
 *
 * Both are computed in one pass over `days`, because an engine may read the tables again for each use of it.
 *
 * @param days see `namesOfIds`
 * @returns a SELECT of (`school_name`, `clever_school_id`, `current_name`); either of the first two is null
 */
export function currentSchools(days: string): string {
  return `SELECT school_name, clever_school_id, current_name
FROM (
  SELECT
    school_name,
    clever_school_id,
    current_name,
    MAX(CASE WHEN school_name IS NOT NULL THEN shares_days ELSE 0 END) OVER (PARTITION BY is_name, current_name) AS shares_days
  FROM (
    SELECT
      is_name,
      school_name,
      clever_school_id,
      current_name,
      ${sharesDays("is_name, current_name")}
    FROM (
      SELECT
        is_name,
        school_name,
        clever_school_id,
        MIN(newest_name) AS current_name,
        MIN(name_first_day) AS first_day,
        MAX(name_last_day) AS last_day
      FROM (
        SELECT
          kinds.is_name,
          CASE WHEN kinds.is_name = 1 THEN named.school_name END AS school_name,
          CASE WHEN kinds.is_name = 0 THEN named.clever_school_id END AS clever_school_id,
          named.newest_name,
          named.newest_first_day,
          named.name_first_day,
          named.name_last_day,
          named.shares_days
        FROM (
          ${namesOfIds(days)}
        ) AS named
        CROSS JOIN (SELECT 1 AS is_name UNION ALL SELECT 0 AS is_name) AS kinds
      ) AS each_kind
      GROUP BY is_name, school_name, clever_school_id
      HAVING MAX(shares_days) = 0
        AND (
          is_name = 0
          OR (
            MIN(newest_name) = MAX(newest_name)
            AND MIN(newest_name) <> school_name
            AND MAX(name_last_day) < MIN(newest_first_day)
          )
        )
    ) AS grouped
  ) AS placed_name
) AS apart
WHERE shares_days = 0`;
}
