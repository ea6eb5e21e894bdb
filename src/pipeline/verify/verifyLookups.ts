import { idNames, pseudonymName, pseudonymNames } from "../../clever/reports";
import type { DuckSession } from "../../duck/duck";

/** How many faults a lookup table has. */
export interface LookupFaults {
  /** Pairs of pseudonyms that are in the table of rows and not in it. */
  readonly missing: number;
  /** Pairs of ids that occur more than once. */
  readonly repeated: number;
  /** Pairs with a pseudonym that does not match its id and the salt; 0 without a salt. */
  readonly wrong: number;
}

/**
 * Checks a lookup table, given as a SELECT.
 *
 * @param rows a SELECT of the report's table of rows; undefined if there is none
 */
export async function faultsOfLookup(
  session: DuckSession,
  lookup: string,
  rows: string | undefined,
  salt?: string,
): Promise<LookupFaults> {
  const same = pseudonymNames.map((name) => `p.${name} IS NOT DISTINCT FROM l.${name}`).join(" AND ");
  const some = pseudonymNames.map((name) => `p.${name} IS NOT NULL`).join(" OR ");
  const isWrong = idNames
    .map((name) => `${pseudonymName(name)} IS DISTINCT FROM sha256(${name} || $1)`)
    .join(" OR ");
  const missing = `SELECT count(*) FROM (SELECT DISTINCT ${pseudonymNames.join(", ")} FROM (${rows})) p
    WHERE (${some}) AND NOT EXISTS (SELECT 1 FROM (${lookup}) l WHERE ${same})`;
  const repeated = `SELECT count(*) FROM (SELECT ${idNames.join(", ")} FROM (${lookup}) GROUP BY ALL HAVING count(*) > 1)`;
  const wrong = `SELECT count(*) FROM (${lookup}) WHERE ${isWrong}`;
  const found = await session.one(
    `SELECT (${rows === undefined ? 0 : missing})::DOUBLE AS missing, (${repeated})::DOUBLE AS repeated,
       (${salt === undefined ? 0 : wrong})::DOUBLE AS wrong`,
    salt === undefined ? [] : [salt],
  );
  return {
    missing: Number(found.missing),
    repeated: Number(found.repeated),
    wrong: Number(found.wrong),
  };
}
