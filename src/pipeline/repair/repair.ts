import { allSettledOrThrow } from "../../basics/allSettledOrThrow";
import { counted } from "../../basics/counted";
import { ifReadable } from "../../basics/errors";
import {
  digitalActivityTable,
  groupsTable,
  ingestLogTable,
  lookupTable,
  pseudoTable,
  rosterTable,
} from "../../clever/layout";
import type { Report } from "../../clever/reports";
import { tableGone } from "../../clever/tableGone";
import { requireWritable } from "../../delta/log/protocol";
import type { OpenLake } from "../../delta/openLake";
import { readSnapshot, type Snapshot } from "../../delta/snapshot";
import { withSelects } from "../../delta/withTable";
import { requireLake } from "../../lake/requireLake";
import { updateDigitalActivity } from "../activity/digitalActivity";
import { requireAdopted, requireComplete, requireFinishedAdoption } from "../adopt/oeaTables";
import { RunLock } from "../lock/runLock";
import type { LogEntry } from "../log/ingestLog";
import { IngestLog, type SourceEntries } from "../log/logTable";
import { type Finding, interruptedRuns, newRunId, RunHistory } from "../log/runRecord";
import type { LakeState } from "../plan/plan";
import type { LakeWork } from "../progress";
import { moveOutOfTableFolders } from "../salt/earlierLayout";
import { checkedSaltFor, claimCheckedSalt } from "../salt/salt";
import { problemOf } from "../upkeep/upkeepTables";
import { compareWithLanded } from "../verify/verifyDeliveries";
import { unloggedLandings } from "../verify/verifyStorage";
import { withWorkspace } from "../workspace";
import { allReports, appliedVersions, type LakeTables, readTables, stateOf } from "../write/tables";
import { type Damage, damagedPaths, damageOf, withDamage } from "./damage";
import { type CompareValues, inspectTables, refusalOf } from "./inspectTables";
import type { RepairContext } from "./rebuild";
import { rebuildLookups } from "./rebuildLookups";
import { type RebuiltMonth, rebuildRows } from "./rebuildRows";
import { dropDamagedFiles, isLogIncomplete, lostEntries } from "./restoreLog";
import { clearRebuildFolder, swapTable } from "./swapTable";

export interface RepairRequest extends LakeWork {
  readonly salt: string;
}

/** A table that was, or would be, rebuilt. */
export interface RepairedTable {
  /** The table's folder in the lake. */
  readonly table: string;
  /** What other programs did to it, and which data files are damaged. */
  readonly found: string;
  /** `months`, or the pairs of a lookup table, are rebuilt in place; a whole `table` is built next to the old one. */
  readonly rebuilt: "months" | "pairs" | "table";
  /** Empty for a lookup table. */
  readonly months: readonly RebuiltMonth[];
  /** Rows of the rebuilt part; null if unknown. */
  readonly rowsBefore: number | null;
  readonly rowsAfter: number | null;
  /**
   * Server paths of files whose landed files are gone, and sources that the log does not know: their rows in the table
   * stay as they are.
   */
  readonly kept: readonly string[];
  /** Where the old table is kept, if it was replaced. */
  readonly replaced: string | null;
  /** Why the table stays as it is; null if nothing went wrong. */
  readonly problem: string | null;
}

/** The document of `repair --json`. */
export interface RepairSummary {
  readonly dryRun: boolean;
  readonly tables: readonly RepairedTable[];
  readonly milliseconds: number;
}

/**
 * Rebuilds from the landed files what other programs changed in the tables of reports, and data files that are gone or
 * damaged: months of a table that can be written, else the whole table next to the old one. A dry run computes the same
 * and writes nothing to the lake. A table that cannot be repaired is reported in the summary and does not block the
 * others. Progress counts the bytes of landed files that have been read again.
 *
 * Rejects with `notFound` if there is no lake, with `salt` if the salt differs from the lake's, with `notAdopted` if
 * OEA's notebooks wrote it, with `busy` while a run is active, and with `conflict` if another run took over while this
 * one was suspended.
 */
