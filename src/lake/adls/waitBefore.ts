const longestWait = 60_000;

/**
 * How many milliseconds to wait before the next attempt: as long as a `Retry-After` asks, a minute at most.
 *
 * @param attempt the one that failed, from 1
 * @param firstWait the wait before the second attempt where nothing is asked, doubled from then on
 */
export function waitBefore(retryAfter: string | undefined, attempt: number, firstWait: number): number {
  const seconds = Number(retryAfter ?? Number.NaN);
  const asked = Number.isNaN(seconds) ? Date.parse(retryAfter ?? "") - Date.now() : seconds * 1000;
  if (asked > 0) return Math.min(asked, longestWait);
  const most = Math.min(firstWait * 2 ** (attempt - 1), longestWait);
  // Spread, so that those that were refused together do not come back together.
  return most * (0.5 + Math.random() / 2);
}
