import { CleverLakeError } from "../../basics/errors";
import { lookupTable, pseudoTable } from "../../clever/layout";
import { partitionColumns, pseudonymNames, type Report } from "../../clever/reports";
import { commit } from "../../delta/log/commit";
import { mergeAfterCommit } from "../../delta/merging/optimize";
import { readSnapshot, type Snapshot, updateSnapshot } from "../../delta/snapshot";
import { sqlFiles, sqlString } from "../../duck/duck";
import type { Delivery, ReadDelivery } from "../delivery";
import { healthy, type IdentityHealth, IdentityWatch } from "../read/identityHealth";
import { LakeIds, writeKnownIds } from "../read/lakeIds";
import { PeopleTable } from "../read/peopleTable";
import { type Reading, readDeliveries } from "../read/readDeliveries";
import type { EngineTask, OpenReadEngine } from "../read/readEngine";
import { type StagedRows, stageRows } from "../read/stageRows";
import type { VerifiedVersions } from "../repair/foreignCommits";
import { type ChangeContext, type PlannedChange, requireOurShape, TableChange } from "../write/tableChange";
import { filesPerPartition, pseudoFiles } from "../write/tables";
import { appendLookups } from "./lookups";

export interface TableContext extends Omit<ChangeContext, "report" | "read"> {
  readonly salt: string;
  /** Reads clean files; default: the embedded engine. */
  readonly engine?: OpenReadEngine | undefined;
  readonly onEngineState?: EngineTask["onState"];
  /** The last known state of the report's `_pseudo` table, from which the newest one is reached faster. */
  readonly table?: Snapshot | undefined;
  readonly verifiedVersions: VerifiedVersions;
}

export interface ReadOptions {
  /** People of another report of the run, whose ids may occur in texts. */
  readonly others?: Promise<PeopleTable | undefined> | undefined;
  /** To await before the engine is used; files are opened in the meantime. */
  readonly after?: Promise<unknown> | undefined;
}

/** What a commit did. */
export interface Committed extends PlannedChange {
  /** The resulting state of the table; undefined if there is none. */
  readonly table: Snapshot | undefined;
  /** Findings about people's ids in the run's files of the report so far. */
  readonly identities: IdentityHealth;
}

/** One report's tables during a run: reads deliveries into staged rows and commits them, lookups first. */
export class ReportTable {
  private lookups: Snapshot | undefined;
  private watch: Promise<IdentityWatch> | undefined;
  private lakeIds: LakeIds;
  /** The people of the other report, as known at the last reading. */
  private others: ReadOptions["others"];
  /** Whether `peopleTable` may have people of a delivery that was held back after it was read. */
  private hasHeldBack = false;

  private constructor(
    readonly report: Report,
    private readonly context: TableContext,
    readonly peopleTable: PeopleTable,
    private table: Snapshot | undefined,
  ) {
    this.lakeIds = new LakeIds(context, report.name);
  }

  static async open(report: Report, context: TableContext): Promise<ReportTable> {
    const { duck, salt, table } = context;
    const peopleTable = await PeopleTable.create(duck, report, salt);
    const snapshot = table
      ? await updateSnapshot(context, table)
      : await readSnapshot(context, pseudoTable(report));
    // The commit would refuse it too; checking here avoids needless reading.
    requireOurShape(report, snapshot);
    return new ReportTable(report, context, peopleTable, snapshot);
  }

  /** Reads and pseudonymizes landed files; their rows wait for `commit`. */
  async read(deliveries: readonly Delivery[], { others, after }: ReadOptions = {}): Promise<Reading> {
    this.others = others;
    const { duck, lake, scratch, salt, engine, onEngineState, signal } = this.context;
    const { peopleTable, lakeIds, report } = this;
    const identities = await this.identities();
    const context = { lake, peopleTable, others, lakeIds, identities, scratch, signal, stage: stageRows };
    return duck.session((session) => {
      const external = engine?.({
        report,
        lake,
        salt,
        scratch,
        signal,
        onState: onEngineState,
        knownIds: async () => writeKnownIds(this.context, lakeIds, [peopleTable, await others], scratch),
      });
      return readDeliveries(session, deliveries, context, { engine: external, after });
    }, signal);
  }

