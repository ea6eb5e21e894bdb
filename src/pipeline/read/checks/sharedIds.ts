import { dateColumn, idColumns, idNames, type Report } from "../../../clever/reports";
import { shape } from "../../../clever/shape";
import { type DuckSession, sqlName } from "../../../duck/duck";
import { peopleInFiles } from "../csv/distinctTexts";
import type { CheckedRows } from "./checkRows";
import type { Mark } from "./markedRows";

/** An id with this many others is a placeholder or was truncated; two may be one person with two accounts. */
const minOthers = 3;

/** The kinds of ids, in the order of `idColumns`. */
export const idKinds = [
  { one: "school system id", many: "school system ids" },
  { one: "Clever id", many: "Clever ids" },
] as const;

const bothPresent = idNames.map((id) => `${id} IS NOT NULL`).join(" AND ");

/** Whether any id occurs with several ids of the other kind. */
export const anySharedIdsSql = `(SELECT ${idNames.map((id) => `count(*) > count(DISTINCT ${id})`).join(" OR ")}
  FROM ${peopleInFiles} WHERE ${bothPresent})`;

/**
 * Finds ids in the files of the session's `raw` that occur with several ids of the other kind on one day of a file. No
 * change of school year explains this. Those with two are then in the temporary table `clashing_ids`; `place` is the
 * column's number among the hashed ones.
 */
export async function findSharedIds(session: DuckSession, report: Report): Promise<CheckedRows> {
  const clashes = idNames.map(
    (id, place) => `SELECT file, ${place} AS place, ${id} AS id, max(others)::INTEGER AS others FROM (
      SELECT file, ${id}, day, count(DISTINCT ${idNames[1 - place]}) AS others FROM days
      WHERE ${id} IN (SELECT ${id} FROM ${peopleInFiles} WHERE ${bothPresent} GROUP BY ${id} HAVING count(*) > 1)
      GROUP BY ALL HAVING count(DISTINCT ${idNames[1 - place]}) > 1) GROUP BY file, ${id}`,
  );
  await session.query(
    `CREATE OR REPLACE TEMP TABLE clashing_ids AS WITH days AS MATERIALIZED (
       SELECT DISTINCT file, ${idNames.join(", ")}, ${sqlName(dateColumn(report).name)} AS day FROM raw)
     ${clashes.join(" UNION ALL ")}`,
  );
  const counts = await session.query(
    `SELECT file, place, count(*)::INTEGER AS ids FROM clashing_ids WHERE others < ${minOthers}
     GROUP BY file, place ORDER BY file, place`,
  );
  const notes = new Map<number, string[]>();
  for (const { file, place, ids } of counts) {
    const [kind, other] = place === 0 ? idKinds : [idKinds[1], idKinds[0]];
    const note =
      ids === 1
        ? `1 ${kind.one} occurs with two ${other.many} on one day.`
        : `${Number(ids)} ${kind.many} occur with two ${other.many} each on one day.`;
    notes.set(Number(file), [...(notes.get(Number(file)) ?? []), note]);
  }
  return { marks: await marksOfShared(session), notes };
}

/** Marks the rows with an id that three or more others share. */
async function marksOfShared(session: DuckSession): Promise<Mark[]> {
  const many = await session.query(
    `SELECT rowid::INTEGER AS detail, id FROM clashing_ids WHERE others >= ${minOthers}`,
  );
  if (many.length === 0) return [];
  const shapes = new Map(many.map(({ detail, id }) => [detail, shape(String(id))]));
  return idColumns.map((column, place) => ({
    column: column.name,
    rows: `SELECT raw.rowid AS row_id, clashing_ids.rowid AS detail FROM raw JOIN clashing_ids
      ON place = ${place} AND others >= ${minOthers} AND id = raw.${column.name} AND clashing_ids.file = raw.file`,
    reasonOf: (detail) =>
      `Three or more ${idKinds[1 - place]?.many} occur with this id on one day, so it identifies nobody (the cell looks like ${shapes.get(detail)}).`,
  }));
}
