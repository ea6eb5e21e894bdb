import { pseudoTable } from "../../clever/layout";
import { type Report, userTypes } from "../../clever/reports";
import { numRecords } from "../../delta/files/statistics";
import type { Action } from "../../delta/log/actions";
import type { Snapshot } from "../../delta/snapshot";
import { withDataFiles } from "../../delta/withTable";
import { appendLookups } from "../commit/lookups";
import { landedReader } from "../landedReader";
import type { LogEntry } from "../log/ingestLog";
import { affectedEntry } from "../log/logEntries";
import { allDays } from "../write/cells";
import { contentsOf } from "../write/fileContents";
import { MonthRows, type WrittenMonth } from "../write/monthRows";
import { countRowsBySource } from "../write/sourceRows";
import { importMonths } from "../write/tableChange";
import { pseudoTableActions, sourceAppId } from "../write/tables";
import { monthName, monthOf } from "./foreignCommits";
import { monthsBetween } from "./inspectTables";
import {
  commitRebuilt,
  type LandedRows,
  landedFilesMissing,
  pathOfRebuilt,
  type RepairContext,
  readLanded,
  requireLogged,
  type TableToRebuild,
  unloggedSources,
} from "./rebuild";
import type { RepairedTable } from "./repair";

/** A month of a table and its rows before and after; null if the log does not have them. */
export interface RebuiltMonth {
  /** `yyyy-MM`; null for rows of a partition without a month, which another program wrote. */
  readonly month: string | null;
  readonly rowsBefore: number | null;
  readonly rowsAfter: number | null;
}

interface RebuiltRows extends Pick<RepairedTable, "months" | "kept"> {
  /** New entries of the ingest log. */
  readonly entries: readonly LogEntry[];
}

interface RowsToRebuild extends TableToRebuild {
  readonly lookups: Snapshot | undefined;
  /** `yyyy-MM`; undefined for all. */
  readonly months: ReadonlySet<string> | undefined;
}

/**
 * Rebuilds months of a report's table by the rule of the tables: their rows are those of the current deliveries, read
 * from the landed files. In one commit, lookups first. Rejects with `conflict` if another program changes the table in
 * the meantime.
 */
export async function rebuildRows(context: RepairContext, rebuilt: RowsToRebuild): Promise<RebuiltRows> {
  const { dryRun, requireHeld, runId } = context;
  const { report, snapshot, lookups, applied, current } = rebuilt;
  if (snapshot === undefined) requireLogged(pseudoTable(report), applied, current);
  const reached = current.filter((entry) => mayReachOneOf(entry, rebuilt.months));
  const reader = await landedReader(context, report, context.salt, lookups);
  const landed = await readLanded(context, reader, reached);
  if (snapshot === undefined && landed.unread.length > 0) {
    throw landedFilesMissing(
      pseudoTable(report),
      landed.unread.map(({ path }) => path),
      "rows",
    );
  }
  const names = new Set(rebuilt.months ?? landed.staged.map(({ year, month }) => monthName(year, month)));
  const written = await writeMonths(context, rebuilt, landed, [...names].sort());
  const months = [...written].map(([month, each]) => rebuiltMonth(snapshot, month, each));
  const kept = [...landed.unread.map(({ path }) => path), ...unloggedSources(applied, current)];
  if (dryRun) return { months, kept, entries: [] };
  await requireHeld();
  // Not checked: the repair of rows says nothing about other programs' changes to the lookups.
  await appendLookups({ ...context, checked: new Map() }, reader.people);
  const tablePath = pathOfRebuilt(pseudoTable(report), snapshot);
  const actions = [
    ...(snapshot ? [] : creation(report, current)),
    ...(await importMonths(context, tablePath, written.values())),
  ];
  const repair = [...names].join(", ");
  const table = await commitRebuilt(context, pseudoTable(report), snapshot, actions, { repair });
  const rows = await countRowsBySource(context, table);
  const entries = reached.flatMap(
    (entry) => affectedEntry(entry, rows.get(entry.source) ?? 0, undefined, [], new Set(), runId) ?? [],
  );
  return { months, kept, entries };
}

