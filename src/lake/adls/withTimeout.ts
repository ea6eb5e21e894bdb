import { setTimeout as sleep } from "node:timers/promises";

export interface Limits {
  readonly milliseconds?: number;
  /** The error to reject with after that time. */
  readonly tooLate?: () => Error;
  readonly signal?: AbortSignal | undefined;
}

/** A promise with a time limit and a signal. The underlying work continues after either of them. */
export async function withTimeout<T>(
  work: Promise<T>,
  { milliseconds, tooLate, signal }: Limits,
): Promise<T> {
  // Once the race is lost, nobody handles the result of the work.
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
