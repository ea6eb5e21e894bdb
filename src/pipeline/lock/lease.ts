import { hostname } from "node:os";
import * as z from "zod";
import { isAlive, processSpace } from "../../basics/processSpace";
import { runLeasePath, runLockPath } from "../../clever/layout";
import type { Lake } from "../../lake/lake";
import { readDocument } from "../../lake/readSmall";

/**
 * What a lake stores about the active run: the lock, which is written once and names its holder, and the holder's
 * lease, a separate file that each renewal rewrites. A late renewal can never touch a successor's lock.
 */
const lockSchema = z.object({
  id: z.string().regex(/^[\w-]{1,64}$/),
  runId: z.string(),
  host: z.string(),
  /** See `processSpace`; missing in locks of older versions. */
  space: z.string().optional(),
  pid: z.number().int(),
  expires: z.number(),
});

/** A lock, with the time at which its lease ends by its holder's clock, in milliseconds. */
export type Lock = z.infer<typeof lockSchema>;

const leaseSchema = z.object({ expires: z.number() });

const leaseMilliseconds = 60_000;
export const renewalMilliseconds = leaseMilliseconds / 4;

/** A lock of this process for a run. */
export function newLock(id: string, runId: string): Lock {
  return { id, runId, host: hostname(), space: processSpace, pid: process.pid, expires: leaseEnd() };
}

export function leaseEnd(): number {
  return Date.now() + leaseMilliseconds;
}

export function serialize(document: unknown): Buffer {
  return Buffer.from(JSON.stringify(document));
}

/** The lock at a path with its lease as last renewed; undefined if there is none. */
export async function readLock(lake: Lake, path = runLockPath): Promise<Lock | "unreadable" | undefined> {
  const lock = await readDocument(lake, path, lockSchema);
  if (lock === undefined || lock === "unreadable") return lock;
  const lease = await readDocument(lake, runLeasePath(lock.id), leaseSchema);
  return typeof lease === "object" ? { ...lock, expires: lease.expires } : lock;
}

/** Whether the lock at a path has this id. One read. */
export async function isLockOf(lake: Lake, id: string, path = runLockPath): Promise<boolean> {
  const lock = await readDocument(lake, path, lockSchema);
  return typeof lock === "object" && lock.id === id;
}

/**
 * The state of a lock's holder: `dead` and `alive` are certain, as far as the clocks agree. `unclear` cannot be decided
 * by the lease alone: another machine's lease has expired, or lasts longer than leases do because the clocks differ.
 *
 * @param heldHere the ids of the locks that this process holds
 */
export function stateOf(lock: Lock, heldHere: ReadonlySet<string>): "alive" | "dead" | "unclear" {
  const isElsewhere = lock.space !== processSpace;
  const left = lock.expires - Date.now();
  // In a container, the dead process may have had this process's id.
  const isGone = lock.pid === process.pid ? !heldHere.has(lock.id) : !isAlive(lock.pid);
  if (!isElsewhere && (isGone || left <= 0)) return "dead";
  return left > 0 && left <= 2 * leaseMilliseconds ? "alive" : "unclear";
}
