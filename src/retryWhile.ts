import type { IBackoffFactory } from "cockatiel";
import { pause } from "./pause";

export interface RetryOptions {
  /** How long to wait before each further attempt; those of cockatiel grow and have jitter. */
  readonly backoff: IBackoffFactory<unknown>;
  /** Whether the failure of this attempt (the first is 0) may pass by itself. */
  readonly mayRetry: (error: unknown, attempt: number) => boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs `work` again while its failure may pass by itself. The signal ends it in a pause too, which cockatiel's own retry
 * policy does not do.
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
