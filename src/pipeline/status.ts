import type { UserType } from "../clever/reports";
import { Duck } from "../duck/duck";
import { removeLocal } from "../heldFiles";
import type { Lake } from "../lake/lake";
import type { ReportSource } from "../sftp/source";
import { together } from "../together";
import { IngestLog } from "./logTable";
import { makePlan, type PlannedFile } from "./plan";
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
