import { readConfig, secretsFrom } from "../../config";
import { hasRosterProblems } from "../../pipeline/roster/importRoster";
import type { CommandContext, CommandResult, CommonOptions } from "../command";
import { importNamedRoster, type RosterOptions, showRoster } from "../roster";

/** `roster`: grades from Clever's roster file. */
export async function importRosterFile(
  options: CommonOptions & RosterOptions,
  { environment, signal }: CommandContext,
): Promise<CommandResult> {
  const config = await readConfig(options.config);
  const summary = await importNamedRoster(config, secretsFrom(environment), options, signal);
  return {
    text: () => showRoster(summary),
    document: () => summary,
    exitCode: hasRosterProblems(summary) ? 1 : 0,
  };
}
