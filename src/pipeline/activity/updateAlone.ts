import { Duck } from "../../duck/duck";
import type { Lake } from "../../lake/lake";
import { RunLock } from "../lock/runLock";
import { newRunId } from "../log/runRecord";
import { readTables } from "../write/tables";
import { type ActivitySummary, updateDigitalActivity } from "./digitalActivity";

/** `updateDigitalActivity` without a run. Rejects as that does, and with `busy` while a run is active. */
export async function updateActivityAlone(lake: Lake, signal?: AbortSignal): Promise<ActivitySummary> {
  await using lock = await RunLock.take(lake, newRunId(new Date(), undefined), { signal });
  await using duck = await Duck.open();
  const { pseudo: tables } = await readTables(lake, duck, signal);
  const requireHeld = () => lock.requireHeld();
  return await updateDigitalActivity({ lake, duck, tables, requireHeld, signal });
}
