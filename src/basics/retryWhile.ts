import { ExponentialBackoff, type IBackoffFactory } from "cockatiel";
import { pause } from "./pause";

export interface RetryOptions {
  /** Milliseconds before the first retry; later pauses grow and have jitter. */
  readonly firstWait: number;
  /** The longest pause, in milliseconds. */
  readonly maxWait: number;
  /** Whether the failure of this attempt (the first is 0) may be transient. */
  readonly mayRetry: (error: unknown, attempt: number) => boolean;
  /** The value of `Retry-After` in the failure, if a service sent one: it takes precedence, up to the longest pause. */
  readonly retryAfter?: (error: unknown) => string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Waits, in milliseconds; rejects if the signal is aborted. Default: real time. */
  readonly wait?: ((milliseconds: number, signal?: AbortSignal) => Promise<void>) | undefined;
}

/**
 * Retries `work` while its failure may be transient. Unlike cockatiel's own retry policy, the signal also ends a
 * pause.
 */
export async function retryWhile<T>(work: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { firstWait, maxWait, mayRetry, retryAfter, signal, wait = pause } = options;
  let backoff: IBackoffFactory<unknown> = new ExponentialBackoff({
    initialDelay: firstWait,
    maxDelay: maxWait,
  });
  for (let attempt = 0; ; attempt++) {
    signal?.throwIfAborted();
    let requested: number | undefined;
    try {
      return await work();
    } catch (error) {
      signal?.throwIfAborted();
      if (!mayRetry(error, attempt)) throw error;
      requested = requestedWait(retryAfter?.(error));
    }
    const next = backoff.next(undefined);
    backoff = next;
    await wait(Math.min(requested ?? next.duration, maxWait), signal);
  }
}

/** The milliseconds that a `Retry-After` header asks for, as seconds or as a date; undefined if there are none. */
function requestedWait(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const seconds = Number(header);
  const milliseconds = Number.isNaN(seconds) ? Date.parse(header) - Date.now() : seconds * 1000;
  return milliseconds > 0 ? milliseconds : undefined;
}
