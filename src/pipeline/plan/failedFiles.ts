import type { Lake } from "../../lake/lake";
import { newestRun, readRunRecord } from "../log/runRecord";
import type { PlannedFile } from "./plan";

/** A run that failed at a file, and why. */
export interface FileFailure {
  readonly runId: string;
  readonly reason: string;
}

/** The ingest log has no line for a file that failed, and a look at the server is not to grow with the years. */
const runsAtMost = 10;

/** The newest failure of each file (by its path on the server) in the newest runs. */
export async function failedFiles(
  lake: Lake,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, FileFailure>> {
  const failures = new Map<string, FileFailure>();
  let runId: string | null | undefined = (await newestRun(lake, signal))?.runId;
  for (let read = 0; read < runsAtMost && runId; read++) {
    signal?.throwIfAborted();
    const record = await readRunRecord(lake, runId);
    for (const { path, reason } of record?.summary?.failed ?? []) {
      if (!failures.has(path)) failures.set(path, { runId, reason });
    }
    runId = record?.previous;
  }
  return failures;
}

/** Whether a failure is still to be dealt with: no later run brought the file on, and work on it is left. */
export function isUnresolved(file: PlannedFile, failure: FileFailure): boolean {
  const isOpen = file.state === "new" || file.state === "changed" || file.state === "landed";
  return isOpen && (file.entry === undefined || file.entry.runId <= failure.runId);
}
