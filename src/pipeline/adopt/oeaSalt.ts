import { checkSaltText } from "../../basics/saltText";
import { pseudonymMapTable } from "../../clever/layout";
import { idNames, pseudonymName } from "../../clever/reports";
import { writeDataFile } from "../../delta/files/dataFile";
import { commit } from "../../delta/log/commit";
import type { OpenLake } from "../../delta/openLake";
import { tableActions } from "../../delta/tableActions";
import { withTables } from "../../delta/withTable";
import type { DuckSession } from "../../duck/duck";
import { formsOf, requireFitForNewLake, saltMismatch } from "../salt/salt";
import { isSaltOf, readFingerprint } from "../salt/saltFingerprint";
import type { OeaTable } from "./oeaTables";

/** How OEA computed the pseudonyms of its lookup tables. */
export interface OeaPseudonyms {
  /** Distinct ids of people with a pseudonym. */
  readonly ids: number;
  /** Those whose pseudonym is the hash of the id alone. */
  readonly unsalted: number;
}

/** Finds out whether OEA's pseudonyms have a salt. */
export function oeaPseudonyms(open: OpenLake, tables: readonly OeaTable[]): Promise<OeaPseudonyms> {
  return withPairs(open, tables, async (session) => {
    const { ids, unsalted } = await session.one(
      `SELECT count(*)::DOUBLE AS ids, count(*) FILTER (WHERE pseudonym = sha256(id))::DOUBLE AS unsalted FROM oea_pairs`,
    );
    return { ids: Number(ids), unsalted: Number(unsalted) };
  });
}

/**
 * The salt for an adopted lake: the given one in the form that explains all of OEA's salted pseudonyms; if none is
 * salted, any that is not easy to guess. Rejects with `salt` if it differs from OEA's, or from one that the lake has.
 */
export async function saltForAdoption(
  open: OpenLake,
  tables: readonly OeaTable[],
  given: string,
): Promise<string> {
  const { lake } = open;
  const { ids, unsalted } = await oeaPseudonyms(open, tables);
  const text = checkSaltText(given);
  const salt = ids === unsalted ? text.salt : await matchingForm(open, tables, given, ids - unsalted);
  if (salt === undefined) throw saltMismatch(lake);
  const stored = await readFingerprint(open);
  if (stored !== undefined && !(await isSaltOf(salt, stored))) throw saltMismatch(lake);
  if (stored === undefined && ids === unsalted) requireFitForNewLake(lake, text);
  return salt;
}

function matchingForm(
  open: OpenLake,
  tables: readonly OeaTable[],
  given: string,
  salted: number,
): Promise<string | undefined> {
  return withPairs(open, tables, async (session) => {
    for (const form of formsOf(given)) {
      const { n } = await session.one(
        "SELECT count(*)::DOUBLE AS n FROM oea_pairs WHERE pseudonym <> sha256(id) AND pseudonym = sha256(id || $1)",
        [form],
      );
      if (Number(n) === salted) return form;
    }
    return undefined;
  });
}

const mapColumns = ["id_column", "oea_pseudonym", "pseudonym"].map((name) => ({
  name,
  type: "string" as const,
}));

/**
 * Writes the map from each pseudonym that OEA computed without a salt to ours, unless this was already done, or OEA's
 * have a salt.
 */
export async function writePseudonymMap(
  open: OpenLake,
  tables: readonly OeaTable[],
  salt: string,
): Promise<void> {
  await withPairs(open, tables, async (session) => {
    const changed = "FROM oea_pairs WHERE pseudonym <> sha256(id || $1)";
    const [some] = await session.query(`SELECT 1 ${changed} LIMIT 1`, [salt]);
    if (some === undefined) return;
    await commit({
      ...open,
      tablePath: pseudonymMapTable,
      operation: { name: "WRITE", parameters: { mode: "Append" } },
      attempt: async (snapshot) => {
        if (snapshot !== undefined) return undefined;
        const add = await writeDataFile({
          ...open,
          session,
          tablePath: pseudonymMapTable,
          columns: mapColumns,
          query: `SELECT id_column, pseudonym AS oea_pseudonym, sha256(id || $1) AS pseudonym ${changed}`,
          parameters: [salt],
        });
        const creation = tableActions({
          columns: mapColumns,
          name: "pseudonyms_oea",
          description: "Which pseudonym takes the place of one that OEA made without a salt.",
        });
        return { actions: [...creation, ...(add ? [{ add }] : [])] };
      },
    });
  });
}

/** Runs `work` with the distinct pairs of OEA's lookup tables in the temporary table `oea_pairs`. */
function withPairs<T>(
  open: OpenLake,
  tables: readonly OeaTable[],
  work: (session: DuckSession) => Promise<T>,
): Promise<T> {
  const paths = tables.filter(({ kind }) => kind === "lookup").map(({ path }) => path);
  return withTables(open, paths, async (session, opened) => {
    const pairs = opened.flatMap((lookup) => {
      if (lookup === undefined) return [];
      return idNames.map(
        (name) =>
          `SELECT '${name}' AS id_column, ${name} AS id, ${pseudonymName(name)} AS pseudonym FROM (${lookup.select})`,
      );
    });
    const nothing = "SELECT '' AS id_column, NULL::VARCHAR AS id, NULL::VARCHAR AS pseudonym";
    await session.query(
      `CREATE OR REPLACE TEMP TABLE oea_pairs AS SELECT DISTINCT * FROM (${[nothing, ...pairs].join(" UNION ALL ")})
       WHERE id IS NOT NULL AND pseudonym IS NOT NULL`,
    );
    return work(session);
  });
}
