import { counted } from "../../basics/counted";
import { mapConcurrently } from "../../basics/mapConcurrently";
import { pseudoTable } from "../../clever/layout";
import type { Report } from "../../clever/reports";
import { importDataFile } from "../../delta/files/dataFile";
import type { Action } from "../../delta/log/actions";
import type { Attempt } from "../../delta/log/conflict";
import type { LakeAccess } from "../../delta/openLake";
import { readQuery } from "../../delta/readQuery";
import type { Snapshot } from "../../delta/snapshot";
import { removeFile } from "../../delta/tableActions";
import { withDataFiles } from "../../delta/withTable";
import { type DuckSession, sqlFiles } from "../../duck/duck";
import { type Delivery, isJudged, type QuarantinedDelivery, type ReadDelivery } from "../delivery";
import type { LogEntry } from "../log/ingestLog";
import { oldestFirst } from "../plan/ranks";
import type { Reading } from "../read/readDeliveries";
import type { StagedRows } from "../read/stageRows";
import type { Workspace } from "../workspace";
import { type ChangedMonth, changedMonths, mayHaveRowsIn, type SourceDays } from "./changedMonths";
import { contentsOf } from "./fileContents";
import { TwinJudge } from "./judgeTwins";
import { MonthRows, type WrittenMonth } from "./monthRows";
import { addOverlaps, contradictions, type Overlap } from "./overlaps";
import { type Counts, tooFewOfDayOrColumn, tooFewRows } from "./shrink";
import { isComplete, knownRowsOf, mayUndercountRows, rowsBySource } from "./sourceRows";
import { appliedVersions, pseudoTableActions, requireOurShape, sourceAppId } from "./tables";

/** Data files imported into the lake concurrently: each mostly waits for the network. */
const concurrentImports = 4;

export interface ChangeContext extends Workspace {
  readonly report: Report;
  /** The entry of the delivery of a source whose rows are in the tables; undefined if it is not in the log. */
  readonly currentOf: (source: string) => LogEntry | undefined;
  /** All such entries of the report. */
  readonly current: () => Iterable<LogEntry>;
  /** Reads landed files again. */
  readonly read: (deliveries: readonly Delivery[]) => Promise<Reading>;
  /** Percent of a source's rows that a redelivery may remove without a person's consent. */
  readonly maxShrink: number;
}

/** A delivery whose rows enter the table. */
export interface AppliedDelivery extends ReadDelivery {
  /** Rows of its source in the table, or superseded, before the change. */
  readonly rowsReplaced: number;
}

/** The effect of a change on a table. */
export interface PlannedChange {
  /** Imports the new data files into the lake, for a commit; resolves to undefined if nothing is to be committed. */
  readonly attempt: () => Promise<Attempt | undefined>;
  readonly applied: readonly AppliedDelivery[];
  readonly quarantined: readonly QuarantinedDelivery[];
  /** What sources of the change have in common with others. */
  readonly overlaps: readonly Overlap[];
  /**
   * Sources of an earlier version that lacked rows which others had, with the bad rows of each: the rule now holds for
   * them.
   */
  readonly completed: ReadonlyMap<string, number>;
  /** Sources with rows that a changed source superseded, which could not be read again: these rows stay out. */
  readonly unrestored: readonly LogEntry[];
}

/** What enters a report's table in one commit: deliveries with their staged rows. `on` computes it for a state of the table. */
export class TableChange {
  constructor(
    private readonly context: ChangeContext,
    private readonly arriving: readonly ReadDelivery[],
    private readonly staged: readonly StagedRows[],
  ) {}

  async on(snapshot: Snapshot | undefined): Promise<PlannedChange> {
    requireOurShape(this.context.report, snapshot);
    const versions = appliedVersions(snapshot);
    // A run that took over may have applied a newer one. The same one only replaces itself.
    const isOutdated = ({ entry }: ReadDelivery) => (versions.get(entry.source) ?? 0) > entry.version;
    const outdated = this.arriving.filter(isOutdated);
    const due = this.arriving.filter((delivery) => !isOutdated(delivery));
    // By the log: another program may have removed rows from the table, or repeated them.
    const rowsBefore = (source: string) => {
      const { rowsWritten, rowsSuperseded = 0 } = this.context.currentOf(source) ?? {};
      return (rowsWritten ?? knownRowsOf(snapshot, source) ?? 0) + rowsSuperseded;
    };
    const quarantined = due.flatMap(
      (delivery) => tooFewRows(delivery, rowsBefore(delivery.entry.source), this.context.maxShrink) ?? [],
    );
    // A source that is quarantined because of what sources have in common is left out of the next round.
    for (;;) {
      const excluded = new Set([...quarantined, ...outdated].map(({ entry }) => entry.source));
      const applied = due
        .filter(({ entry }) => !excluded.has(entry.source))
        .map((delivery) => ({ ...delivery, rowsReplaced: rowsBefore(delivery.entry.source) }));
      const round = await this.round(snapshot, applied, excluded);
      if (!("held" in round)) return { ...round, applied, quarantined };
      quarantined.push(...round.held);
    }
  }

