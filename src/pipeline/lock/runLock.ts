import { randomUUID } from "node:crypto";
import path from "node:path";
import { isBesideRunLock, runLeasePath, runLockPath } from "../../clever/layout";
import { counted } from "../../counted";
import { CleverLakeError, isCleverLakeError } from "../../errors";
import type { Lake, LakeEntry, LakeOptions } from "../../lake/lake";
import { pause } from "../../pause";
import { leftOverMilliseconds } from "../../scratch";
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
  /** Lets time pass. */
  readonly wait?: (milliseconds: number, signal: AbortSignal | undefined) => Promise<void>;
}

/** The locks that runs of this process hold. */
const heldHere = new Set<string>();

/** When the lease ends of locks that were watched here and not renewed: the next look need not watch again. */
const watchedDead = new Map<string, number>();

/**
 * One run at a time per lake. What is a repeat and which bytes the lake holds is decided from what a run read when it
 * began, so no other one may bring in rows meanwhile. A run that stood still for longer than its lease may lose the
 * lock to another: it has to ask `requireHeld` before each commit, and `ReportTable` looks at what is new in the table
 * for what happens between the two.
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
   * Takes the lock, over from a dead run if need be; rejects with code `busy` while another run is alive. Where its
   * lease alone does not tell, the lock is watched for a renewal, for twenty seconds.
   */
  static async take(lake: Lake, runId: string, options: WatchOptions = {}): Promise<RunLock> {
    const id = randomUUID();
    // Known here before it stands in the lake: another run of this process may read it there before this one goes on.
    heldHere.add(id);
    try {
      await win(lake, () => newLock(id, runId), options);
    } catch (error) {
      heldHere.delete(id);
      throw error;
    }
    const lock = new RunLock(lake, id);
    await sweepBesideLock(lake);
    return lock;
  }

  /** Rejects with `conflict` where the lock is this run's no more; to be asked right before a commit. One read. */
  async requireHeld(): Promise<void> {
    if (await isLockOf(this.lake, this.id)) return;
    const successor = await readLock(this.lake);
    const by = typeof successor === "object" ? ` by run ${successor.runId}` : "";
    throw new CleverLakeError(
      "conflict",
      `The lock of this run was taken over${by} while it stood still; what it had not committed until then was left.`,
      { subject: this.lake.url, hint: "The next run goes on from there." },
    );
  }

  /** Lets go of the lock. Never rejects: a lock that could not be deleted is seen to be dead. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.renewal);
    await this.renewing;
    heldHere.delete(this.id);
    try {
      if (await isLockOf(this.lake, this.id)) {
        await removeLock(this.lake, (aside) => isLockOf(this.lake, this.id, aside));
      }
      if (this.isRenewed) await this.lake.delete(runLeasePath(this.id));
    } catch {
      // What the run did, or why it failed, must not be lost over this.
    }
  }

  private async renew(): Promise<void> {
    try {
      if (!(await isLockOf(this.lake, this.id))) return;
      this.isRenewed = true;
      await this.lake.write(runLeasePath(this.id), single(serialize({ expires: leaseEnd() })));
    } catch {
      // The next renewal tries again; a lease that runs out meanwhile is seen before the next commit.
    }
  }
}

/**
 * Puts a lock into the lake, in place of a dead one if need be.
 *
 * @param lock makes the lock, with a lease from now on
 */
async function win(lake: Lake, lock: () => Lock, options: WatchOptions): Promise<void> {
  for (let attempt = 0; attempt < 5; attempt++) {
    if (await lake.putIfAbsent(runLockPath, serialize(lock()))) return;
    const holder = await readLock(lake);
    if (holder === undefined) continue;
    if (holder !== "unreadable") {
      const state = await judge(lake, holder, options);
      if (state === "another") continue;
      if (state !== "dead") throw busy(lake, holder, state);
    }
    const isRemoved = await removeLock(lake, async (aside) => isSame(await readLock(lake, aside), holder));
    if (isRemoved && typeof holder === "object") await lake.delete(runLeasePath(holder.id));
  }
  throw busy(lake, undefined, "renewed");
}

/**
 * Whether a lock's holder is at work: the one judgement for runs and for whoever looks on. Where the lease alone does not
 * tell, the lock is watched for a renewal. `another` is one that is gone, or in another's hands, after that.
 */
