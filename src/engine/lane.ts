import { bulkhead } from "cockatiel";

/** Work that is done one after the other, since two of its kind concurrently would need twice DuckDB's memory. */
export class Lane {
  private readonly slot = bulkhead(1, Number.POSITIVE_INFINITY);

  /** Runs `work` when what came before has ended. An abort ends the waiting at once. */
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