export async function repairLake(request: RepairRequest): Promise<RepairSummary> {
  const started = new Date();
  const { lake, dryRun, signal } = request;
  await requireLake(lake, { signal });
  const checkedSalt = await checkedSaltFor(lake, request.salt, signal);
  const runId = newRunId(started);
  await using lock = dryRun ? undefined : await RunLock.acquire(lake, runId, { signal });
  // Awaited here, so that the lock is held until the work is done.
  return await withWorkspace({ lake, signal }, async (open) => {
    const log = new IngestLog(lake, open.duck);
    const droppedFiles = await dropDamagedFiles(open, dryRun);
    const summary = (repaired: readonly RepairedTable[]): RepairSummary => ({
      dryRun,
      tables: repaired,
      milliseconds: Date.now() - started.getTime(),
    });
    if (dryRun && droppedFiles > 0) return summary([repairedLog(droppedFiles, [])]);
    const [tables, entries, records] = await allSettledOrThrow([
      readTables(open),
      log.sources(signal),
      interruptedRuns(new RunHistory(lake, signal)),
    ]);
    // OEA's tables would count as damaged ones of ours, and be rebuilt from our log, which has no entries.
    requireAdopted(tables.pseudo);
    requireFinishedAdoption(records);
    const requireHeld = async () => lock?.requireHeld();
    if (!dryRun) {
      log.requireAppendable();
      await claimCheckedSalt(lake, checkedSalt, { requireHeld, signal });
      await moveOutOfTableFolders(lake, checkedSalt, open);
    }
    const state = stateOf(tables, entries);
    const logged = await log.all(signal);
    const isIncomplete = droppedFiles > 0 || isLogIncomplete(state);
    const restored: RepairedTable[] = [];
    if (isIncomplete || (await unloggedLandings(open, logged)).length > 0) {
      const lost = await lostEntries(lake, logged, state.applied, signal);
      if (!dryRun) await log.append(lost, signal);
      if (droppedFiles > 0 || lost.length > 0) restored.push(repairedLog(droppedFiles, lost, isIncomplete));
      // The tables cannot be compared with the log before the next run has completed it.
      if (isIncomplete && restored.length > 0) return summary(restored);
    }
    const others = await otherTables(open);
    const written = [...tables.lookups.values(), ...tables.pseudo.values(), ...others.snapshots];
    const damage = await damageOf(open, written);
    const progress = { done: 0, all: 0 };
    const context: RepairContext = {
      ...open,
      salt: checkedSalt.salt,
      dryRun,
      runId,
      requireHeld,
      onBytes: (bytes) => {
        progress.done += bytes;
        request.onProgress?.({ ...progress, all: Math.max(progress.all, progress.done) });
      },
    };
    const compareValues = valuesComparedBy(context, state);
    const inspected = await inspectTables(open, tables, state, compareValues);
    const findings = withDamage([...inspected.findings, ...others.unreadable], damage);
    for (const { table } of findings) {
      const report = reportOf(table);
      const landed = report ? entriesOf(entries.anonymized, report) : [];
      progress.all += landed.reduce((sum, { size }) => sum + size, 0);
    }
    const repaired: RepairedTable[] = [];
    for (const finding of [...findings].sort((a, b) => repairOrder(a) - repairOrder(b))) {
      const isBlocked =
        repairOrder(finding) > 0 && repaired.some((each) => repairOrder(each) === 0 && each.problem);
      const repair = new TableRepair(context, finding, tables, { state, damage, ...entries }, log);
      repaired.push(isBlocked ? repair.blocked() : await repair.repaired());
    }
    return summary([...restored, ...repaired, ...tablesGone(tables, entries)]);
  });
}

/** Compares a table with the landed files, as `verify` does. */
function valuesComparedBy(context: RepairContext, state: LakeState): CompareValues {
  return (report, snapshot, lookups) => {
    const compared = withSelects(context, [{ snapshot }], async (session, [select = ""]) => {
      const table = { report, select, lookups, salt: context.salt };
      return (await compareWithLanded(context, session, table, entriesOf(state.current, report))).different;
    });
    return ifReadable(compared);
  };
}

