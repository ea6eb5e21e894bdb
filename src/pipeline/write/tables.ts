import { allSettledOrThrow } from "../../basics/allSettledOrThrow";
import { CleverLakeError, isCleverLakeError } from "../../basics/errors";
import { lookupTable, pseudoTable } from "../../clever/layout";
import {
  lookupColumns,
  partitionColumns,
  pseudoColumns,
  pseudonymNames,
  type Report,
  type ReportName,
  reportNames,
  reports,
} from "../../clever/reports";
import type { Action } from "../../delta/log/actions";
import type { OpenLake } from "../../delta/openLake";
import { requireColumns, requireSameShape } from "../../delta/schema";
import { isNewest, readSnapshot, type Snapshot } from "../../delta/snapshot";
import { tableActions } from "../../delta/tableActions";
import type { SourceEntries } from "../log/logTable";
import { type LakeState, lakeState } from "../plan/plan";
import { contentsOf, mergedTags } from "./fileContents";

/** The application id under which a table's Delta log records its delivery of a source. */
export function sourceAppId(source: string): string {
  return `${appIdPrefix}${source}`;
}
const appIdPrefix = "clever-lake:";

/** For each source, the version of the delivery whose rows are in a table. */
export function appliedVersions(snapshot: Snapshot | undefined): Map<string, number> {
  const applied = new Map<string, number>();
  for (const { appId, version } of snapshot?.transactions.values() ?? []) {
    if (appId.startsWith(appIdPrefix)) applied.set(appId.slice(appIdPrefix.length), version);
  }
  return applied;
}

/** Data files that a partition may have before its small ones are merged: every reader opens each of them. */
export const filesPerPartition = 4;

/**
 * How a `_pseudo` table's data files are written. They record statistics that locate a source's rows without reading
 * them. A person's rows are consecutive, because the pseudonyms account for nearly all of a file's size: a merged month
 * of a large district is a tenth of its size otherwise.
 */
export const pseudoFiles = {
  tagsOf: mergedTags,
  exactStatistics: ["source_file"],
  sortedBy: pseudonymNames.toReversed(),
} as const;

/** The actions that create a report's `_pseudo` table. */
export function pseudoTableActions(report: Report): Action[] {
  return tableActions({
    columns: pseudoColumns(report),
    partitionColumns,
    name: `${report.name}_pseudo`,
    description: `${report.title} of Clever, pseudonymized.`,
  });
}

/**
 * Rejects with `unsupportedTable` if another program gave the table other columns or partitions than our data files
 * have.
 */
export function requireOurShape(report: Report, table: Snapshot | undefined): void {
  if (table === undefined) return;
  const expected = { columns: pseudoColumns(report), partitionColumns };
  requireSameShape(table.metadata, expected, table.tablePath);
}

/** Rejects with `unsupportedTable` if another program removed columns of a lookup table, or changed their types. */
export function requireLookupColumns(table: Snapshot | undefined): void {
  if (table) requireColumns(table.metadata, lookupColumns, table.tablePath);
}

/** The newest states of the existing `_pseudo` tables. */
export type PseudoTables = ReadonlyMap<ReportName, Snapshot>;

/** The newest states of the tables of reports. */
export interface LakeTables {
  readonly pseudo: PseudoTables;
  readonly lookups: PseudoTables;
  /**
   * By path, the tables that use features that this program cannot read, and the lookup tables that are gone or have other
   * columns.
   */
  readonly refused: ReadonlyMap<string, CleverLakeError>;
}

/** `readTables` without the lookup tables. */
export async function readPseudoTables(open: OpenLake): Promise<Pick<LakeTables, "pseudo" | "refused">> {
  const refused = new Map<string, CleverLakeError>();
  return { pseudo: await readAll(open, pseudoTable, refused), refused };
}

/** @param known earlier states: one that is still the newest is not read again */
export async function readTables(open: OpenLake, known?: LakeTables): Promise<LakeTables> {
  const refused = new Map<string, CleverLakeError>();
  const [pseudo, lookups] = await allSettledOrThrow([
    readAll(open, pseudoTable, refused, known?.pseudo),
    readAll(open, lookupTable, refused, known?.lookups, requireLookupColumns),
  ]);
  for (const report of allReports()) {
    const isAbsent = !lookups.has(report.name) && !refused.has(lookupTable(report));
    const mayHaveRows = refused.has(pseudoTable(report)) || appliedVersions(pseudo.get(report.name)).size > 0;
    if (isAbsent && mayHaveRows) refused.set(lookupTable(report), lookupsIncomplete(report));
  }
  return { pseudo, lookups, refused };
}

/** @param refused gets the errors of the tables that cannot be used, by path */
async function readAll(
  open: OpenLake,
  pathOf: (report: Report) => string,
  refused: Map<string, CleverLakeError>,
  known?: PseudoTables,
  check?: (table: Snapshot | undefined) => void,
): Promise<PseudoTables> {
  const reading = allReports().map(async (report) => {
    const [path, before] = [pathOf(report), known?.get(report.name)];
    try {
      const snapshot = before && (await isNewest(open, before)) ? before : await readSnapshot(open, path);
      check?.(snapshot);
      return snapshot ? [[report.name, snapshot] as const] : [];
    } catch (error) {
      if (!isCleverLakeError(error, "unsupportedTable")) throw error;
      refused.set(path, error);
      return [];
    }
  });
  return new Map((await allSettledOrThrow(reading)).flat());
}

/**
 * The error about a lookup table that is gone, or lacks people. Each delivery's people are committed before its rows, so
 * another program removed them.
 */
export function lookupsIncomplete(report: Report): CleverLakeError {
  return new CleverLakeError(
    "corrupt",
    "The lookup table is gone or lacks people: without it, people of earlier files are unknown, and their ids could stay in texts.",
    {
      subject: lookupTable(report),
      hint: "Restore it from a backup of the lake, or run `clever-lake repair`, which rebuilds it from the landed files.",
    },
  );
}

/**
 * Why nothing can be pseudonymized, if a lookup table cannot be read or is gone: texts are masked against the ids of
 * all known people.
 */
export function blockingLookup({ refused }: LakeTables): CleverLakeError | undefined {
  return allReports().flatMap((report) => refused.get(lookupTable(report)) ?? [])[0];
}

/**
 * What the lake holds, from its tables and its log. For a table that cannot be read, the log is trusted, so that
 * nothing is read again.
 */
export function stateOf(
  { pseudo, refused }: Pick<LakeTables, "pseudo" | "refused">,
  entries: SourceEntries,
): LakeState {
  const applied = appliedIn(pseudo);
  for (const { report, source, version } of entries.anonymized.values()) {
    if (refused.has(pseudoTable(reports[report]))) applied.set(source, version);
  }
  return lakeState(entries, applied);
}

export function appliedIn(tables: PseudoTables): Map<string, number> {
  const applied = new Map<string, number>();
  for (const snapshot of tables.values())
    for (const [source, version] of appliedVersions(snapshot)) applied.set(source, version);
  return applied;
}

/** Sources that have rows in the tables, even if a log lost the record of their delivery. */
export function sourcesIn(tables: PseudoTables): Set<string> {
  const sources = new Set(appliedIn(tables).keys());
  for (const { files } of tables.values()) {
    for (const file of files.values())
      for (const source of contentsOf(file).sources?.keys() ?? []) sources.add(source);
  }
  return sources;
}

export function allReports(): Report[] {
  return reportNames.map((name) => reports[name]);
}
