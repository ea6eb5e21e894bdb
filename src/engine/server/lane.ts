import { limitConcurrency } from "../../basics/mapConcurrently";

/** Runs work sequentially: two tasks at once would need twice DuckDB's memory. */
export class Lane {
  private readonly slot = limitConcurrency(1);

  /** Runs `work` after everything before it has ended. An abort ends the wait at once. */
  run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const giveUp = () => reject(signal.reason);
      signal.addEventListener("abort", giveUp, { once: true });
      this.slot
        .execute(() => {
          signal.removeEventListener("abort", giveUp);
          signal.throwIfAborted();
          return work();
        })
        .then(resolve, reject);
    });
  }
}
