import { allSettledOrThrow } from "../../basics/allSettledOrThrow";
import { pseudoTable, rosterTable } from "../../clever/layout";
import { reports } from "../../clever/reports";
import { commitPath, logFolder } from "../../delta/paths";
import { readSnapshot, type Snapshot, updateSnapshot } from "../../delta/snapshot";
import type { Duck } from "../../duck/duck";
import type { Lake, LakeEntry, LakeOptions } from "../../lake/lake";
import { type ReportKind, reportKinds } from "../answer";

/** A consistent view of the tables that the index is built from; undefined if one does not exist. */
export type Snapshots = Readonly<Record<ReportKind | "roster", Snapshot | undefined>>;

/** Snapshots stay the same objects while their tables do not change. */
export function isSame(a: Snapshots, b: Snapshots): boolean {
  return ([...reportKinds, "roster"] as const).every((name) => a[name] === b[name]);
}

/** The tables of the index. */
export class WatchedTables {
  private readonly dailyParticipation = new WatchedTable(pseudoTable(reports.daily_participation));
  private readonly resourceUsage = new WatchedTable(pseudoTable(reports.resource_usage));
  private readonly roster = new WatchedTable(rosterTable);

  async newest(lake: Lake, duck: () => Promise<Duck>, options: LakeOptions): Promise<Snapshots> {
    // If one fails, the others have ended, too: they must not open an engine that nobody closes.
    const [dailyParticipation, resourceUsage, roster] = await allSettledOrThrow([
      this.dailyParticipation.newest(lake, duck, options),
      this.resourceUsage.newest(lake, duck, options),
      this.roster.newest(lake, duck, options),
    ]);
    return { dailyParticipation, resourceUsage, roster };
  }
}

/** A table that is checked repeatedly: a check of an unchanged table costs two requests to the lake. */
class WatchedTable {
  private seen: { readonly snapshot: Snapshot; readonly commit: LakeEntry | undefined } | undefined;

  constructor(private readonly tablePath: string) {}

  /** The table's newest state, the same object while it does not change; undefined if the table does not exist. */
  async newest(lake: Lake, duck: () => Promise<Duck>, options: LakeOptions): Promise<Snapshot | undefined> {
    const { seen, tablePath } = this;
    const before = seen && (await this.isAsSeen(lake, seen, options)) ? seen.snapshot : undefined;
    const snapshot = before
      ? await updateSnapshot({ lake, ...options }, before)
      : (await this.exists(lake, options))
        ? await readSnapshot({ lake, duck: await duck(), ...options }, tablePath)
        : undefined;
    if (snapshot === undefined) this.seen = undefined;
    else if (snapshot !== before) {
      const commit = await lake.stat(commitPath(tablePath, snapshot.version), options);
      this.seen = { snapshot, commit };
    }
    return snapshot;
  }

  /** Most lakes have no roster, and finding that out must not open DuckDB. */
  private async exists(lake: Lake, options: LakeOptions): Promise<boolean> {
    for await (const _ of lake.list(logFolder(this.tablePath), options)) return true;
    return false;
  }

  /** False if the commit has changed: then the table was recreated or restored, and is another table. */
  private async isAsSeen(
    lake: Lake,
    { snapshot, commit }: { readonly snapshot: Snapshot; readonly commit: LakeEntry | undefined },
    options: LakeOptions,
  ): Promise<boolean> {
    const now = await lake.stat(commitPath(this.tablePath, snapshot.version), options);
    if (now === undefined || commit === undefined) return false;
    return now.size === commit.size && now.modified.getTime() === commit.modified.getTime();
  }
}
