/**
 * A SELECT of (`clever_school_id`, `school_name`): the newest name of each of Clever's school ids. In standard SQL.
 * @param tables SELECTs of all rows of the `_pseudo` tables, or of their ids, with `date`
 */
export function newestSchoolNames(tables: readonly string[]): string {
  const each = tables.map((rows) => `SELECT clever_school_id, school_name, date FROM (${rows}) each_row`);
  return `SELECT clever_school_id, school_name
FROM (
  SELECT
    clever_school_id,
    school_name,
    ROW_NUMBER() OVER (PARTITION BY clever_school_id ORDER BY MAX(date) DESC, school_name) AS place
  FROM (
    ${each.join("\n    UNION ALL\n    ")}
  ) AS all_rows
  WHERE clever_school_id IS NOT NULL AND school_name IS NOT NULL
  GROUP BY clever_school_id, school_name
) AS names
WHERE place = 1`;
}
