import { CleverLakeError, isCleverLakeError, isDamage, undefinedIf } from "../basics/errors";
import { readSmall } from "../lake/readSmall";
import { type Action, commitInfoOf, parseCommit } from "./log/actions";
import { readLastCheckpoint } from "./log/lastCheckpoint";
import { requireReached, versionMissing } from "./log/logGaps";
import { type CheckpointFiles, type LogListing, listLog } from "./log/logListing";
import { requireReadable } from "./log/protocol";
import { readCheckpoint, v2Checkpoints } from "./log/readCheckpoint";
import { Replay, type Snapshot } from "./log/replay";
import type { LakeAccess, OpenLake } from "./openLake";
import { commitPath, logFolder } from "./paths";

export type { Snapshot } from "./log/replay";

/** A commit that was read. */
export interface Commit {
  readonly version: number;
  readonly actions: readonly Action[];
}

/**
 * The table's newest state, undefined if there is no table. Reads the last checkpoint and the commits after it, so the
 * work does not grow with the number of commits. The log is listed only if the record of the last checkpoint is missing
 * or misleading. Only gaps of one version are detected; `readCheckedSnapshot` detects all. Rejects with `corrupt` or
 * `unsupportedTable`.
 */
export async function readSnapshot(open: OpenLake, tablePath: string): Promise<Snapshot | undefined> {
  return readable(await readUncheckedSnapshot(open, tablePath));
}

/** `readSnapshot` of a table with features that this program knows, but cannot read: its data files must not be read. */
export async function readUncheckedSnapshot(
  open: OpenLake,
  tablePath: string,
): Promise<Snapshot | undefined> {
  const recorded = await readLastCheckpoint(open, tablePath);
  const snapshot = await fromLastCheckpoint(open, tablePath, recorded);
  return snapshot ?? (await fromListing(open, tablePath, recorded, await listLog(open, tablePath)));
}

/**
 * The table's newest state, undefined if there is no table, checked against the whole log. The log is listed first,
 * once, and every version that occurs in a file name must be reached. So nothing is committed into a gap, however
 * wide. Rejects like `readSnapshot`.
 * @param known a known state, from which the newest is reached faster
 */
export async function readCheckedSnapshot(
  open: OpenLake,
  tablePath: string,
  known?: Snapshot,
): Promise<Snapshot | undefined> {
  const listing = await listLog(open, tablePath);
  if (known !== undefined) {
    const snapshot = await updateSnapshot(open, known);
    if (known.version <= listing.newest && snapshot.version >= listing.newest) return snapshot;
  }
  const recorded = await readLastCheckpoint(open, tablePath);
  const snapshot = await fromLastCheckpoint(open, tablePath, recorded);
  const isReached = snapshot !== undefined && snapshot.version >= listing.newest;
  const base = isReached ? snapshot : await fromListing(open, tablePath, recorded, listing);
  if (known !== undefined) requireReached(tablePath, base?.version, known.version);
  return readable(base);
}

/**
 * The table's newest state from an older one, by reading only the commits in between; the same object if there are
 * none.
 */
export async function updateSnapshot(access: LakeAccess, snapshot: Snapshot): Promise<Snapshot> {
  const { tablePath } = snapshot;
  const commits = commitsAfter(access, tablePath, snapshot.version);
  return readable(await replayed(tablePath, snapshot, commits));
}

/** A table's state; refused if the table has features that this program cannot read. */
function readable<T extends Snapshot | undefined>(snapshot: T): T {
  if (snapshot !== undefined) requireReadable(snapshot);
  return snapshot;
}

/** Whether a state is still the table's newest: one request, where `updateSnapshot` takes two. */
export async function isNewest(access: LakeAccess, { tablePath, version }: Snapshot): Promise<boolean> {
  return (await access.lake.stat(commitPath(tablePath, version + 1), access)) === undefined;
}

/** Commits after a version, one by one to the newest. A missing commit followed by another one is `corrupt`. */
export async function* commitsAfter(
  access: LakeAccess,
  tablePath: string,
  version: number,
): AsyncGenerator<Commit> {
  for (let next = version + 1; ; next++) {
    const actions = await readCommit(access, tablePath, next);
    if (actions !== undefined) {
      yield { version: next, actions };
      continue;
    }
    const following = await access.lake.stat(commitPath(tablePath, next + 1), access);
    if (following === undefined) return;
    // Both commits may have been written since the first check.
    const reread = await readCommit(access, tablePath, next);
    if (reread === undefined) throw versionMissing(tablePath, next);
    yield { version: next, actions: reread };
  }
}

/** A commit takes a few hundred bytes per file; a larger file than this is not a commit. */
const maxCommitBytes = 128 * 1024 * 1024;

