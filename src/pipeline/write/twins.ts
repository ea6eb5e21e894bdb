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

/**
 * How many people of a source have rows of its own user type, and of its twin's, from other sources. This decides
 * which of the two counts.
 */
export async function knownPeople(
  session: DuckSession,
  rows: string,
  mine: SourceOfRows,
  twin: SourceOfRows,
): Promise<{ readonly asMine: number; readonly asTwin: number }> {
  const both = [mine, twin].map(({ source }) => sqlString(source)).join(", ");
  const known = ({ userType }: SourceOfRows) =>
    `(count(DISTINCT ${person}) FILTER (user_type = ${sqlString(userTypeValue[userType])}))::INTEGER`;
  const { as_mine, as_twin } = await session.one(
    `SELECT ${known(mine)} AS as_mine, ${known(twin)} AS as_twin FROM (${rows})
     WHERE (source_file IN (${both})) IS NOT TRUE
       AND ${person} IN (SELECT ${person} FROM (${rows}) WHERE source_file = ${sqlString(mine.source)})`,
  );
  return { asMine: Number(as_mine), asTwin: Number(as_twin) };
}

/**
 * Whether most people of a source have rows of its own user type, and of its twin's, from other sources. In a small
 * district the same few may be both teachers and staff; then the sources are alike every day without being copies.
 *
 * @param rows a SELECT with the source's rows
 * @param known a SELECT with rows that are in the table: rows that arrive with the source prove nothing
 */
export async function areKnownAsBoth(
  session: DuckSession,
  rows: string,
  known: string,
  mine: SourceOfRows,
  twin: SourceOfRows,
): Promise<boolean> {
  const both = [mine, twin].map(({ source }) => sqlString(source)).join(", ");
  const types = [mine, twin].map(({ userType }) => sqlString(userTypeValue[userType])).join(", ");
  const counts = await session.one(
    `WITH mine AS MATERIALIZED (
       SELECT DISTINCT ${person} AS person FROM (${rows}) WHERE source_file = ${sqlString(mine.source)}),
     known AS (SELECT ${person} AS person FROM (${known})
       WHERE (source_file IN (${both})) IS NOT TRUE AND user_type IN (${types})
       GROUP BY ALL HAVING count(DISTINCT user_type) = 2)
     SELECT (SELECT count(*) FROM mine)::INTEGER AS people,
       (SELECT count(*) FROM mine SEMI JOIN known USING (person))::INTEGER AS as_both`,
  );
  return 2 * Number(counts.as_both) > Number(counts.people);
}
