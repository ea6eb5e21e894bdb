import { CleverLakeError, isDamage, isForbidden } from "../../basics/errors";
import { lookupTable, oeaTable, pseudoTable } from "../../clever/layout";
import { pseudonymNames, type Report } from "../../clever/reports";
import { tableGone } from "../../clever/tableGone";
import type { OpenLake } from "../../delta/openLake";
import { readCheckedSnapshot, readSnapshot, type Snapshot } from "../../delta/snapshot";
import { Duck } from "../../duck/duck";
import type { Lake } from "../../lake/lake";
import { IngestLog } from "../log/logTable";
import { interruptedRuns, RunHistory, type RunRecord } from "../log/runRecord";
import {
  allReports,
  appliedVersions,
  type LakeTables,
  type PseudoTables,
  readPseudoTables,
  requireOurShape,
} from "../write/tables";

/** A table that OEA's own notebooks wrote. */
export interface OeaTable {
  readonly report: Report;
  readonly kind: "pseudo" | "lookup";
  /** Its current path, and its path once the lake is adopted; the same if it was already moved. */
  readonly path: string;
  readonly movedPath: string;
  readonly snapshot: Snapshot;
}

/** Whether OEA's own notebook wrote a `_pseudo` table: it has OEA's columns, none of ours, and no delivery of ours. */
function wasWrittenByOea(snapshot: Snapshot | undefined): snapshot is Snapshot {
  if (snapshot === undefined) return false;
  const names = new Set(snapshot.metadata.columns.map(({ name }) => name));
  const hasPseudonyms = pseudonymNames.every((name) => names.has(name));
  return hasPseudonyms && !names.has("source_file") && appliedVersions(snapshot).size === 0;
}

/** Rejects with `notAdopted` if a table of the lake is OEA's: it contains its rows once per run of OEA's. */
export function requireAdopted(tables: PseudoTables | undefined): void {
  for (const report of allReports()) {
    const table = tables?.get(report.name);
    if (!wasWrittenByOea(table)) continue;
    throw new CleverLakeError("notAdopted", "OEA's own notebooks wrote this table; nothing was changed.", {
      subject: table.tablePath,
      hint: "Run `clever-lake adopt --dry-run` to see what is there, then adopt the lake with `clever-lake adopt`.",
    });
  }
}

/**
 * The `_pseudo` tables, for data that is derived from all of their rows. Rejects with `unsupportedTable` if one of them
 * cannot be read or has other columns, with `corrupt` if one is gone, because it would be taken for one without rows, and
 * with `notAdopted` as `requireAdopted` does. A table is gone if it has a lookup table, which is written before the rows,
 * or if files were pseudonymized into it, by the ingest log.
 */
export async function requireComplete(
  open: OpenLake,
  { pseudo, lookups, refused }: LakeTables,
): Promise<PseudoTables> {
  requireAdopted(pseudo);
  for (const report of allReports()) {
    const error = refused.get(pseudoTable(report));
    if (error) throw error;
    const snapshot = pseudo.get(report.name);
    requireOurShape(report, snapshot);
    if (snapshot) continue;
    if (lookups.has(report.name) || (await hadRows(open, report))) throw tableGone(report);
  }
  return pseudo;
}

/** Whether the ingest log says that a report's table had rows; false if it is damaged or may not be read. */
async function hadRows({ lake, duck, signal }: OpenLake, { name }: Report): Promise<boolean> {
  try {
    const { anonymized } = await new IngestLog(lake, duck).sources(signal);
    return [...anonymized.values()].some(({ report }) => report === name);
  } catch (error) {
    if (!isDamage(error) && !isForbidden(error)) throw error;
    return false;
  }
}

/** Whether a lake must be adopted before anything is run on it. */
export async function needsAdoption(lake: Lake, signal?: AbortSignal): Promise<boolean> {
  await using duck = await Duck.open();
  const { pseudo: tables } = await readPseudoTables({ lake, duck, signal });
  const records = await interruptedRuns(new RunHistory(lake, signal));
  return reportsToAdopt(tables, records).length > 0;
}

/** Whether one of these records is of an interrupted adoption. */
function wasAdoptionInterrupted(records: readonly RunRecord[]): boolean {
  return records.some(({ command, outcome }) => command === "adopt" && outcome !== "incomplete");
}

/**
 * Rejects with `notAdopted` if an adoption was interrupted: files that OEA landed may not be in the tables yet.
 * @param records those of interrupted runs
 */
export function requireFinishedAdoption(records: readonly RunRecord[]): void {
  if (!wasAdoptionInterrupted(records)) return;
  throw new CleverLakeError(
    "notAdopted",
    "The adoption of OEA's lake was interrupted; nothing was changed.",
    {
      hint: "Continue with `clever-lake adopt`.",
    },
  );
}

/**
 * The reports without a table of ours, whose landed files are to be adopted before anything is run on the lake; none if
 * there is nothing to adopt.
 * @param records those of interrupted runs: an adoption among them may already have moved OEA's tables
 */
export function reportsToAdopt(tables: PseudoTables, records: readonly RunRecord[]): Report[] {
  const all = allReports();
  if (wasAdoptionInterrupted(records)) return all;
  const ofOea = all.filter((report) => wasWrittenByOea(tables.get(report.name)));
  return ofOea.length > 0 ? all.filter((report) => ofOea.includes(report) || !tables.has(report.name)) : [];
}

/**
 * OEA's tables in the lake, including moved ones, lookups first. They are moved in this order, so that the `_pseudo`
 * tables show that a lake is not adopted until the last one was moved.
 */
export async function oeaTables(open: OpenLake): Promise<OeaTable[]> {
  const read = (path: string) => readSnapshot(open, path);
  const lookups: OeaTable[] = [];
  const pseudo: OeaTable[] = [];
  for (const report of allReports()) {
    const table = await read(pseudoTable(report));
    const lookup = await read(lookupTable(report));
    // Ours have the same columns, so their name distinguishes them.
    const isOurs = lookup?.metadata.name === `${report.name}_lookup` || (table && !wasWrittenByOea(table));
    for (const [found, kind, path, own] of [
      [lookups, "lookup", lookupTable(report), isOurs ? undefined : lookup],
      [pseudo, "pseudo", pseudoTable(report), wasWrittenByOea(table) ? table : undefined],
    ] as const) {
      const movedPath = oeaTable(path);
      const moved = await read(movedPath);
      if (moved) found.push({ report, kind, path: movedPath, movedPath, snapshot: moved });
      if (own) found.push({ report, kind, path, movedPath, snapshot: own });
    }
  }
  return [...lookups, ...pseudo];
}

/**
 * Rejects with `conflict` if a table cannot be moved, because another one is at its new path or OEA's job is writing to
 * it.
 */
export async function requireMovable(open: OpenLake, { path, movedPath, snapshot }: OeaTable): Promise<void> {
  if ((await open.lake.stat(movedPath, open)) !== undefined) {
    throw new CleverLakeError("conflict", `${path} cannot be moved: another table is at its new place.`, {
      subject: movedPath,
      hint: "OEA's job has written to the lake again since its tables were moved. Turn it off, and rename or remove the older table yourself.",
    });
  }
  const now = await readCheckedSnapshot(open, path);
  if (now?.version === snapshot.version) return;
  throw new CleverLakeError("conflict", "OEA's job is writing to this table.", {
    subject: path,
    hint: "Turn off OEA's job, then adopt the lake.",
  });
}
