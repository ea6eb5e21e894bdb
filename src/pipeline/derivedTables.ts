import { counted } from "../basics/counted";
import { describeError, isCleverLakeError } from "../basics/errors";
import { digitalActivityTable, groupsTable } from "../clever/layout";
import type { OpenLake } from "../delta/openLake";
import { updateDigitalActivity } from "./activity/digitalActivity";
import { requireComplete } from "./adopt/oeaTables";
import { updateGroups } from "./groups/updateGroups";
import type { RunSummary } from "./log/runRecord";
import type { Progress } from "./progress";
import type { RunRequest } from "./runRequest";
import type { LakeTables } from "./write/tables";

export interface DerivedContext extends OpenLake {
  /** The newest state of the tables that they are derived from. */
  readonly tables: LakeTables;
  /** Rejects if another run has taken over the lake. */
  readonly requireHeld: () => Promise<void>;
  readonly progress: Progress;
  /** Gets what was done, and what failed. */
  readonly summary: Pick<RunSummary, "notes" | "failed">;
}

/** Updates the tables that a run is asked to derive from those of the reports. */
export async function updateDerivedTables(
  { digitalActivity, divide }: Pick<RunRequest, "digitalActivity" | "divide">,
  { tables, requireHeld, progress, summary, ...open }: DerivedContext,
): Promise<void> {
  if (digitalActivity) {
    progress.enter("activity");
    await updateDerived(digitalActivityTable, summary, open.signal, async () => {
      const complete = await requireComplete(open, tables);
      const { months, rows } = await updateDigitalActivity({ ...open, tables: complete, requireHeld });
      const written = `${counted(months.length, "month")} written, ${counted(rows, "row")}`;
      return months.length > 0 ? written : undefined;
    });
  }
  if (divide) {
    progress.enter("groups");
    await updateDerived(groupsTable, summary, open.signal, async () => {
      const division = await divide();
      const isWritten = await updateGroups({ ...open, division, requireHeld });
      return isWritten ? `written, ${counted(division.cohorts.length, "cohort")}` : undefined;
    });
  }
}

/**
 * Updates a table that is derived from the others. The run succeeds without it: a failure is reported, and the next run
 * catches up.
 *
 * @param update resolves to what it did, or undefined if it did nothing
 */
async function updateDerived(
  path: string,
  summary: DerivedContext["summary"],
  signal: AbortSignal | undefined,
  update: () => Promise<string | undefined>,
): Promise<void> {
  try {
    const note = await update();
    if (note !== undefined) summary.notes.push({ path, note });
  } catch (error) {
    signal?.throwIfAborted();
    if (!isCleverLakeError(error) || error.code === "conflict" || error.code === "network") throw error;
    summary.failed.push({ path, reason: describeError(error) });
  }
}
