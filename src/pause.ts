import { setTimeout as sleep } from "node:timers/promises";

/** Lets so many milliseconds pass; rejects with the signal's reason, which is what callers are promised. */
export async function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  try {
    await sleep(milliseconds, undefined, signal ? { signal } : {});
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
