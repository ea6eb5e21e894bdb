import type { UserType } from "../clever/reports";
import { Duck } from "../duck/duck";
import { removeLocal } from "../heldFiles";
import type { Lake } from "../lake/lake";
import type { ReportSource } from "../sftp/source";
import { together } from "../together";
import { IngestLog } from "./logTable";
import { makePlan, type PlannedFile } from "./plan";
import { newestRun, type RunSummary, readRunRecord } from "./runRecord";
import { readApplied } from "./tables";

/** What is on the server and how each file stands to the lake. Writes nothing. */
export async function status(
  source: ReportSource,
  lake: Lake,
  userTypes: readonly UserType[],
  signal?: AbortSignal,
): Promise<PlannedFile[]> {
  const scratch = await lake.scratch();
  const duck = await Duck.open({ temporaryFolder: `${scratch}/spill` });
  try {
    const [listing, log, applied] = await together([
      source.list(signal),
      new IngestLog(lake, duck).last(signal),
      readApplied(lake, duck, signal),
    ]);
    return makePlan(listing, { log, applied }, userTypes);
  } finally {
    duck.close();
    await removeLocal(scratch);
  }
}

/** Runs that were cut off left no summary; further back nobody looks. */
const runsLookedAt = 10;

/** What the last run that has a summary noticed about the ids of people; undefined where there is none. */
export async function lastIdentities(lake: Lake, signal?: AbortSignal): Promise<RunSummary["identities"]> {
  let runId = (await newestRun(lake, signal))?.runId;
  for (let run = 0; run < runsLookedAt && runId !== undefined; run++) {
    signal?.throwIfAborted();
    const record = await readRunRecord(lake, runId);
    if (record?.summary) return record.summary.identities;
    runId = record?.previous ?? undefined;
  }
  return undefined;
}
