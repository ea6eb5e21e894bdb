import { rm } from "node:fs/promises";
import type { UserType } from "../clever/reports";
import { Duck } from "../duck/duck";
import type { Lake } from "../lake/lake";
import type { ReportSource } from "../sftp/source";
import { together } from "../together";
import { IngestLog } from "./logTable";
import { makePlan, type PlannedFile } from "./plan";
import { quarantinedAndGone } from "./quarantine";
import { readApplied } from "./tables";

/**
 * What is on the server and how each file stands to the lake; behind it, what waits in quarantine and has left the
 * server. Writes nothing.
 */
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
    const state = { log, applied };
    const plan = makePlan(listing, state, userTypes);
    return [...plan, ...quarantinedAndGone(plan, state, userTypes)];
  } finally {
    duck.close();
    await rm(scratch, { recursive: true, force: true });
  }
}
