import { counted, integer } from "../../basics/counted";
import { type CleverLakeError, ifReadable, isCleverLakeError } from "../../basics/errors";
import { lookupTable, pseudoTable } from "../../clever/layout";
import { pseudonymNames, type Report } from "../../clever/reports";
import { requireWritable } from "../../delta/log/protocol";
import type { OpenLake } from "../../delta/openLake";
import type { Snapshot } from "../../delta/snapshot";
import { withSelects } from "../../delta/withTable";
import { type Finding, readRunRecord, runIds } from "../log/runRecord";
import type { LakeState } from "../plan/plan";
import { isUnrecorded } from "../plan/work";
import { contentsOf } from "../write/fileContents";
import { countRowsBySource, rowsBySource } from "../write/sourceRows";
import { allReports, type LakeTables, lookupsIncomplete, requireOurShape } from "../write/tables";
import { type CheckedVersions, changeSentences, foreignChanges, monthOf } from "./foreignCommits";
import { isLogIncomplete } from "./restoreLog";

/** What other programs did to the tables of reports. */
export interface Inspection {
  readonly findings: Finding[];
  /**
   * The tables that are known to be consistent. The absence of findings is not enough: after an interrupted run, a table
   * cannot be compared with the ingest log yet.
   */
  readonly consistent: CheckedVersions;
  /** Why nothing may be pseudonymized: a lookup table lacks people, or may lack some: their ids could stay in texts. */
  readonly incompleteLookups: CleverLakeError | undefined;
}

/**
 * Finds the files whose rows in a table differ from their landed files. Resolves to their sources; undefined if the
 * table cannot be read.
 */
export type CompareValues = (
  report: Report,
  snapshot: Snapshot,
  lookups: Snapshot | undefined,
) => Promise<ReadonlySet<string> | undefined>;

/**
 * Checks what other programs did to the tables of reports. The Delta logs show it: commits of others that changed rows,
 * and row counts in the tags of data files compared with the ingest log. Rows are read only if one of these shows a
 * change. A table without other writers costs no request.
 *
 * @param compareValues for tables with data files that another program wrote; by default only their rows are counted,
 *   unless all commits are known
 */
export async function inspectTables(
  open: OpenLake,
  tables: LakeTables,
  state: LakeState,
  compareValues?: CompareValues,
): Promise<Inspection> {
  const findings: Finding[] = [];
  const consistent = new Map<string, number>();
  let incompleteLookups: CleverLakeError | undefined;
  for (const report of allReports()) {
    const inspector = new TableInspector(open, report, state, compareValues);
    const [pseudo, lookups] = [tables.pseudo.get(report.name), tables.lookups.get(report.name)];
    for (const table of [lookupTable(report), pseudoTable(report)]) {
      const refusal = tables.refused.get(table);
      const isRows = table === pseudoTable(report);
      const snapshot = isRows ? pseudo : lookups;
      const verdict = refusal
        ? unusable(table, refusal)
        : await (isRows ? inspector.inspectRows(pseudo, lookups) : inspector.inspectLookups(lookups, pseudo));
      if (typeof verdict === "object") findings.push(verdict);
      else if (verdict === "consistent" && snapshot) consistent.set(table, snapshot.version);
    }
    incompleteLookups ??= inspector.incompleteLookups;
  }
  return { findings, consistent, incompleteLookups };
}

/** What an inspection says about a table. */
type Verdict = Finding | "consistent" | "unknown";

class TableInspector {
  incompleteLookups: CleverLakeError | undefined;

  constructor(
    private readonly open: OpenLake,
    private readonly report: Report,
    private readonly state: LakeState,
    private readonly compareValues: CompareValues | undefined,
  ) {}

