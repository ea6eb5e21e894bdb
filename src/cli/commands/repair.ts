import { CleverLakeError } from "../../basics/errors";
import { hasRepairProblems, repairLake } from "../../pipeline/repair/repair";
import { type CommandAction, shown } from "../command";
import { openConfigured } from "../connect";
import { shareOnTerminal } from "../progressBar";
import { showRepair } from "../repair";

/** `repair`: rebuilds from the landed files what other programs changed in the tables, and damaged data files. */
export const repairTables: CommandAction<{ readonly dryRun?: true; readonly yes?: true }> = async (
  options,
  context,
) => {
  if (options.dryRun !== true && options.yes !== true) {
    throw new CleverLakeError("config", "Nothing was done: repair replaces rows of the tables.", {
      hint: "Check with --dry-run what it would do, then pass --yes.",
    });
  }
  const { lake, readSalt } = await openConfigured(options, context);
  const salt = await readSalt();
  if (!salt) {
    throw new CleverLakeError("config", "There is no salt to pseudonymize with; nothing was done.", {
      hint: "Set CLEVER_SALT to the district's salt.",
    });
  }
  using share = shareOnTerminal();
  const summary = await repairLake({
    lake,
    salt,
    dryRun: options.dryRun === true,
    signal: context.signal,
    onProgress: (progress) => share.show("Reading landed files", progress),
  });
  return shown(summary, showRepair, hasRepairProblems);
};
