import { allSettledOrThrow } from "../../basics/allSettledOrThrow";
import { CleverLakeError, isDamage, isForbidden } from "../../basics/errors";
import { ingestLogTable, lookupTable, pseudoTable, rosterTable } from "../../clever/layout";
import { pseudoColumns, type Report, reports } from "../../clever/reports";
import { rosterColumns } from "../../clever/roster";
import { tableGone } from "../../clever/tableGone";
import { commitPath, logFolder } from "../../delta/paths";
import { requireColumns } from "../../delta/schema";
import { readSnapshot, type Snapshot, updateSnapshot } from "../../delta/snapshot";
import { withTables } from "../../delta/withTable";
import { type Duck, sqlString } from "../../duck/duck";
import type { Lake, LakeOptions } from "../../lake/lake";
import type { ReportKind } from "../answer";
import type { Manifest } from "./manifest";

/** A consistent view of the tables that the index is built from; undefined if one does not exist. */
export type Snapshots = Readonly<Record<ReportKind | "roster", Snapshot | undefined>>;

/** The newest commit of each table, which shows without its log whether it has changed; null if there is no table. */
export type NewestCommits = NonNullable<Manifest["seen"]>["tables"];
type NewestCommit = NewestCommits["roster"];

/** The tables of the index. */
export class WatchedTables {
  private readonly tables = {
    dailyParticipation: new WatchedTable(
      pseudoTable(reports.daily_participation),
      reports.daily_participation,
    ),
    resourceUsage: new WatchedTable(pseudoTable(reports.resource_usage), reports.resource_usage),
    roster: new WatchedTable(rosterTable),
  };

  /**
   * The newest state of all tables, each the same object while it does not change. Rejects with `corrupt` if one is
   * gone, because it would be taken for one without rows.
   */
  async newest(lake: Lake, duck: () => Promise<Duck>, options: LakeOptions): Promise<Snapshots> {
    return mapTables(this.tables, (table) => table.newest(lake, duck, options));
  }

  /** The newest commits of the tables that `newest` last returned. */
  get commits(): NewestCommits {
    const { dailyParticipation, resourceUsage, roster } = this.tables;
    return {
      dailyParticipation: dailyParticipation.commit,
      resourceUsage: resourceUsage.commit,
      roster: roster.commit,
    };
  }

  /** Whether these are still the newest commits of the tables; takes three requests to the lake per table. */
  async areNewest(lake: Lake, commits: NewestCommits, options: LakeOptions): Promise<boolean> {
    const areNewest = await mapTables(this.tables, (table, name) =>
      table.isNewest(lake, commits[name], options),
    );
    return Object.values(areNewest).every((isNewest) => isNewest);
  }
}

async function mapTables<Table, Result>(
  { dailyParticipation, resourceUsage, roster }: Readonly<Record<keyof Snapshots, Table>>,
  map: (table: Table, name: keyof Snapshots) => Promise<Result>,
): Promise<Record<keyof Snapshots, Result>> {
  // If one fails, wait for the others too: they must not open an engine that nobody closes.
  const results = await allSettledOrThrow([
    map(dailyParticipation, "dailyParticipation"),
    map(resourceUsage, "resourceUsage"),
    map(roster, "roster"),
  ]);
  return { dailyParticipation: results[0], resourceUsage: results[1], roster: results[2] };
}

class WatchedTable {
  private snapshot: Snapshot | undefined;
  commit: NewestCommit = null;

  constructor(
    private readonly tablePath: string,
    private readonly report?: Report,
  ) {}

