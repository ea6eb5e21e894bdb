import { dateColumn, idColumns, idNames } from "../../clever/reports";
import { shape } from "../../clever/shape";
import type { DuckSession } from "../../duck/duck";
import { type LoadedCsv, valueSql } from "./loadCsv";
import type { Persons } from "./persons";
import type { MarkedRows } from "./refuseRows";

/** Ids in a file that occur with several ids of the other kind on one day. */
export interface SharedIds {
  /** Rows with an id that three or more others share: it identifies nobody. */
  readonly marked: MarkedRows | undefined;
  /** Per file, the number of ids with two others, which may be a person's second account. */
  readonly notes: ReadonlyMap<number, readonly string[]>;
}

/** An id with this many others is a placeholder or was truncated; two may be one person with two accounts. */
const shared = 3;

/** The kinds of ids, in the order of `idColumns`. */
export const idKinds = [
  { one: "school system id", many: "school system ids" },
  { one: "Clever id", many: "Clever ids" },
] as const;

/**
 * Finds ids in the files of the session's `raw`, whose people are in `found`, that occur with several ids of the other
 * kind on one day of a file. No change of school year explains this. Those with two are then in the temporary table
 * `clashing_ids`; `place` is the column's number among the hashed ones.
 */
export async function findSharedIds(
  session: DuckSession,
  loaded: LoadedCsv,
  { report }: Persons,
): Promise<SharedIds> {
  const bothThere = idNames.map((id) => `${id} IS NOT NULL`).join(" AND ");
  await session.query(
    "CREATE OR REPLACE TEMP TABLE clashing_ids (file UINTEGER, place INTEGER, id VARCHAR, others INTEGER)",
  );
  const different = idNames.map((id) => `count(*) > count(DISTINCT ${id})`).join(" OR ");
  const { some } = await session.one(`SELECT ${different} AS some FROM found WHERE ${bothThere}`);
  if (some !== true) return { marked: undefined, notes: new Map() };
  const values = idColumns.map((column) => `${valueSql(column, loaded)} AS ${column.name}`).join(", ");
  const clashes = idNames.map(
    (id, place) => `SELECT file, ${place} AS place, ${id} AS id, max(others)::INTEGER AS others FROM (
      SELECT file, ${id}, day, count(DISTINCT ${idNames[1 - place]}) AS others FROM days
      WHERE ${id} IN (SELECT ${id} FROM found WHERE ${bothThere} GROUP BY ${id} HAVING count(*) > 1)
      GROUP BY ALL HAVING count(DISTINCT ${idNames[1 - place]}) > 1) GROUP BY file, ${id}`,
  );
  await session.query(
    `INSERT INTO clashing_ids WITH days AS MATERIALIZED (
       SELECT DISTINCT file, ${values}, ${valueSql(dateColumn(report), loaded)} AS day FROM raw)
     ${clashes.join(" UNION ALL ")}`,
  );
  const counts = await session.query(
    `SELECT file, place, count(*)::INTEGER AS ids FROM clashing_ids WHERE others < ${shared}
     GROUP BY file, place ORDER BY file, place`,
  );
  const notes = new Map<number, string[]>();
  for (const { file, place, ids: found } of counts) {
    const [kind, other] = place === 0 ? idKinds : [idKinds[1], idKinds[0]];
    const note =
      found === 1
        ? `1 ${kind.one} occurs with two ${other.many} on one day.`
        : `${Number(found)} ${kind.many} occur with two ${other.many} each on one day.`;
    notes.set(Number(file), [...(notes.get(Number(file)) ?? []), note]);
  }
  return { marked: await rowsOfShared(session, loaded), notes };
}

/** The rows with an id that three or more others share. */
async function rowsOfShared(session: DuckSession, loaded: LoadedCsv): Promise<MarkedRows | undefined> {
  const many = await session.query(
    `SELECT file, place, id FROM clashing_ids WHERE others >= ${shared} ORDER BY place, id, file`,
  );
  if (many.length === 0) return undefined;
  const joins = idNames.map(
    (name, place) =>
      `SELECT row, n FROM numbered JOIN many ON place = ${place} AND id = ${name} AND many.file = numbered.file`,
  );
  const values = idColumns.map((column) => `${valueSql(column, loaded)} AS ${column.name}`);
  const { row, n } = await session.columns(
    `WITH many AS (SELECT file, place, id, row_number() OVER (ORDER BY place, id, file) - 1 AS n FROM clashing_ids
         WHERE others >= ${shared}),
       numbered AS (SELECT file, row_number() OVER (ORDER BY raw.rowid) - 1 AS row, ${values.join(", ")} FROM raw)
     SELECT row::UINTEGER AS row, min(n)::UINTEGER AS n FROM (${joins.join(" UNION ALL ")}) GROUP BY row ORDER BY row`,
    { row: "UINTEGER", n: "UINTEGER" },
  );
  const placeOf = (index: number) => Number(many[n[index] ?? 0]?.place);
  return {
    rows: row,
    columnOf: (index) => idNames[placeOf(index)],
    reasonOf: (index) => {
      const other = idKinds[1 - placeOf(index)]?.many ?? "";
      const looks = shape(String(many[n[index] ?? 0]?.id));
      return `Three or more ${other} occur with this id on one day, so it identifies nobody (the cell looks like ${looks}).`;
    },
  };
}
