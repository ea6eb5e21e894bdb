import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { z } from "zod";
import { runLockPath } from "../clever/layout";
import { CleverLakeError, isCleverLakeError } from "../errors";
import type { Lake } from "../lake/lake";
import { pause } from "../pause";
import { isAlive } from "../processSpace";

const lockSchema = z.object({
  id: z.string(),
  runId: z.string(),
  host: z.string(),
  pid: z.number().int(),
  expires: z.number(),
});
type Lock = z.infer<typeof lockSchema>;

const leaseMilliseconds = 60_000;
const renewalMilliseconds = leaseMilliseconds / 4;

export interface TakeOptions {
  readonly signal?: AbortSignal | undefined;
  /** Lets time pass. */
  readonly wait?: (milliseconds: number, signal: AbortSignal | undefined) => Promise<void>;
}

/** The locks that runs of this process hold. */
const heldHere = new Set<string>();

/**
 * One run at a time per lake. What is a repeat and which bytes the lake holds is decided from what a run read when it
 * began, so no other one may bring in rows meanwhile. A run that stood still for longer than its lease may lose the
 * lock to another: it has to ask `requireHeld` before each commit, and `applyRows` looks at what is new in the table
 * for what happens between the two.
 */
export class RunLock implements AsyncDisposable {
  private readonly renewal: NodeJS.Timeout;
  private renewing: Promise<void> = Promise.resolve();
  /** Who was seen to have taken the lock over. */
  private successor: Lock | undefined;

  private constructor(
    private readonly lake: Lake,
    private readonly lock: Lock,
  ) {
    heldHere.add(lock.id);
    this.renewal = setInterval(() => {
      this.renewing = this.renew();
    }, renewalMilliseconds);
    this.renewal.unref();
  }

  /**
   * Takes the lock, over from a dead run if need be; rejects with code `busy` while another run is alive. Where only
   * another machine's clock speaks for or against that, it is watched for a renewal, for twenty seconds.
   */
  static async take(lake: Lake, runId: string, { signal, wait = pause }: TakeOptions = {}): Promise<RunLock> {
    const lock: Lock = { id: randomUUID(), runId, host: hostname(), pid: process.pid, expires: lease() };
    let watched: Lock | undefined;
    for (let attempt = 0; attempt < 5; attempt++) {
      if (await lake.putIfAbsent(runLockPath, serialize({ ...lock, expires: lease() }))) {
        return new RunLock(lake, lock);
      }
      const holder = await read(lake, runLockPath);
      if (holder === undefined) continue;
      if (holder !== "unreadable") {
        const isRenewed = watched?.id === holder.id && watched.expires !== holder.expires;
        if (isRenewed || (isHeld(holder) && !isOfAnotherTime(holder))) throw busy(lake, holder);
        if (isElsewhere(holder) && watched?.id !== holder.id) {
          watched = holder;
          await wait(renewalMilliseconds + 5_000, signal);
          continue;
        }
      }
      await removeExactly(lake, holder);
    }
    throw busy(lake, undefined);
  }

  /** Rejects with `conflict` where the lock is this run's no more; to be asked right before a commit. One read. */
  async requireHeld(): Promise<void> {
    if (this.successor === undefined) {
      const holder = await read(this.lake, runLockPath);
      if (typeof holder === "object" && holder.id === this.lock.id) return;
      if (typeof holder === "object") this.successor = holder;
    }
    const by = this.successor ? ` by run ${this.successor.runId}` : "";
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
    heldHere.delete(this.lock.id);
    try {
      const holder = await read(this.lake, runLockPath);
      if (typeof holder === "object" && holder.id === this.lock.id) await this.lake.delete(runLockPath);
    } catch {
      // What the run did, or why it failed, must not be lost over this.
    }
  }

  private async renew(): Promise<void> {
    try {
      const holder = await read(this.lake, runLockPath);
      if (holder === undefined || holder === "unreadable") return;
      if (holder.id !== this.lock.id) {
        this.successor = holder;
        return;
      }
      const renewed = serialize({ ...this.lock, expires: lease() });
      await this.lake.write(runLockPath, single(renewed));
    } catch {
      // The next renewal tries again; a lease that runs out meanwhile is seen before the next commit.
    }
  }
}

/** The run that is at work on a lake, undefined where there is none. */
export async function runningRun(lake: Lake): Promise<string | undefined> {
  const holder = await read(lake, runLockPath);
  return holder !== undefined && holder !== "unreadable" && isHeld(holder) ? holder.runId : undefined;
}

async function* single(data: Uint8Array): AsyncIterable<Uint8Array> {
  yield await Promise.resolve(data);
}

function lease(): number {
  return Date.now() + leaseMilliseconds;
}

function serialize(lock: Lock): Buffer {
  return Buffer.from(JSON.stringify(lock));
}

async function read(lake: Lake, path: string): Promise<Lock | "unreadable" | undefined> {
  try {
    const parsed = lockSchema.safeParse(JSON.parse((await lake.read(path)).toString("utf8")));
    return parsed.success ? parsed.data : "unreadable";
  } catch (error) {
    if (isCleverLakeError(error, "notFound")) return undefined;
    if (error instanceof SyntaxError) return "unreadable";
    throw error;
  }
}

/**
 * A lease that was not renewed is over, and on this machine so is that of a process that is gone. In a container the
 * process that died may have had the id of this one.
 */
function isHeld(lock: Lock): boolean {
  if (lock.expires <= Date.now()) return false;
  if (isElsewhere(lock)) return true;
  return lock.pid === process.pid ? heldHere.has(lock.id) : isAlive(lock.pid);
}

/** Whether another machine's lease is far longer than leases are, which tells of its clock alone. */
function isOfAnotherTime(lock: Lock): boolean {
  return isElsewhere(lock) && lock.expires - Date.now() > 2 * leaseMilliseconds;
}

function isElsewhere({ host }: Lock): boolean {
  return host !== hostname();
}

/** Removes the dead lock that was read, and no other: between reading and removing, a new run may have taken over. */
async function removeExactly(lake: Lake, dead: Lock | "unreadable"): Promise<void> {
  const aside = `${runLockPath}.${randomUUID()}`;
  try {
    await lake.rename(runLockPath, aside);
  } catch (error) {
    if (isCleverLakeError(error, "notFound")) return;
    throw error;
  }
  const moved = await read(lake, aside);
  const same =
    moved === dead || (typeof moved === "object" && typeof dead === "object" && isSame(moved, dead));
  if (!same && typeof moved === "object") await lake.putIfAbsent(runLockPath, serialize(moved));
  await lake.delete(aside);
}

/** Whether a lock was not even renewed. */
function isSame(a: Lock, b: Lock): boolean {
  return a.id === b.id && a.expires === b.expires;
}

function busy(lake: Lake, holder: Lock | undefined): CleverLakeError {
  const who = holder ? ` (run ${holder.runId}, process ${holder.pid} on ${holder.host})` : "";
  return new CleverLakeError("busy", `Another run is at work on this lake${who}; nothing was done.`, {
    subject: lake.url,
    hint: "Wait until it has ended.",
  });
}
