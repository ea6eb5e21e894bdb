import { setTimeout as sleep } from "node:timers/promises";

export interface Limits {
  readonly milliseconds?: number;
  /** What it rejects with when that time is over. */
  readonly tooLate?: () => Error;
  readonly signal?: AbortSignal | undefined;
}

/** What a promise comes to, unless its time is over or the signal is aborted before. What it is waiting for goes on. */
export async function within<T>(work: Promise<T>, { milliseconds, tooLate, signal }: Limits): Promise<T> {
  // It goes on whoever wins; then nobody hears of its end.
  work.catch(() => undefined);
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
  for (const end of ends) end.catch(() => undefined);
  try {
    return await Promise.race([work, ...ends]);
  } finally {
    done.abort();
  }
}
