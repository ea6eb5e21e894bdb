import type { LogEntry } from "../pipeline/log/ingestLog";
import type { Landing } from "../pipeline/plan/plan";
import type { LogLine } from "./messages";

/**
 * A line of the ingest log, in its displayed form.
 * @param planned the landing that the run planned for the file: if the line refers to an earlier delivery, the
 *   content was unchanged and nothing was written
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
    rowsSuperseded: entry.rowsSuperseded ?? null,
    line: entry.line ?? null,
    column: entry.column ?? null,
    reason: entry.reason ?? null,
    notes: entry.notes ?? null,
  };
}