/** The actions of one commit; undefined if there is no such version. */
export async function readCommit(
  { lake, signal }: LakeAccess,
  tablePath: string,
  version: number,
): Promise<Action[] | undefined> {
  const file = commitPath(tablePath, version);
  const read = readSmall(lake, file, { signal, maxBytes: maxCommitBytes });
  const text = await undefinedIf((error) => isCleverLakeError(error, "notFound"), read);
  return text === undefined ? undefined : parseCommit(text, file);
}

/** When a table's state was written, by its commit; undefined if the commit does not say, or is no longer in the log. */
export async function commitTime(
  access: LakeAccess,
  { tablePath, version }: Snapshot,
): Promise<Date | undefined> {
  const timestamp = commitInfoOf((await readCommit(access, tablePath, version)) ?? [])?.timestamp;
  return timestamp === undefined ? undefined : new Date(timestamp);
}

/** The newest state by the record of the last checkpoint; undefined if the record does not lead to it. */
async function fromLastCheckpoint(
  open: OpenLake,
  tablePath: string,
  recorded: CheckpointFiles | undefined,
): Promise<Snapshot | undefined> {
  if (recorded === undefined) return undefined;
  let snapshot: Snapshot;
  let base: Snapshot | undefined;
  try {
    base = await checkpointSnapshot(open, tablePath, recorded);
    if (base === undefined) return undefined;
    snapshot = await replayed(tablePath, base, commitsAfter(open, tablePath, base.version));
  } catch (error) {
    // A newer checkpoint may not need the damaged or missing commit, and the log may not need v2 checkpoints.
    if (isCleverLakeError(error, "corrupt", "unsupportedTable")) return undefined;
    throw error;
  }
  // If a clean-up removed the commits after a newer checkpoint that was never recorded, the recorded checkpoint looks
  // like the newest. Clean-ups keep the commit of the checkpoint that they keep, so a missing commit reveals this.
  const isAtCheckpoint = snapshot.version === base.version;
  if (isAtCheckpoint && (await open.lake.stat(commitPath(tablePath, base.version), open)) === undefined) {
    return undefined;
  }
  return snapshot;
}

async function fromListing(
  open: OpenLake,
  tablePath: string,
  recorded: CheckpointFiles | undefined,
  listing: LogListing,
): Promise<Snapshot | undefined> {
  const { commits, checkpoints, hasV2Checkpoints, newest } = listing;
  let base: Snapshot | undefined;
  let refusal = hasV2Checkpoints ? v2Checkpoints(tablePath) : undefined;
  for (const checkpoint of checkpoints) {
    try {
      base = await checkpointSnapshot(open, tablePath, checkpoint);
    } catch (error) {
      if (!isCleverLakeError(error, "unsupportedTable")) throw error;
      refusal = error;
    }
    if (base !== undefined) break;
  }
  if (base === undefined && commits[0] !== 0) {
    if (refusal !== undefined) throw refusal;
    if (checkpoints.length > 0) {
      throw new CleverLakeError(
        "corrupt",
        "The table's checkpoints cannot be read, and its log does not reach back to its beginning.",
        { subject: logFolder(tablePath), hint: "Restore this folder from a backup of the lake." },
      );
    }
    if (commits.length > 0) throw versionMissing(tablePath, 0);
  }
  const snapshot = await replayed(tablePath, base, commitsAfter(open, tablePath, base?.version ?? -1));
  requireReached(tablePath, snapshot?.version, newest);
  requireReached(tablePath, snapshot?.version, recorded?.version, "record");
  return snapshot;
}

/** The state in a checkpoint; undefined if it cannot be read, because the log may not need it. */
async function checkpointSnapshot(
  open: OpenLake,
  tablePath: string,
  checkpoint: CheckpointFiles,
): Promise<Snapshot | undefined> {
  const file = `${logFolder(tablePath)} (checkpoint ${checkpoint.version})`;
  try {
    const replay = new Replay(tablePath);
    replay.apply(await readCheckpoint(open, tablePath, checkpoint), file);
    return replay.snapshot(checkpoint.version, file);
  } catch (error) {
    if (isDamage(error)) return undefined;
    throw error;
  }
}

/** `base` with commits applied; `base` itself if there are none. */
async function replayed<Base extends Snapshot | undefined>(
  tablePath: string,
  base: Base,
  commits: AsyncIterable<Commit>,
): Promise<Base | Snapshot> {
  const replay = new Replay(tablePath, base);
  let version: number | undefined;
  for await (const commit of commits) {
    version = commit.version;
    replay.apply(commit.actions, commitPath(tablePath, version));
  }
  return version === undefined ? base : replay.snapshot(version, commitPath(tablePath, version));
}
