import type { DuckSession } from "../../../duck/duck";

/** Readable rows that a check found to be bad, with the column at fault. */
export interface Mark {
  readonly column: string;
  /** A SELECT of their `row_id` in `raw`, each once, and of a number `detail`. */
  readonly rows: string;
  reasonOf(detail: number): string;
}

/** Rows that are readable but must be refused. */
export interface MarkedRows {
  /** Which of the file's good rows they are, from 0, ascending. */
  readonly rows: Uint32Array;
  /** For each of them, the column at fault. */
  columnOf(index: number): string | undefined;
  reasonOf(index: number): string;
}

/** The numbers of the files with a row of the session's `raw` that has a mark. */
export async function markedFiles(session: DuckSession, marks: readonly Mark[]): Promise<number[]> {
  if (marks.length === 0) return [];
  const rows = marks.map(({ rows }) => `SELECT row_id FROM (${rows})`).join(" UNION ALL ");
  const files = await session.query(
    `SELECT DISTINCT file FROM raw SEMI JOIN (${rows}) ON row_id = raw.rowid`,
  );
  return files.map(({ file }) => Number(file));
}

/** The rows of the session's `raw`, in its order, with a mark; of several marks of a row, the first counts. */
export async function markedRows(
  session: DuckSession,
  marks: readonly Mark[],
): Promise<MarkedRows | undefined> {
  if (marks.length === 0) return undefined;
  const all = marks.map(({ rows }, place) => `SELECT row_id, ${place} AS place, detail FROM (${rows})`);
  const { row, place, detail } = await session.columns(
    `WITH numbered AS (SELECT rowid AS row_id, row_number() OVER (ORDER BY rowid) - 1 AS row FROM raw),
       marked AS (SELECT row_id, min(place) AS place, arg_min(detail, place) AS detail
         FROM (${all.join(" UNION ALL ")}) GROUP BY row_id)
     SELECT row::UINTEGER AS row, place::UTINYINT AS place, detail::UINTEGER AS detail
     FROM numbered JOIN marked USING (row_id) ORDER BY row`,
    { row: "UINTEGER", place: "UTINYINT", detail: "UINTEGER" },
    "raw",
  );
  if (row.length === 0) return undefined;
  const markOf = (index: number) => marks[place[index] ?? -1];
  return {
    rows: row,
    columnOf: (index) => markOf(index)?.column,
    reasonOf: (index) => markOf(index)?.reasonOf(detail[index] ?? 0) ?? "",
  };
}
