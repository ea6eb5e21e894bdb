import { updateActivityAlone } from "../pipeline/activity/updateAlone";
import { optimizeLake } from "../pipeline/upkeep/optimizeLake";
import { vacuumLake } from "../pipeline/upkeep/vacuumLake";
import { openLake } from "./connections";
import type { CallContext } from "./handlers";
import type {
  ActivitySummary,
  Connected,
  OptimizeParams,
  OptimizeProgress,
  OptimizeSummary,
  VacuumParams,
  VacuumProgress,
  VacuumSummary,
} from "./messages";
import { Throttle } from "./throttle";

const millisecondsBetweenProgress = 100;

/** Merges small data files, or tells which; see `optimizeLake` of the pipeline for what it rejects with. */
export async function optimize(
  { connection, secrets, dryRun }: OptimizeParams,
  { signal, report }: CallContext<OptimizeProgress>,
): Promise<OptimizeSummary> {
  const lake = await openLake(connection, secrets);
  using progress = new Throttle(millisecondsBetweenProgress, report);
  return await optimizeLake({ lake, dryRun, signal, onProgress: (state) => progress.push(state) });
}

/** Removes data files that nobody needs, or tells which; see `vacuumLake` of the pipeline for what it rejects with. */
export async function vacuum(
  { connection, secrets, dryRun, olderThanDays }: VacuumParams,
  { signal, report }: CallContext<VacuumProgress>,
): Promise<VacuumSummary> {
  const lake = await openLake(connection, secrets);
  using progress = new Throttle(millisecondsBetweenProgress, report);
  const onProgress = (state: VacuumProgress) => progress.push(state);
  return await vacuumLake({ lake, dryRun, olderThanDays, signal, onProgress });
}

/** Brings the Digital Engagement table up to date; see `updateActivityAlone` for what it rejects with. */
export async function updateActivity(
  { connection, secrets }: Connected,
  signal: AbortSignal,
): Promise<ActivitySummary> {
  return updateActivityAlone(await openLake(connection, secrets), signal);
}
