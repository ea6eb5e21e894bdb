import { idColumns, idNames, keptTexts, type ReportColumn } from "../../clever/reports";
import { plainNumber, shiftedReason, shortestId } from "../../clever/shiftedCells";
import { type DuckSession, sqlName, sqlString } from "../../duck/duck";
import type { KnownPairs } from "./knownPairs";
import { type LoadedCsv, valueSql } from "./loadCsv";
import type { Persons } from "./persons";
import type { MarkedRows } from "./refuseRows";

/**
 * Finds the rows of the session's `raw`, whose people are in `found`, in which a kept text equals a person's id from
 * any row of this file or of the run's others, or from the report's lookup table. Undefined if there are none. Nearly
 * all of the time goes into looking up the few distinct texts, in `kept_texts` (see `readKeptTexts`), among the ids.
 *
 * A text that several people have in one column is not the id of one of them, whatever it equals: a school has many
 * people, while a shifted row's cells all belong to its own person. So if one row has a school's id in place of a
 * person's, the school's rows are not refused.
 */
export async function findShiftedRows(
  session: DuckSession,
  loaded: LoadedCsv,
  persons: Persons,
  known: Pick<KnownPairs, "table">,
): Promise<MarkedRows | undefined> {
  const kept = keptTexts(persons.report);
  await session.query(
    `CREATE OR REPLACE TEMP TABLE texts_like_ids AS
     WITH ids AS (${selectIds(["found", persons.table, known.table]).join(" UNION ALL ")})
     SELECT DISTINCT place, text FROM kept_texts SEMI JOIN ids ON id = text
     WHERE length(text) >= ${shortestId} AND NOT regexp_full_match(text, ${sqlString(plainNumber)})`,
  );
  const { found } = await session.one("SELECT count(*)::INTEGER AS found FROM texts_like_ids");
  if (found === 0) return undefined;
  const { row, place } = await session.columns(shiftedRows(kept, loaded), {
    row: "UINTEGER",
    place: "UTINYINT",
  });
  if (row.length === 0) return undefined;
  return { rows: row, columnOf: (index) => kept[place[index] ?? -1]?.name, reasonOf: () => shiftedReason };
}

/** SELECTs of the ids in relations with people, such as `found` and `table`. */
export function selectIds(relations: readonly string[]): string[] {
  return idNames.flatMap((name) => relations.map((relation) => `SELECT ${name} AS id FROM ${relation}`));
}

function shiftedRows(kept: readonly ReportColumn[], loaded: LoadedCsv): string {
  const ids = idColumns.map((column) => valueSql(column, loaded));
  const cells = kept.map(
    (
      { name },
      place,
    ) => `SELECT raw.rowid AS row_id, place, text, coalesce(${ids.toReversed().join(", ")}) AS person
      FROM raw JOIN texts_like_ids ON place = ${place} AND text = raw.${sqlName(name)}`,
  );
  return `WITH cells AS MATERIALIZED (${cells.join(" UNION ALL ")}),
    shifted AS (SELECT row_id, min(place) AS place FROM cells SEMI JOIN (
      SELECT place, text FROM cells GROUP BY place, text HAVING count(DISTINCT person) < 2
    ) told USING (place, text) GROUP BY row_id),
    numbered AS (SELECT rowid AS row_id, row_number() OVER (ORDER BY rowid) - 1 AS row FROM raw)
    SELECT row::UINTEGER AS row, place::UTINYINT AS place FROM numbered JOIN shifted USING (row_id) ORDER BY row`;
}
