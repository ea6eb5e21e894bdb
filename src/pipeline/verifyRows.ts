import { pseudoTable } from "../clever/layout";
import { personPseudonyms, type Report } from "../clever/reports";
import { counted } from "../counted";
import { type DuckSession, sqlName } from "../duck/duck";
import type { Discrepancy } from "./verify";

/** Rows of a report's table that no file can have brought in as they are, or that two files have brought in. */
export async function checkRows(
  session: DuckSession,
  report: Report,
  select: string,
  signal: AbortSignal | undefined,
): Promise<Discrepancy[]> {
  return [
    ...(await missingValues(session, report, select, signal)),
    ...(await rowsOfTwoFiles(session, report, select, signal)),
  ];
}

/** Columns that are null in a row although no file may leave them blank. */
async function missingValues(
  session: DuckSession,
  report: Report,
  select: string,
  signal: AbortSignal | undefined,
): Promise<Discrepancy[]> {
  const needed = report.columns.filter(({ blank }) => !blank).map(({ name }) => name);
  const counts = needed.map(
    (name) => `count(*) FILTER (WHERE ${sqlName(name)} IS NULL)::DOUBLE AS ${sqlName(name)}`,
  );
  const row = await session.one(`SELECT ${counts.join(", ")} FROM (${select})`, [], signal);
  return needed.flatMap((name) => {
    const rows = Number(row[name]);
    if (rows === 0) return [];
    const problem = `${counted(rows, "row")} without a value in ${name}, which every row of a report has.`;
    return [{ subject: pseudoTable(report), problem }];
  });
}

/**
 * A person's day (and resource) of which two files tell, person by Clever's id or, without one, by the school system's.
 * Keys are compared by their hashes first, since a year of a large district has millions.
 */
async function rowsOfTwoFiles(
  session: DuckSession,
  report: Report,
  select: string,
  signal: AbortSignal | undefined,
): Promise<Discrepancy[]> {
  const ids = personPseudonyms(report).map(sqlName);
  const person = `coalesce(${ids.join(", ")})`;
  const days = report.columns.filter(({ type }) => type === "date").map(({ name }) => sqlName(name));
  const hasResource = report.columns.some(({ name }) => name === "resource_id");
  const key = [
    ...days,
    "user_type",
    person,
    ...(hasResource ? ["coalesce(resource_id, resource_name, '')"] : []),
  ];
  const rows = `SELECT source_file, hash(${key.join(", ")}) AS code, {${key.map((each, index) => `k${index}: ${each}`).join(", ")}} AS key
    FROM (${select}) WHERE ${person} IS NOT NULL`;
  const found = await session.query(
    `WITH rows AS NOT MATERIALIZED (${rows}),
       suspects AS MATERIALIZED (SELECT code FROM rows GROUP BY code HAVING min(source_file) <> max(source_file)),
       doubled AS (SELECT key, min(source_file) AS one, max(source_file) AS other FROM rows
         WHERE code IN (FROM suspects) GROUP BY key HAVING min(source_file) <> max(source_file))
     SELECT one, other, count(*)::DOUBLE AS n FROM doubled GROUP BY ALL ORDER BY ALL`,
    [],
    signal,
  );
  const uses = hasResource ? " with a resource" : "";
  return found.map(({ one, other, n }) => ({
    subject: String(other),
    problem: `The table has ${Number(n) === 1 ? "a day of a person" : `${Number(n)} days of people`}${uses} from it that it also has from ${String(one)}.`,
  }));
}
