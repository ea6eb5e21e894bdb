import { currentSchools } from "../../clever/currentSchools";
import { personColumn, standardJoinedIds, withPerson } from "../../clever/person";
import {
  oeaColumns,
  pseudoColumns,
  type ReportName,
  reportNames,
  reports,
  userTypeValue,
} from "../../clever/reports";

/** A view. The body is a SELECT that is valid in T-SQL and in other engines. */
export interface View {
  readonly schema: Schema;
  readonly name: string;
  readonly comment: string;
  readonly body: string;
}

/**
 * `lake`: the tables as they are. `dbo`: students only, under OEA's names. `people`: rows and results about
 * individual people. `questions`: results about many.
 */
export const schemas = ["lake", "dbo", "people", "questions"] as const;
type Schema = (typeof schemas)[number];

const pseudoName = (report: ReportName) => `${report}_pseudo`;
const allRows = (report: ReportName) => `lake.${pseudoName(report)}`;

/** OEA's views: its own columns, and students only, for whom its queries and its Power BI template are made. */
export const studentViews: readonly View[] = reportNames.map((report) => ({
  schema: "dbo",
  name: pseudoName(report),
  comment: `${reports[report].title} of students, as OEA's own module has it.`,
  body: `SELECT ${oeaColumns(reports[report])
    .map(({ name }) => name)
    .join(", ")}
FROM ${allRows(report)}
WHERE user_type = '${userTypeValue.students}'`,
}));

const selectAll = (report: ReportName) => `SELECT * FROM ${allRows(report)}`;
/**
 * The rows' schools for the definitions of their names, with marked names: T-SQL ignores spaces at the end of texts that
 * are not marked.
 */
const schoolDays = reportNames
  .map(
    (report) => `SELECT
      clever_school_id,
      CASE WHEN school_name IS NOT NULL THEN CONCAT(school_name, '|') END AS school_name,
      date AS first_day,
      date AS last_day
    FROM ${allRows(report)}`,
  )
  .join(" UNION ALL ");
/** What the school of a row is found by. */
const schoolKey = `CASE
        WHEN stored.school_name IS NOT NULL THEN CONCAT('name ', stored.school_name, '|')
        WHEN stored.clever_school_id IS NOT NULL THEN CONCAT('id ', stored.clever_school_id, '|')
      END`;
/** The same text. T-SQL's `=` ignores spaces at the end, which would give a row two cohorts. */
export const isText = (a: string, b: string) => `${a} = ${b} AND CONCAT(${a}, '|') = CONCAT(${b}, '|')`;

/** The rows of a report with the current names of their schools, and the reported ones. */
function currentRows(report: ReportName): string {
  const columns = pseudoColumns(reports[report]).map(({ name }) =>
    name === "school_name"
      ? "COALESCE(current_school.school_name, stored.school_name) AS school_name"
      : `stored.${name}`,
  );
  return `SELECT ${columns.join(", ")}, stored.school_name AS reported_school_name
    FROM ${allRows(report)} AS stored
    LEFT JOIN people.current_school AS current_school ON current_school.school_key = ${schoolKey}`;
}
const joined = "people.person_of_sis_id";

export const participation = "people.daily_participation";
export const usage = "people.resource_usage";

const viewIn =
  (schema: Schema) =>
  (name: string, comment: string, body: string): View => ({ schema, name, comment, body });
export const people = viewIn("people");
const question = viewIn("questions");

/** The columns of resource usage, with the newest names of resources. */
const renamedColumns = pseudoColumns(reports.resource_usage)
  .map(({ name }) => name)
  .concat("reported_school_name", personColumn)
  .map((name) =>
    name === "resource_name" || name === "resource_type"
      ? `CASE WHEN newest.resource_id IS NULL THEN named.${name} ELSE newest.${name} END AS ${name}`
      : `named.${name}`,
  )
  .join(",\n    ");

