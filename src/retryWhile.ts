import type { IBackoffFactory } from "cockatiel";
import { pause } from "./pause";

export interface RetryOptions {
  /** The wait before each retry; cockatiel's back-offs grow and have jitter. */
  readonly backoff: IBackoffFactory<unknown>;
  /** Whether the failure of this attempt (the first is 0) may be transient. */
  readonly mayRetry: (error: unknown, attempt: number) => boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Retries `work` while its failure may be transient. Unlike cockatiel's own retry policy, the signal also ends a
 * pause.
 */
export async function retryWhile<T>(work: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { mayRetry, signal } = options;
  let backoff = options.backoff;
  for (let attempt = 0; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      signal?.throwIfAborted();
      if (!mayRetry(error, attempt)) throw error;
    }
    const next = backoff.next(undefined);
    backoff = next;
    await pause(next.duration, signal);
  }
}
