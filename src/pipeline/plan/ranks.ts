import { compareCodePoints } from "../../delta/files/codePoints";
import type { LogEntry } from "../log/ingestLog";
import { toSeconds } from "./plan";

export type SourceOfRows = Pick<LogEntry, "source" | "userType">;

/**
 * Sorts sources, oldest first: by the server's modification time of their current delivery in seconds, then by name.
 * The order of landing plays no part, so the order of runs does not matter.
 */
export function oldestFirst<T extends Pick<LogEntry, "source" | "modified">>(sources: Iterable<T>): T[] {
  return [...sources].sort(
    (a, b) => toSeconds(a.modified) - toSeconds(b.modified) || compareCodePoints(a.source, b.source),
  );
}
