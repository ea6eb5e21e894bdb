import { lookupTable } from "../../clever/layout";
import { idNames, lookupColumns, pseudonymNames, type Report } from "../../clever/reports";
import { writeDataFile } from "../../delta/files/dataFile";
import type { Action, AddFile } from "../../delta/log/actions";
import { commit } from "../../delta/log/commit";
import { mergeAfterCommit } from "../../delta/merging/optimize";
import type { OpenLake } from "../../delta/openLake";
import type { Snapshot } from "../../delta/snapshot";
import { tableActions } from "../../delta/tableActions";
import type { LookupPairs } from "../read/lookupPairs";
import type { PeopleTable } from "../read/peopleTable";
import type { VerifiedVersions } from "../repair/foreignCommits";

export interface LookupContext extends OpenLake {
  readonly verifiedVersions: VerifiedVersions;
}

/**
 * Adds the people that are not in a report's lookup table yet; each pair is in it once. If another writer adds rows,
 * the comparison is repeated. Committed before the rows that carry the pseudonyms, so that no pseudonym ever lacks its
 * lookup.
 *
 * @param pairs is updated to the lookup table's state before the comparison
 * @param known the last known state of the lookup table
 * @param people a relation with the pseudonyms of the people to add; default: all of `peopleTable`
 * @returns the resulting state of the lookup table
 */
export async function appendLookups(
  { lake, duck, verifiedVersions, signal }: LookupContext,
  peopleTable: PeopleTable,
  pairs: LookupPairs,
  known: Snapshot | undefined,
  people?: string,
): Promise<Snapshot | undefined> {
  const { report } = peopleTable;
  const table = { lake, duck, signal, tablePath: lookupTable(report) };
  const { tablePath } = table;
  const outcome = await commit({
    ...table,
    snapshot: known,
    operation: { name: "WRITE", parameters: { mode: "Append" } },
    attempt: async (snapshot) => {
      await pairs.update(snapshot);
      const add = await newPairs(table, peopleTable, pairs, people);
      if (add === undefined && snapshot !== undefined) return undefined;
      const creation = snapshot ? [] : lookupTableActions(report);
      const marks = verifiedVersions.actions(tablePath, snapshot);
      return { actions: [...creation, ...(add ? [{ add }] : []), ...marks], readsTable: true };
    },
  });
  const { snapshot } = outcome;
  if (snapshot === undefined) return undefined;
  if (outcome.committed) verifiedVersions.committed(snapshot);
  const merged = await mergeAfterCommit({ ...table, snapshot, maxFiles: 20 });
  if (merged !== snapshot) verifiedVersions.committed(merged);
  return merged;
}

/** The actions that create a report's lookup table. */
export function lookupTableActions(report: Report): Action[] {
  return tableActions({
    columns: lookupColumns,
    name: `${report.name}_lookup`,
    description: "Who is behind a pseudonym. Holds identities.",
  });
}

function newPairs(
  { lake, duck, signal }: OpenLake,
  peopleTable: PeopleTable,
  pairs: LookupPairs,
  people: string | undefined,
): Promise<AddFile | undefined> {
  const someone = idNames.map((name) => `person.${name} IS NOT NULL`).join(" OR ");
  const same = pseudonymNames
    .map((name) => `person.${name} IS NOT DISTINCT FROM added.${name}`)
    .join(" AND ");
  const isAmong = people === undefined ? "true" : `EXISTS (SELECT 1 FROM ${people} AS added WHERE ${same})`;
  return duck.session(
    (session) =>
      writeDataFile({
        signal,
        session,
        lake,
        tablePath: lookupTable(peopleTable.report),
        columns: lookupColumns,
        query: `SELECT * FROM ${peopleTable.table} person WHERE (${someone}) AND ${isAmong}
          AND NOT EXISTS (SELECT 1 FROM ${pairs.table} known WHERE ${peopleTable.same("person", "known")})`,
      }),
    signal,
  );
}