  async inspectRows(snapshot: Snapshot | undefined, lookups: Snapshot | undefined): Promise<Verdict> {
    if (snapshot === undefined) return "consistent";
    const { tablePath: table } = snapshot;
    const refusal = refusalOf(() => {
      requireOurShape(this.report, snapshot);
      requireWritable(snapshot, []);
    });
    if (refusal !== undefined) return unusable(table, refusal);
    const { changes, isComplete } = await foreignChanges(this.open, snapshot);
    const isTagged = rowsBySource(snapshot).untagged.length === 0;
    // Counts in tags cost nothing. Files without tags are read only if a commit of another program may be unknown.
    if (changes.length === 0 && isComplete && !isTagged && !this.compareValues) return "consistent";
    const rows = await ifReadable(countRowsBySource(this.open, snapshot));
    const differing = isTagged ? undefined : await this.compareValues?.(this.report, snapshot, lookups);
    const found = rows ? this.compared(rows) : { sources: new Set<string>(), sentences: [uncounted] };
    const mismatched = [...(differing ?? [])].filter((source) => !found.sources.has(source));
    if (mismatched.length > 0)
      found.sentences.push(`The rows of ${counted(mismatched.length, "file")} differ from the landed files.`);
    for (const source of mismatched) found.sources.add(source);
    if (changes.length === 0 && found.sources.size === 0)
      return isComplete || (rows && !this.isUnsettled()) ? "consistent" : "unknown";
    if (changes.length === 0 && (await this.isRunInterrupted())) return "unknown";
    const allMonths = [...snapshot.files.values()].flatMap((file) => monthOf(file) ?? []);
    const months = new Set(changes.flatMap((change) => [...(change.months ?? allMonths)]));
    for (const source of found.sources) {
      for (const month of this.monthsWith(snapshot, source)) months.add(month);
    }
    const texts = [...changeSentences(changes), ...found.sentences];
    if (changes.length > 0 && found.sentences.length === 0) texts.push("Values may have changed.");
    return { table, months: [...months].sort(), problem: texts.join(" ") };
  }

  async inspectLookups(snapshot: Snapshot | undefined, pseudo: Snapshot | undefined): Promise<Verdict> {
    if (snapshot === undefined) return "consistent";
    const { tablePath: table } = snapshot;
    const refusal = refusalOf(() => requireWritable(snapshot, []));
    if (refusal !== undefined) return unusable(table, refusal);
    const { changes, isComplete } = await foreignChanges(this.open, snapshot);
    if (changes.length === 0 && isComplete) return "consistent";
    const counts = await ifReadable(this.countPairs(snapshot, pseudo));
    const { doubled, missing } = counts ?? { doubled: 0, missing: 0 };
    if (changes.length === 0 && doubled === 0 && missing === 0) return counts ? "consistent" : "unknown";
    const texts = [...changeSentences(changes), ...(counts ? [] : [uncounted])];
    if (doubled > 0) texts.push(`${counted(doubled, "row")} too many: pairs of ids occur more than once.`);
    if (missing > 0) texts.push(`${counted(missing, "pseudonym")} of the table have no pair in it.`);
    // People of replaced deliveries have no row, but their ids may be in texts.
    if (missing > 0 || changes.some(({ removed }) => removed.length > 0))
      this.incompleteLookups = lookupsIncomplete(this.report);
    return { table, months: [], problem: texts.join(" ") };
  }

  /** Compares the rows of each source with the ingest log; those without a source are under "". */
  private compared(rows: ReadonlyMap<string, number>): { sources: Set<string>; sentences: string[] } {
    const { state, report } = this;
    const sources = new Set<string>();
    if (this.hasUnrecorded()) return { sources, sentences: [] };
    const differences: number[] = [];
    const compare = (source: string, expected: number) => {
      const difference = (rows.get(source) ?? 0) - expected;
      if (difference === 0) return;
      sources.add(source);
      differences.push(difference);
    };
    for (const { source, report: name, rowsWritten } of state.current.values())
      if (name === report.name && rowsWritten !== undefined) compare(source, rowsWritten);
    // Of a source that the log lost, nothing is known.
    for (const source of rows.keys()) if (!state.applied.has(source)) compare(source, 0);
    const [missing, extra] = [differences.filter((each) => each < 0), differences.filter((each) => each > 0)];
    const sumOf = (counts: readonly number[]) => Math.abs(counts.reduce((sum, count) => sum + count, 0));
    const are = sumOf(missing) === 1 ? "row is" : "rows are";
    const sentences = [
      ...(missing.length > 0
        ? [`${integer(sumOf(missing))} ${are} missing, from ${counted(missing.length, "file")}.`]
        : []),
      ...(extra.length > 0
        ? [`The table has ${counted(sumOf(extra), "row")} that the ingest log does not have.`]
        : []),
    ];
    return { sources, sentences };
  }

