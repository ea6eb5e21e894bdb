import { hashedColumns, pseudonymName, type Report } from "../clever/reports";
import { sqlName } from "../duck/duck";

/**
 * A SELECT of pairs (`row_id`, `source`, `going`) of rows that tell the same of a person's day (and resource).
 *
 * Clever's own ids tell where both rows have them: the school system's is blanked when a person leaves, and a resource's
 * name may change. Rows of nobody are the same where all that they tell is, each with one of the other file's; people
 * who left look alike, so that alone says nothing of two files: they count where the file has other rows of that source,
 * or none of anybody.
 *
 * @param mine a SELECT of the table's columns and `row_id`
 * @param other a SELECT of the table's columns and `going`
 */
export function sameRowsSql(report: Report, mine: string, other: string): string {
  const ids = hashedColumns(report)
    .map(({ name }) => sqlName(pseudonymName(name)))
    .toReversed();
  const pairs = ids.map((id, index) =>
    pairsBy([`mine.${id} = other.${id}`, ...ids.slice(0, index).map(lacking)], report),
  );
  const nobody = ids.map((id) => `${id} IS NULL`).join(" AND ");
  const told = report.columns.filter(({ pseudonymization }) => pseudonymization === "no-op");
  const all = told.map(({ name }) => sqlName(name)).join(", ");
  const alike = told.map(({ name }) => `mine.${sqlName(name)} IS NOT DISTINCT FROM other.${sqlName(name)}`);
  const numbered = (relation: string) =>
    `SELECT *, row_number() OVER (PARTITION BY source_file, user_type, ${all}) AS nth FROM ${relation} WHERE ${nobody}`;
  return `WITH mine AS MATERIALIZED (${mine}), other AS (${other}),
    of_people AS MATERIALIZED (${pairs.join(" UNION ALL ")}),
    of_nobody AS (
      ${pairSql} FROM (${numbered("mine")}) mine JOIN (${numbered("other")}) other
        ON mine.nth = other.nth AND ${[...alike, ...sameKind].join(" AND ")})
    FROM of_people UNION ALL
    FROM of_nobody WHERE source IN (SELECT source FROM of_people) OR NOT EXISTS (FROM mine WHERE NOT (${nobody}))`;
}

const pairSql = "SELECT mine.row_id, other.source_file AS source, other.going";
const sameKind = ["mine.user_type = other.user_type", "mine.source_file <> other.source_file"];

/** The pairs of the same day, and the same resource where the report has it, for which the conditions hold. */
function pairsBy(conditions: readonly string[], report: Report): string {
  const days = report.columns
    .filter(({ type }) => type === "date")
    .map(({ name }) => `mine.${sqlName(name)} = other.${sqlName(name)}`);
  const sameResource = `(mine.resource_id = other.resource_id
    OR ${lacking("resource_id")} AND mine.resource_name IS NOT DISTINCT FROM other.resource_name)`;
  const resource = report.columns.some(({ name }) => name === "resource_id") ? [sameResource] : [];
  return `${pairSql} FROM mine JOIN other ON ${[...conditions, ...days, ...resource, ...sameKind].join(" AND ")}`;
}

function lacking(column: string): string {
  return `(mine.${column} IS NULL OR other.${column} IS NULL)`;
}
