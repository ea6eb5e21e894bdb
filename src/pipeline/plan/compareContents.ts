import { createHash } from "node:crypto";
import { bulkhead } from "cockatiel";
import { allSettledOrThrow } from "../../allSettledOrThrow";
import { isCleverLakeError } from "../../errors";
import type { ReportSource } from "../../sftp/source";
import type { PlannedFile } from "./plan";
import { isUnchangedDelivery } from "./sourceNames";

/** How a redelivery is recognized: by size and time in the listing, or also by the bytes. */
export type Comparison = "time" | "hash";

/**
 * For servers with meaningless modification times: reads each report that seems unchanged and compares its SHA-256 with
 * the log's. A file that differs or cannot be read becomes `changed`, so that the run ingests it.
 *
 * @param connections files read concurrently
 */
export async function compareContents(
  source: ReportSource,
  plan: readonly PlannedFile[],
  connections: number,
  signal?: AbortSignal,
): Promise<PlannedFile[]> {
  const reading = bulkhead(connections, Number.POSITIVE_INFINITY);
  const compare = async (file: PlannedFile): Promise<PlannedFile> => {
    const { entry } = file;
    if (entry === undefined || !isUnchangedDelivery(file)) return file;
    const hash = await reading.execute(() => hashOf(source, file, signal));
    return hash === entry.sha256 ? file : { ...file, state: "changed", reason: undefined };
  };
  return allSettledOrThrow(plan.map(compare));
}

/** Undefined if the file cannot be read as listed: its landing then reports why, or ingests it. */
async function hashOf(
  source: ReportSource,
  { path, size, modified }: PlannedFile,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const hash = createHash("sha256");
  try {
    signal?.throwIfAborted();
    const bytes = source.read({ path, size, modified }, { signal });
    for await (const chunk of bytes) hash.update(chunk);
    return hash.digest("hex");
  } catch (error) {
    signal?.throwIfAborted();
    if (!isCleverLakeError(error)) throw error;
    return undefined;
  }
}
