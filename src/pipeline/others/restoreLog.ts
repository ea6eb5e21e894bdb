import { ingestLogTable } from "../../clever/layout";
import { commit } from "../../delta/commit";
import { readSnapshot } from "../../delta/snapshot";
import { removeFile } from "../../delta/tableActions";
import type { Duck } from "../../duck/duck";
import type { Lake } from "../../lake/lake";
import { adoptLandings } from "../land/recover";
import type { LogEntry } from "../log/ingestLog";
import { landedAgainEntry } from "../log/logEntries";
import type { IngestLog } from "../log/logTable";
import { RunHistory, runIds } from "../log/runRecord";
import type { LakeState, Landing } from "../plan/plan";
import { damagedFiles } from "./damage";

/** Removes data files that are gone or damaged from the ingest log, so that it can be read. Resolves to their number. */
export async function dropDamagedFiles(
  lake: Lake,
  duck: Duck,
  dryRun: boolean,
  signal: AbortSignal | undefined,
): Promise<number> {
  const options = { signal };
  const snapshot = await readSnapshot(lake, ingestLogTable, duck, options);
  if (snapshot === undefined) return 0;
  const damaged = await damagedFiles(lake, snapshot, options);
  if (damaged.length === 0 || dryRun) return damaged.length;
  const actions = damaged.map(({ file }) => removeFile(file, { dataChange: true }));
  await commit({
    ...options,
    lake,
    duck,
    tablePath: ingestLogTable,
    snapshot,
    operation: { name: "DELETE" },
    attempt: () => Promise.resolve({ actions, readsTable: true }),
  });
  return damaged.length;
}

/** Whether the log does not know a source of which the tables have rows: it was lost, or cut off. */
export function isLogIncomplete({ log, applied }: LakeState): boolean {
  return [...applied.keys()].some((source) => !log.has(source));
}

/**
 * Entries for landed files that the records of runs name and that are newer than what the log knows of their source. The
 * next run completes them: it finds the rows of those whose version the tables have.
 */
export async function lostEntries(
  lake: Lake,
  log: IngestLog,
  applied: LakeState["applied"],
  signal: AbortSignal | undefined,
): Promise<LogEntry[]> {
  const known = await log.all(signal);
  const newest = new Map<string, number>();
  for (const { source, version } of known) newest.set(source, Math.max(version, newest.get(source) ?? 0));
  const isLost = ({ source, version }: Landing) => version > (newest.get(source) ?? 0);
  const history = new RunHistory(lake, signal);
  const entries: LogEntry[] = [];
  for (const runId of (await runIds(lake, signal)).reverse()) {
    signal?.throwIfAborted();
    const record = await history.record(runId);
    const landings = record?.landings.filter(isLost) ?? [];
    const adopted = await adoptLandings(lake, landings, known, runId, signal);
    const before = [...known, ...entries];
    entries.push(...adopted, ...retimedEntries(landings, adopted, before, applied, runId));
  }
  return entries;
}

/**
 * Entries for deliveries of the same bytes that were applied again for their new time: their runs have landed no file
 * of their own.
 */
function retimedEntries(
  landings: readonly Landing[],
  adopted: readonly LogEntry[],
  before: readonly LogEntry[],
  applied: LakeState["applied"],
  runId: string,
): LogEntry[] {
  const landed = new Set(adopted.map(({ landedPath }) => landedPath));
  return landings.flatMap(({ source, version, landedPath, path, modified }) => {
    if (landed.has(landedPath) || applied.get(source) !== version) return [];
    const ofSource = before.filter((entry) => entry.source === source && entry.version < version);
    const previous = ofSource.toSorted((a, b) => a.version - b.version).at(-1);
    if (!previous) return [];
    return [landedAgainEntry({ ...previous, path, modified, runId, time: new Date() }, version)];
  });
}