/** The tables that are not derived from the landed files alone, and what is found of those that cannot be read. */
async function otherTables(
  open: OpenLake,
): Promise<{ readonly snapshots: readonly Snapshot[]; readonly unreadable: readonly Finding[] }> {
  const snapshots: Snapshot[] = [];
  const unreadable: Finding[] = [];
  for (const path of [rosterTable, groupsTable, digitalActivityTable]) {
    try {
      const snapshot = await readSnapshot(open, path);
      if (snapshot) snapshots.push(snapshot);
    } catch (error) {
      const problem = `It cannot be read: ${problemOf(error, open.signal)}`;
      unreadable.push({ table: path, months: [], problem });
    }
  }
  return { snapshots, unreadable };
}

/**
 * The ingest log, restored from the records of runs.
 *
 * @param isIncomplete whether it lacks entries of rows in the tables; otherwise a run was interrupted after a file landed
 */
function repairedLog(droppedFiles: number, entries: readonly LogEntry[], isIncomplete = true): RepairedTable {
  const found = [
    ...(droppedFiles > 0 ? [`${counted(droppedFiles, "data file")} gone or damaged.`] : []),
    ...(entries.length > 0 ? [`${counted(entries.length, "landed file")} without an entry.`] : []),
    `Its entries are restored from the records of runs. The next run completes them${isIncomplete ? "; repair again after it" : ""}.`,
  ];
  return unrepaired(ingestLogTable, found.join(" "), "months");
}

/** The tables of reports that are gone, which are left to the next run. */
function tablesGone({ pseudo, refused }: LakeTables, { anonymized }: SourceEntries): RepairedTable[] {
  return allReports().flatMap((report) => {
    const table = pseudoTable(report);
    const hadRows = entriesOf(anonymized, report).length > 0;
    if (!hadRows || pseudo.has(report.name) || refused.has(table)) return [];
    const { message, hint = "" } = tableGone(report);
    return [{ ...unrepaired(table, message, "table"), problem: hint }];
  });
}

/** What was found of a table, before anything is done. */
function unrepaired(table: string, found: string, rebuilt: RepairedTable["rebuilt"]): RepairedTable {
  const rows = { rowsBefore: null, rowsAfter: null };
  return { table, found, rebuilt, months: [], ...rows, kept: [], replaced: null, problem: null };
}

class TableRepair {
  constructor(
    private readonly context: RepairContext,
    private readonly finding: Finding,
    private readonly tables: LakeTables,
    private readonly known: {
      readonly state: LakeState;
      readonly damage: Damage;
      readonly anonymized: SourceEntries["anonymized"];
    },
    private readonly log: IngestLog,
  ) {}

  repaired(): Promise<RepairedTable> {
    const { table } = this.finding;
    const report = reportOf(table);
    if (report === undefined) return this.repairOther();
    return table === lookupTable(report) ? this.repairLookups(report) : this.repairRows(report);
  }

  /** Without all people, ids would stay in the texts of rebuilt rows. */
  blocked(): RepairedTable {
    const problem = "It is repaired once the lookup tables are: without them, ids could stay in texts.";
    return { ...this.unrepaired(this.finding.months.length === 0 ? "table" : "months"), problem };
  }

  private repairRows(report: Report): Promise<RepairedTable> {
    const { context, finding, tables, known } = this;
    const isWhole = finding.months.length === 0;
    return this.after(isWhole ? "table" : "months", async () => {
      const damaged = (table: string) => damagedPaths(known.damage, table);
      // The lookups may just have been repaired.
      const { lookups } = context.dryRun ? tables : await readTables(context);
      const snapshot = isWhole ? undefined : tables.pseudo.get(report.name);
      if (snapshot !== undefined) requireWritable(snapshot, []);
      else await this.makeRoom();
      const { months, kept, entries } = await rebuildRows(context, {
        report,
        snapshot,
        lookups:
          damaged(lookupTable(report)).size > 0 && context.dryRun ? undefined : lookups.get(report.name),
        damaged: damaged(finding.table),
        months: isWhole ? undefined : new Set(finding.months),
        applied: appliedVersions(tables.pseudo.get(report.name)),
        // For a new table, the old table's record of applied deliveries does not count.
        current: entriesOf(isWhole ? known.anonymized : known.state.current, report),
      });
      const replaced = isWhole ? await this.swap() : null;
      await this.log.append(entries, context.signal);
      const [rowsBefore, rowsAfter] = [sumOf(months, "rowsBefore"), sumOf(months, "rowsAfter")];
      return { months, kept, replaced, rowsBefore: isWhole ? null : rowsBefore, rowsAfter };
    });
  }

