import { optimizeLake } from "../../pipeline/upkeep/optimizeLake";
import { hasUpkeepProblems } from "../../pipeline/upkeep/upkeepTables";
import { type CommandAction, shown } from "../command";
import { openConfigured } from "../connect";
import { shareOnTerminal } from "../progressBar";
import { showOptimize } from "../upkeep";

/** `optimize`: merges the small data files of all tables. */
export const optimizeTables: CommandAction<{ readonly dryRun?: true }> = async (options, context) => {
  const { lake } = await openConfigured(options, context);
  using share = shareOnTerminal();
  const summary = await optimizeLake({
    lake,
    dryRun: options.dryRun === true,
    signal: context.signal,
    onProgress: (progress) => share.show("Merging data files", progress),
  });
  return shown(summary, showOptimize, hasUpkeepProblems);
};
