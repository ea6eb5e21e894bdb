import { lookupTable, pseudoTable } from "../../clever/layout";
import type { Action, AddFile, CommitInfo, RemoveFile } from "../../delta/actions";
import { decodePath } from "../../delta/paths";
import { readCommit, type Snapshot } from "../../delta/snapshot";
import type { Lake, LakeOptions } from "../../lake/lake";
import { allReports, type LakeTables } from "../write/tables";
import type { Finding } from "./finding";

/** A commit of another program that changed rows of a table. */
export interface ForeignChange {
  readonly version: number;
  /** What it calls itself and what it did, as far as its commit says. */
  readonly operation: string;
  readonly engine: string | undefined;
  /** The months whose rows it changed, `yyyy-MM`; undefined where that cannot be told. */
  readonly months: ReadonlySet<string> | undefined;
}

/**
 * The application under which a commit of ours says that all versions before it were ours too, or were looked at and did
 * not change rows. So a look begins behind that version, however long the table's log is.
 */
const soundAppId = "clever-lake";

/** Whether a commit of this version, or a later one, said that the table is in order; earlier versions did not say so. */
export function hasSoundVersion(snapshot: Snapshot): boolean {
  return snapshot.transactions.has(soundAppId);
}

/** Of a table that no commit calls sound, so many commits are looked at: those that a checkpoint has not taken in. */
const lookedAtOfEarlier = 10;

/** The changes of rows by other programs since the version up to which a table is known to be in order. */
export async function foreignChanges(
  lake: Lake,
  snapshot: Snapshot,
  options: LakeOptions,
): Promise<ForeignChange[]> {
  const { version, transactions, tablePath } = snapshot;
  const sound = transactions.get(soundAppId)?.version ?? version - lookedAtOfEarlier;
  const changes: ForeignChange[] = [];
  for (let each = Math.max(0, sound + 1); each <= version; each++) {
    // A clean-up may have taken it.
    const actions = await readCommit(lake, tablePath, each, options);
    const change = actions && changeIn(actions, each);
    if (change) changes.push(change);
  }
  return changes;
}

function changeIn(actions: readonly Action[], version: number): ForeignChange | undefined {
  const info = actions.flatMap((action): CommitInfo[] =>
    "commitInfo" in action ? [action.commitInfo] : [],
  )[0];
  if (info?.engineInfo?.startsWith("clever-lake/")) return undefined;
  const files = actions.flatMap((action): (AddFile | RemoveFile)[] => {
    const file = "add" in action ? action.add : "remove" in action ? action.remove : undefined;
    return file?.dataChange ? [file] : [];
  });
  if (files.length === 0) return undefined;
  const months = files.map(monthOf);
  return {
    version,
    operation: info?.operation ?? "an unknown operation",
    engine: info?.engineInfo,
    months: months.every((month) => month !== undefined) ? new Set(months) : undefined,
  };
}

/** The month of a data file, by its partition; a remove may tell it by its path only. */
function monthOf({ path, partitionValues }: AddFile | RemoveFile): string | undefined {
  const found = /year=(\d+)\/month=(\d+)\//.exec(decodePath(path));
  const year = partitionValues?.year ?? found?.[1];
  const month = partitionValues?.month ?? found?.[2];
  return year && month ? monthName(Number(year), Number(month)) : undefined;
}

/** `yyyy-MM` */
export function monthName(year: number, month: number): string {
  return `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}`;
}

/** Up to which version each table is known to be in order, while a run adds to it. */
export class SoundVersions {
  private readonly versions: Map<string, number>;

  /** @param looked tables in which a look found nothing, by path, with the version that was looked at; -1 for none */
  constructor(looked: Iterable<readonly [string, number]>) {
    this.versions = new Map(looked);
  }

  /** All tables are in order at their newest version but those of findings. */
  static of({ pseudo, lookups }: LakeTables, findings: readonly Finding[]): SoundVersions {
    const looked = allReports().flatMap((report) => [
      [pseudoTable(report), pseudo.get(report.name)?.version ?? -1] as const,
      [lookupTable(report), lookups.get(report.name)?.version ?? -1] as const,
    ]);
    return new SoundVersions(looked.filter(([path]) => findings.every(({ table }) => table !== path)));
  }

  /** What a commit on a state of a table adds to say that the table is in order; nothing where that is not known. */
  actions(tablePath: string, snapshot: Snapshot | undefined): Action[] {
    const version = snapshot?.version ?? -1;
    if (this.versions.get(tablePath) !== version) return [];
    return [{ txn: { appId: soundAppId, version: version + 1, lastUpdated: Date.now() } }];
  }

  /** A commit of ours made this version. */
  committed({ tablePath, version }: Snapshot): void {
    if (this.versions.get(tablePath) === version - 1) this.versions.set(tablePath, version);
  }
}
