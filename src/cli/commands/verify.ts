import { verifyLake } from "../../pipeline/verify/verify";
import { type CommandAction, shown } from "../command";
import { openConfigured } from "../connect";
import { showVerification } from "../show";

/** `verify`: recounts the tables and compares them with the log and the landed files. */
export const verifyTables: CommandAction = async (options, context) => {
  const { config, lake, readSalt } = await openConfigured(options, context);
  const salt = await readSalt();
  const verification = await verifyLake(lake, salt, context.signal, config.userTypes);
  const document = { ...verification, pseudonymsHashed: salt !== undefined };
  const text = () => showVerification(verification, salt !== undefined);
  return shown(document, text, ({ problems }) => problems.length > 0);
};
