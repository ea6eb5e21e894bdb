import { createHash } from "node:crypto";
import { joinedIds, personColumn, withPerson } from "../../clever/person";
import { pseudonymName } from "../../clever/reports";
import type { DuckSession } from "../../duck/duck";
import type { CurrentSchools } from "./schoolNames";

const sisId = pseudonymName("sis_id");
const cleverId = pseudonymName("clever_user_id");

/** Facts about people that need all rows together, not one month's. */
export interface PeopleOfTables extends CurrentSchools {
  /** Identifies the roster, the schools, and the resolution of rows that do not identify their person themselves. */
  readonly key: string;
  /** Whether a roster gave people their grades. */
  readonly hasGrades: boolean;
}

/** A roster's rows as a SELECT, and what identifies the roster. */
export interface Roster {
  readonly key: string;
  readonly rows: string;
}

/**
 * Creates two temporary tables in the session: `joined_ids` (see `clever/person.ts`) and, if there is a roster, `grades`
 * with everybody's (`pseudonym`, `grade`). A person's grade is the first, in text order, that the roster has for one
 * of the person's ids, whichever rows have them.
 *
 * @param ids at least one SELECT; together they contain each pair of pseudonyms that a row of the tables has, with its user type
 * @param schools as `currentSchoolsIn` finds them
 */
export async function preparePeople(
  session: DuckSession,
  ids: readonly string[],
  roster: Roster | undefined,
  schools: CurrentSchools,
): Promise<PeopleOfTables> {
  const run = (sql: string) => session.query(sql);
  await run("CREATE OR REPLACE TEMP TABLE grades (pseudonym VARCHAR, grade VARCHAR)");
  const pairs = ids.map((each) => `SELECT user_type, ${sisId}, ${cleverId} FROM (${each})`);
  await run(`CREATE OR REPLACE TEMP TABLE ids AS ${pairs.join(" UNION ")}`);
  await run(`CREATE OR REPLACE TEMP TABLE joined_ids AS ${joinedIds(["FROM ids"])}`);
  const hash = createHash("sha256").update(roster?.key ?? "");
  for (const { user_type, sis_id, person } of await run("FROM joined_ids ORDER BY user_type, sis_id")) {
    hash.update(`\n${String(user_type)} ${String(sis_id)} ${String(person)}`);
  }
  hash.update(JSON.stringify(schools));
  const facts = { key: hash.digest("hex"), ...schools };
  if (roster === undefined) return { ...facts, hasGrades: false };
  await run(
    `INSERT INTO grades SELECT ${personColumn}, min(grade) FROM (${withPerson("FROM ids", "joined_ids")}) ids
     LEFT JOIN (${roster.rows}) roster USING (${sisId}) WHERE ${personColumn} IS NOT NULL GROUP BY ${personColumn}`,
  );
  const { some } = await session.one(`SELECT count(grade) > 0 AS some FROM (${roster.rows})`);
  return { ...facts, hasGrades: some === true };
}