/** The rows with the person that each row is about. */
export const personViews: readonly View[] = [
  people(
    "person_of_sis_id",
    "The person of each of the school system's ids of a user type, from rows that also have Clever's id.",
    standardJoinedIds(reportNames.map(selectAll)),
  ),
  people(
    "current_school",
    "The current names of schools, for rows with a former name, and for rows without a name by Clever's id of the school.",
    `SELECT
  CASE
    WHEN marked.school_name IS NOT NULL THEN CONCAT('name ', marked.school_name)
    ELSE CONCAT('id ', marked.clever_school_id, '|')
  END AS school_key,
  LEFT(marked.current_name, LEN(marked.current_name) - 1) AS school_name
FROM (${currentSchools(schoolDays)}) AS marked`,
  ),
  people(
    "daily_participation",
    `Daily participation with ${personColumn}: Clever's id, else the school system's, joined by rows that have both. Schools have their current names.`,
    withPerson(currentRows("daily_participation"), joined),
  ),
  people(
    "newest_resource",
    "The newest name of each of Clever's resource ids: of the known names, the one used last, else the one that appeared last.",
    `SELECT resource_id, resource_name, resource_type
FROM (
  SELECT
    resource_id,
    resource_name,
    resource_type,
    ROW_NUMBER() OVER (
      PARTITION BY resource_id
      ORDER BY
        CASE WHEN resource_name IS NULL THEN 1 ELSE 0 END,
        MAX(date) DESC,
        MIN(date) DESC,
        resource_name,
        CASE WHEN resource_type IS NULL THEN 1 ELSE 0 END,
        resource_type
    ) AS place
  FROM ${allRows("resource_usage")}
  WHERE resource_id IS NOT NULL
  GROUP BY resource_id, resource_name, resource_type
) AS names
WHERE place = 1`,
  ),
  people(
    "resource_usage",
    `Resource usage with ${personColumn}, under the current names of schools and the newest of resources; resource identifies one by type and name.`,
    `SELECT
  renamed.*,
  CONCAT(COALESCE(renamed.resource_type, ''), '|', COALESCE(renamed.resource_name, '')) AS resource
FROM (
  SELECT
    ${renamedColumns}
  FROM (${withPerson(currentRows("resource_usage"), joined)}) AS named
  LEFT JOIN people.newest_resource AS newest ON newest.resource_id = named.resource_id
) AS renamed`,
  ),
];

/** Rows of resource usage that identify who used what. */
const used = `SELECT DISTINCT user_type, school_name, ${personColumn}, resource
  FROM ${usage}
  WHERE ${personColumn} IS NOT NULL`;

/**
 * A number from resource usage: zero if nothing was used according to daily participation, else unknown if there is no
 * row.
 */
const knownUse = (number: string, resources: string) =>
  `CASE WHEN ${number} IS NULL AND ${resources} > 0 THEN NULL ELSE COALESCE(${number}, 0) END`;

