import { setImmediate } from "node:timers/promises";

const millisecondsBetweenPauses = 40;

/** Yields now and then, so that a newer question can cancel this one. */
export class Pacer {
  private last = performance.now();

  constructor(private readonly signal: AbortSignal | undefined) {}

  /** Cheap enough to check every few thousand steps. Throws the signal's reason when aborted. */
  get due(): boolean {
    return performance.now() - this.last > millisecondsBetweenPauses;
  }

  async pause(): Promise<void> {
    await setImmediate();
    this.signal?.throwIfAborted();
    this.last = performance.now();
  }
}
