import { pseudoTable } from "../../clever/layout";
import { type Report, type ReportName, reportNames, reports } from "../../clever/reports";
import { isNewest, readSnapshot, type Snapshot } from "../../delta/snapshot";
import type { Duck } from "../../duck/duck";
import type { Lake } from "../../lake/lake";
import { together } from "../../together";
import { contentsOf, mergedTags } from "./fileContents";

/** The application under which a table's Delta log says which delivery of a source it holds. */
export function sourceAppId(source: string): string {
  return `${appIdPrefix}${source}`;
}
const appIdPrefix = "clever-lake:";

/** Per source the version of the delivery whose rows are in a table. */
export function appliedVersions(snapshot: Snapshot | undefined): Map<string, number> {
  const applied = new Map<string, number>();
  for (const { appId, version } of snapshot?.transactions.values() ?? []) {
    if (appId.startsWith(appIdPrefix)) applied.set(appId.slice(appIdPrefix.length), version);
  }
  return applied;
}

/** Data files that a partition may have before its small ones are merged: every reader pays for each. */
export const filesPerPartition = 8;

/** What a `_pseudo` table's data files tell beside their rows, so that those of a source are found without reading. */
export const pseudoFiles = { tagsOf: mergedTags, exactStatistics: ["source_file"] } as const;

/** The newest states of the `_pseudo` tables that there are. */
export type PseudoTables = ReadonlyMap<ReportName, Snapshot>;

/** @param known states at hand: one that is still the newest is not read again */
export async function readPseudoTables(
  lake: Lake,
  duck: Duck,
  signal?: AbortSignal,
  known?: PseudoTables,
): Promise<PseudoTables> {
  const options = signal ? { signal } : {};
  const read = async (report: Report) => {
    const before = known?.get(report.name);
    const isKnown = before !== undefined && (await isNewest(lake, before, options));
    return isKnown ? before : readSnapshot(lake, pseudoTable(report), duck, options);
  };
  const reading = allReports().map(async (report) => ({ name: report.name, snapshot: await read(report) }));
  const tables = await together(reading);
  return new Map(tables.flatMap(({ name, snapshot }) => (snapshot ? [[name, snapshot]] : [])));
}

export function appliedIn(tables: PseudoTables): Map<string, number> {
  return new Map([...tables.values()].flatMap((snapshot) => [...appliedVersions(snapshot)]));
}

/** Sources that have rows in the tables, also where a log was made to forget which delivery they are of. */
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
