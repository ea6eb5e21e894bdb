import { readConfig, secretsFrom } from "../../config";
import { optimizeLake } from "../../pipeline/upkeep/optimizeLake";
import { hasUpkeepProblems } from "../../pipeline/upkeep/upkeepTables";
import type { CommandContext, CommandResult, CommonOptions } from "../command";
import { openLake } from "../connect";
import { shareOnTerminal } from "../progressBar";
import { showOptimize } from "../upkeep";

/** `optimize`: merges the small data files of all tables. */
export async function optimizeTables(
  options: CommonOptions & { readonly dryRun?: true },
  { environment, signal }: CommandContext,
): Promise<CommandResult> {
  const config = await readConfig(options.config);
  const lake = await openLake(config, secretsFrom(environment));
  using share = shareOnTerminal();
  const summary = await optimizeLake({
    lake,
    dryRun: options.dryRun === true,
    signal,
    onProgress: ({ bytes, bytesDone }) => share.show("Merging data files", bytesDone / bytes),
  });
  return {
    text: () => showOptimize(summary),
    document: () => summary,
    exitCode: hasUpkeepProblems(summary) ? 1 : 0,
  };
}
