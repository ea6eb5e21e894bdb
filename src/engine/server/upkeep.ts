import { writeAssets } from "../../assets/writeAssets";
import { CleverLakeError } from "../../basics/errors";
import type { Division } from "../../clever/groupsTable";
import { updateActivityWithoutRun } from "../../pipeline/activity/digitalActivity";
import { adoptLake } from "../../pipeline/adopt/adoptLake";
import { updateGroupsWithoutRun } from "../../pipeline/groups/updateGroups";
import { dismissQuarantined } from "../../pipeline/plan/dismiss";
import { repairLake } from "../../pipeline/repair/repair";
import { optimizeLake } from "../../pipeline/upkeep/optimizeLake";
import { vacuumLake } from "../../pipeline/upkeep/vacuumLake";
import { scriptsOfProgram } from "../../spark/scripts";
import type {
  ActivitySummary,
  AdoptProgress,
  AdoptSummary,
  AssetsParams,
  AssetsSummary,
  Connected,
  DismissParams,
  DryRunParams,
  GroupsSummary,
  OptimizeSummary,
  RepairSummary,
  VacuumParams,
  VacuumSummary,
  WorkProgress,
} from "../messages/messages";
import { openConnected, openLake } from "./connections";

/** Work on a lake besides runs; the functions that are called here say what it does and how it fails. */

export async function dismiss({ files, ...connected }: DismissParams, signal: AbortSignal) {
  return { dismissed: await dismissQuarantined({ lake: await openLake(connected), files, signal }) };
}

export async function adopt(
  { dryRun, ...connected }: DryRunParams,
  signal: AbortSignal,
  onProgress: (progress: AdoptProgress) => void,
): Promise<AdoptSummary> {
  const { settings, lake, salt } = await openConnected(connected, signal);
  return adoptLake({ lake, salt, dryRun, maxShrink: settings.maxShrink, signal, onProgress });
}

export async function optimize(
  { dryRun, ...connected }: DryRunParams,
  signal: AbortSignal,
  onProgress: (progress: WorkProgress) => void,
): Promise<OptimizeSummary> {
  return optimizeLake({ lake: await openLake(connected), dryRun, signal, onProgress });
}

export async function repair(
  { dryRun, ...connected }: DryRunParams,
  signal: AbortSignal,
  onProgress: (progress: WorkProgress) => void,
): Promise<RepairSummary> {
  const { lake, salt } = await openConnected(connected, signal);
  if (salt === undefined) {
    throw new CleverLakeError("config", "There is no salt to pseudonymize with; nothing was done.", {
      hint: "Enter the salt with Change Salt or Credentials.",
    });
  }
  return repairLake({ lake, salt, dryRun, signal, onProgress });
}

export async function vacuum(
  { dryRun, olderThanDays, ...connected }: VacuumParams,
  signal: AbortSignal,
  onProgress: (progress: WorkProgress) => void,
): Promise<VacuumSummary> {
  return vacuumLake({ lake: await openLake(connected), dryRun, olderThanDays, signal, onProgress });
}

export async function updateActivity(connected: Connected, signal: AbortSignal): Promise<ActivitySummary> {
  return updateActivityWithoutRun(await openLake(connected), signal);
}

/** @param divide computes the current division of people */
export async function updateGroups(
  connected: Connected,
  divide: () => Promise<Division>,
  signal: AbortSignal,
): Promise<GroupsSummary> {
  const { written, division } = await updateGroupsWithoutRun(await openLake(connected), divide, signal);
  return { written, groups: new Set(division.cohorts.map(({ group }) => group)).size };
}

export async function createAssets(params: AssetsParams, signal: AbortSignal): Promise<AssetsSummary> {
  return writeAssets({ ...params, scripts: scriptsOfProgram(), signal });
}
