import { sha256Of } from "../../basics/sha256";
import type { Lake } from "../../lake/lake";
import type { LogEntry } from "../log/ingestLog";
import type { IngestLog } from "../log/logTable";
import { type RunRecord, writeRunRecord } from "../log/runRecord";
import type { Landing } from "../plan/plan";

/** Cleans up after interrupted runs: logs their landings and closes their records. */
export async function recoverInterrupted(
  lake: Lake,
  log: IngestLog,
  records: readonly RunRecord[],
  signal?: AbortSignal,
): Promise<void> {
  for (const record of records) {
    const { landings, runId } = record;
    const known = await log.ofRun(runId, signal);
    await log.append(await recoverLandings(lake, landings, known, runId, signal), signal);
    if (record.outcome !== "running") continue;
    const error = "The run was interrupted.";
    await writeRunRecord(lake, { ...record, ended: new Date(), outcome: "failed", error });
  }
}

/**
 * Entries for files that a run landed but did not log, because it was killed or the lake failed: files at a path of its
 * plan without an entry. The file is accepted as it is, so that nothing is ingested twice and no file stays unknown.
 */
export async function recoverLandings(
  lake: Lake,
  landings: readonly Landing[],
  known: readonly LogEntry[],
  runId: string,
  signal?: AbortSignal,
): Promise<LogEntry[]> {
  const recorded = new Set(known.map(({ landedPath }) => landedPath));
  const recovered: LogEntry[] = [];
  for (const landing of landings) {
    if (recorded.has(landing.landedPath)) continue;
    const options = { signal };
    const file = await lake.stat(landing.landedPath, options);
    if (file === undefined) continue;
    recovered.push({
      ...landing,
      size: file.size,
      sha256: await sha256Of(lake.readStream(landing.landedPath, options)),
      runId,
      time: new Date(),
      outcome: "landed",
    });
  }
  return recovered;
}
