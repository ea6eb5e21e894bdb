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
import type { Connected, GroupsSummary } from "../messages/messages";
import type * as calls from "../messages/protocol";
import { openConnected, openLake } from "./connections";
import type { Answer } from "./handlers";

/** Work on a lake besides runs; the functions that are called here say what it does and how it fails. */

export const dismiss: Answer<typeof calls.dismiss> = async ({ files, ...connected }, signal) => ({
  dismissed: await dismissQuarantined({ lake: await openLake(connected), files, signal }),
});

export const adopt: Answer<typeof calls.adopt> = async ({ dryRun, ...connected }, signal, onProgress) => {
  const { settings, lake, salt } = await openConnected(connected, signal);
  return adoptLake({ lake, salt, dryRun, maxShrink: settings.maxShrink, signal, onProgress });
};

export const optimize: Answer<typeof calls.optimize> = async ({ dryRun, ...connected }, signal, onProgress) =>
  optimizeLake({ lake: await openLake(connected), dryRun, signal, onProgress });

export const repair: Answer<typeof calls.repair> = async ({ dryRun, ...connected }, signal, onProgress) => {
  const { lake, salt } = await openConnected(connected, signal);
  if (salt === undefined) {
    throw new CleverLakeError("config", "There is no salt to pseudonymize with; nothing was done.", {
      hint: "Enter the salt with Change Salt or Credentials.",
    });
  }
  return repairLake({ lake, salt, dryRun, signal, onProgress });
};

export const vacuum: Answer<typeof calls.vacuum> = async (
  { dryRun, olderThanDays, ...connected },
  signal,
  onProgress,
) => vacuumLake({ lake: await openLake(connected), dryRun, olderThanDays, signal, onProgress });

export const updateActivity: Answer<typeof calls.updateActivity> = async (connected, signal) =>
  updateActivityWithoutRun(await openLake(connected), signal);

/** @param divide computes the current division of people */
export async function updateGroups(
  connected: Connected,
  divide: () => Promise<Division>,
  signal: AbortSignal,
): Promise<GroupsSummary> {
  const { written, division } = await updateGroupsWithoutRun(await openLake(connected), divide, signal);
  return { written, groups: new Set(division.cohorts.map(({ group }) => group)).size };
}

export const createAssets: Answer<typeof calls.createAssets> = (params, signal) =>
  writeAssets({ ...params, scripts: scriptsOfProgram(), signal });
