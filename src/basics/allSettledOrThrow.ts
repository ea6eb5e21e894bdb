/**
 * The results of several promises. Unlike `Promise.all`, it rejects only after all have settled, with the error of
 * the first in the list that failed. The caller can then close the resources that they use.
 */
export async function allSettledOrThrow<T extends readonly unknown[] | []>(
  work: T,
): Promise<{ -readonly [P in keyof T]: Awaited<T[P]> }> {
  await Promise.allSettled(work);
  return Promise.all(work);
}
