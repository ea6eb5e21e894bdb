import { hashTag } from "../../delta/files/dataFile";
import { type Action, type AddFile, commitInfoOf, type RemoveFile } from "../../delta/log/actions";
import type { OpenLake } from "../../delta/openLake";
import { decodePath } from "../../delta/paths";
import { readCommit, type Snapshot } from "../../delta/snapshot";

/** A commit of another program that changed rows of a table. */
export interface ForeignChange {
  /** Its name and operation, as far as its commit says. */
  readonly operation: string;
  readonly engine: string | undefined;
  /** The months whose rows it changed, `yyyy-MM`; undefined if unknown. */
  readonly months: ReadonlySet<string> | undefined;
  /** The data files that it removed, and possibly rows of. */
  readonly removed: readonly RemoveFile[];
}

/**
 * The application id under which one of our commits records that all earlier versions were ours too, or were checked
 * and did not change rows. So a check begins after that version, however long the table's log is.
 */
const verifiedAppId = "clever-lake";

/**
 * For a table without such a record, which an earlier version of this program wrote, this many commits are checked:
 * those that are not in a checkpoint yet.
 */
const inspectedEarlierCommits = 10;

/** What the commits of a table say about other programs. */
export interface ForeignChanges {
  /** Row changes since the version up to which the table is known to be consistent. */
  readonly changes: readonly ForeignChange[];
  /** Whether all commits since then were read. A clean-up of the log removes old ones. */
  readonly isComplete: boolean;
}

/** Reads the commits since the version up to which a table is known to be consistent. */
export async function foreignChanges(open: OpenLake, snapshot: Snapshot): Promise<ForeignChanges> {
  const { version, transactions, tablePath } = snapshot;
  const verified = transactions.get(verifiedAppId)?.version;
  const changes: ForeignChange[] = [];
  let isComplete = verified !== undefined;
  for (let each = Math.max(0, (verified ?? version - inspectedEarlierCommits) + 1); each <= version; each++) {
    const actions = await readCommit(open, tablePath, each);
    if (actions === undefined) isComplete = false;
    const change = actions && changeIn(actions);
    if (change) changes.push(change);
  }
  return { changes, isComplete };
}

/**
 * How other programs changed rows of a table since this program wrote it, as sentences. If commits are gone, data files
 * of another program tell that there were such; for a table that only an earlier version of this program wrote, nothing.
 */
export async function changesByOthers(open: OpenLake, snapshot: Snapshot): Promise<string[]> {
  const { changes, isComplete } = await foreignChanges(open, snapshot);
  if (isComplete) return changeSentences(changes);
  const hasForeignFiles = [...snapshot.files.values()].some(({ tags }) => tags?.[hashTag] === undefined);
  return hasOurCommits(snapshot) && hasForeignFiles
    ? ["Another program wrote its data files, and its log no longer says why."]
    : [];
}

/** What other programs did to a table, in words. */
export function changeSentences(changes: readonly ForeignChange[]): string[] {
  if (changes.length === 0) return [];
  const operations = [...new Set(changes.map(({ operation }) => operation))].join(", ");
  const engines = [...new Set(changes.flatMap(({ engine }) => engine ?? []))].join(", ");
  return [`Another program${engines === "" ? "" : ` (${engines})`} changed its rows: ${operations}.`];
}

function changeIn(actions: readonly Action[]): ForeignChange | undefined {
  const info = commitInfoOf(actions);
  if (info?.engineInfo?.startsWith("clever-lake/")) return undefined;
  const files = actions.flatMap((action): (AddFile | RemoveFile)[] => {
    const file = "add" in action ? action.add : "remove" in action ? action.remove : undefined;
    return file?.dataChange ? [file] : [];
  });
  if (files.length === 0) return undefined;
  const months = files.map(monthOf);
  return {
    operation: info?.operation ?? "an unknown operation",
    engine: info?.engineInfo,
    months: months.every((month) => month !== undefined) ? new Set(months) : undefined,
    removed: actions.flatMap((action) =>
      "remove" in action && action.remove.dataChange ? [action.remove] : [],
    ),
  };
}

/** The month of a data file, `yyyy-MM`, by its partition; a remove may only have it in its path. */
export function monthOf({ path, partitionValues }: AddFile | RemoveFile): string | undefined {
  const found = /year=(\d+)\/month=(\d+)\//.exec(decodePath(path));
  const year = partitionValues?.year ?? found?.[1];
  const month = partitionValues?.month ?? found?.[2];
  return year && month ? monthName(Number(year), Number(month)) : undefined;
}

/** `yyyy-MM` */
export function monthName(year: number, month: number): string {
  return `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}`;
}

/** The versions at which tables were found to be consistent, by path. */
export type CheckedVersions = ReadonlyMap<string, number>;

/**
 * What a commit on a state of a table adds to record that the table is consistent: it is if it is new, if that state was
 * checked, or if that state has such a record itself.
 */
export function consistencyMark(snapshot: Snapshot | undefined, checked: CheckedVersions): Action[] {
  const known = [checked.get(snapshot?.tablePath ?? ""), snapshot?.transactions.get(verifiedAppId)?.version];
  return snapshot && !known.includes(snapshot.version) ? [] : [replacementMark(snapshot)];
}

/** The same for a commit that replaces all of our rows, whatever other programs did before. */
export function replacementMark(snapshot: Snapshot | undefined): Action {
  return {
    txn: { appId: verifiedAppId, version: (snapshot?.version ?? -1) + 1, lastUpdated: Date.now() },
  };
}

/** Whether one of a table's last commits records that it is ours: otherwise each check would read more and more. */
export function isRecentlyOurs({ transactions, version }: Snapshot): boolean {
  const verified = transactions.get(verifiedAppId)?.version;
  return verified !== undefined && version - verified <= inspectedEarlierCommits;
}

/** Whether this program wrote to a table. */
export function hasOurCommits({ transactions }: Snapshot): boolean {
  return transactions.has(verifiedAppId);
}
