import { createHash } from "node:crypto";
import { lookupTable, pseudonymMapTable, pseudoTable, rosterTable, tableFolders } from "../../clever/layout";
import { idNames, pseudonymName, type Report } from "../../clever/reports";
import type { OpenLake } from "../../delta/openLake";
import { readQuery } from "../../delta/readQuery";
import { readSnapshot } from "../../delta/snapshot";
import { withUncheckedFiles } from "../../delta/withTable";
import { Duck } from "../../duck/duck";
import type { Lake } from "../../lake/lake";
import { allReports } from "../write/tables";

/** A raw id and its pseudonym. */
interface Pair {
  readonly id: string;
  readonly pseudonym: string;
}

/**
 * Which form of a salt the lake's lookup tables were computed with, checked with one person of each; for a lake without
 * a fingerprint. `new` is a lake without people, or one that OEA pseudonymized without a salt. `unproven` is one with
 * rows but without a lookup, such as one with only a roster.
 */
export async function saltOfLookups(
  lake: Lake,
  forms: readonly string[],
  signal?: AbortSignal,
): Promise<{ readonly salt: string } | "differs" | "new" | "unproven"> {
  // A new lake has no tables, so they need not be checked one by one.
  const tables = await Promise.all(tableFolders.map((folder) => lake.names(folder, { signal })));
  if (tables.flat().length === 0) return "new";
  await using duck = await Duck.open();
  const pairs: Pair[] = [];
  for (const report of allReports()) pairs.push(...(await samplePairs({ lake, duck, signal }, report)));
  if (pairs.length === 0) return (await hasPseudonyms(lake, signal)) ? "unproven" : "new";
  // OEA's default: adopting the lake gives it a salt.
  if (pairs.every((pair) => isHashedWith("", pair))) return "new";
  const salt = forms.find((form) => pairs.every((pair) => isHashedWith(form, pair)));
  return salt === undefined ? "differs" : { salt };
}

function isHashedWith(salt: string, { id, pseudonym }: Pair): boolean {
  return pseudonymOf(id, salt) === pseudonym;
}

/** OEA's `hash`, as `ReportPeople` computes it in the engine, but outside of it. */
export function pseudonymOf(id: string, salt: string): string {
  return createHash("sha256").update(id).update(salt).digest("hex");
}

/** Damaged files are not refused: `repair` needs the salt, and a changed byte cannot make a wrong salt fit. */
async function samplePairs(open: OpenLake, report: Report): Promise<Pair[]> {
  const snapshot = await readSnapshot(open, lookupTable(report));
  if (snapshot === undefined) return [];
  return withUncheckedFiles(open, [{ snapshot }], (localPathOf) =>
    open.duck.session(async (session) => {
      const lookup = readQuery(snapshot, [...snapshot.files.values()], localPathOf);
      const pairs: Pair[] = [];
      for (const name of idNames) {
        const [row] = await session.query(
          `SELECT ${name} AS id, ${pseudonymName(name)} AS pseudonym
           FROM (${lookup}) WHERE ${name} IS NOT NULL LIMIT 1`,
        );
        if (row) pairs.push({ id: String(row.id), pseudonym: String(row.pseudonym) });
      }
      return pairs;
    }, open.signal),
  );
}

/** Whether the lake has a row with a pseudonym: of a report, a lookup table, the roster, or an adoption. */
export async function hasPseudonyms(lake: Lake, signal?: AbortSignal): Promise<boolean> {
  await using duck = await Duck.open();
  const ofReports = allReports().flatMap((report) => [lookupTable(report), pseudoTable(report)]);
  for (const tablePath of [...ofReports, rosterTable, pseudonymMapTable]) {
    const snapshot = await readSnapshot({ lake, duck, signal }, tablePath);
    if (snapshot && snapshot.files.size > 0) return true;
  }
  return false;
}
