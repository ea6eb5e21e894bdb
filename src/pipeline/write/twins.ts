import {
  partitionColumns,
  pseudoColumns,
  type Report,
  type UserType,
  userTypeValue,
} from "../../clever/reports";
import { personSql as person } from "../../clever/rowKey";
import { type DuckSession, sqlName, sqlString } from "../../duck/duck";
import type { SourceOfRows } from "../plan/ranks";

/** Two sources of different user types with the same rows. */
export interface TwinPair {
  readonly one: string;
  readonly other: string;
}

/**
 * Finds sources with the same rows under two user types, such as a students' file that was also delivered under the
 * teachers' name. A person may be both teacher and staff and so have a row in both: sources are twins if more than half
 * of the rows of each are the same.
 *
 * @param rows a SELECT with the columns of the `_pseudo` table, of one month
 * @param possible the sources to compare; undefined for all
 */
export async function findTwins(
  session: DuckSession,
  report: Report,
  rows: string,
  possible: ReadonlySet<string> | undefined,
): Promise<TwinPair[]> {
  const isPossible =
    possible === undefined
      ? "source_file IS NOT NULL"
      : `source_file IN (${[...possible].map(sqlString).join(", ")})`;
  const ours = new Set<string>(["user_type", "source_file", ...partitionColumns]);
  const columns = pseudoColumns(report).flatMap(({ name }) => (ours.has(name) ? [] : [sqlName(name)]));
  const pairs = await session.query(
    `WITH rows_ AS MATERIALIZED (
       SELECT source_file, user_type, hash(${columns.join(", ")}) AS hash_, count(*) AS copies
       FROM (${rows}) WHERE ${isPossible} GROUP BY ALL),
     sources AS (SELECT source_file, sum(copies) AS rows FROM rows_ GROUP BY ALL),
     pairs AS (SELECT one.source_file AS one, other.source_file AS other, sum(least(one.copies, other.copies)) AS same
       FROM rows_ one JOIN rows_ other USING (hash_) WHERE one.user_type < other.user_type GROUP BY ALL)
     SELECT one, other FROM pairs JOIN sources own ON own.source_file = one JOIN sources others ON others.source_file = other
     WHERE 2 * same > greatest(own.rows, others.rows) ORDER BY ALL`,
  );
  return pairs.map(({ one, other }) => ({ one: String(one), other: String(other) }));
}

/** A source of a month with its user type, undefined if unknown, and its row count. */
export interface CountedSource {
  readonly userType: UserType | undefined;
  readonly rows: number;
}

/** The sources of which an arriving one may be a twin of another, judging by user types and row counts. */
export function possibleTwins(
  arriving: ReadonlyMap<string, CountedSource>,
  others: ReadonlyMap<string, CountedSource>,
): ReadonlySet<string> {
  const possible = new Set<string>();
  for (const [one, { userType, rows }] of arriving) {
    for (const [other, { userType: otherType, rows: otherRows }] of others) {
      if (userType === otherType || 2 * Math.min(rows, otherRows) <= Math.max(rows, otherRows)) continue;
      possible.add(one).add(other);
    }
  }
  return possible;
}

/** Of the people of a source, how many have rows of its user type, and of its twin's, from other sources. */
export interface PeopleKnown {
  readonly people: number;
  readonly asMine: number;
  readonly asTwin: number;
  /** Those with rows of both user types in the table: rows that arrive with the source prove nothing. */
  readonly asBoth: number;
}

/**
 * As what the people of a source are known. This decides which of two twins counts. In a small district the same few
 * may be both teachers and staff; then the sources are alike every day without being copies.
 *
 * @param rows a SELECT with the rows of both sources, and others that arrive with them
 * @param inTable a SELECT with rows of the table
 */
export async function peopleKnown(
  session: DuckSession,
  rows: string,
  inTable: string | undefined,
  mine: SourceOfRows,
  twin: SourceOfRows,
): Promise<PeopleKnown> {
  const both = [mine, twin].map(({ source }) => sqlString(source)).join(", ");
  const [own, other] = [mine, twin].map(({ userType }) => sqlString(userTypeValue[userType]));
  const known = [
    `SELECT *, false AS in_table FROM (${rows})`,
    ...(inTable === undefined ? [] : [`SELECT *, true AS in_table FROM (${inTable})`]),
  ];
  const counts = await session.one(
    `WITH mine AS MATERIALIZED (
       SELECT DISTINCT ${person} AS person FROM (${rows}) WHERE source_file = ${sqlString(mine.source)}),
     known AS (SELECT ${person} AS person, user_type = ${own} AS is_mine, bool_or(in_table) AS in_table
       FROM (${known.join(" UNION ALL BY NAME ")})
       WHERE (source_file IN (${both})) IS NOT TRUE AND user_type IN (${own}, ${other}) GROUP BY ALL),
     people AS (SELECT bool_or(is_mine) AS as_mine, bool_or(NOT is_mine) AS as_twin,
         count(*) FILTER (in_table) = 2 AS as_both FROM known SEMI JOIN mine USING (person) GROUP BY person)
     SELECT (SELECT count(*) FROM mine)::INTEGER AS people, (count(*) FILTER (as_mine))::INTEGER AS as_mine,
       (count(*) FILTER (as_twin))::INTEGER AS as_twin, (count(*) FILTER (as_both))::INTEGER AS as_both FROM people`,
  );
  return {
    people: Number(counts.people),
    asMine: Number(counts.as_mine),
    asTwin: Number(counts.as_twin),
    asBoth: Number(counts.as_both),
  };
}
