import { createHash } from "node:crypto";
import { bulkhead } from "cockatiel";
import { allSettledOrThrow } from "../../allSettledOrThrow";
import { isCleverLakeError } from "../../errors";
import type { ReportSource } from "../../sftp/source";
import type { PlannedFile } from "./plan";
import { isAsKnown } from "./sourceNames";

/** How a run sees that a report was published again: by size and time of the listing, or by the bytes as well. */
export type Comparison = "time" | "hash";

/**
 * Reads each report that seems to be as the lake knows it and compares its SHA-256 with the log's: for servers whose
 * modification times say nothing. What differs, or cannot be read, becomes `changed`, so that the run brings it over.
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
    if (entry === undefined || !isAsKnown(file)) return file;
    const hash = await reading.execute(() => hashOf(source, file, signal));
    return hash === entry.sha256 ? file : { ...file, state: "changed", reason: undefined };
  };
  return allSettledOrThrow(plan.map(compare));
}

/** Undefined where the file cannot be read as it was listed: its landing tells why, or brings it. */
async function hashOf(
  source: ReportSource,
  { path, size, modified }: PlannedFile,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const hash = createHash("sha256");
  try {
    signal?.throwIfAborted();
    const bytes = source.read({ path, size, modified }, signal ? { signal } : {});
    for await (const chunk of bytes) hash.update(chunk);
    return hash.digest("hex");
  } catch (error) {
    signal?.throwIfAborted();
    if (!isCleverLakeError(error)) throw error;
    return undefined;
  }
}
