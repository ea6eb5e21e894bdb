import type { LogEntry } from "../pipeline/log/ingestLog";
import type { Landing } from "../pipeline/plan/plan";
import type { LogLine } from "./messages";

/**
 * A line of the ingest log as it is told.
 *
 * @param planned what the line's run set out to land of the file: where the line speaks of an earlier delivery, the
 * bytes had stayed the same and nothing was written
 */
export function asLogLine(entry: LogEntry, planned?: Landing): LogLine {
  const isUnchanged = planned !== undefined && entry.version < planned.version;
  return {
    path: entry.path,
    outcome: isUnchanged ? "unchanged" : entry.outcome,
    landedPath: entry.landedPath,
    size: entry.size,
    time: entry.time.toISOString(),
    rowsRead: entry.rowsRead ?? null,
    rowsWritten: entry.rowsWritten ?? null,
    rowsRefused: entry.rowsRefused ?? null,
    line: entry.line ?? null,
    column: entry.column ?? null,
    reason: entry.reason ?? null,
    notes: entry.notes ?? null,
  };
}