  /** Commits what was read, in one commit. People enter the lookup table only with rows that enter the tables. */
  async commit({ read, staged }: Pick<Reading, "read" | "staged">): Promise<Committed> {
    const { lake, duck, signal } = this.context;
    const { report } = this;
    const watch = await this.identities();
    const context = {
      ...this.context,
      report,
      read: (deliveries: readonly Delivery[]) => this.read(deliveries, { others: this.others }),
    };
    const planned = await new TableChange(context, read, staged).on(this.table);
    const { applied, quarantined } = planned;
    this.hasHeldBack ||= quarantined.length > 0;
    if (applied.length > 0) {
      const people = this.hasHeldBack ? pseudonymsOf(staged, applied) : undefined;
      this.lookups = await appendLookups(
        this.context,
        this.peopleTable,
        watch.lookupPairs,
        this.lookups,
        people,
      );
      // The other report's lookup table has more people by now, too.
      this.lakeIds = new LakeIds(this.context, report.name);
    }
    const outcome = await commit({
      lake,
      duck,
      tablePath: pseudoTable(report),
      snapshot: this.table,
      operation: {
        name: "WRITE",
        parameters: { mode: "Append", partitionBy: JSON.stringify(partitionColumns) },
      },
      attempt: async (snapshot, number) => {
        // This run's log does not know what the other writer added, so its rows could not be ranked.
        if (number > 1 || snapshot?.version !== this.table?.version) throw conflict(report);
        const marks = this.context.verifiedVersions.actions(pseudoTable(report), snapshot);
        const attempt = await planned.attempt();
        return attempt && { ...attempt, actions: [...attempt.actions, ...marks] };
      },
      signal,
    });
    if (outcome.committed) this.context.verifiedVersions.committed(outcome.snapshot);
    this.table = outcome.snapshot;
    const identities = read.length > 0 ? await watch.health() : healthy;
    return { ...planned, table: this.table, identities };
  }

  /**
   * Merges small data files, also those of an interrupted run. For the end of a run, so that a month is merged once.
   * Resolves to the resulting state of the table.
   *
   * @param requireHeld called before the commit; if it rejects, nothing is merged
   * @param onSkipped receives why files stay as they are
   */
  async mergeFiles(
    requireHeld: () => Promise<void>,
    onSkipped: (reason: CleverLakeError) => void,
  ): Promise<Snapshot | undefined> {
    const { lake, duck, signal } = this.context;
    if (this.table === undefined) return undefined;
    this.table = await mergeAfterCommit({
      lake,
      duck,
      snapshot: this.table,
      tablePath: pseudoTable(this.report),
      maxFiles: filesPerPartition,
      ...pseudoFiles,
      signal,
      requireHeld,
      onSkipped,
      onCommitted: (snapshot) => this.context.verifiedVersions.committed(snapshot),
    });
    return this.table;
  }

  /** Opened by the first file; if the lookup table cannot be read, this and all others fail. */
  private identities(): Promise<IdentityWatch> {
    this.watch ??= this.openWatch();
    return this.watch;
  }

  private async openWatch(): Promise<IdentityWatch> {
    this.lookups = await readSnapshot(this.context, lookupTable(this.report));
    return IdentityWatch.start(this.context, this.peopleTable, this.lookups);
  }
}

/** A relation of the pseudonyms in the staged rows of some deliveries. */
function pseudonymsOf(staged: readonly StagedRows[], deliveries: readonly ReadDelivery[]): string {
  const sources = deliveries.map(({ entry }) => sqlString(entry.source)).join(", ");
  const localPaths = staged.map(({ file }) => file.localPath);
  return localPaths.length === 0
    ? `(SELECT ${pseudonymNames.map((name) => `NULL::VARCHAR AS ${name}`).join(", ")} WHERE false)`
    : `(SELECT DISTINCT ${pseudonymNames.join(", ")} FROM read_parquet(${sqlFiles(localPaths)}) WHERE source_file IN (${sources}))`;
}

function conflict(report: Report): CleverLakeError {
  return new CleverLakeError("conflict", "Another program changed the table in the meantime.", {
    subject: pseudoTable(report),
    hint: "The next run compares with its rows and continues.",
  });
}
