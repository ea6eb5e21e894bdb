import { ingestLogTable } from "../../clever/layout";
import { commit } from "../../delta/log/commit";
import type { OpenLake } from "../../delta/openLake";
import { readSnapshot } from "../../delta/snapshot";
import { removeFile } from "../../delta/tableActions";
import type { Lake } from "../../lake/lake";
import { recoverLandings } from "../land/recover";
import type { LogEntry } from "../log/ingestLog";
import { landedAgainEntry } from "../log/logEntries";
import { RunHistory } from "../log/runRecord";
import type { LakeState, Landing } from "../plan/plan";
import { damagedFiles } from "./damage";

/** Removes data files that are gone or damaged from the ingest log, so that it can be read. Resolves to their number. */
export async function dropDamagedFiles(open: OpenLake, dryRun: boolean): Promise<number> {
  const snapshot = await readSnapshot(open, ingestLogTable);
  if (snapshot === undefined) return 0;
  const damaged = await damagedFiles(open, snapshot);
  if (damaged.length === 0 || dryRun) return damaged.length;
  const actions = damaged.map(({ file }) => removeFile(file, { dataChange: true }));
  await commit({
    ...open,
    tablePath: ingestLogTable,
    snapshot,
    operation: { name: "DELETE" },
    attempt: () => Promise.resolve({ actions, readsTable: true }),
  });
  return damaged.length;
}

/** Whether the log does not know a delivery whose rows the tables have: the log was lost or truncated. */
export function isLogIncomplete({ log, applied, current, open }: LakeState): boolean {
  return [...applied].some(([source, version]) => {
    const known = [current.get(source), log.get(source), ...(open.get(source) ?? [])];
    return known.every((entry) => entry?.version !== version);
  });
}

/**
 * Entries for landed files that the records of runs name and the log does not. The next run completes them: it finds the
 * rows of those whose version the tables have.
 */
export async function lostEntries(
  lake: Lake,
  known: readonly LogEntry[],
  applied: LakeState["applied"],
  signal: AbortSignal | undefined,
): Promise<LogEntry[]> {
  const deliveries = new Set(known.map(nameOf));
  const isLost = (landing: Landing) => !deliveries.has(nameOf(landing));
  const history = new RunHistory(lake, signal);
  const entries: LogEntry[] = [];
  for (const runId of (await history.ids()).toReversed()) {
    signal?.throwIfAborted();
    const record = await history.record(runId);
    const landings = record?.landings.filter(isLost) ?? [];
    const recovered = await recoverLandings(lake, landings, known, runId, signal);
    const before = [...known, ...entries];
    entries.push(...recovered, ...retimedEntries(landings, recovered, before, applied, runId));
  }
  return entries;
}

function nameOf({ source, version }: Pick<Landing, "source" | "version">): string {
  return `${version} ${source}`;
}

/**
 * Entries for deliveries of the same bytes that were applied again for their new time: their runs have landed no file
 * of their own.
 */
function retimedEntries(
  landings: readonly Landing[],
  recovered: readonly LogEntry[],
  before: readonly LogEntry[],
  applied: LakeState["applied"],
  runId: string,
): LogEntry[] {
  const landed = new Set(recovered.map(({ landedPath }) => landedPath));
  return landings.flatMap(({ source, version, landedPath, path, modified }) => {
    if (landed.has(landedPath) || applied.get(source) !== version) return [];
    const ofSource = before.filter((entry) => entry.source === source && entry.version < version);
    const previous = ofSource.toSorted((a, b) => a.version - b.version).at(-1);
    if (!previous) return [];
    return [landedAgainEntry({ ...previous, path, modified, runId, time: new Date() }, version)];
  });
}