/** The dashboard's questions, over all days, with one row per user type and other dimensions in the view's name. */
export const questionViews: readonly View[] = [
  question(
    "summary",
    "People, days, and people who were active on at least one day.",
    `SELECT
  user_type,
  COUNT(DISTINCT ${personColumn}) AS users,
  COUNT(DISTINCT date) AS days,
  COUNT(DISTINCT CASE WHEN active = 1 THEN ${personColumn} END) AS active_users
FROM ${participation}
GROUP BY user_type`,
  ),
  question(
    "by_school",
    "Averages per person and day, including days without use; distinct resources per person, including people without any. NULL if the report is missing.",
    `SELECT
  school.user_type,
  school.school_name,
  school.users,
  school.average_resources,
  school.average_logins,
  ${knownUse("1e0 * used.pairs / NULLIF(school.users, 0)", "school.average_resources")} AS average_different_resources
FROM (
  SELECT
    user_type,
    school_name,
    COUNT(DISTINCT ${personColumn}) AS users,
    AVG(1e0 * num_resources_accessed) AS average_resources,
    AVG(1e0 * num_logins) AS average_logins
  FROM ${participation}
  GROUP BY user_type, school_name
) AS school
LEFT JOIN (
  SELECT user_type, school_name, COUNT(*) AS pairs
  FROM (${used}) AS person_resources
  GROUP BY user_type, school_name
) AS used
  ON used.user_type = school.user_type
  AND (used.school_name = school.school_name OR (used.school_name IS NULL AND school.school_name IS NULL))`,
  ),
  question(
    "by_day",
    "Logins, resources accessed and active people of each day, and the number of distinct resources used. NULL if the day's report is missing.",
    `SELECT
  days.user_type,
  days.date,
  there.logins,
  there.resources,
  there.active_users,
  ${knownUse("used.different_resources", "there.resources")} AS different_resources
FROM (
  SELECT user_type, date FROM ${participation}
  UNION
  SELECT user_type, date FROM ${usage}
) AS days
LEFT JOIN (
  SELECT
    user_type,
    date,
    SUM(CAST(num_logins AS bigint)) AS logins,
    SUM(CAST(num_resources_accessed AS bigint)) AS resources,
    COUNT(DISTINCT CASE WHEN active = 1 THEN ${personColumn} END) AS active_users
  FROM ${participation}
  GROUP BY user_type, date
) AS there ON there.user_type = days.user_type AND there.date = days.date
LEFT JOIN (
  SELECT user_type, date, COUNT(DISTINCT resource) AS different_resources
  FROM ${usage}
  GROUP BY user_type, date
) AS used ON used.user_type = days.user_type AND used.date = days.date`,
  ),
  question(
    "by_resource",
    "Person-days of use, accesses and people of each resource.",
    `SELECT
  user_type,
  resource_name,
  resource_type,
  COUNT(${personColumn}) AS person_days,
  SUM(CAST(num_access AS bigint)) AS accesses,
  COUNT(DISTINCT ${personColumn}) AS users
FROM ${usage}
GROUP BY user_type, resource_name, resource_type`,
  ),
  question(
    "top_resources_by_school",
    "The five resources with the most people, and the people of each school who used them.",
    `SELECT
  there.user_type,
  there.resource_name,
  there.resource_type,
  top_resources.place,
  there.school_name,
  there.users
FROM (
  SELECT user_type, resource, resource_name, resource_type, school_name, COUNT(DISTINCT ${personColumn}) AS users
  FROM ${usage}
  WHERE ${personColumn} IS NOT NULL
  GROUP BY user_type, resource, resource_name, resource_type, school_name
) AS there
INNER JOIN (
  SELECT
    user_type,
    resource,
    ROW_NUMBER() OVER (PARTITION BY user_type ORDER BY users DESC, resource_name ASC, resource_type ASC) AS place
  FROM (
    SELECT user_type, resource, resource_name, resource_type, COUNT(DISTINCT ${personColumn}) AS users
    FROM ${usage}
    WHERE ${personColumn} IS NOT NULL AND resource_name IS NOT NULL
    GROUP BY user_type, resource, resource_name, resource_type
  ) AS named
) AS top_resources ON top_resources.user_type = there.user_type AND top_resources.resource = there.resource
WHERE top_resources.place <= 5`,
  ),
  people(
    "uses_of_person",
    "Which resources each pseudonym used, on how many days, and how often.",
    `SELECT
  user_type,
  ${personColumn},
  resource_name,
  resource_type,
  COUNT(DISTINCT date) AS days,
  SUM(CAST(num_access AS bigint)) AS accesses
FROM ${usage}
WHERE ${personColumn} IS NOT NULL
GROUP BY user_type, ${personColumn}, resource_name, resource_type`,
  ),
];

/** Questions that need the grades of a roster. */
export const gradeViews: readonly View[] = [
  people(
    "grade_of_person",
    "The grade of each person, by the school system's id that any of the person's rows has.",
    `SELECT ids.${personColumn}, MIN(students.grade) AS grade
FROM (
  SELECT ${personColumn}, sis_id_pseudonym FROM ${participation}
  UNION
  SELECT ${personColumn}, sis_id_pseudonym FROM ${usage}
) AS ids
INNER JOIN lake.students_pseudo AS students ON students.sis_id_pseudonym = ids.sis_id_pseudonym
GROUP BY ids.${personColumn}`,
  ),
  question(
    "by_grade",
    "Distinct resources per student by grade, including students without any; NULL if the report is missing. Students without a grade are in the row with NULL.",
    `SELECT
  people.grade,
  COUNT(*) AS users,
  ${knownUse("1e0 * NULLIF(SUM(people.resources), 0) / COUNT(*)", "SUM(people.accessed)")} AS average_different_resources
FROM (
  SELECT there.${personColumn}, grades.grade, COUNT(DISTINCT used.resource) AS resources, MAX(there.accessed) AS accessed
  FROM (
    SELECT ${personColumn}, SUM(CAST(num_resources_accessed AS bigint)) AS accessed FROM ${participation}
    WHERE user_type = '${userTypeValue.students}' AND ${personColumn} IS NOT NULL
    GROUP BY ${personColumn}
  ) AS there
  LEFT JOIN people.grade_of_person AS grades ON grades.${personColumn} = there.${personColumn}
  LEFT JOIN ${usage} AS used
    ON used.${personColumn} = there.${personColumn} AND used.user_type = '${userTypeValue.students}'
  GROUP BY there.${personColumn}, grades.grade
) AS people
GROUP BY people.grade`,
  ),
];