  /** Whether a run was interrupted between the table and the log; the next one records its rows. */
  private hasUnrecorded(): boolean {
    const { state, report } = this;
    return [...state.log.values()].some(
      (entry) => entry.report === report.name && isUnrecorded(entry, state),
    );
  }

  /** Whether the ingest log does not say yet which rows the table should have. */
  private isUnsettled(): boolean {
    return this.hasUnrecorded() || isLogIncomplete(this.state);
  }

  /** Whether a run was interrupted or is active: it may have committed what is not in the ingest log yet. */
  private async isRunInterrupted(): Promise<boolean> {
    const { lake, signal } = this.open;
    const [newest] = await runIds(lake, signal);
    const record = newest === undefined ? undefined : await readRunRecord(lake, newest);
    return record?.outcome === "running" || record?.outcome === "cancelled" || record?.outcome === "failed";
  }

  /** The months of a source: those known to have its rows, and those in which the table may have some. */
  private monthsWith(snapshot: Snapshot, source: string): string[] {
    const { firstDay, lastDay } = this.state.current.get(source) ?? {};
    const knownMonths = firstDay && lastDay ? monthsBetween(firstDay, lastDay) : [];
    const holding = [...snapshot.files.values()].filter(
      (file) => contentsOf(file).sources?.has(source) ?? true,
    );
    return [...knownMonths, ...holding.flatMap((file) => monthOf(file) ?? [])];
  }

  private async countPairs(
    lookups: Snapshot,
    pseudo: Snapshot | undefined,
  ): Promise<{ doubled: number; missing: number }> {
    const missing = (lookup: string, rows: string) =>
      pseudonymNames
        .map(
          (name) => `(SELECT count(*) FROM (SELECT ${name} FROM (${rows}) WHERE ${name} IS NOT NULL
          EXCEPT SELECT ${name} FROM (${lookup})))`,
        )
        .join(" + ");
    const tables = [{ snapshot: lookups }, { snapshot: pseudo }];
    return withSelects(this.open, tables, async (session, [lookup = "", rows]) => {
      const row = await session.one(
        `SELECT
          ((SELECT count(*) FROM (${lookup})) - (SELECT count(*) FROM (SELECT DISTINCT * FROM (${lookup}))))::DOUBLE AS doubled,
          (${rows === undefined ? "0" : missing(lookup, rows)})::DOUBLE AS missing`,
      );
      return { doubled: Number(row.doubled), missing: Number(row.missing) };
    });
  }
}

/** The finding about a table that cannot be used as it is. */
function unusable(table: string, { message, hint }: CleverLakeError): Finding {
  return { table, months: [], problem: hint ? `${message} ${hint}` : message };
}

const uncounted = "Its rows could not be counted: a data file cannot be read.";

/** The error of a check that a table can be used, if it cannot. */
export function refusalOf(check: () => void): CleverLakeError | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (isCleverLakeError(error, "unsupportedTable")) return error;
    throw error;
  }
}

/** The months from one day to another, `yyyy-MM-dd`. */
export function monthsBetween(firstDay: string, lastDay: string): string[] {
  const months: string[] = [];
  const end = new Date(lastDay);
  for (let day = new Date(`${firstDay.slice(0, 7)}-01`); day <= end; day.setUTCMonth(day.getUTCMonth() + 1)) {
    months.push(day.toISOString().slice(0, 7));
  }
  return months;
}