function mayReachOneOf(
  { firstDay, lastDay, rowsRead }: LogEntry,
  months: ReadonlySet<string> | undefined,
): boolean {
  if (rowsRead === 0) return false;
  if (months === undefined || firstDay === undefined || lastDay === undefined) return true;
  return monthsBetween(firstDay, lastDay).some((month) => months.has(month));
}

/** Computes months and writes their data files to the local disk. */
async function writeMonths(
  context: RepairContext,
  { report, snapshot, damaged, applied, current }: RowsToRebuild,
  { read, unread, staged }: LandedRows,
  names: readonly string[],
): Promise<Map<string | null, WrittenMonth>> {
  const { duck, scratch, signal } = context;
  const unlogged = unloggedSources(applied, current);
  const keptSources = new Set([...unread.map(({ source }) => source), ...unlogged]);
  const times = new Map([
    ...[...unlogged].map((source) => [source, new Date(0)] as const),
    ...[...read, ...unread].map(({ source, modified }) => [source, modified] as const),
  ]);
  const replaced = [...(snapshot?.files.values() ?? [])].filter((file) =>
    names.includes(monthOf(file) ?? ""),
  );
  const unreadable = replaced.filter(({ path }) => damaged.has(path));
  const files = replaced.filter(({ path }) => !damaged.has(path));
  const lost = [...keptSources].filter((source) =>
    unreadable.some((file) => contentsOf(file).sources?.has(source) ?? true),
  );
  if (lost.length > 0) throw landedFilesMissing(pseudoTable(report), lost, "rows");
  const stray = [...(snapshot?.files.values() ?? [])].filter((file) => monthOf(file) === undefined);
  return withDataFiles(context, [{ snapshot, files }], (localPathOf) =>
    duck.session(async (session) => {
      const written = new Map<string | null, WrittenMonth>();
      for (const [number, name] of names.entries()) {
        const [year = 0, month = 0] = name.split("-").map(Number);
        const sources = {
          report,
          snapshot,
          month: {
            year,
            month,
            cells: new Map(userTypes.map((type) => [type, allDays])),
            staged: staged.filter((each) => each.year === year && each.month === month),
            files: files.filter((file) => monthOf(file) === name),
            twinFiles: [],
          },
          changed: new Set<string>(),
          onlyKept: keptSources,
          incomplete: new Set<string>(),
          restored: [],
          excluded: keptSources,
          timeOf: (source: string) => times.get(source),
          localPathOf,
        };
        const rows = new MonthRows(session, sources, number);
        await rows.analyze();
        const { removed, added } = await rows.write(scratch);
        const gone = unreadable.filter((file) => monthOf(file) === name);
        written.set(name, { removed: [...removed, ...gone], added });
      }
      // No delivery has such rows.
      if (stray.length > 0) written.set(null, { removed: stray, added: [] });
      return written;
    }, signal),
  );
}

function rebuiltMonth(
  snapshot: Snapshot | undefined,
  month: string | null,
  { removed, added }: WrittenMonth,
): RebuiltMonth {
  const files = [...(snapshot?.files.values() ?? [])].filter((file) => (monthOf(file) ?? null) === month);
  const [before, gone] = [numRecords(files), numRecords(removed)];
  const addedRows = added.reduce((sum, { file }) => sum + file.statistics.numRecords, 0);
  const isKnown = before !== undefined && gone !== undefined;
  return {
    month,
    rowsBefore: snapshot ? (before ?? null) : null,
    rowsAfter: isKnown ? before - gone + addedRows : null,
  };
}

/** The actions that create a table, with its log's record of the deliveries that it holds. */
function creation(report: Report, current: readonly LogEntry[]): Action[] {
  return [
    ...pseudoTableActions(report),
    ...current.map(({ source, version }) => ({
      txn: { appId: sourceAppId(source), version, lastUpdated: Date.now() },
    })),
  ];
}
