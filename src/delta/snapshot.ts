import type { Duck } from "../duck/duck";
import { CleverLakeError, isCleverLakeError } from "../errors";
import type { Lake, LakeOptions } from "../lake/lake";
import { type Action, parseCommit } from "./actions";
import { readLastCheckpoint } from "./lastCheckpoint";
import { type CheckpointFiles, listLog } from "./logListing";
import { commitPath, logFolder } from "./paths";
import { readCheckpoint } from "./readCheckpoint";
import { Replay, type Snapshot } from "./replay";

export type { Snapshot, TableMetadata } from "./replay";

export interface ReadSnapshotOptions extends LakeOptions {
  /** The version wanted; the newest if left out. */
  readonly version?: number;
}

/** A commit as it was read. */
export interface Commit {
  readonly version: number;
  readonly actions: readonly Action[];
}

/**
 * The table's state, undefined where there is no table. Reads the last checkpoint and the commits behind it, so the
 * work does not grow with the number of commits; the log is listed only where the note of the last checkpoint is
 * missing or misleading. Rejects with `corrupt`, `unsupportedTable`, or `notFound` for a version that is not there.
 */
export async function readSnapshot(
  lake: Lake,
  tablePath: string,
  duck: Duck,
  options: ReadSnapshotOptions = {},
): Promise<Snapshot | undefined> {
  const snapshot =
    (await fromLastCheckpoint(lake, tablePath, duck, options)) ??
    (await fromListing(lake, tablePath, duck, options));
  if (options.version !== undefined && snapshot?.version !== options.version) {
    throw new CleverLakeError("notFound", `The table has no version ${options.version}.`, {
      subject: tablePath,
    });
  }
  return snapshot;
}

/** The table's newest state from an older one, by the commits in between only; the same object where there are none. */
export async function updateSnapshot(
  lake: Lake,
  snapshot: Snapshot,
  options: LakeOptions = {},
): Promise<Snapshot> {
  const { tablePath } = snapshot;
  return replayed(tablePath, snapshot, commitsAfter(lake, tablePath, snapshot.version, options));
}

/**
 * Commits behind a version, one by one to the newest (or to `until`). A missing commit with another one behind it is
 * `corrupt`.
 */
export async function* commitsAfter(
  lake: Lake,
  tablePath: string,
  version: number,
  options: LakeOptions & { readonly until?: number },
): AsyncGenerator<Commit> {
  const until = options.until ?? Number.POSITIVE_INFINITY;
  for (let next = version + 1; next <= until; next++) {
    const actions = await readCommit(lake, tablePath, next, options);
    if (actions !== undefined) {
      yield { version: next, actions };
      continue;
    }
    const behind = await lake.stat(commitPath(tablePath, next + 1), options);
    if (behind === undefined) return;
    // Both may have been written since the first look.
    const late = await readCommit(lake, tablePath, next, options);
    if (late === undefined) throw gap(tablePath, next);
    yield { version: next, actions: late };
  }
}

/** The actions of one commit; undefined where there is no such version. */
export async function readCommit(
  lake: Lake,
  tablePath: string,
  version: number,
  options: LakeOptions,
): Promise<Action[] | undefined> {
  const file = commitPath(tablePath, version);
  try {
    return parseCommit((await lake.read(file, options)).toString("utf8"), file);
  } catch (error) {
    if (isCleverLakeError(error, "notFound")) return undefined;
    throw error;
  }
}

async function fromLastCheckpoint(
  lake: Lake,
  tablePath: string,
  duck: Duck,
  options: ReadSnapshotOptions,
): Promise<Snapshot | undefined> {
  const noted = await readLastCheckpoint(lake, tablePath, options);
  if (noted === undefined || noted.version > (options.version ?? Number.POSITIVE_INFINITY)) return undefined;
  const base = await checkpointSnapshot(lake, tablePath, duck, noted, options);
  if (base === undefined) return undefined;
  const snapshot = await replayed(
    tablePath,
    base,
    commitsAfter(lake, tablePath, base.version, untilVersion(options)),
  );
  // Where a clean-up took the commits behind a newer checkpoint that was never noted, the noted one looks like the
  // newest. Clean-ups keep the commit of the checkpoint that they keep, so its absence gives this away.
  const nothingBehind = snapshot.version === base.version && options.version !== base.version;
  if (nothingBehind && (await lake.stat(commitPath(tablePath, base.version), options)) === undefined) {
    return undefined;
  }
  return snapshot;
}

async function fromListing(
  lake: Lake,
  tablePath: string,
  duck: Duck,
  options: ReadSnapshotOptions,
): Promise<Snapshot | undefined> {
  const { commits, checkpoints, hasV2Checkpoints } = await listLog(lake, tablePath, options);
  const wanted = options.version ?? Number.POSITIVE_INFINITY;
  let base: Snapshot | undefined;
  for (const checkpoint of checkpoints.filter(({ version }) => version <= wanted)) {
    base = await checkpointSnapshot(lake, tablePath, duck, checkpoint, options);
    if (base !== undefined) break;
  }
  const start = base?.version ?? -1;
  const behind = commits.filter((version) => version > start && version <= wanted);
  if (base === undefined && behind[0] !== 0) {
    if (hasV2Checkpoints) {
      throw new CleverLakeError(
        "unsupportedTable",
        "The table's only checkpoints are v2 checkpoints, which need Delta reader version 3; this program reads version 1.",
        { subject: tablePath, hint: "Drop the feature v2Checkpoint from the table." },
      );
    }
    if (checkpoints.length > 0) {
      throw new CleverLakeError(
        "corrupt",
        "The table's checkpoints cannot be read, and its log does not reach back to its beginning.",
        { subject: logFolder(tablePath), hint: "Restore this folder from a copy of the lake." },
      );
    }
    if (behind.length > 0) throw gap(tablePath, 0);
    return undefined;
  }
  for (const [index, version] of behind.entries()) {
    if (version !== start + 1 + index) throw gap(tablePath, start + 1 + index);
  }
  return replayed(tablePath, base, commitsAfter(lake, tablePath, start, untilVersion(options)));
}

/** The state that a checkpoint holds; undefined where it cannot be read, since the log may do without it. */
async function checkpointSnapshot(
  lake: Lake,
  tablePath: string,
  duck: Duck,
  checkpoint: CheckpointFiles,
  options: LakeOptions,
): Promise<Snapshot | undefined> {
  const file = `${logFolder(tablePath)} (checkpoint ${checkpoint.version})`;
  try {
    const replay = new Replay(tablePath);
    replay.apply(await readCheckpoint(lake, duck, tablePath, checkpoint, options), file);
    return replay.snapshot(checkpoint.version, file);
  } catch (error) {
    const damaged = (["notFound", "engine", "corrupt"] as const).some((code) =>
      isCleverLakeError(error, code),
    );
    if (damaged) return undefined;
    throw error;
  }
}

/** `base` with commits applied; `base` itself where there are none. */
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

function untilVersion(options: ReadSnapshotOptions): LakeOptions & { readonly until?: number } {
  const { version, ...rest } = options;
  return version === undefined ? rest : { ...rest, until: version };
}

function gap(tablePath: string, version: number): CleverLakeError {
  return new CleverLakeError("corrupt", `The table's log lacks version ${version}.`, {
    subject: commitPath(tablePath, version),
    hint: "Restore this file from a copy of the lake, or else the table's whole folder.",
  });
}
