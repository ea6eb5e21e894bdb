import { readConfig, secretsFrom } from "../../config";
import { minimumRetentionDays } from "../../pipeline/upkeep/retention";
import { hasUpkeepProblems } from "../../pipeline/upkeep/upkeepTables";
import { vacuumLake } from "../../pipeline/upkeep/vacuumLake";
import type { CommandContext, CommandResult, CommonOptions } from "../command";
import { openLake } from "../connect";
import { shareOnTerminal } from "../progressBar";
import { showVacuum } from "../upkeep";

export interface VacuumOptions extends CommonOptions {
  readonly olderThan?: number;
  readonly dryRun?: true;
}

/** `vacuum`: removes data files that no version of the last days needs. */
export async function vacuumTables(
  options: VacuumOptions,
  { environment, signal }: CommandContext,
): Promise<CommandResult> {
  const config = await readConfig(options.config);
  const lake = await openLake(config, secretsFrom(environment));
  using share = shareOnTerminal();
  const summary = await vacuumLake({
    lake,
    olderThanDays: options.olderThan ?? minimumRetentionDays,
    dryRun: options.dryRun === true,
    signal,
    onProgress: ({ files, filesDone }) => share.show("Removing data files", filesDone / files),
  });
  return {
    text: () => showVacuum(summary),
    document: () => summary,
    exitCode: hasUpkeepProblems(summary) ? 1 : 0,
  };
}
