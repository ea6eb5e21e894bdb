import { rename, rm } from "node:fs/promises";
import { errnoOf } from "./errors";
import { retryWhile } from "./retryWhile";

/** With these pauses, the last attempt is made after about six seconds. */
const attempts = 14;
const waits = { firstWait: 20, maxWait: 1_000 };

/**
 * The operating system's codes for a file that another program holds open. On Windows this affects every file that is
 * open elsewhere, for example in a virus scanner, and `EPERM` and `EACCES` can mean the same. On other systems these
 * two mean that access is denied, and waiting does not help.
 */
const inUseCodes: ReadonlySet<string | undefined> = new Set(
  process.platform === "win32" ? ["EBUSY", "EPERM", "EACCES", "ENOTEMPTY"] : ["EBUSY"],
);

/** Does something with a file, and retries for a few seconds while another program holds the file. */
export function retryWhileInUse<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const mayRetry = (error: unknown, attempt: number) =>
    attempt + 1 < attempts && inUseCodes.has(errnoOf(error));
  return retryWhile(work, { ...waits, mayRetry, signal });
}

/** Renames a file and replaces an existing target. */
export function replaceFile(from: string, to: string, signal?: AbortSignal): Promise<void> {
  return retryWhileInUse(() => rename(from, to), signal);
}

/** Removes a file, or a folder with all its contents; no error if it does not exist. */
export function removeLocal(place: string): Promise<void> {
  return retryWhileInUse(() => rm(place, { recursive: true, force: true }));
}
