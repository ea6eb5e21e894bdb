import { lookupTable } from "../../clever/layout";
import { idNames, pseudonymName, pseudonymNames, type Report } from "../../clever/reports";
import type { DuckSession } from "../../duck/duck";
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
  const questions = [
    {
      problem: "pseudonym pairs are in the table and not in its lookup",
      sql: `SELECT count(*)::DOUBLE AS n FROM (SELECT DISTINCT ${pseudonymNames.join(", ")} FROM (${pseudo})) p
            WHERE (${some}) AND NOT EXISTS (SELECT 1 FROM (${lookup}) l WHERE ${same})`,
    },
    {
      problem: "pairs occur more than once in the lookup table",
      sql: `SELECT count(*)::DOUBLE AS n FROM (SELECT ${idNames.join(", ")} FROM (${lookup}) GROUP BY ALL HAVING count(*) > 1)`,
    },
  ];
  const problems: Discrepancy[] = [];
  const ask = async (problem: string, sql: string, parameters: readonly string[]) => {
    const { n } = await session.one(sql, parameters);
    if (Number(n) > 0) problems.push({ subject: lookupTable(report), problem: `${Number(n)} ${problem}.` });
  };
  for (const { problem, sql } of questions) await ask(problem, sql, []);
  if (salt === undefined) return problems;
  const wrong = idNames
    .map((name) => `${pseudonymName(name)} IS DISTINCT FROM sha256(${name} || $1)`)
    .join(" OR ");
  await ask(
    "pseudonyms do not match their ids and this salt",
    `SELECT count(*)::DOUBLE AS n FROM (${lookup}) WHERE ${wrong}`,
    [salt],
  );
  return problems;
}
