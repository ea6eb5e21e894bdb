import type { Lake } from "../../lake/lake";
import { runningRun, type WatchOptions } from "../lock/runLock";
import { type RunRecord, readRunRecord, runIds } from "./runRecord";

/** A run's record for display: one that says it is running but is no longer active was interrupted. */
export type ListedRun = Omit<RunRecord, "outcome"> & {
  readonly outcome: RunRecord["outcome"] | "interrupted";
};

/**
 * A page of a lake's runs: `count` of them after the `from` newest. If a record says that its run is running but the
 * lease does not show whether it is dead, its lock is watched once, as a run would do.
 *
 * @returns the number of all runs with a record, and the page, newest first, without unreadable records
 */
export async function listRuns(
  lake: Lake,
  page: { readonly from: number; readonly count: number },
  options: WatchOptions = {},
) {
  const ids = await runIds(lake, options.signal);
  const shown = ids.slice(page.from, page.from + page.count);
  options.signal?.throwIfAborted();
  return { total: ids.length, runs: await readListed(lake, shown, options) };
}

/** One run; undefined if it has no readable record. */
export async function readRun(
  lake: Lake,
  runId: string,
  options: WatchOptions = {},
): Promise<ListedRun | undefined> {
  const [run] = await readListed(lake, [runId], options);
  return run;
}

async function readListed(lake: Lake, ids: readonly string[], options: WatchOptions): Promise<ListedRun[]> {
  const records = await Promise.all(ids.map((id) => readRunRecord(lake, id)));
  if (!records.some((record) => record?.outcome === "running"))
    return records.filter((record) => record !== undefined);
  const active = await runningRun(lake, options);
  const runs = records.map(async (before): Promise<ListedRun | undefined> => {
    if (before?.outcome !== "running" || before.runId === active) return before;
    // It may have ended between the two reads.
    const record = await readRunRecord(lake, before.runId);
    return record?.outcome === "running" ? { ...record, outcome: "interrupted" } : record;
  });
  return (await Promise.all(runs)).filter((run) => run !== undefined);
}
