import { personColumn } from "../../clever/person";
import { userTypeValue } from "../../clever/reports";
import { isText, participation, people, usage, type View } from "./views";

/** The same text, or none. */
const sameText = (a: string, b: string) => `((${isText(a, b)}) OR (${a} IS NULL AND ${b} IS NULL))`;

/**
 * The rows of a view of people, with the school that the division counts them for. Where it was made before a school was
 * renamed, it has the reported name.
 */
const withDividedSchool = (rows: string) => `
  SELECT
    named.*,
    CASE WHEN divided.school IS NULL THEN named.school_name
      ELSE COALESCE(named.reported_school_name, named.school_name) END AS divided_school
  FROM ${rows} AS named
  LEFT JOIN (SELECT DISTINCT CONCAT(school_name, '|') AS school FROM people.cohorts WHERE school_name IS NOT NULL) AS divided
    ON divided.school = CONCAT(named.reported_school_name, '|')
`;

/**
 * The rows of a view of people, each with its cohort. Only rows of known cohorts count, on the days that the division
 * knows and has not suppressed.
 */
const withCohort = (rows: string) => `SELECT
  report_rows.*,
  cohorts.cohort,
  CASE
    WHEN cohorts.cohort IS NOT NULL
      AND report_rows.date >= known_days.first_day AND report_rows.date < known_days.end_day
      AND left_out.day_left_out IS NULL
      THEN 1
    ELSE 0
  END AS counts
FROM (${withDividedSchool(rows)}) AS report_rows
CROSS JOIN (
  SELECT MIN(day_left_out) AS first_day, MAX(day_left_out) AS end_day FROM lake.groups WHERE group_number IS NULL
) AS known_days
LEFT JOIN people.grade_of_person AS grades
  ON grades.${personColumn} = report_rows.${personColumn} AND report_rows.user_type = '${userTypeValue.students}'
LEFT JOIN people.cohorts AS cohorts
  ON cohorts.user_type = report_rows.user_type
  AND ${sameText("cohorts.school_name", "report_rows.divided_school")}
  AND ${sameText("cohorts.grade", "grades.grade")}
LEFT JOIN lake.groups AS left_out
  ON left_out.group_number = cohorts.group_number AND left_out.day_left_out = report_rows.date`;

/** The rows with the groups of the dashboard's rule, for measures that include whole groups only. */
export const groupViews: readonly View[] = [
  people(
    "cohorts",
    "Schools, user types and grades, and the group that each of them counts in.",
    `SELECT cohort, school_name, user_type, grade, group_number, cohorts_in_group, minimum_group_size
FROM lake.groups
WHERE day_left_out IS NULL`,
  ),
  people(
    "grouped_participation",
    "Daily participation with the cohort of each row; counts is 0 for a row that no number may include.",
    withCohort(participation),
  ),
  people(
    "grouped_usage",
    "Resource usage with the cohort of each row; counts is 0 for a row that no number may include.",
    withCohort(usage),
  ),
];
