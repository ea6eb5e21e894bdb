/**
 * The results of several promises. Unlike `Promise.all` it rejects only when all have ended, with the error of the
 * first in the list that failed: the resources that they use can then be closed.
 */
export async function allSettledOrThrow<T extends readonly unknown[] | []>(
  work: T,
): Promise<{ -readonly [P in keyof T]: Awaited<T[P]> }> {
  await Promise.allSettled(work);
  return Promise.all(work);
}
