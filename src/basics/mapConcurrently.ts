import { type BulkheadPolicy, bulkhead } from "cockatiel";
import { allSettledOrThrow } from "./allSettledOrThrow";

/** Limits work to `limit` at a time, in the order of the requests. */
export const limitConcurrency = (limit: number): BulkheadPolicy => bulkhead(limit, Number.POSITIVE_INFINITY);

/**
 * The results of `work` on each item, for at most `limit` of them at a time; rejects as `allSettledOrThrow` does.
 * @param limit a number, or a limit that is shared with other work
 */
export function mapConcurrently<T, R>(
  items: Iterable<T>,
  limit: number | BulkheadPolicy,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const limiter = typeof limit === "number" ? limitConcurrency(limit) : limit;
  return allSettledOrThrow([...items].map((item) => limiter.execute(() => work(item))));
}
