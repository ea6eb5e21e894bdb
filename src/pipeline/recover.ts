import { createHash } from "node:crypto";
import { pseudoTable } from "../clever/layout";
import { readSnapshot } from "../delta/snapshot";
import { numRecords } from "../delta/statistics";
import type { Duck } from "../duck/duck";
import type { Lake } from "../lake/lake";
import type { LogEntry } from "./ingestLog";
import type { LakeState, Landing } from "./plan";
import { allReports, sourceTag } from "./tables";

/**
 * Entries for what a run landed and did not record, since it was killed or the lake failed it: what stands in the lake
 * at a place of its plan, and in no entry. The file is taken as it is, so that nothing is brought over twice and no
 * file stays unknown.
 */
export async function adoptLandings(
  lake: Lake,
  landings: readonly Landing[],
  known: readonly LogEntry[],
  runId: string,
  signal?: AbortSignal,
): Promise<LogEntry[]> {
  const recorded = new Set(known.map(({ landedPath }) => landedPath));
  const adopted: LogEntry[] = [];
  for (const landing of landings) {
    if (recorded.has(landing.landedPath)) continue;
    const options = signal ? { signal } : {};
    const file = await lake.stat(landing.landedPath, options);
    if (file === undefined) continue;
    const hash = createHash("sha256");
    for await (const chunk of lake.readStream(landing.landedPath, options)) hash.update(chunk as Uint8Array);
    adopted.push({
      ...landing,
      size: file.size,
      sha256: hash.digest("hex"),
      runId,
      time: new Date(),
      outcome: "landed",
    });
  }
  return adopted;
}

/**
 * Entries for deliveries whose rows are in the tables while the log does not say so yet, since a run was interrupted
 * between the two.
 */
export async function recordApplied(
  lake: Lake,
  duck: Duck,
  state: LakeState,
  signal?: AbortSignal,
): Promise<LogEntry[]> {
  const unrecorded = [...state.log.values()].filter(
    ({ source, outcome, version }) =>
      (outcome === "landed" || outcome === "quarantined") && (state.applied.get(source) ?? 0) === version,
  );
  if (unrecorded.length === 0) return [];
  const rows = new Map<string, number>();
  for (const report of allReports()) {
    const snapshot = await readSnapshot(lake, pseudoTable(report), duck, signal ? { signal } : {});
    for (const file of snapshot?.files.values() ?? []) {
      const source = file.tags?.[sourceTag];
      if (source) rows.set(source, (rows.get(source) ?? 0) + (numRecords([file]) ?? 0));
    }
  }
  return unrecorded.map((entry) => {
    const { line: _line, column: _column, reason: _reason, ...facts } = entry;
    const rowsWritten = rows.get(entry.source) ?? 0;
    return { ...facts, time: new Date(), outcome: "anonymized", rowsWritten };
  });
}
