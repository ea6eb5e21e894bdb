import { bulkhead } from "cockatiel";
import { allSettledOrThrow } from "./allSettledOrThrow";

/** The results of `work` on each item, for at most `limit` of them at a time; rejects as `allSettledOrThrow` does. */
export function mapAtOnce<T, R>(
  items: Iterable<T>,
  limit: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const atOnce = bulkhead(limit, Number.POSITIVE_INFINITY);
  return allSettledOrThrow([...items].map((item) => atOnce.execute(() => work(item))));
}
