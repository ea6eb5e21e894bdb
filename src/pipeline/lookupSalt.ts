import { lookupTable } from "../clever/layout";
import { hashedColumns, pseudonymName, type Report } from "../clever/reports";
import { withTables } from "../delta/withTable";
import { Duck, sqlName } from "../duck/duck";
import type { Lake } from "../lake/lake";
import { allReports } from "./tables";

/**
 * Whether the lake's lookup tables, as far as there are any, were made with this salt, told by one person of each.
 * For a lake whose fingerprint is missing: without this look, one that was lost would let any salt in.
 */
export async function lookupsAgree(lake: Lake, salt: string, signal?: AbortSignal): Promise<boolean> {
  await using duck = await Duck.open();
  for (const report of allReports()) {
    if (!(await lookupAgrees(lake, duck, report, salt, signal))) return false;
  }
  return true;
}

async function lookupAgrees(
  lake: Lake,
  duck: Duck,
  report: Report,
  salt: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const options = signal ? { signal } : {};
  return withTables(lake, duck, [{ tablePath: lookupTable(report) }], options, async (session, [lookup]) => {
    if (lookup?.select === undefined) return true;
    for (const { name } of hashedColumns(report)) {
      const [row] = await session.query(
        `SELECT sha256(${sqlName(name)} || $1) = ${sqlName(pseudonymName(name))} AS agrees
         FROM (${lookup.select}) WHERE ${sqlName(name)} IS NOT NULL LIMIT 1`,
        [salt],
        signal,
      );
      if (row !== undefined && row.agrees !== true) return false;
    }
    return true;
  });
}
