import { bulkhead } from "cockatiel";
import { allSettledOrThrow } from "../../allSettledOrThrow";
import type { Lake } from "../../lake/lake";
import type { LogEntry } from "../log/ingestLog";
import type { PlannedFile } from "./plan";
import { isAsKnown } from "./sourceNames";

/** Each mostly waits for the lake. */
const requestsAtOnce = 8;

/**
 * A plan in which a file whose rows are due, but whose landed copy is gone, such as by a retention policy, is
 * `changed`: the run ingests it again.
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
    if (entry === undefined || !isAsKnown(file) || !isDue(entry)) return file;
    const copy = await asking.execute(() => lake.stat(entry.landedPath, signal ? { signal } : {}));
    return copy ? file : { ...file, state: "changed", reason: undefined };
  });
  return allSettledOrThrow(work);
}