async function judge(
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

/** The lock as it stands in a lake, and the run at work that holds it; undefined where there is none. */
async function lookAt(
  lake: Lake,
  options: WatchOptions,
): Promise<{ lock: Lock | "unreadable" | undefined; atWork?: { holder: Lock; why: "alive" | "renewed" } }> {
  for (;;) {
    options.signal?.throwIfAborted();
    const lock = await readLock(lake);
    if (typeof lock !== "object") return { lock };
    const state = await judge(lake, lock, options);
    if (state === "dead") return { lock };
    if (state !== "another") return { lock, atWork: { holder: lock, why: state } };
  }
}

/** The run that is at work on a lake, undefined where there is none. */
export async function runningRun(lake: Lake, options: WatchOptions = {}): Promise<string | undefined> {
  return (await lookAt(lake, options)).atWork?.holder.runId;
}

/** The lock that a dead run left, undefined where there is none; rejects with `busy` where a run is at work on a lake. */
export async function requireNoRun(
  lake: Lake,
  options: WatchOptions = {},
): Promise<Lock | "unreadable" | undefined> {
  const { lock, atWork } = await lookAt(lake, options);
  if (atWork === undefined) return lock;
  throw busy(lake, atWork.holder, atWork.why);
}

/** The lock, and what runs have beside it: the lease of one at work, and what killed ones left. */
export async function lockFiles(lake: Lake, options: LakeOptions = {}): Promise<LakeEntry[]> {
  const files: LakeEntry[] = [];
  for await (const entry of lake.list(path.posix.dirname(runLockPath), options)) {
    if (entry.path === runLockPath || isBesideRunLock(entry.path)) files.push(entry);
  }
  return files;
}

async function* single(data: Uint8Array): AsyncIterable<Uint8Array> {
  yield await Promise.resolve(data);
}

/**
 * Removes the lock where it is the expected one, and no other: between reading and removing, a new run may have taken
 * over, whose lock is then put back. Resolves to whether this call has removed it.
 *
 * @param isExpected tells by the path that the lock was moved to
 */
async function removeLock(lake: Lake, isExpected: (aside: string) => Promise<boolean>): Promise<boolean> {
  const aside = `${runLockPath}.${randomUUID()}`;
  try {
    await lake.rename(runLockPath, aside);
  } catch (error) {
    if (isCleverLakeError(error, "notFound")) return false;
    throw error;
  }
  const isRemoved = await isExpected(aside);
  if (!isRemoved) {
    const other = await readLock(lake, aside);
    if (typeof other === "object") await lake.putIfAbsent(runLockPath, serialize(other));
  }
  await lake.delete(aside);
  return isRemoved;
}

/** Whether a lock is the other one and was not even renewed since. */
function isSame(a: Lock | "unreadable" | undefined, b: Lock | "unreadable"): boolean {
  if (typeof a !== "object" || typeof b !== "object") return a === b;
  return a.id === b.id && a.expires === b.expires;
}

/**
 * Removes leases and moved locks that killed runs left, once they are a day old by the lake's clock, which has just
 * dated the lock of this run. Never rejects: what cannot be removed now, a later run removes.
 */
async function sweepBesideLock(lake: Lake): Promise<void> {
  try {
    const files = await lockFiles(lake);
    const now = files.find((file) => file.path === runLockPath)?.modified.getTime() ?? 0;
    for (const file of files) {
      if (file.modified.getTime() < now - leftOverMilliseconds) await lake.delete(file.path);
    }
  } catch {
    // It is of no use to the run itself.
  }
}

function busy(lake: Lake, holder: Lock | undefined, why: keyof typeof hints): CleverLakeError {
  const who = holder ? ` (run ${holder.runId}, process ${holder.pid} on ${holder.host})` : "";
  return new CleverLakeError("busy", `Another run is at work on this lake${who}; nothing was done.`, {
    subject: lake.url,
    hint: `Wait until it has ended.${holder ? hints[why](holder) : ""}`,
  });
}

/** What helps, by what is known of the holder. */
const hints = {
  alive: ({ expires }: Lock) => {
    const seconds = Math.ceil((expires - Date.now()) / 1000);
    return ` If it was killed, its lock ends by itself in ${counted(seconds, "second")}: then try again.`;
  },
  renewed: () => "",
};
