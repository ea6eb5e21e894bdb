import { readConfig, secretsFrom } from "../../config";
import { verifyLake } from "../../pipeline/verify/verify";
import { type CommandContext, type CommandResult, type CommonOptions, shown } from "../command";
import { openLake, readSalt } from "../connect";
import { showVerification } from "../show";

/** `verify`: recounts the tables and compares them with the log and the landed files. */
export async function verifyTables(
  options: CommonOptions,
  { environment, signal }: CommandContext,
): Promise<CommandResult> {
  const config = await readConfig(options.config);
  const secrets = secretsFrom(environment);
  const salt = await readSalt(config, secrets, signal);
  const lake = await openLake(config, secrets);
  const verification = await verifyLake(lake, salt, signal, config.userTypes);
  return shown(verification, showVerification, ({ problems }) => problems.length > 0);
}
