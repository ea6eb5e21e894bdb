import { ExponentialBackoff, type IBackoff } from "cockatiel";
import { isCleverLakeError } from "../errors";
import { pause } from "../pause";
import { SilentServerError } from "./sftpErrors";

const retries = 4;
/** Each costs a whole time-out. */
const retriesAfterSilence = 1;
const backoffs = new ExponentialBackoff({ initialDelay: 250, maxDelay: 5_000 });

/**
 * Runs `work` again, with exponentially growing jittered pauses, while it fails with code `network`.
 * The pauses come from cockatiel; its own retry policy cannot be called off in the middle of one.
 */
export async function retrying<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  let backoff: IBackoff<unknown> | undefined;
  let silences = 0;
  for (let attempt = 0; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      signal?.throwIfAborted();
      if (attempt === retries || !isCleverLakeError(error, "network")) throw error;
      if (error instanceof SilentServerError && ++silences > retriesAfterSilence) throw error;
    }
    backoff = backoff === undefined ? backoffs.next() : backoff.next(undefined);
    await pause(backoff.duration, signal);
  }
}