  /** Computes the months. */
  private async round(
    snapshot: Snapshot | undefined,
    applied: readonly ReadDelivery[],
    excluded: ReadonlySet<string>,
  ): Promise<
    { held: QuarantinedDelivery[] } | Pick<PlannedChange, "attempt" | "overlaps" | "completed" | "unrestored">
  > {
    const { duck, report, signal } = this.context;
    const staged = this.staged.filter(({ sources }) =>
      [...sources.keys()].some((each) => !excluded.has(each)),
    );
    const changed = new Set(applied.map(({ entry }) => entry.source));
    const arriving = applied.map(({ entry }) => entry);
    let months = changedMonths(snapshot, arriving, [], staged);
    let again = await this.restore(snapshot, months, changed);
    // The rule holds for all rows of a source or, as an earlier version left it, for none; so their days are part of
    // the change.
    for (let count = 0; again.completed.size > count; ) {
      count = again.completed.size;
      const completed = again.sources.filter(({ source }) => again.completed.has(source));
      months = changedMonths(snapshot, arriving, completed, staged);
      again = await this.restore(snapshot, months, changed);
    }
    const timeOf = this.times(snapshot, applied);
    const files = new Set(months.flatMap(({ files: own, twinFiles }) => [...own, ...twinFiles]));
    return withDataFiles(this.context, [{ snapshot, files }], (localPathOf) =>
      duck.session(async (session) => {
        const rows = months.map((month, number) => {
          const reached = again.sources.filter((each) => mayHaveRowsIn(each, month));
          const sources = {
            report,
            snapshot,
            month,
            changed,
            excluded,
            timeOf,
            incomplete: new Set(reached.map(({ source }) => source)),
            restored: again.staged.filter(({ year, month: of }) => year === month.year && of === month.month),
            localPathOf,
          };
          return new MonthRows(session, sources, number);
        });
        for (const month of rows) await month.analyze();
        const overlaps = addOverlaps(rows.flatMap((month) => month.overlaps));
        const held = [
          ...this.contradicting(applied, overlaps),
          ...(await new TwinJudge(this.context, session, snapshot, this.arriving).judge(rows, applied)),
        ];
        if (held.length === 0)
          held.push(...(await this.shrunk(session, snapshot, applied, staged, rows, localPathOf)));
        if (held.length > 0) return { held };
        const written: WrittenMonth[] = [];
        for (const month of rows) written.push(await month.write(this.context.scratch));
        return {
          attempt: () => this.attempt(snapshot, applied, written),
          overlaps,
          completed: again.completed,
          unrestored: again.unrestored.filter(({ supersededBy = {} }) =>
            arriving.some(({ source }) => source in supersededBy),
          ),
        };
      }, signal),
    );
  }

  /** Arriving sources that lose too many rows of a day, or values of a column. */
  private async shrunk(
    session: DuckSession,
    snapshot: Snapshot | undefined,
    applied: readonly ReadDelivery[],
    staged: readonly StagedRows[],
    months: readonly MonthRows[],
    localPathOf: (lakePath: string) => string,
  ): Promise<QuarantinedDelivery[]> {
    const { report, maxShrink } = this.context;
    const replacing = applied.filter(
      (delivery) =>
        isJudged(delivery) && delivery.rows > 0 && knownRowsOf(snapshot, delivery.entry.source) !== 0,
    );
    if (snapshot === undefined || replacing.length === 0) return [];
    const mayHaveRowsOf = (sources: ReadonlyMap<string, unknown> | undefined) =>
      replacing.some(({ entry }) => sources?.has(entry.source) ?? true);
    const files = months.flatMap(({ sources }) => sources.month.files);
    const own = files.filter((file) => mayHaveRowsOf(contentsOf(file).sources));
    const localPaths = staged
      .filter(({ sources }) => mayHaveRowsOf(sources))
      .map(({ file }) => file.localPath);
    const rows = {
      inTable: readQuery(snapshot, own, localPathOf),
      arriving: `FROM read_parquet(${sqlFiles(localPaths)}, hive_partitioning = false)`,
      countDays: async (days: readonly string[]) => {
        const counts: (readonly [string, Counts])[] = [];
        for (const month of months) counts.push(...(await month.countDays(days)));
        return new Map(counts);
      },
    };
    return tooFewOfDayOrColumn(session, report, replacing, rows, maxShrink);
  }

