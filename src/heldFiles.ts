import { rename, rm } from "node:fs/promises";
import { ExponentialBackoff } from "cockatiel";
import { errnoOf } from "./errors";
import { retryWhile } from "./retryWhile";

/** With these pauses the last attempt is made after about six seconds. */
const attempts = 14;
const backoff = new ExponentialBackoff({ initialDelay: 20, maxDelay: 1_000 });

/**
 * What the operating system says of a file that another program holds. Windows says it of every file that is open
 * elsewhere, such as one that a virus scanner looks at; `EPERM` and `EACCES` mean the same there, and elsewhere that the
 * access is not allowed, which no waiting changes.
 */
const heldCodes: ReadonlySet<string | undefined> = new Set(
  process.platform === "win32" ? ["EBUSY", "EPERM", "EACCES", "ENOTEMPTY"] : ["EBUSY"],
);

/** Does something with a file, and tries again for some seconds while another program holds the file. */
export function whileHeld<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const mayRetry = (error: unknown, attempt: number) =>
    attempt + 1 < attempts && heldCodes.has(errnoOf(error));
  return retryWhile(work, { backoff, mayRetry, signal });
}

/** Renames a file, replacing what was there. */
export function replaceFile(from: string, to: string, signal?: AbortSignal): Promise<void> {
  return whileHeld(() => rename(from, to), signal);
}

/** Removes a file or a folder with all that is in it; no error where there is none. */
export function removeLocal(place: string, signal?: AbortSignal): Promise<void> {
  return whileHeld(() => rm(place, { recursive: true, force: true }), signal);
}
