import { verifyLake } from "../../pipeline/verify/verify";
import { type CommandContext, type CommandResult, type CommonOptions, shown } from "../command";
import { opened } from "../connect";
import { showVerification } from "../show";

/** `verify`: recounts the tables and compares them with the log and the landed files. */
export async function verifyTables(options: CommonOptions, context: CommandContext): Promise<CommandResult> {
  const { config, lake, readSalt } = await opened(options, context);
  const verification = await verifyLake(lake, await readSalt(), context.signal, config.userTypes);
  return shown(verification, showVerification, ({ problems }) => problems.length > 0);
}
