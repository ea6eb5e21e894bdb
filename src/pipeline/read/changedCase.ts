import { hashedColumns } from "../../clever/reports";
import { shape } from "../../clever/shape";
import { type DuckSession, sqlName } from "../../duck/duck";
import type { KnownPairs } from "./knownPairs";
import { type LoadedCsv, valueSql } from "./loadCsv";
import type { Persons } from "./persons";
import type { MarkedRows } from "./refuseRows";

const reason = "The lake or the file has the same id with other letter case";

/** A condition that an id has letters, which may be upper or lower case. */
export const hasLettersSql = (id: string) => `lower(${id}) <> upper(${id})`;

/**
 * Finds the rows of the session's `raw`, whose people are in `found`, with a school system id that is known with other
 * letter case, unless Clever's ids prove that it is another person's. Pseudonyms are computed from an id's bytes, so
 * that the person would count twice. The form in the lookup table is right, otherwise that in the run's other files,
 * otherwise the one that comes last in the file's alphabet, with lower-case letters. Ids of Clever are judged one by
 * one (see `personIds.ts`).
 */
export async function findChangedCase(
  session: DuckSession,
  loaded: LoadedCsv,
  persons: Persons,
  known: KnownPairs,
): Promise<MarkedRows | undefined> {
  const [sisColumn, cleverColumn] = hashedColumns(persons.report);
  if (!sisColumn || !cleverColumn) return undefined;
  const [sis, clever] = [sqlName(sisColumn.name), sqlName(cleverColumn.name)];
  const forms = [known.table, persons.table, "found"].map(
    (table, rank) =>
      `SELECT ${sis} AS id, ${clever} AS person, ${rank} AS rank FROM ${table} WHERE ${hasLettersSql(sis)}`,
  );
  await session.query(
    `CREATE OR REPLACE TEMP TABLE changed_case AS
     WITH forms AS MATERIALIZED (
       SELECT id, person, min(rank) OVER (PARTITION BY id) AS rank FROM (${forms.join(" UNION ALL ")}))
     SELECT DISTINCT own.id FROM forms own JOIN forms other ON lower(own.id) = lower(other.id) AND own.id <> other.id
     WHERE own.id IN (SELECT ${sis} FROM found) AND coalesce(own.person = other.person, true)
       AND (other.rank < own.rank OR other.rank = own.rank AND own.rank = 2 AND other.id > own.id)`,
  );
  const changed = await session.query("SELECT id FROM changed_case ORDER BY id");
  if (changed.length === 0) return undefined;
  const { row, n } = await session.columns(
    `WITH changed AS (SELECT id, row_number() OVER (ORDER BY id) - 1 AS n FROM changed_case),
       numbered AS (
         SELECT row_number() OVER (ORDER BY raw.rowid) - 1 AS row, ${valueSql(sisColumn, loaded)} AS id FROM raw)
     SELECT row::UINTEGER AS row, n::UINTEGER AS n FROM numbered JOIN changed USING (id) ORDER BY row`,
    { row: "UINTEGER", n: "UINTEGER" },
  );
  return {
    rows: row,
    columnOf: () => sisColumn.name,
    reasonOf: (index) => `${reason} (the cell looks like ${shape(String(changed[n[index] ?? 0]?.id))}).`,
  };
}
