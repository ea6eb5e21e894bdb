import { untilAborted } from "../../basics/untilAborted";

/** Work that several callers share, each with its own signal. */
export class SharedWork<Result, Progress> {
  private readonly abort = new AbortController();
  private readonly listeners = new Set<(progress: Progress) => void>();
  private readonly result: Promise<Result>;
  private waiting = 0;
  private settled = false;
  private last: Progress | undefined;
  private giveUp: NodeJS.Timeout | undefined;

  /**
   * Starts the work. It continues for `graceMilliseconds` after the last caller has gone, because the next question
   * often follows right after a cancelled one.
   */
  constructor(
    work: (signal: AbortSignal, report: (progress: Progress) => void) => Promise<Result>,
    private readonly graceMilliseconds: number,
  ) {
    this.result = work(this.abort.signal, (progress) => {
      this.last = progress;
      for (const listener of this.listeners) listener(progress);
    });
    this.result
      // Callers receive the error through `join`; without callers it is dropped.
      .catch(() => undefined)
      .finally(() => {
        this.settled = true;
        clearTimeout(this.giveUp);
      });
  }

  /** Whether it has ended, or is cancelled and about to end: it must not be joined any more. */
  get isOver(): boolean {
    return this.settled || this.abort.signal.aborted;
  }

  /** Resolves when the work has ended, successfully or not. */
  async ended(): Promise<void> {
    await this.result.catch(() => undefined);
  }

  /** Waits for the result; aborting `signal` ends the wait at once. */
  async join(signal?: AbortSignal, onProgress?: (progress: Progress) => void): Promise<Result> {
    signal?.throwIfAborted();
    clearTimeout(this.giveUp);
    this.waiting++;
    if (onProgress) {
      this.listeners.add(onProgress);
      if (this.last !== undefined) onProgress(this.last);
    }
    try {
      return await untilAborted(this.result, signal);
    } finally {
      if (onProgress) this.listeners.delete(onProgress);
      this.waiting--;
      if (this.waiting === 0) this.giveUpLater();
    }
  }

  /** Cancels the work and waits for it to end. */
  async stop(reason: Error): Promise<void> {
    clearTimeout(this.giveUp);
    this.abort.abort(reason);
    await this.ended();
  }

  private giveUpLater(): void {
    if (this.settled) return;
    this.giveUp = setTimeout(
      () => this.abort.abort(new Error("Nobody waits for this any more.")),
      this.graceMilliseconds,
    );
    this.giveUp.unref();
  }
}