  private repairLookups(report: Report): Promise<RepairedTable> {
    const { context, finding, tables, known } = this;
    const found = tables.lookups.get(report.name);
    const isWritable = found !== undefined && refusalOf(() => requireWritable(found, [])) === undefined;
    const snapshot = isWritable ? found : undefined;
    return this.after(snapshot ? "pairs" : "table", async () => {
      if (snapshot === undefined) await this.makeRoom();
      const rebuilt = await rebuildLookups(context, {
        report,
        snapshot,
        damaged: damagedPaths(known.damage, finding.table),
        applied: appliedVersions(tables.pseudo.get(report.name)),
        current: entriesOf(known.anonymized, report),
        earlier: (await this.log.replaced(context.signal)).filter((entry) => entry.report === report.name),
      });
      return { ...rebuilt, replaced: snapshot ? null : await this.swap() };
    });
  }

  /** A table that is not derived from the landed files alone, and has a damaged data file or cannot be read. */
  private repairOther(): Promise<RepairedTable> {
    const { finding, known } = this;
    const remedy = remedies.get(finding.table);
    return this.after(remedy === undefined ? "months" : "table", async () => {
      if (remedy !== undefined) return { problem: remedy };
      const { lake, duck, dryRun, requireHeld, signal } = this.context;
      if (dryRun) return {};
      const tables = await requireComplete(this.context, await readTables(this.context));
      const damaged = damagedPaths(known.damage, finding.table);
      await updateDigitalActivity({ lake, duck, tables, damaged, requireHeld, signal });
      return {};
    });
  }

  /** The table after `work`, which resolves to what it changed; if it fails, as found, with the reason. */
  private async after(
    rebuilt: RepairedTable["rebuilt"],
    work: () => Promise<Partial<RepairedTable>>,
  ): Promise<RepairedTable> {
    const found = this.unrepaired(rebuilt);
    try {
      return { ...found, ...(await work()) };
    } catch (error) {
      return { ...found, problem: problemOf(error, this.context.signal) };
    }
  }

  private unrepaired(rebuilt: RepairedTable["rebuilt"]): RepairedTable {
    return unrepaired(this.finding.table, this.finding.problem, rebuilt);
  }

  private async makeRoom(): Promise<void> {
    if (!this.context.dryRun) await clearRebuildFolder(this.context, this.finding.table);
  }

  private async swap(): Promise<string | null> {
    if (this.context.dryRun) return null;
    await this.context.requireHeld();
    return swapTable(this.context, this.finding.table, new Date());
  }
}

/** The entries of a report's deliveries. */
function entriesOf(entries: ReadonlyMap<string, LogEntry>, report: Report): LogEntry[] {
  return [...entries.values()].filter((entry) => entry.report === report.name);
}

/** The report of a table of rows or a lookup table. */
function reportOf(table: string): Report | undefined {
  return allReports().find((report) => table === pseudoTable(report) || table === lookupTable(report));
}

/** No pseudonym may lack its lookup, and the Digital Engagement table is derived from the tables of rows. */
function repairOrder({ table }: Pick<Finding, "table">): number {
  const report = reportOf(table);
  if (report === undefined) return 2;
  return table === lookupTable(report) ? 0 : 1;
}

/** How to restore a damaged table that `repair` cannot rebuild. */
const remedies: ReadonlyMap<string, string> = new Map([
  [rosterTable, "It cannot be rebuilt from the landed files: import the roster again, to replace it."],
  [groupsTable, "It cannot be rebuilt from the landed files: update the table of groups."],
]);

function sumOf(months: readonly RebuiltMonth[], rows: "rowsBefore" | "rowsAfter"): number | null {
  const counts = months.map((month) => month[rows]);
  return counts.every((count) => count !== null) ? counts.reduce((sum, count) => sum + count, 0) : null;
}

/** Whether a table could not be repaired, or keeps rows that could not be rebuilt. */
export function hasRepairProblems({ tables }: RepairSummary): boolean {
  return tables.some(({ problem, kept }) => problem !== null || kept.length > 0);
}
