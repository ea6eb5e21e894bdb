import { CleverLakeError } from "../errors";
import { updateActivityWithoutRun } from "../pipeline/activity/digitalActivity";
import { updateGroupsWithoutRun } from "../pipeline/groups/updateGroups";
import { repairLake } from "../pipeline/others/repair";
import { optimizeLake } from "../pipeline/upkeep/optimizeLake";
import { vacuumLake } from "../pipeline/upkeep/vacuumLake";
import { openLake, readSalt } from "./connections";
import type { Dashboards } from "./dashboard";
import type { CallContext } from "./handlers";
import type {
  ActivitySummary,
  Connected,
  CountingParams,
  DryRunParams,
  GroupsSummary,
  OptimizeProgress,
  OptimizeSummary,
  RepairProgress,
  RepairSummary,
  VacuumParams,
  VacuumProgress,
  VacuumSummary,
} from "./messages";

/** Merges small data files, or reports which; see `optimizeLake` of the pipeline for its errors. */
export async function optimize(
  { connection, secrets, dryRun }: DryRunParams,
  { signal, report: onProgress }: CallContext<OptimizeProgress>,
): Promise<OptimizeSummary> {
  const lake = await openLake(connection, secrets);
  return await optimizeLake({ lake, dryRun, signal, onProgress });
}

/**
 * Rebuilds what other programs changed or what is damaged, or reports what; see `repairLake` of the pipeline for its
 * errors.
 */
export async function repair(
  { connection, secrets, dryRun }: DryRunParams,
  { signal, report: onProgress }: CallContext<RepairProgress>,
): Promise<RepairSummary> {
  const lake = await openLake(connection, secrets);
  const salt = await readSalt(connection, secrets, signal);
  if (salt === undefined) {
    throw new CleverLakeError("config", "There is no salt to pseudonymize with; nothing was done.", {
      hint: "Enter the salt with Change Salt or Credentials.",
    });
  }
  return await repairLake({ lake, salt, dryRun, signal, onProgress });
}

/** Removes unneeded data files, or reports which; see `vacuumLake` of the pipeline for its errors. */
export async function vacuum(
  { connection, secrets, dryRun, olderThanDays }: VacuumParams,
  { signal, report: onProgress }: CallContext<VacuumProgress>,
): Promise<VacuumSummary> {
  const lake = await openLake(connection, secrets);
  return await vacuumLake({ lake, dryRun, olderThanDays, signal, onProgress });
}

/** Updates the table of groups; see `updateGroupsWithoutRun` for its errors. */
export async function updateGroups(
  params: CountingParams,
  dashboards: Dashboards,
  signal: AbortSignal,
): Promise<GroupsSummary> {
  const lake = await openLake(params.connection, params.secrets);
  const divide = () => dashboards.division(params, signal);
  const { written, division } = await updateGroupsWithoutRun(lake, divide, signal);
  return { written, groups: new Set(division.cohorts.map(({ group }) => group)).size };
}

/** Updates the Digital Engagement table; see `updateActivityWithoutRun` for its errors. */
export async function updateActivity(
  { connection, secrets }: Connected,
  signal: AbortSignal,
): Promise<ActivitySummary> {
  return updateActivityWithoutRun(await openLake(connection, secrets), signal);
}
