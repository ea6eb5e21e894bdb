import { randomUUID } from "node:crypto";
import path from "node:path";
import { Readable } from "node:stream";
import { counted } from "../../basics/counted";
import { CleverLakeError, isCleverLakeError } from "../../basics/errors";
import { pause } from "../../basics/pause";
import { leftoverAgeMilliseconds } from "../../basics/scratch";
import { isRunLockFile, runLeasePath, runLockPath } from "../../clever/layout";
import type { Lake, LakeEntry, LakeOptions } from "../../lake/lake";
import {
  isLockOf,
  type Lock,
  leaseEnd,
  newLock,
  readLock,
  renewalMilliseconds,
  serialize,
  stateOf,
} from "./lease";

export interface WatchOptions {
  readonly signal?: AbortSignal | undefined;
  /** Waits. */
  readonly wait?: (milliseconds: number, signal: AbortSignal | undefined) => Promise<void>;
}

/** The locks that runs of this process hold. */
const heldHere = new Set<string>();

/** For locks that were watched here and not renewed, the end of their lease: the next check need not watch again. */
const watchedDead = new Map<string, number>();

/**
 * Allows one run at a time per lake. A run decides from what it read at its start which rows are repeated and which
 * bytes the lake holds, so no other run may add rows in the meantime. A run that was suspended for longer than its
 * lease may lose the lock to another. It must therefore call `requireHeld` before each commit; `ReportTable` checks for
 * new table versions to cover the time between the two.
 */
export class RunLock implements AsyncDisposable {
  private readonly renewal: NodeJS.Timeout;
  private renewing: Promise<void> = Promise.resolve();
  private isRenewed = false;

  private constructor(
    private readonly lake: Lake,
    private readonly id: string,
  ) {
    this.renewal = setInterval(() => {
      this.renewing = this.renew();
    }, renewalMilliseconds);
    this.renewal.unref();
  }

  /**
   * Takes the lock, from a dead run if necessary; rejects with code `busy` while another run is alive. If the lease
   * alone does not decide, the lock is watched for a renewal, for twenty seconds.
   */
  static async acquire(lake: Lake, runId: string, options: WatchOptions = {}): Promise<RunLock> {
    const id = randomUUID();
    // Registered here before it is in the lake: another run of this process may read it there before this one
    // continues.
    heldHere.add(id);
    try {
      await acquire(lake, id, runId, options);
    } catch (error) {
      heldHere.delete(id);
      throw error;
    }
    const lock = new RunLock(lake, id);
    await sweepLockFiles(lake);
    return lock;
  }

  /** Rejects with `conflict` if the lock is no longer this run's; to be called right before a commit. One read. */
  readonly requireHeld = async (): Promise<void> => {
    if (await isLockOf(this.lake, this.id)) return;
    const successor = await readLock(this.lake);
    const by = typeof successor === "object" ? ` (${successor.runId})` : "";
    throw new CleverLakeError(
      "conflict",
      `Another run${by} took over this run's lock while it was suspended; its uncommitted work was not written.`,
      { subject: this.lake.url, hint: "The next run continues from there." },
    );
  };

  /** When the lock was taken, by the lake's clock. Rejects with `conflict` if it is no longer this run's. */
  async takenAt(): Promise<Date | undefined> {
    const lock = await this.lake.stat(runLockPath);
    await this.requireHeld();
    return lock?.modified;
  }

