import { lookupTable } from "../../clever/layout";
import { idNames, pseudonymName, pseudonymNames, type Report } from "../../clever/reports";
import { type DuckSession, sqlName } from "../../duck/duck";
import type { Discrepancy } from "./verify";

/** Pseudonyms that are missing from a report's lookup table or, if the salt is given, wrong in it. */
export async function checkLookups(
  session: DuckSession,
  report: Report,
  pseudo: string,
  lookup: string,
  salt: string | undefined,
): Promise<Discrepancy[]> {
  const same = pseudonymNames.map((name) => `p.${name} IS NOT DISTINCT FROM l.${name}`).join(" AND ");
  const some = pseudonymNames.map((name) => `p.${name} IS NOT NULL`).join(" OR ");
  const wrong = idNames
    .map((name) => `${pseudonymName(name)} IS DISTINCT FROM sha256(${name} || $1)`)
    .join(" OR ");
  const questions = {
    "pseudonym pairs are in the table and not in its lookup": `SELECT count(*)
      FROM (SELECT DISTINCT ${pseudonymNames.join(", ")} FROM (${pseudo})) p
      WHERE (${some}) AND NOT EXISTS (SELECT 1 FROM (${lookup}) l WHERE ${same})`,
    "pairs occur more than once in the lookup table": `SELECT count(*)
      FROM (SELECT ${idNames.join(", ")} FROM (${lookup}) GROUP BY ALL HAVING count(*) > 1)`,
    ...(salt !== undefined && {
      "pseudonyms do not match their ids and this salt": `SELECT count(*) FROM (${lookup}) WHERE ${wrong}`,
    }),
  };
  const selects = Object.entries(questions).map(
    ([problem, sql]) => `(${sql})::DOUBLE AS ${sqlName(problem)}`,
  );
  const answers = await session.one(`SELECT ${selects.join(", ")}`, salt === undefined ? [] : [salt]);
  return Object.entries(answers).flatMap(([problem, count]) =>
    Number(count) > 0 ? [{ subject: lookupTable(report), problem: `${Number(count)} ${problem}.` }] : [],
  );
}
