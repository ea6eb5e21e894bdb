import { maskMarker } from "../../clever/maskedText";
import type { Report } from "../../clever/reports";
import { hasNoKeySql, hasResources, sameRowSql, sameValuesSql } from "../../clever/rowKey";
import { type DuckSession, sqlString } from "../../duck/duck";
import { comparableForms } from "../read/people/maskedTexts";

/** Rows of a source that a newer source has too. */
export interface Overlap {
  readonly source: string;
  /** The newer source. */
  readonly supersededBy: string;
  /** Rows of `source` that the newer source has too. */
  readonly rows: number;
  /** Those with the same values in both, and those with different ones. */
  readonly equal: number;
  readonly different: number;
}

/**
 * Finds the rows that newer sources have too, in a relation with the columns of the `_pseudo` table, `row_id` and
 * `rank`; a higher rank is newer. The table `superseded` then has (`row_id`, `source`, `superseded_by`, `same`) for
 * each of them. This is the rule of the whole pipeline: a row counts unless a newer source has it.
 *
 * A row without any id follows its file: it is superseded if the newer source has another row of its source's day and
 * user type.
 */
export async function findSupersededRows(
  session: DuckSession,
  report: Report,
  relation: string,
  superseded: string,
): Promise<void> {
  const same = sameValuesSql(report, "older", "newer", maskMarker);
  const rows = await keyedRows(session, report, relation);
  const pairs = sameRowSql(report, "older", "newer", maskMarker).map(
    (
      condition,
    ) => `SELECT older.row_id, older.source_file AS source, newer.source_file AS superseded_by, ${same} AS same
      FROM ${rows} older JOIN ${rows} newer ON ${condition} AND older.rank < newer.rank`,
  );
  await session.query(
    `CREATE OR REPLACE TEMP TABLE ${superseded} AS
     SELECT row_id, source, superseded_by, bool_or(same) AS same FROM (${pairs.join(" UNION ALL ")}) GROUP BY ALL`,
  );
  await session.query(
    `INSERT INTO ${superseded}
     WITH days AS (SELECT DISTINCT rows_.source_file, rows_.user_type, rows_.date, superseded_by
       FROM ${superseded} JOIN ${relation} rows_ USING (row_id))
     SELECT row_id, rows_.source_file, superseded_by, NULL FROM ${relation} rows_
     JOIN days USING (source_file, user_type, date) WHERE ${hasNoKeySql("rows_")}`,
  );
}

/** The rows with the columns that `sameRowSql` needs. */
async function keyedRows(session: DuckSession, report: Report, relation: string): Promise<string> {
  if (!hasResources(report)) return relation;
  const [nameless] = await session.query(`SELECT 1 FROM ${relation} rows_ WHERE resource_id IS NULL LIMIT 1`);
  // Only rows without Clever's resource id are distinguished by its name.
  if (nameless === undefined) return `(SELECT *, resource_name AS resource_key FROM ${relation} rows_)`;
  const texts = await comparableForms(session, report, relation, "resource_names");
  const key = texts.valueOf({ name: "resource_name" }, "resource_name");
  return `(SELECT *, ${key} AS resource_key FROM ${relation} rows_)`;
}

/** Counts what `findSupersededRows` found. */
export async function countOverlaps(session: DuckSession, superseded: string): Promise<Overlap[]> {
  const rows = await session.query(
    `SELECT source, superseded_by, count(*)::INTEGER AS rows, (count(*) FILTER (same))::INTEGER AS equal,
       (count(*) FILTER (NOT same))::INTEGER AS different FROM ${superseded} GROUP BY ALL ORDER BY ALL`,
  );
  return rows.map(({ source, superseded_by: newer, rows: count, equal, different }) => ({
    source: String(source),
    supersededBy: String(newer),
    rows: Number(count),
    equal: Number(equal),
    different: Number(different),
  }));
}

/** The overlaps of several months, summed by both sources. */
export function addOverlaps(all: readonly Overlap[]): Overlap[] {
  const sums = new Map<string, Overlap>();
  for (const each of all) {
    const key = JSON.stringify([each.source, each.supersededBy]);
    const sum = sums.get(key);
    sums.set(
      key,
      sum
        ? {
            ...sum,
            rows: sum.rows + each.rows,
            equal: sum.equal + each.equal,
            different: sum.different + each.different,
          }
        : each,
    );
  }
  return [...sums.values()];
}

/** A source that differs from others in most of the rows that they share. */
export interface Contradiction {
  readonly source: string;
  readonly others: readonly string[];
  readonly equal: number;
  readonly different: number;
}

/**
 * Finds the arriving sources that contradict the existing ones: an old export under a new name, or another district's
 * file. Each is compared with the table and with the earlier arriving sources that do not contradict anything
 * themselves.
 *
 * @param arriving oldest first
 * @param judged those of them that may be held back
 */
export function contradictions(
  arriving: readonly string[],
  overlaps: readonly Overlap[],
  judged: ReadonlySet<string>,
): Contradiction[] {
  const waiting = new Set(arriving);
  const found: Contradiction[] = [];
  const contradicting = new Set<string>();
  for (const source of arriving) {
    waiting.delete(source);
    const own = overlaps.flatMap((each) => {
      const other =
        each.source === source ? each.supersededBy : each.supersededBy === source ? each.source : undefined;
      return other === undefined || waiting.has(other) || contradicting.has(other)
        ? []
        : [{ ...each, other }];
    });
    const equal = own.reduce((sum, each) => sum + each.equal, 0);
    const different = own.reduce((sum, each) => sum + each.different, 0);
    if (different <= equal || !judged.has(source)) continue;
    contradicting.add(source);
    found.push({ source, others: [...new Set(own.map(({ other }) => other))], equal, different });
  }
  return found;
}

/** A `VALUES` relation of sources and their ranks. */
export function ranksSql(ranked: readonly string[]): string {
  const rows = ranked.map((source, rank) => `(${sqlString(source)}, ${rank})`);
  const list =
    rows.length > 0 ? `VALUES ${rows.join(", ")}` : "SELECT NULL::VARCHAR, NULL::INTEGER WHERE false";
  return `(SELECT * FROM (${list}) AS ranks(source_file, rank))`;
}
