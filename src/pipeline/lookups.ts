import { lookupTable } from "../clever/layout";
import { hashedColumns, lookupColumns } from "../clever/reports";
import type { AddFile } from "../delta/actions";
import { commit } from "../delta/commit";
import { compactSmallFiles } from "../delta/compact";
import { writeDataFile } from "../delta/dataFile";
import { withLocalFiles, withScratch } from "../delta/localFiles";
import { lakePathOf, readQuery } from "../delta/readQuery";
import type { Snapshot } from "../delta/snapshot";
import { tableActions } from "../delta/tableActions";
import { type Duck, sqlName } from "../duck/duck";
import type { Lake } from "../lake/lake";
import type { Persons } from "./persons";

/**
 * Adds the people that a report's lookup table does not hold yet; each pair stands there once. Another writer's
 * rows make the comparison anew. Committed before the rows that carry the pseudonyms, so that no pseudonym is ever
 * without its lookup.
 *
 * @param known the lookup table as it was known last
 * @returns the lookup table as it is then
 */
export async function appendLookups(
  lake: Lake,
  duck: Duck,
  persons: Persons,
  known: Snapshot | undefined,
  signal?: AbortSignal,
): Promise<Snapshot | undefined> {
  const { report } = persons;
  const tablePath = lookupTable(report);
  const options = signal ? { signal } : {};
  const outcome = await commit({
    ...options,
    lake,
    duck,
    tablePath,
    snapshot: known,
    operation: { name: "WRITE", parameters: { mode: "Append" } },
    attempt: async (snapshot) => {
      const add = await newPairs(lake, duck, persons, snapshot, signal);
      if (add === undefined && snapshot !== undefined) return undefined;
      const creation = snapshot
        ? []
        : tableActions({
            columns: lookupColumns(report),
            name: `${report.name}_lookup`,
            description: "Who is behind a pseudonym. Holds identities.",
          });
      return { actions: [...creation, ...(add ? [{ add }] : [])], reads: "table" };
    },
  });
  const { snapshot } = outcome;
  return (await compactSmallFiles({ ...options, lake, duck, tablePath, snapshot })) ?? snapshot;
}

async function newPairs(
  lake: Lake,
  duck: Duck,
  persons: Persons,
  snapshot: Snapshot | undefined,
  signal: AbortSignal | undefined,
): Promise<AddFile | undefined> {
  const { report } = persons;
  const options = signal ? { signal } : {};
  const files = snapshot ? [...snapshot.files.values()] : [];
  const paths = snapshot ? files.map((file) => lakePathOf(snapshot, file)) : [];
  const someone = hashedColumns(report)
    .map(({ name }) => `person.${sqlName(name)} IS NOT NULL`)
    .join(" OR ");
  return withLocalFiles(lake, paths, options, (local) =>
    withScratch(lake, (scratch) =>
      duck.session((session) => {
        const places = new Map(paths.map((path, index) => [path, local[index] ?? path]));
        const known =
          snapshot && files.length > 0
            ? `AND NOT EXISTS (SELECT 1 FROM (${readQuery(snapshot, files, (path) => places.get(path) ?? path)}) known
               WHERE ${persons.same("person", "known")})`
            : "";
        return writeDataFile({
          ...options,
          session,
          lake,
          tablePath: lookupTable(report),
          columns: lookupColumns(report),
          query: `SELECT * FROM ${persons.table} person WHERE (${someone}) ${known}`,
          scratch,
        });
      }),
    ),
  );
}
