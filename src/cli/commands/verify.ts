import { verifyLake } from "../../pipeline/verify/verify";
import { type CommandAction, shown } from "../command";
import { opened } from "../connect";
import { showVerification } from "../show";

/** `verify`: recounts the tables and compares them with the log and the landed files. */
export const verifyTables: CommandAction = async (options, context) => {
  const { config, lake, readSalt } = await opened(options, context);
  const verification = await verifyLake(lake, await readSalt(), context.signal, config.userTypes);
  return shown(verification, showVerification, ({ problems }) => problems.length > 0);
};
