import { isUnreadable, undefinedIf } from "../../basics/errors";
import { lookupTable, rosterTable } from "../../clever/layout";
import { rosterColumns } from "../../clever/roster";
import type { OpenLake } from "../../delta/openLake";
import { withTables } from "../../delta/withTable";
import { type DuckSession, sqlName } from "../../duck/duck";
import { replaceRows, requireShapeOf, type WholeTable } from "../write/replaceRows";
import { allReports } from "../write/tables";
import type { PseudonymizedStudent } from "./rosterStudents";

const table: WholeTable = {
  path: rosterTable,
  columns: rosterColumns,
  name: "students_pseudo",
  description: "The district's students: pseudonym, school and grade.",
};
const studentsPerStatement = 10_000;

/**
 * Makes the roster's table contain exactly these students, in one commit; no commit if it already does.
 *
 * @param requireHeld rejects if another run has taken over the lake; called right before the commit
 * @returns the table's version, and whether it changed
 */
export async function replaceRoster(
  { lake, duck, signal }: OpenLake,
  students: Iterable<PseudonymizedStudent>,
  requireHeld: () => Promise<void>,
): Promise<{ readonly version: number; readonly changed: boolean }> {
  return duck.session(async (session) => {
    await load(session, students);
    const { snapshot, committed } = await replaceRows({
      lake,
      duck,
      session,
      requireHeld,
      signal,
      table,
      query: "FROM roster ORDER BY sis_id_pseudonym",
    });
    return { version: snapshot?.version ?? 0, changed: committed };
  }, signal);
}

/** How many people a table of the lake has, and how many of them are among these students. */
export interface SharedStudents {
  readonly total: number;
  readonly shared: number;
}

/**
 * Compares a roster's students with the lake's roster by pseudonym. Undefined if there is none. Rejects with
 * `unsupportedTable` if another program's table is in its place.
 */
export async function compareWithRoster(
  open: OpenLake,
  students: Iterable<PseudonymizedStudent>,
): Promise<SharedStudents | undefined> {
  const known = await pseudonymsIn(open, rosterTable);
  return known && sharedWith(known, students);
}

/**
 * Compares a roster's students with the people of the reports by pseudonym. Lookup tables that cannot be read are left
 * out; undefined if none can be read.
 */
export async function compareWithReports(
  open: OpenLake,
  students: Iterable<PseudonymizedStudent>,
): Promise<SharedStudents | undefined> {
  const found: ReadonlySet<string>[] = [];
  for (const report of allReports()) {
    const known = await undefinedIf(isUnreadable, pseudonymsIn(open, lookupTable(report)));
    if (known !== undefined) found.push(known);
  }
  return found.length > 0 ? sharedWith(new Set(found.flatMap((known) => [...known])), students) : undefined;
}

/** The school system's pseudonyms in a table; undefined if there is no such table. */
function pseudonymsIn(open: OpenLake, path: string): Promise<ReadonlySet<string> | undefined> {
  return withTables(open, [path], async (session, [opened]) => {
    if (opened === undefined) return undefined;
    if (path === rosterTable) requireShapeOf(table, opened.snapshot);
    const rows = await session.query(
      `SELECT DISTINCT sis_id_pseudonym AS pseudonym FROM (${opened.select}) WHERE sis_id_pseudonym IS NOT NULL`,
    );
    return new Set(rows.map(({ pseudonym }) => String(pseudonym)));
  });
}

function sharedWith(known: ReadonlySet<string>, students: Iterable<PseudonymizedStudent>): SharedStudents {
  let shared = 0;
  for (const { pseudonym } of students) if (known.has(pseudonym)) shared++;
  return { total: known.size, shared };
}

async function load(session: DuckSession, students: Iterable<PseudonymizedStudent>): Promise<void> {
  const columns = rosterColumns.map(({ name }) => `${sqlName(name)} VARCHAR`);
  await session.query(`CREATE OR REPLACE TEMP TABLE roster (${columns.join(", ")})`);
  const insert = (batch: readonly (readonly (string | null)[])[]) =>
    session.query(
      `INSERT INTO roster SELECT row_[1], row_[2], row_[3]
       FROM (SELECT unnest(from_json($1::JSON, '[["VARCHAR"]]')) AS row_)`,
      [JSON.stringify(batch)],
    );
  let batch: (readonly (string | null)[])[] = [];
  for (const { pseudonym, school, grade } of students) {
    batch.push([pseudonym, school, grade]);
    if (batch.length < studentsPerStatement) continue;
    await insert(batch);
    batch = [];
  }
  if (batch.length > 0) await insert(batch);
}
