import { minimumRetentionDays } from "../../pipeline/upkeep/retention";
import { hasUpkeepProblems } from "../../pipeline/upkeep/upkeepTables";
import { vacuumLake } from "../../pipeline/upkeep/vacuumLake";
import { type CommandAction, shown } from "../command";
import { openConfigured } from "../connect";
import { shareOnTerminal } from "../progressBar";
import { showVacuum } from "../upkeep";

/** `vacuum`: removes data files that no version of the last days needs. */
export const vacuumTables: CommandAction<{ readonly olderThan?: number; readonly dryRun?: true }> = async (
  options,
  context,
) => {
  const { lake } = await openConfigured(options, context);
  using share = shareOnTerminal();
  const summary = await vacuumLake({
    lake,
    olderThanDays: options.olderThan ?? minimumRetentionDays,
    dryRun: options.dryRun === true,
    signal: context.signal,
    onProgress: (progress) => share.show("Removing data files", progress),
  });
  return shown(summary, showVacuum, hasUpkeepProblems);
};
