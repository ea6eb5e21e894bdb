import { pseudonymName } from "./reports";

/** The column that `withPerson` adds. */
export const personColumn = "person_pseudonym";

const sisId = pseudonymName("sis_id");
const cleverId = pseudonymName("clever_user_id");

/**
 * Which person a row of the pseudonymized tables is about, as SQL: the one definition for all numbers.
 * - A person is identified by Clever's id if the row has it, else by the school system's id.
 * - A school system's id without a Clever id belongs to the Clever id that it has in other rows of the same user type,
 *   in either report and on any day: schools give the same number to a pupil and a teacher. If it has several there,
 *   the first in the order of pseudonyms is taken.
 * - Two Clever ids are two people, whatever else they share: schools reuse numbers. A wrong cell can then move its own
 *   row but cannot merge people.
 * A row without either id is about no known person: null.
 * @param rows a SELECT of rows of a `_pseudo` table
 * @param joined a relation as `joinedIds` returns it
 * @returns a SELECT of the rows with `person_pseudonym` in addition to their columns
 */
export function withPerson(rows: string, joined: string): string {
  return `SELECT own.*, coalesce(own.${cleverId}, joined.person, own.${sisId}) AS ${personColumn}
    FROM (${rows}) own LEFT JOIN ${joined} joined
      ON own.${cleverId} IS NULL AND own.${sisId} = joined.sis_id AND own.user_type = joined.user_type`;
}

/** The same as `withPerson`, and faster, for rows that all have a Clever id. */
export function withCleverPerson(rows: string): string {
  return `SELECT own.*, own.${cleverId} AS ${personColumn} FROM (${rows}) own`;
}

/**
 * A SELECT of (`user_type`, `sis_id`, `person`): the school system's ids that lack a Clever id in some row, and the Clever
 * id that they have in other rows. Empty if every row has a Clever id.
 * @param tables SELECTs of all rows of the `_pseudo` tables, not only of those that a question is about
 */
export function joinedIds(tables: readonly string[]): string {
  return `WITH alone AS MATERIALIZED (SELECT DISTINCT user_type, ${sisId} FROM (${idsWithoutCleverId(tables)}))
    ${firstCleverIds(tables, `SEMI JOIN alone USING (user_type, ${sisId})`)}`;
}

/**
 * `joinedIds` in standard SQL, for engines other than DuckDB. It also contains ids that always have a Clever id;
 * `withPerson` joins no row to those.
 */
export function standardJoinedIds(tables: readonly string[]): string {
  return firstCleverIds(tables, "");
}

function firstCleverIds(tables: readonly string[], restriction: string): string {
  const both = tables.map((rows) => `SELECT user_type, ${sisId}, ${cleverId} FROM (${rows}) each_row`);
  return `SELECT user_type, ${sisId} AS sis_id, min(${cleverId}) AS person
    FROM (${both.join(" UNION ALL ")}) pairs ${restriction}
    WHERE ${cleverId} IS NOT NULL AND ${sisId} IS NOT NULL GROUP BY user_type, ${sisId}`;
}

/** A SELECT of the school system's ids without a Clever id, which need other rows to identify the person. */
function idsWithoutCleverId(tables: readonly string[]): string {
  return tables
    .map(
      (rows) =>
        `SELECT user_type, ${sisId} FROM (${rows}) WHERE ${cleverId} IS NULL AND ${sisId} IS NOT NULL`,
    )
    .join(" UNION ALL ");
}
