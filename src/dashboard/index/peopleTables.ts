import { createHash } from "node:crypto";
import { joinedIds, personColumn, withPerson } from "../../clever/person";
import { pseudonymName } from "../../clever/reports";
import { fileStatistics } from "../../delta/statistics";
import type { DuckSession } from "../../duck/duck";
import { rosterKey, type TableRows } from "./tableRows";
import type { Snapshots } from "./watchedTables";

const sisId = pseudonymName("sis_id");
const cleverId = pseudonymName("clever_user_id");

/** Facts about people that need all rows together, not one month's. */
export interface PeopleOfTables {
  /** Identifies the roster, and the resolution of rows that do not identify their person themselves. */
  readonly key: string;
  /** Whether a roster gave people their grades. */
  readonly hasGrades: boolean;
}

/**
 * Creates two temporary tables in the session, from all rows of the tables: `joined_ids` (see `clever/person.ts`)
 * and, if there is a roster, `grades` with everybody's (`pseudonym`, `grade`). A person's grade is the first, in
 * text order, that the roster has for one of the person's ids, whichever rows have them.
 */
export async function preparePeople(
  session: DuckSession,
  rows: TableRows,
  snapshots: Snapshots,
  signal: AbortSignal,
): Promise<PeopleOfTables> {
  const run = (sql: string) => session.query(sql, [], signal);
  const { roster } = snapshots;
  await run("CREATE OR REPLACE TEMP TABLE joined_ids (sis_id VARCHAR, person VARCHAR)");
  await run("CREATE OR REPLACE TEMP TABLE grades (pseudonym VARCHAR, grade VARCHAR)");
  const hash = createHash("sha256").update(rosterKey(roster));
  const tables =
    roster !== undefined || mayLackCleverIds(snapshots)
      ? [
          ...(await rows.ofTable(snapshots.dailyParticipation, signal)),
          ...(await rows.ofTable(snapshots.resourceUsage, signal)),
        ]
      : [];
  // The ids are used more than once but read once.
  const ids = tables.map((table) => `SELECT DISTINCT ${sisId}, ${cleverId} FROM (${table})`);
  if (ids.length > 0) {
    await run(`CREATE OR REPLACE TEMP TABLE ids AS ${ids.join(" UNION ")}`);
    await run(`INSERT INTO joined_ids ${joinedIds(["FROM ids"])}`);
  }
  for (const { sis_id, person } of await run("FROM joined_ids ORDER BY sis_id")) {
    hash.update(`\n${String(sis_id)} ${String(person)}`);
  }
  const key = hash.digest("hex");
  const [graded] = await rows.ofTable(roster, signal);
  if (graded === undefined) return { key, hasGrades: false };
  if (ids.length > 0) {
    await run(
      `INSERT INTO grades SELECT ${personColumn}, min(grade) FROM (${withPerson("FROM ids", "joined_ids")}) ids
       LEFT JOIN (${graded}) roster USING (${sisId}) WHERE ${personColumn} IS NOT NULL GROUP BY ${personColumn}`,
    );
  }
  const { some } = await session.one(`SELECT count(grade) > 0 AS some FROM (${graded})`, [], signal);
  return { key, hasGrades: some === true };
}

/**
 * False if the statistics prove that every row has a Clever id, so that no row needs other rows to identify its
 * person.
 */
function mayLackCleverIds({ dailyParticipation, resourceUsage }: Snapshots): boolean {
  return [dailyParticipation, resourceUsage].some((snapshot) =>
    [...(snapshot?.files.values() ?? [])].some((file) => fileStatistics(file)?.nullCount[cleverId] !== 0),
  );
}
