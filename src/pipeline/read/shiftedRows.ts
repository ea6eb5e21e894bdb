import { idColumns, idNames, keptTexts } from "../../clever/reports";
import { plainNumber, shiftedReason, shortestId } from "../../clever/shiftedCells";
import { type DuckSession, sqlName, sqlString } from "../../duck/duck";
import type { KnownPairs } from "./knownPairs";
import { type LoadedCsv, valueSql } from "./loadCsv";
import type { Mark } from "./markedRows";
import type { Persons } from "./persons";

/**
 * Finds the rows of the session's `raw`, whose people are in `found`, in which a kept text equals a person's id from
 * any row of this file or of the run's others, or from the report's lookup table. Nearly all of the time goes into
 * looking up the few distinct texts, in `kept_texts` (see `readKeptTexts`), among the ids.
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
): Promise<Mark[]> {
  const kept = keptTexts(persons.report);
  await session.query(
    `CREATE OR REPLACE TEMP TABLE texts_like_ids AS
     WITH ids AS (${selectIds(["found", persons.table, known.table]).join(" UNION ALL ")})
     SELECT DISTINCT place, text FROM kept_texts SEMI JOIN ids ON id = text
     WHERE length(text) >= ${shortestId} AND NOT regexp_full_match(text, ${sqlString(plainNumber)})`,
  );
  const found = await session.query("SELECT DISTINCT place FROM texts_like_ids ORDER BY place");
  const ids = idColumns.map((column) => valueSql(column, loaded));
  return found.flatMap(({ place }) => {
    const name = kept[Number(place)]?.name;
    if (name === undefined) return [];
    const rows = `WITH cells AS MATERIALIZED (
        SELECT raw.rowid AS row_id, text, coalesce(${ids.toReversed().join(", ")}) AS person
        FROM raw JOIN texts_like_ids ON place = ${Number(place)} AND text = raw.${sqlName(name)})
      SELECT row_id, 0 AS detail FROM cells SEMI JOIN (
        SELECT text FROM cells GROUP BY text HAVING count(DISTINCT person) < 2) unshared USING (text)`;
    return [{ column: name, rows, reasonOf: () => shiftedReason }];
  });
}

/** SELECTs of the ids in relations with people, such as `found` and `table`. */
export function selectIds(relations: readonly string[]): string[] {
  return idNames.flatMap((name) => relations.map((relation) => `SELECT ${name} AS id FROM ${relation}`));
}
