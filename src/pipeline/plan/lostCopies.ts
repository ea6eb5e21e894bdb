import { bulkhead } from "cockatiel";
import { allSettledOrThrow } from "../../allSettledOrThrow";
import type { Lake } from "../../lake/lake";
import type { LogEntry } from "../log/ingestLog";
import type { PlannedFile } from "./plan";
import { isUnchangedDelivery } from "./sourceNames";

/** Each mostly waits for the lake. */
const requestsAtOnce = 8;

/**
 * Whether a delivery's rows are due, but its landed copy is gone, such as by a retention policy. Asks the lake only
 * if they are due.
 */
export async function isCopyLost(
  lake: Lake,
  entry: LogEntry,
  isDue: (entry: LogEntry) => boolean,
  signal?: AbortSignal,
): Promise<boolean> {
  return isDue(entry) && (await lake.stat(entry.landedPath, { signal })) === undefined;
}

/**
 * A plan in which a file whose copy is lost is `changed`: the run ingests it again.
 */
export async function withLostCopies(
  lake: Lake,
  plan: readonly PlannedFile[],
  isDue: (entry: LogEntry) => boolean,
  signal?: AbortSignal,
): Promise<PlannedFile[]> {
  const asking = bulkhead(requestsAtOnce, Number.POSITIVE_INFINITY);
  const work = plan.map(async (file): Promise<PlannedFile> => {
    const { entry } = file;
    if (entry === undefined || !isUnchangedDelivery(file)) return file;
    const isLost = await asking.execute(() => isCopyLost(lake, entry, isDue, signal));
    return isLost ? { ...file, state: "changed", reason: undefined } : file;
  });
  return allSettledOrThrow(work);
}
