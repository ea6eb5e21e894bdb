import { CleverLakeError } from "../../basics/errors";
import { pseudoTable } from "../../clever/layout";
import { partitionColumns, pseudonymNames, type Report } from "../../clever/reports";
import type { FileLayout } from "../../delta/files/dataFile";
import { commit } from "../../delta/log/commit";
import type { MergePolicy } from "../../delta/merging/mergePlan";
import { mergeSmallFiles } from "../../delta/merging/optimize";
import { readSnapshot, type Snapshot, updateSnapshot } from "../../delta/snapshot";
import { sqlFiles, sqlString } from "../../duck/duck";
import type { Delivery, ReadDelivery } from "../delivery";
import { healthOf, healthy, type IdentityHealth } from "../read/checks/identityHealth";
import type { KnownPeople, ReportPeople } from "../read/people/people";
import { type Reading, readDeliveries } from "../read/readDeliveries";
import type { EngineTask, OpenReadEngine } from "../read/readEngine";
import { type StagedRows, stageRows } from "../read/stageRows";
import { type CheckedVersions, consistencyMark } from "../repair/foreignCommits";
import { type ChangeContext, type PlannedChange, TableChange } from "../write/tableChange";
import { filesPerPartition, pseudoFiles, requireOurShape } from "../write/tables";
import { appendLookups } from "./lookups";

export interface TableContext extends Omit<ChangeContext, "report" | "read"> {
  readonly salt: string;
  readonly knownPeople: KnownPeople;
  /** Reads clean files; default: the embedded engine. */
  readonly engine?: OpenReadEngine | undefined;
  readonly onEngineState?: EngineTask["onState"];
  /** The last known state of the report's `_pseudo` table, from which the newest one is reached faster. */
  readonly table?: Snapshot | undefined;
  readonly checked: CheckedVersions;
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
  /** Whether `people` may have people of a delivery that was held back after it was read. */
  private hasHeldBack = false;

  private constructor(
    readonly report: Report,
    private readonly context: TableContext,
    private readonly people: ReportPeople,
    private table: Snapshot | undefined,
  ) {}

  static async open(report: Report, context: TableContext): Promise<ReportTable> {
    const { knownPeople, table } = context;
    const snapshot = table
      ? await updateSnapshot(context, table)
      : await readSnapshot(context, pseudoTable(report));
    // The commit would refuse it too; checking here avoids needless reading.
    requireOurShape(report, snapshot);
    return new ReportTable(report, context, await knownPeople.of(report), snapshot);
  }

  /**
   * Reads and pseudonymizes landed files, and stages their rows for `commit`.
   *
   * @param after awaited before the engine is used, because the people of another report's files are known only then;
   *   files are opened in the meantime
   */
  async read(deliveries: readonly Delivery[], after?: Promise<unknown>): Promise<Reading> {
    const { duck, lake, scratch, salt, engine, knownPeople, onEngineState, signal } = this.context;
    const { people, report } = this;
    const context = { lake, people, knownPeople, scratch, signal, stage: stageRows };
    return duck.session((session) => {
      const external = engine?.({
        report,
        lake,
        salt,
        scratch,
        signal,
        onState: onEngineState,
        knownIds: async () => {
          await after;
          return knownPeople.writeIds(scratch);
        },
      });
      return readDeliveries(session, deliveries, context, { engine: external, after });
    }, signal);
  }

  /** Commits what was read, in one commit. People enter the lookup table only with rows that enter the tables. */
  async commit({ read, staged }: Pick<Reading, "read" | "staged">): Promise<Committed> {
    const { report } = this;
    const context = { ...this.context, report, read: (again: readonly Delivery[]) => this.read(again) };
    const planned = await new TableChange(context, read, staged).on(this.table);
    const { applied, quarantined } = planned;
    this.hasHeldBack ||= quarantined.length > 0;
    if (applied.length > 0) {
      const pseudonyms = this.hasHeldBack ? pseudonymsOf(staged, applied) : undefined;
      await appendLookups(this.context, this.people, pseudonyms);
    }
    const outcome = await commit({
      ...this.context,
      tablePath: pseudoTable(report),
      snapshot: this.table,
      operation: {
        name: "WRITE",
        parameters: { mode: "Append", partitionBy: JSON.stringify(partitionColumns) },
      },
      attempt: async (snapshot, number) => {
        // This run's log does not know what the other writer added, so its rows could not be ranked.
        if (number > 1 || snapshot?.version !== this.table?.version) throw conflict(report);
        const attempt = await planned.attempt();
        const marks = consistencyMark(snapshot, this.context.checked);
        return attempt && { ...attempt, actions: [...attempt.actions, ...marks] };
      },
    });
    this.table = outcome.snapshot;
    const identities = read.length > 0 ? await healthOf(this.context, this.people) : healthy;
    return { ...planned, table: this.table, identities };
  }

  /**
   * Merges small data files of both tables, including those of an interrupted run. Called at the end of a run, so that
   * files are merged once. Resolves to the resulting state of the table.
   *
   * @param requireHeld called before each commit; if it rejects, nothing more is merged
   * @param onSkipped called with a table whose files were not merged, and the reason
   */
  async mergeFiles(
    requireHeld: () => Promise<void>,
    onSkipped: (table: string, reason: CleverLakeError) => void,
  ): Promise<Snapshot | undefined> {
    const merged = async (snapshot: Snapshot | undefined, policy: MergePolicy & FileLayout) =>
      snapshot &&
      mergeSmallFiles({
        ...{ ...this.context, snapshot, tablePath: snapshot.tablePath, requireHeld, ...policy },
        onSkipped: (reason) => onSkipped(snapshot.tablePath, reason),
      });
    this.people.lookups = await merged(this.people.lookups, { maxFiles: 20 });
    this.table = await merged(this.table, { maxFiles: filesPerPartition, ...pseudoFiles });
    return this.table;
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
