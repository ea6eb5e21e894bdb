import { pseudoTable, tableBeside } from "../../clever/layout";
import { type Report, userTypes } from "../../clever/reports";
import type { Action, AddFile } from "../../delta/actions";
import { commit } from "../../delta/commit";
import { importDataFile } from "../../delta/dataFile";
import { withLocalFiles } from "../../delta/localFiles";
import { lakePathOf } from "../../delta/readQuery";
import type { Snapshot } from "../../delta/snapshot";
import { numRecords } from "../../delta/statistics";
import { removeFile } from "../../delta/tableActions";
import { CleverLakeError } from "../../errors";
import { appendLookups } from "../commit/lookups";
import type { LogEntry } from "../log/ingestLog";
import { affectedEntry } from "../log/logEntries";
import { allDays } from "../write/cells";
import { MonthRows, type WrittenMonth } from "../write/monthRows";
import { rowsInTable } from "../write/sourceRows";
import { pseudoTableActions, sourceAppId } from "../write/tables";
import { monthName, VerifiedVersions } from "./foreignCommits";
import { monthsBetween } from "./inspectTables";
import { LandedReader, type LandedRows, type RepairContext } from "./landedReader";

/** A month of a table, and its rows before and after; null if the log does not have them. */
export interface RebuiltMonth {
  readonly month: string;
  readonly rowsBefore: number | null;
  readonly rowsAfter: number | null;
}

export interface RebuiltRows {
  readonly months: readonly RebuiltMonth[];
  /** Server paths of files whose landed files are gone; their rows in the table stay. */
  readonly kept: readonly string[];
  /** New entries of the ingest log. */
  readonly entries: readonly LogEntry[];
}

export interface RowsToRebuild {
  readonly report: Report;
  /** The table in which months are to be rebuilt; undefined for a new one next to it. */
  readonly snapshot: Snapshot | undefined;
  readonly lookups: Snapshot | undefined;
  /** `yyyy-MM`; undefined for all. */
  readonly months: ReadonlySet<string> | undefined;
  /** The report's current deliveries. */
  readonly current: readonly LogEntry[];
}

/**
 * Rebuilds months of a report's table by the rule of the tables: their rows are those of the current deliveries, read
 * from the landed files. In one commit, lookups first. Rejects with `conflict` if another program changes the table
 * meanwhile.
 */
export async function rebuildRows(context: RepairContext, rebuilt: RowsToRebuild): Promise<RebuiltRows> {
  const { report, snapshot, lookups, current } = rebuilt;
  const reached = current.filter((entry) => mayReachOneOf(entry, rebuilt.months));
  const reader = await LandedReader.open(context, report, lookups);
  const landed = await reader.read(reached, "rows");
  if (snapshot === undefined && landed.unread.length > 0) throw landedCopiesMissing(report, landed.unread);
  const names = new Set(rebuilt.months ?? landed.staged.map(({ year, month }) => monthName(year, month)));
  const { months, actions, table } = await new Rebuild(context, rebuilt, landed, names).commit(reader);
  const kept = landed.unread.map(({ path }) => path);
  if (context.dryRun) return { months, kept, entries: [] };
  const { lake, duck, runId, signal } = context;
  const rows = await rowsInTable(
    lake,
    duck,
    table,
    reached.map(({ source }) => source),
    signal,
  );
  const entries = reached.flatMap(
    (entry) => affectedEntry(entry, rows.get(entry.source) ?? 0, undefined, [], new Set(), runId) ?? [],
  );
  return { months, kept, entries: actions === 0 ? [] : entries };
}

/** The error that refuses to replace a table by one that lacks rows. */
function landedCopiesMissing(report: Report, unread: readonly LogEntry[]): CleverLakeError {
  const [first] = unread;
  const others = unread.length > 1 ? ` and of ${unread.length - 1} more` : "";
  return new CleverLakeError(
    "notFound",
    `The landed copy of ${first?.path ?? "a file"}${others} is gone, or is not read as it was: a table built without it would lack rows. The table stays as it is.`,
    {
      subject: pseudoTable(report),
      hint: "Put the landed files back from a copy of the lake, or drop the feature from the table with the program that set it.",
    },
  );
}

function mayReachOneOf(
  { firstDay, lastDay, rowsRead }: LogEntry,
  months: ReadonlySet<string> | undefined,
): boolean {
  if (rowsRead === 0) return false;
  if (months === undefined || firstDay === undefined || lastDay === undefined) return true;
  return monthsBetween(firstDay, lastDay).some((month) => months.has(month));
}

class Rebuild {
  private readonly tablePath: string;