  /** Releases the lock. Never rejects: if a lock could not be deleted, others detect that it is dead. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.renewal);
    await this.renewing;
    heldHere.delete(this.id);
    try {
      if (await isLockOf(this.lake, this.id)) {
        await removeLock(this.lake, (movedPath) => isLockOf(this.lake, this.id, movedPath));
      }
      if (this.isRenewed) await this.lake.delete(runLeasePath(this.id));
    } catch {
      // The run's result or error must not be lost because of this.
    }
  }

  private async renew(): Promise<void> {
    try {
      if (!(await isLockOf(this.lake, this.id))) return;
      this.isRenewed = true;
      await this.lake.write(runLeasePath(this.id), Readable.from([serialize({ expires: leaseEnd() })]));
    } catch {
      // The next renewal tries again; a lease that expires in the meantime is noticed before the next commit.
    }
  }
}

/** Puts a lock into the lake, in place of a dead one if necessary. */
async function acquire(lake: Lake, id: string, runId: string, options: WatchOptions): Promise<void> {
  for (let attempt = 0; attempt < 5; attempt++) {
    if (await lake.putIfAbsent(runLockPath, serialize(newLock(id, runId)))) return;
    const holder = await readLock(lake);
    if (holder === undefined) continue;
    // It was written, but the response was lost, and the repeated request found it.
    if (typeof holder === "object" && holder.id === id) return;
    if (holder !== "unreadable") {
      const state = await stateOfHolder(lake, holder, options);
      if (state === "another") continue;
      if (state !== "dead") throw busy(lake, holder, state);
    }
    const isRemoved = await removeLock(lake, async (movedPath) =>
      isSame(await readLock(lake, movedPath), holder),
    );
    if (isRemoved && typeof holder === "object") await lake.delete(runLeasePath(holder.id));
  }
  throw busy(lake, undefined, "renewed");
}

/**
 * Whether a lock's holder is active: the single check for runs and for observers. If the lease alone does not decide,
 * the lock is watched for a renewal. `another` means that the lock was then gone, or had another holder.
 */
async function stateOfHolder(
  lake: Lake,
  holder: Lock,
  { signal, wait = pause }: WatchOptions,
): Promise<"alive" | "renewed" | "dead" | "another"> {
  const state = stateOf(holder, heldHere);
  if (state !== "unclear") return state;
  if (watchedDead.get(holder.id) === holder.expires) return "dead";
  await wait(renewalMilliseconds + 5_000, signal);
  const now = await readLock(lake);
  if (typeof now !== "object" || now.id !== holder.id) return "another";
  if (now.expires !== holder.expires) return "renewed";
  watchedDead.set(holder.id, holder.expires);
  return "dead";
}

/** The lock in a lake, and the active run that holds it; undefined if there is none. */
async function inspectLock(
  lake: Lake,
  options: WatchOptions,
): Promise<{ lock: Lock | "unreadable" | undefined; active?: { holder: Lock; why: "alive" | "renewed" } }> {
  for (;;) {
    options.signal?.throwIfAborted();
    const lock = await readLock(lake);
    if (typeof lock !== "object") return { lock };
    const state = await stateOfHolder(lake, lock, options);
    if (state === "dead") return { lock };
    if (state !== "another") return { lock, active: { holder: lock, why: state } };
  }
}

/** The active run on a lake, undefined if there is none. */
export async function runningRun(lake: Lake, options: WatchOptions = {}): Promise<string | undefined> {
  return (await inspectLock(lake, options)).active?.holder.runId;
}

/** The lock that a dead run left, undefined if there is none; rejects with `busy` if a run is active on the lake. */
export async function requireNoRun(
  lake: Lake,
  options: WatchOptions = {},
): Promise<Lock | "unreadable" | undefined> {
  const { lock, active } = await inspectLock(lake, options);
  if (active === undefined) return lock;
  throw busy(lake, active.holder, active.why);
}

/** The lock and the files that belong to it: the lease of an active run, and those that killed runs left. */
export async function lockFiles(lake: Lake, options: LakeOptions = {}): Promise<LakeEntry[]> {
  const files: LakeEntry[] = [];
  for await (const entry of lake.list(path.posix.dirname(runLockPath), options)) {
    if (entry.path === runLockPath || isRunLockFile(entry.path)) files.push(entry);
  }
  return files;
}

/**
 * Removes the lock if it is the expected one, and no other. Between reading and removing, a new run may have taken
 * over; its lock is then put back. Resolves to whether this call removed it.
 *
 * @param isExpected decides, given the path that the lock was moved to
 */
async function removeLock(lake: Lake, isExpected: (movedPath: string) => Promise<boolean>): Promise<boolean> {
  const movedPath = `${runLockPath}.${randomUUID()}`;
  try {
    await lake.rename(runLockPath, movedPath);
  } catch (error) {
    if (isCleverLakeError(error, "notFound")) return false;
    throw error;
  }
  const isRemoved = await isExpected(movedPath);
  if (!isRemoved) {
    const other = await readLock(lake, movedPath);
    if (typeof other === "object") await lake.putIfAbsent(runLockPath, serialize(other));
  }
  await lake.delete(movedPath);
  return isRemoved;
}

/** Whether two locks are the same, without a renewal in between. */
function isSame(a: Lock | "unreadable" | undefined, b: Lock | "unreadable"): boolean {
  if (typeof a !== "object" || typeof b !== "object") return a === b;
  return a.id === b.id && a.expires === b.expires;
}

/**
 * Removes leases and moved locks that killed runs left, once they are a day old by the lake's clock, which has just
 * dated this run's lock. Never rejects: a later run removes what cannot be removed now.
 */
async function sweepLockFiles(lake: Lake): Promise<void> {
  try {
    const files = await lockFiles(lake);
    const now = files.find((file) => file.path === runLockPath)?.modified.getTime() ?? 0;
    for (const file of files) {
      if (file.modified.getTime() < now - leftoverAgeMilliseconds) await lake.delete(file.path);
    }
  } catch {
    // The run itself does not need it.
  }
}

function busy(lake: Lake, holder: Lock | undefined, why: keyof typeof hints): CleverLakeError {
  const who = holder ? ` (run ${holder.runId}, process ${holder.pid} on ${holder.host})` : "";
  return new CleverLakeError("busy", `Another run is active on this lake${who}; nothing was done.`, {
    subject: lake.url,
    hint: `Wait until it has ended.${holder ? hints[why](holder) : ""}`,
  });
}

/** What to do, depending on what is known of the holder. */
const hints = {
  alive: ({ expires }: Lock) => {
    const seconds = Math.ceil((expires - Date.now()) / 1000);
    return ` If it was killed, its lock expires in ${counted(seconds, "second")}; then try again.`;
  },
  renewed: () => "",
};
