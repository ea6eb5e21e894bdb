import { optimizeLake } from "../../pipeline/upkeep/optimizeLake";
import { hasUpkeepProblems } from "../../pipeline/upkeep/upkeepTables";
import { type CommandContext, type CommandResult, type CommonOptions, shown } from "../command";
import { opened } from "../connect";
import { shareOnTerminal } from "../progressBar";
import { showOptimize } from "../upkeep";

/** `optimize`: merges the small data files of all tables. */
export async function optimizeTables(
  options: CommonOptions & { readonly dryRun?: true },
  context: CommandContext,
): Promise<CommandResult> {
  const { lake } = await opened(options, context);
  using share = shareOnTerminal();
  const summary = await optimizeLake({
    lake,
    dryRun: options.dryRun === true,
    signal: context.signal,
    onProgress: ({ bytes, bytesDone }) => share.show("Merging data files", bytesDone / bytes),
  });
  return shown(summary, showOptimize, hasUpkeepProblems);
}