  /**
   * Reads the landed files of sources whose rows are partly missing from the table, if they may have some in these
   * months.
   */
  private async restore(
    snapshot: Snapshot | undefined,
    months: readonly ChangedMonth[],
    changed: ReadonlySet<string>,
  ): Promise<{
    readonly sources: readonly SourceDays[];
    readonly staged: readonly StagedRows[];
    readonly completed: ReadonlyMap<string, number>;
    readonly unrestored: readonly LogEntry[];
  }> {
    const nothing = { sources: [], staged: [], completed: new Map(), unrestored: [] };
    const lacking = [...this.context.current()].filter(
      (entry) =>
        !changed.has(entry.source) &&
        !isComplete(entry, knownRowsOf(snapshot, entry.source)) &&
        months.some((month) => mayHaveRowsIn(entry, month)),
    );
    if (lacking.length === 0) return nothing;
    const { read: all, staged } = await this.context.read(
      lacking.map((entry) => ({ entry, readAs: entry, isAccepted: true })),
    );
    // If a landed file is gone, or is read differently than before, the table's rows stay.
    const read = all.filter(isReadAsBefore);
    const isRead = new Set(read.map(({ entry }) => entry.source));
    return {
      unrestored: lacking.filter(({ source }) => !isRead.has(source)),
      sources: read.map(({ entry, days }) => ({ ...entry, firstDay: days?.first, lastDay: days?.last })),
      staged,
      completed: new Map(
        read.flatMap(({ entry, refused }) => (mayUndercountRows(entry) ? [[entry.source, refused]] : [])),
      ),
    };
  }

  /** When the currently counting deliveries were written, according to the server; undefined for an unknown source. */
  private times(
    snapshot: Snapshot | undefined,
    applied: readonly ReadDelivery[],
  ): (source: string) => Date | undefined {
    const { tagged } = rowsBySource(snapshot);
    const changedTimes = new Map(applied.map(({ entry: { source, modified } }) => [source, modified]));
    return (source) =>
      changedTimes.get(source) ??
      this.context.currentOf(source)?.modified ??
      (tagged.has(source) ? new Date(0) : undefined);
  }

  private contradicting(
    applied: readonly ReadDelivery[],
    overlaps: readonly Overlap[],
  ): QuarantinedDelivery[] {
    const bySource = new Map(applied.map((delivery) => [delivery.entry.source, delivery]));
    const order = oldestFirst(applied.map(({ entry }) => entry)).map(({ source }) => source);
    const judged = new Set(applied.filter(isJudged).map(({ entry }) => entry.source));
    return contradictions(order, overlaps, judged).flatMap(({ source, others, equal, different }) => {
      const delivery = bySource.get(source);
      const are = equal + different === 1 ? "is" : "are";
      const reason = `${counted(equal + different, "row")} of it ${are} also in ${others.join(", ")}: ${equal} with the same values, ${different} with different ones.`;
      return delivery ? [{ ...delivery, reason, acceptable: true }] : [];
    });
  }

  private async attempt(
    snapshot: Snapshot | undefined,
    applied: readonly ReadDelivery[],
    months: readonly WrittenMonth[],
  ): Promise<Attempt | undefined> {
    const { report } = this.context;
    const actions: Action[] = applied.map(({ entry: { source, version } }) => ({
      txn: { appId: sourceAppId(source), version, lastUpdated: Date.now() },
    }));
    actions.push(...(await importMonths(this.context, pseudoTable(report), months)));
    if (actions.length === 0) return undefined;
    const creation = snapshot ? [] : pseudoTableActions(report);
    // Anything that another writer adds must be checked first: it may be the same rows.
    return { actions: [...creation, ...actions], readsTable: true };
  }
}

/** Imports the new data files of months; resolves to the actions that put them in place of the old ones. */
export async function importMonths(
  { lake, signal }: LakeAccess,
  tablePath: string,
  months: Iterable<WrittenMonth>,
): Promise<Action[]> {
  const all = [...months];
  const removed = all.flatMap((month) => month.removed);
  const added = all.flatMap((month) => month.added);
  const imported = await mapConcurrently(added, concurrentImports, ({ file, tags }) =>
    importDataFile(lake, tablePath, file, { tags, signal }),
  );
  return [
    ...removed.map((file) => removeFile(file, { dataChange: true })),
    ...imported.map((add) => ({ add })),
  ];
}

/** Whether a landed file yields as many rows as when it entered the tables. */
export function isReadAsBefore({ entry, rows, refused }: ReadDelivery): boolean {
  const { rowsRead = rows + refused, rowsRefused = 0, rowsSuperseded } = entry;
  // Earlier versions counted rows that other files had among the refused ones.
  const isRefused = rowsSuperseded === undefined ? refused <= rowsRefused : refused === rowsRefused;
  return rowsRead === rows + refused && isRefused;
}
