import type { RunHistory } from "../log/runRecord";
import type { PlannedFile } from "./plan";

/** A run that failed at a file, and why. */
export interface FileFailure {
  readonly runId: string;
  readonly reason: string;
}

/**
 * The newest failure of each file (by its path on the server) in the newest runs. The ingest log has no entry for a
 * file that failed, so run records are read.
 */
export async function failedFiles(history: RunHistory): Promise<ReadonlyMap<string, FileFailure>> {
  const failures = new Map<string, FileFailure>();
  for await (const { runId, summary } of history.newestRecords()) {
    for (const { path, reason } of summary?.failed ?? []) {
      if (!failures.has(path)) failures.set(path, { runId, reason });
    }
  }
  return failures;
}

/** Whether a failure still matters: no later run ingested the file, and there is work left on it. */
export function isUnresolved(file: PlannedFile, failure: FileFailure): boolean {
  const isOpen = file.state === "new" || file.state === "changed" || file.state === "landed";
  return isOpen && (file.entry === undefined || file.entry.runId <= failure.runId);
}
