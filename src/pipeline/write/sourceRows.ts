import type { AddFile } from "../../delta/log/actions";
import type { OpenLake } from "../../delta/openLake";
import type { Snapshot } from "../../delta/snapshot";
import { withSelects } from "../../delta/withTable";
import type { LogEntry } from "../log/ingestLog";
import { contentsOf } from "./fileContents";

/** How many rows a table has of each source, from its data files' tags. */
export interface SourceRows {
  readonly tagged: ReadonlyMap<string, number>;
  /** Files without tags, which may have more. */
  readonly untagged: readonly AddFile[];
}

/** Snapshots are immutable, and each is queried several times. */
const counted = new WeakMap<Snapshot, SourceRows>();

export function rowsBySource(snapshot: Snapshot | undefined): SourceRows {
  const cached = snapshot && counted.get(snapshot);
  if (cached) return cached;
  const tagged = new Map<string, number>();
  const untagged: AddFile[] = [];
  for (const file of snapshot?.files.values() ?? []) {
    const { sources } = contentsOf(file);
    if (sources === undefined) untagged.push(file);
    for (const [source, rows] of sources ?? []) tagged.set(source, (tagged.get(source) ?? 0) + rows);
  }
  const result = { tagged, untagged };
  if (snapshot) counted.set(snapshot, result);
  return result;
}

/** The rows of a source in a table; undefined if counting them requires reading. */
export function knownRowsOf(snapshot: Snapshot | undefined, source: string): number | undefined {
  const { tagged, untagged } = rowsBySource(snapshot);
  return untagged.length > 0 ? undefined : (tagged.get(source) ?? 0);
}

/**
 * Whether the table has all good rows of a source's current delivery, so that recomputing some of them does not require
 * reading it again.
 *
 * @param rows of the source in the table; undefined if unknown
 */
export function isComplete(entry: LogEntry, rows: number | undefined): boolean {
  const { rowsRead, rowsRefused = 0, rowsSuperseded } = entry;
  if (rowsRead === undefined || mayUndercountRows(entry)) return false;
  return (rows ?? rowsRead - rowsRefused - (rowsSuperseded ?? 0)) >= rowsRead - rowsRefused;
}

/** Whether an entry is from an earlier version, which counted rows that other files had among the refused ones. */
export function mayUndercountRows({ rowsRefused = 0, rowsSuperseded }: LogEntry): boolean {
  return rowsSuperseded === undefined && rowsRefused > 0;
}

/** Counts a table's rows by source, those without a source under ""; reads files without tags. */
export async function countRowsBySource(
  open: OpenLake,
  snapshot: Snapshot | undefined,
): Promise<ReadonlyMap<string, number>> {
  const { tagged, untagged } = rowsBySource(snapshot);
  if (snapshot === undefined || untagged.length === 0) return tagged;
  const rows = new Map(tagged);
  const found = await withSelects(open, [{ snapshot, files: untagged }], (session, [select = ""]) =>
    session.query(
      `SELECT coalesce(source_file, '') AS source, count(*)::DOUBLE AS rows FROM (${select}) GROUP BY 1`,
    ),
  );
  for (const { source, rows: count } of found) {
    rows.set(String(source), (rows.get(String(source)) ?? 0) + Number(count));
  }
  return rows;
}
