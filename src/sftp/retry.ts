import { isCleverLakeError } from "../basics/errors";
import { retryWhile } from "../basics/retryWhile";
import type { SftpConnection } from "./connection/connection";
import type { ConnectionPool } from "./connection/connectionPool";
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

/** Does work on a connection, and repeats it on another one if the connection is lost. */
export function onConnection<T>(
  pool: ConnectionPool<SftpConnection>,
  signal: AbortSignal | undefined,
  work: (connection: SftpConnection) => Promise<T>,
): Promise<T> {
  return retrying(signal, async () => {
    using lease = await pool.lease(signal);
    return await work(lease.connection);
  });
}
