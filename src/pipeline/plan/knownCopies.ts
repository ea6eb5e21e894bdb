import { recognizeReport } from "../../clever/fileNames";
import type { IngestLog } from "../log/logTable";
import { hasTime, type PlannedFile, toSeconds } from "./plan";

/**
 * A plan that does not report a file as missed if it used to be a delivery and is now next to a newer file with its
 * name, such as an archive on the server. Such a file has the name, size and time (to the second) of a log entry.
 */
export async function withKnownCopies(
  plan: readonly PlannedFile[],
  log: IngestLog,
  signal?: AbortSignal,
): Promise<readonly PlannedFile[]> {
  const missed = plan.filter((file) => file.report !== undefined && file.unread?.report && hasTime(file));
  if (missed.length === 0) return plan;
  const entries = await log.ofSizes([...new Set(missed.map(({ size }) => size))], signal);
  const known = new Set(entries.map(delivery));
  const isKnown = new Set(missed.filter((file) => known.has(delivery(file))));
  return plan.map((file) =>
    isKnown.has(file)
      ? { ...file, reason: `A delivery that is already in the log. ${file.reason}`, unread: undefined }
      : file,
  );
}

function delivery({ path, size, modified }: Pick<PlannedFile, "path" | "size" | "modified">): string {
  return JSON.stringify([recognizeReport(path)?.name, size, toSeconds(modified)]);
}