  constructor(
    private readonly context: RepairContext,
    private readonly rebuilt: RowsToRebuild,
    private readonly landed: LandedRows,
    private readonly names: ReadonlySet<string>,
  ) {
    const table = pseudoTable(rebuilt.report);
    this.tablePath = rebuilt.snapshot ? table : tableBeside(table);
  }

  async commit(
    reader: LandedReader,
  ): Promise<{ months: RebuiltMonth[]; actions: number; table: Snapshot | undefined }> {
    const { lake, duck, dryRun, requireHeld, signal } = this.context;
    const { report, snapshot, lookups, current } = this.rebuilt;
    const written = await this.write();
    const months = [...written].map(([month, each]) => this.rebuiltMonth(month, each));
    if (dryRun) return { months, actions: 0, table: snapshot };
    await requireHeld();
    // Says nothing about other programs' changes to the lookups.
    const lookupContext = { lake, duck, signal, verifiedVersions: new VerifiedVersions([]) };
    await appendLookups(lookupContext, reader.persons, reader.identities.known, lookups);
    const actions: Action[] = [];
    for (const { removed, added } of written.values()) {
      actions.push(...removed.map((file) => removeFile(file, { dataChange: true })));
      for (const { file, tags } of added) {
        const options = { tags, signal };
        actions.push({ add: await importDataFile(lake, this.tablePath, file, options) });
      }
    }
    const version = snapshot?.version ?? -1;
    actions.push(...new VerifiedVersions([[this.tablePath, version]]).actions(this.tablePath, snapshot));
    if (snapshot === undefined) actions.unshift(...creation(report, current));
    await requireHeld();
    const outcome = await commit({
      lake,
      duck,
      snapshot,
      tablePath: this.tablePath,
      operation: { name: "WRITE", parameters: { mode: "Overwrite", repair: [...this.names].join(", ") } },
      attempt: (now, number) => {
        if (number > 1 || now?.version !== snapshot?.version) throw changedMeanwhile(report);
        return Promise.resolve({ actions, reads: "table" });
      },
      signal,
    });
    return { months, actions: actions.length, table: outcome.snapshot };
  }

  /** Computes the months and writes their data files to the local disk. */
  private async write(): Promise<Map<string, WrittenMonth>> {
    const { lake, duck, scratch, signal } = this.context;
    const { report, snapshot } = this.rebuilt;
    const { read, unread, staged } = this.landed;
    const stay = new Set(unread.map(({ source }) => source));
    const times = new Map([...read, ...unread].map(({ source, modified }) => [source, modified]));
    const files = [...(snapshot?.files.values() ?? [])].filter((file) => this.names.has(monthOf(file)));
    const paths = snapshot ? files.map((file) => lakePathOf(snapshot, file)) : [];
    return withLocalFiles(lake, paths, { signal }, (local) => {
      const places = new Map(paths.map((path, index) => [path, local[index] ?? path]));
      return duck.session(async (session) => {
        const written = new Map<string, WrittenMonth>();
        for (const [number, name] of [...this.names].sort().entries()) {
          const [year = 0, month = 0] = name.split("-").map(Number);
          const rows = new MonthRows(
            session,
            {
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
              changed: new Set(),
              onlyStay: stay,
              incomplete: new Set(),
              restored: [],
              heldBack: stay,
              timeOf: (source) => times.get(source),
              placeOf: (path) => places.get(path) ?? path,
            },
            number,
            signal,
          );
          await rows.analyze();
          written.set(name, await rows.write(scratch));
        }
        return written;
      });
    });
  }

  private rebuiltMonth(month: string, { removed, added }: WrittenMonth): RebuiltMonth {
    const { snapshot } = this.rebuilt;
    const files = [...(snapshot?.files.values() ?? [])].filter((file) => monthOf(file) === month);
    const [before, gone] = [numRecords(files), numRecords(removed)];
    const news = added.reduce((sum, { file }) => sum + file.statistics.numRecords, 0);
    const isKnown = before !== undefined && gone !== undefined;
    return {
      month,
      rowsBefore: snapshot ? (before ?? null) : null,
      rowsAfter: isKnown ? before - gone + news : null,
    };
  }
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

function monthOf({ partitionValues: { year, month } }: AddFile): string {
  return monthName(Number(year), Number(month));
}

function changedMeanwhile(report: Report): CleverLakeError {
  return new CleverLakeError(
    "conflict",
    "Another program changed the table meanwhile; it was not repaired.",
    {
      subject: pseudoTable(report),
      hint: "Repair it again.",
    },
  );
}
