import { setTimeout as sleep } from "node:timers/promises";

/** Waits this many milliseconds; rejects with the signal's reason, as callers expect. */
export async function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  try {
    await sleep(milliseconds, undefined, signal ? { signal } : {});
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