  /** The table's newest state, the same object while it does not change; undefined if the table does not exist. */
  async newest(lake: Lake, duck: () => Promise<Duck>, options: LakeOptions): Promise<Snapshot | undefined> {
    const { snapshot: known, commit, tablePath } = this;
    const before = commit && (await this.hasCommit(lake, commit, options)) ? known : undefined;
    const read = async () =>
      (await exists(lake, tablePath, options))
        ? readSnapshot({ lake, duck: await duck(), ...options }, tablePath)
        : undefined;
    let snapshot = before ? await updateSnapshot({ lake, ...options }, before) : await read();
    if (snapshot === undefined && this.report && (await hadRows(lake, duck, this.report, options))) {
      // The first run may have written it in the meantime.
      snapshot = await read();
      if (snapshot === undefined) throw tableGone(this.report);
    }
    if (snapshot !== undefined) requireOurColumns(snapshot, this.report);
    if (snapshot === undefined) this.commit = null;
    else if (snapshot !== before) this.commit = await this.commitOf(lake, snapshot, options);
    this.snapshot = snapshot;
    return snapshot;
  }

  async isNewest(lake: Lake, commit: NewestCommit, options: LakeOptions): Promise<boolean> {
    if (commit === null) return !(await exists(lake, this.tablePath, options));
    const has = async (version: number) =>
      (await lake.stat(commitPath(this.tablePath, version), options)) !== undefined;
    const { version } = commit;
    return (
      (await this.hasCommit(lake, commit, options)) && !(await has(version + 1)) && !(await has(version + 2))
    );
  }

  /** False if the commit has changed, because the table was recreated or restored. */
  private async hasCommit(
    lake: Lake,
    commit: NonNullable<NewestCommit>,
    options: LakeOptions,
  ): Promise<boolean> {
    const { size, modified } = await this.commitOf(lake, commit, options);
    return size > 0 && size === commit.size && modified === commit.modified;
  }

  /** A commit of the table; its size is 0 if it is not in the log, and then it never counts as the newest. */
  private async commitOf(
    lake: Lake,
    { version }: Pick<Snapshot, "version">,
    options: LakeOptions,
  ): Promise<NonNullable<NewestCommit>> {
    const commit = await lake.stat(commitPath(this.tablePath, version), options);
    return { version, size: commit?.size ?? 0, modified: commit?.modified.getTime() ?? 0 };
  }
}

/** Columns that questions do not read, or can do without. */
const unneeded: ReadonlySet<string> = new Set(["source_file", "clever_school_id", "school_id"]);

/** Rejects if another program wrote the table, or changed columns that questions read. */
function requireOurColumns({ metadata, tablePath }: Snapshot, report: Report | undefined): void {
  const { columns } = metadata;
  // OEA's tables have the report's columns, but not ours.
  if (report && !columns.some(({ name }) => name === "user_type" || name === "source_file")) {
    throw new CleverLakeError(
      "notAdopted",
      "OEA's own notebooks wrote this table; it cannot be counted yet.",
      {
        subject: tablePath,
        hint: "Run `clever-lake adopt --dry-run` to see what is there, then adopt the lake with `clever-lake adopt`.",
      },
    );
  }
  const needed = (report ? pseudoColumns(report) : rosterColumns).filter(({ name }) => !unneeded.has(name));
  requireColumns(metadata, needed, tablePath);
}

/** Most lakes have no roster, and finding that out must not open DuckDB. */
async function exists(lake: Lake, tablePath: string, options: LakeOptions): Promise<boolean> {
  for await (const _ of lake.list(logFolder(tablePath), options)) return true;
  return false;
}

/**
 * Whether files were pseudonymized into a report's table, by the ingest log; false for those who may not read it. If it
 * is damaged, by the lookup table, which is written before the rows.
 */
async function hadRows(
  lake: Lake,
  duck: () => Promise<Duck>,
  report: Report,
  options: LakeOptions,
): Promise<boolean> {
  try {
    if (!(await exists(lake, ingestLogTable, options))) return false;
    return await withTables(
      { lake, duck: await duck(), ...options },
      [ingestLogTable],
      async (session, [log]) => {
        const anonymized = `FROM (${log?.select}) WHERE report = ${sqlString(report.name)} AND outcome = 'anonymized'`;
        return log?.select !== undefined && (await session.query(`${anonymized} LIMIT 1`)).length > 0;
      },
    );
  } catch (error) {
    if (isDamage(error)) return exists(lake, lookupTable(report), options);
    if (!isForbidden(error)) throw error;
    return false;
  }
}
