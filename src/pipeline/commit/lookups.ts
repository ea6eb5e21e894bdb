import { lookupTable } from "../../clever/layout";
import { idNames, lookupColumns, pseudonymNames, type Report } from "../../clever/reports";
import { writeDataFile } from "../../delta/files/dataFile";
import type { Action, AddFile } from "../../delta/log/actions";
import { commit } from "../../delta/log/commit";
import type { OpenLake } from "../../delta/openLake";
import { tableActions } from "../../delta/tableActions";
import { type ReportPeople, samePersonSql } from "../read/people/people";
import { type CheckedVersions, consistencyMark } from "../repair/foreignCommits";

/**
 * Adds the run's people to a report's lookup table, each pair of ids once. If another writer adds rows, the comparison
 * is repeated. The lookups are committed before the rows with the pseudonyms, so that no pseudonym ever lacks its
 * lookup.
 *
 * @param people the report's people; its `lookups` is updated to the resulting state of the lookup table
 * @param pseudonyms a relation with the pseudonyms of the people to add; default: all
 */
export async function appendLookups(
  { checked, ...open }: OpenLake & { readonly checked: CheckedVersions },
  people: ReportPeople,
  pseudonyms?: string,
): Promise<void> {
  const tablePath = lookupTable(people.report);
  const outcome = await commit({
    ...open,
    tablePath,
    snapshot: people.lookups,
    operation: { name: "WRITE", parameters: { mode: "Append" } },
    attempt: async (snapshot) => {
      await people.update(snapshot);
      const add = await newPairs(open, people, pseudonyms);
      if (add === undefined && snapshot !== undefined) return undefined;
      const creation = snapshot ? [] : lookupTableActions(people.report);
      const marks = consistencyMark(snapshot, checked);
      return { actions: [...creation, ...(add ? [{ add }] : []), ...marks], readsTable: true };
    },
  });
  people.lookups = outcome.snapshot;
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
  open: OpenLake,
  { report, inRun, inLookups }: ReportPeople,
  pseudonyms: string | undefined,
): Promise<AddFile | undefined> {
  const someone = idNames.map((name) => `person.${name} IS NOT NULL`).join(" OR ");
  const same = pseudonymNames
    .map((name) => `person.${name} IS NOT DISTINCT FROM added.${name}`)
    .join(" AND ");
  const isRequested =
    pseudonyms === undefined ? "true" : `EXISTS (SELECT 1 FROM ${pseudonyms} AS added WHERE ${same})`;
  return open.duck.session(
    (session) =>
      writeDataFile({
        ...open,
        session,
        tablePath: lookupTable(report),
        columns: lookupColumns,
        query: `SELECT * FROM ${inRun} person WHERE (${someone}) AND ${isRequested}
          AND NOT EXISTS (SELECT 1 FROM ${inLookups} known WHERE ${samePersonSql("person", "known")})`,
      }),
    open.signal,
  );
}
