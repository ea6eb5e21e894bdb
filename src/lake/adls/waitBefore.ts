const longestWait = 60_000;

/**
 * The wait before the next attempt, in milliseconds: as long as `Retry-After` says, but at most a minute.
 * @param attempt the number of the failed attempt, from 1
 * @param firstWait the wait before the second attempt without `Retry-After`; doubled from then on
 */
export function waitBefore(retryAfter: string | undefined, attempt: number, firstWait: number): number {
  const seconds = Number(retryAfter ?? Number.NaN);
  const requestedWait = Number.isNaN(seconds) ? Date.parse(retryAfter ?? "") - Date.now() : seconds * 1000;
  if (requestedWait > 0) return Math.min(requestedWait, longestWait);
  const most = Math.min(firstWait * 2 ** (attempt - 1), longestWait);
  // Jitter, so that requests that were refused together are not repeated together.
  return most * (0.5 + Math.random() / 2);
}
