import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { z } from "zod";
import { runLockPath } from "../clever/layout";
import { CleverLakeError, isCleverLakeError } from "../errors";
import { isAlive } from "../lake/folder";
import type { Lake } from "../lake/lake";

const lockSchema = z.object({
  id: z.string(),
  runId: z.string(),
  host: z.string(),
  pid: z.number().int(),
  expires: z.number(),
});
type Lock = z.infer<typeof lockSchema>;

const leaseMilliseconds = 60_000;

/**
 * One run at a time per lake, so that no file is landed twice. Rows are safe without it (the Delta log decides by
 * itself what is applied): the lock only spares work, and a run whose lock was taken from it does no harm.
 */
export class RunLock implements AsyncDisposable {
  private readonly renewal: NodeJS.Timeout;
  private renewing: Promise<void> = Promise.resolve();

  private constructor(
    private readonly lake: Lake,
    private readonly lock: Lock,
    /** The run that held the lock and died, if there was one: what it landed may not be in the log. */
    readonly interruptedRun: string | undefined,
  ) {
    this.renewal = setInterval(() => {
      this.renewing = this.renew();
    }, leaseMilliseconds / 4);
    this.renewal.unref();
  }

  /** Takes the lock, over from a dead run if need be; rejects with code `busy` while another run is alive. */
  static async take(lake: Lake, runId: string): Promise<RunLock> {
    const lock: Lock = { id: randomUUID(), runId, host: hostname(), pid: process.pid, expires: lease() };
    let interruptedRun: string | undefined;
    for (let attempt = 0; attempt < 5; attempt++) {
      if (await lake.putIfAbsent(runLockPath, serialize(lock)))
        return new RunLock(lake, lock, interruptedRun);
      const holder = await read(lake, runLockPath);
      if (holder === undefined) continue;
      if (holder !== "unreadable" && isHeld(holder)) throw busy(lake, holder);
      if (await removeExactly(lake, holder)) {
        interruptedRun = holder === "unreadable" ? undefined : holder.runId;
      }
    }
    throw busy(lake, undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.renewal);
    await this.renewing;
    const holder = await read(this.lake, runLockPath);
    if (holder !== undefined && holder !== "unreadable" && holder.id === this.lock.id) {
      await this.lake.delete(runLockPath);
    }
  }

  private async renew(): Promise<void> {
    try {
      const holder = await read(this.lake, runLockPath);
      if (holder === undefined || holder === "unreadable" || holder.id !== this.lock.id) return;
      const renewed = serialize({ ...this.lock, expires: lease() });
      await this.lake.write(runLockPath, single(renewed));
    } catch {
      // The next renewal tries again; a lease that runs out meanwhile costs work, not rows.
    }
  }
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

/** A lease that was not renewed is over, and on this machine so is that of a process that is gone. */
function isHeld(lock: Lock): boolean {
  return lock.expires > Date.now() && (lock.host !== hostname() || isAlive(lock.pid));
}

/** Removes the dead lock that was read, and no other: between reading and removing, a new run may have taken over. */
async function removeExactly(lake: Lake, dead: Lock | "unreadable"): Promise<boolean> {
  const aside = `${runLockPath}.${randomUUID()}`;
  try {
    await lake.rename(runLockPath, aside);
  } catch (error) {
    if (isCleverLakeError(error, "notFound")) return false;
    throw error;
  }
  const moved = await read(lake, aside);
  const same =
    moved === dead || (typeof moved === "object" && typeof dead === "object" && moved.id === dead.id);
  if (!same && typeof moved === "object") await lake.putIfAbsent(runLockPath, serialize(moved));
  await lake.delete(aside);
  return same;
}

function busy(lake: Lake, holder: Lock | undefined): CleverLakeError {
  const who = holder ? ` (run ${holder.runId}, process ${holder.pid} on ${holder.host})` : "";
  return new CleverLakeError("busy", `Another run is at work on this lake${who}; nothing was done.`, {
    subject: lake.url,
    hint: "Wait until it has ended.",
  });
}
