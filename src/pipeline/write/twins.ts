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
 * of the rows of each are the same. Only those with the same first or last person are compared row by row.
 *
 * @param rows a SELECT with the columns of the `_pseudo` table, of one month
 */
export async function findTwins(session: DuckSession, report: Report, rows: string): Promise<TwinPair[]> {
  const pairs = await session.query(
    `WITH people AS MATERIALIZED (
       SELECT source_file, user_type, min(${person}) AS first, max(${person}) AS last, min("date") AS begins, max("date") AS ends
       FROM (${rows}) WHERE source_file IS NOT NULL GROUP BY ALL)
     SELECT one.source_file AS one, other.source_file AS other FROM people one JOIN people other
       ON one.user_type < other.user_type AND (one.first = other.first OR one.last = other.last)
         AND one.begins <= other.ends AND other.begins <= one.ends ORDER BY ALL`,
  );
  const twins: TwinPair[] = [];
  for (const pair of pairs) {
    const twin = { one: String(pair.one), other: String(pair.other) };
    if (await haveSameRows(session, report, rows, twin)) twins.push(twin);
  }
  return twins;
}

async function haveSameRows(
  session: DuckSession,
  report: Report,
  rows: string,
  { one, other }: TwinPair,
): Promise<boolean> {
  const ours = new Set<string>(["user_type", "source_file", ...partitionColumns]);
  const columns = pseudoColumns(report)
    .filter(({ name }) => !ours.has(name))
    .map(({ name }) => sqlName(name))
    .join(", ");
  const of = (source: string) => `SELECT ${columns} FROM (${rows}) WHERE source_file = ${sqlString(source)}`;
  const { same, larger } = await session.one(
    `WITH one AS MATERIALIZED (${of(one)}), other AS MATERIALIZED (${of(other)})
     SELECT (SELECT count(*) FROM (FROM one INTERSECT ALL FROM other))::INTEGER AS same,
       greatest((SELECT count(*) FROM one), (SELECT count(*) FROM other))::INTEGER AS larger`,
  );
  return 2 * Number(same) > Number(larger);
}

/** A source of a month with its user type, undefined if unknown, and its row count. */
export interface CountedSource {
  readonly userType: UserType | undefined;
  readonly rows: number;
}

/** Whether any of the arriving sources may be a twin of another source, judging by user types and row counts. */
export function mayBeTwins(arriving: readonly CountedSource[], others: readonly CountedSource[]): boolean {
  return arriving.some((one) =>
    others.some(
      (other) =>
        (one.userType === undefined || one.userType !== other.userType) &&
        2 * Math.min(one.rows, other.rows) > Math.max(one.rows, other.rows),
    ),
  );
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
