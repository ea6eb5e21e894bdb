import { isCleverLakeError } from "../basics/errors";
import { retryWhile } from "../basics/retryWhile";
import { SilentServerError } from "./sftpErrors";

const retries = 4;
/** Each takes a whole timeout. */
const retriesAfterSilence = 1;
const waits = { firstWait: 250, maxWait: 5_000 };

/** Retries `work` while it fails with code `network`, with exponentially growing jittered pauses. */
export async function retrying<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  let silences = 0;
  const mayRetry = (error: unknown, attempt: number) => {
    if (attempt === retries || !isCleverLakeError(error, "network")) return false;
    return !(error instanceof SilentServerError && ++silences > retriesAfterSilence);
  };
  return retryWhile(work, { ...waits, mayRetry, signal });
}
