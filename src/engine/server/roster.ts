import { removeLocal } from "../../basics/filesInUse";
import { machineScratch } from "../../basics/scratch";
import { divisionOf } from "../../dashboard/groups/divisionTable";
import { IndexKeeper } from "../../dashboard/index/indexKeeper";
import { importRoster as importFile } from "../../pipeline/roster/importRoster";
import { rosterOnDisk, rosterOnServer } from "../../pipeline/roster/rosterFile";
import type { RosterParams, RosterSummary, WorkProgress } from "../messages/messages";
import { openConnected, type Sources } from "./connections";

/** Imports a roster from the server or from disk; see `importRoster` of the pipeline for its errors. */
export async function importRoster(
  { origin, path, keepRaw, replace, ...connected }: RosterParams,
  sources: Sources,
  signal: AbortSignal,
  onProgress: (progress: WorkProgress) => void,
): Promise<RosterSummary> {
  const { settings, lake, salt } = await openConnected(connected, signal);
  const { maxShrink, keepWhole } = settings;
  const divide = async (minimumGroupSize: number) => {
    // New grades require a new index anyway, so the dashboard's cache would not help.
    const cacheFolder = await machineScratch();
    try {
      await using keeper = new IndexKeeper({ cacheFolder });
      return divisionOf(await keeper.current(lake, signal), { minimumGroupSize, keepWhole });
    } finally {
      await removeLocal(cacheFolder);
    }
  };
  const request = { lake, salt, keepRaw, maxShrink, replace, divide, signal, onProgress };
  if (origin === "disk") return await importFile({ ...request, file: await rosterOnDisk(path) });
  return await sources.use(connected, async (source) =>
    importFile({ ...request, file: await rosterOnServer(source, path, signal) }),
  );
}
