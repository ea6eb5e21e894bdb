import { hashedColumns } from "../../clever/reports";
import { type DuckSession, sqlName } from "../../duck/duck";
import type { KnownPairs } from "./knownPairs";
import { type LoadedCsv, valueSql } from "./loadCsv";
import type { Persons } from "./persons";

/** A condition that an id has letters, which may be upper or lower case. */
export const hasLettersSql = (id: string) => `lower(${id}) <> upper(${id})`;

/**
 * Notes on files of the session's `raw`, whose people are in `found`, with school system ids that are known with other
 * letter case: in the lookup table, in the run's other files or in these. Pseudonyms are computed from an id's bytes,
 * so that such a person has two, and counts twice where rows have no Clever id. Only noted, once for each form, because
 * a school system may have changed all of its ids. Not if Clever's ids prove that it is another person's.
 */
export async function findChangedCase(
  session: DuckSession,
  loaded: LoadedCsv,
  persons: Persons,
  known: KnownPairs,
): Promise<ReadonlyMap<number, string>> {
  const [sisColumn, cleverColumn] = hashedColumns(persons.report);
  if (!sisColumn || !cleverColumn) return new Map();
  const [sis, clever] = [sqlName(sisColumn.name), sqlName(cleverColumn.name)];
  const forms = [known.table, persons.table, "found"].map(
    (table) => `SELECT ${sis} AS id, ${clever} AS person FROM ${table} WHERE ${hasLettersSql(sis)}`,
  );
  await session.query(
    `CREATE OR REPLACE TEMP TABLE changed_case AS
     SELECT DISTINCT own.id, own.person
     FROM (SELECT ${sis} AS id, ${clever} AS person FROM found WHERE ${hasLettersSql(sis)}) own
     JOIN (${forms.join(" UNION ")}) other ON lower(own.id) = lower(other.id) AND own.id <> other.id
     WHERE coalesce(own.person = other.person, true) AND own.id NOT IN (SELECT ${sis} FROM ${known.table} WHERE ${sis} IS NOT NULL)`,
  );
  const { some } = await session.one("SELECT EXISTS (FROM changed_case) AS some");
  if (some !== true) return new Map();
  const values = [sisColumn, cleverColumn].map((column) => valueSql(column, loaded));
  const files = await session.query(
    `SELECT file, count(DISTINCT id)::INTEGER AS ids
     FROM (SELECT file, ${values[0]} AS id, ${values[1]} AS person FROM raw) own SEMI JOIN changed_case
       ON own.id = changed_case.id AND own.person IS NOT DISTINCT FROM changed_case.person
     GROUP BY file ORDER BY file`,
  );
  return new Map(
    files.map(({ file, ids }) => [
      Number(file),
      ids === 1
        ? "1 school system id is known with other letter case. Its person counts twice where rows have no Clever id."
        : `${Number(ids)} school system ids are known with other letter case. Their people count twice where rows have no Clever id.`,
    ]),
  );
}
