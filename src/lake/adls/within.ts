import { setTimeout as sleep } from "node:timers/promises";

export interface Limits {
  readonly milliseconds?: number;
  /** What it rejects with when that time is over. */
  readonly tooLate?: () => Error;
  readonly signal?: AbortSignal | undefined;
}

/** What a promise comes to, unless its time is over or the signal is aborted before. What it is waiting for goes on. */
export async function within<T>(work: Promise<T>, { milliseconds, tooLate, signal }: Limits): Promise<T> {
  signal?.throwIfAborted();
  const done = new AbortController();
  const ends: Promise<never>[] = [];
  if (milliseconds !== undefined) {
    const over = sleep(milliseconds, undefined, { signal: done.signal, ref: false });
    ends.push(
      over.then(() => {
        throw tooLate?.() ?? new Error("It took too long.");
      }),
    );
  }
  if (signal) {
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true, signal: done.signal });
    });
    ends.push(aborted);
  }
  // Whichever does not win has nobody who hears of it.
  for (const end of [work, ...ends]) end.catch(() => undefined);
  try {
    return await Promise.race([work, ...ends]);
  } finally {
    done.abort();
  }
}
