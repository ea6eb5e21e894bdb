import type { Lake } from "../../lake/lake";
import { runningRun } from "../lock/runLock";
import { type RunRecord, readRunRecord, runIds } from "./runRecord";

/** A run's record as it is to be read: one that calls itself running and is not at work any more was interrupted. */
export type ListedRun = Omit<RunRecord, "outcome"> & {
  readonly outcome: RunRecord["outcome"] | "interrupted";
};

export interface RunPage {
  /** All runs that left a record. */
  readonly total: number;
  /** Newest first; records that cannot be read are left out. */
  readonly runs: readonly ListedRun[];
}

/** A page of a lake's runs: `count` of them behind the `from` newest. */
export async function listRuns(
  lake: Lake,
  page: { readonly from: number; readonly count: number },
  signal?: AbortSignal,
): Promise<RunPage> {
  const ids = await runIds(lake, signal);
  const running = await runningRun(lake);
  const shown = ids.slice(page.from, page.from + page.count);
  signal?.throwIfAborted();
  const records = await Promise.all(shown.map((id) => readRunRecord(lake, id)));
  const runs = records.filter((record) => record !== undefined).map((record) => asListed(record, running));
  return { total: ids.length, runs };
}

/** One run; undefined where it left no record that can be read. */
export async function readRun(lake: Lake, runId: string): Promise<ListedRun | undefined> {
  const record = await readRunRecord(lake, runId);
  return record && asListed(record, await runningRun(lake));
}

function asListed(record: RunRecord, running: string | undefined): ListedRun {
  const interrupted = record.outcome === "running" && record.runId !== running;
  return interrupted ? { ...record, outcome: "interrupted" } : record;
}
