import { CleverLakeError } from "../../basics/errors";
import { hasRosterProblems, importRoster } from "../../pipeline/roster/importRoster";
import { rosterOnDisk, rosterOnServer } from "../../pipeline/roster/rosterFile";
import { type CommandAction, shown } from "../command";
import { openConfigured } from "../connect";
import { shareOnTerminal } from "../progressBar";
import { showRoster } from "../roster";

interface RosterOptions {
  /** On the local disk. */
  readonly file?: string;
  /** On the SFTP server, relative to its root. */
  readonly sftp?: string;
  readonly keepRaw?: true;
  readonly replace?: true;
}

/** `roster`: grades from Clever's roster file; see `importRoster`. */
export const importRosterFile: CommandAction<RosterOptions> = async (options, context) => {
  const { file, sftp, keepRaw = false, replace = false } = options;
  const { signal } = context;
  const { config, lake, readSalt, openSource } = await openConfigured(options, context);
  if ((file === undefined) === (sftp === undefined)) {
    throw new CleverLakeError("config", "A roster is imported from one place.", {
      hint: "Pass either --file or --sftp.",
    });
  }
  const salt = await readSalt();
  const { maxShrink } = config;
  // Loaded only when needed.
  const divide = async (minimumGroupSize: number) =>
    (await import("../participation")).divisionIn(lake, config, { minimumGroupSize }, signal);
  await using source = sftp === undefined ? undefined : await openSource();
  using share = shareOnTerminal();
  const summary = await importRoster({
    lake,
    file: source ? await rosterOnServer(source, sftp ?? "", signal) : await rosterOnDisk(file ?? ""),
    salt,
    keepRaw,
    maxShrink,
    replace,
    divide,
    signal,
    onProgress: (progress) => share.show("Reading the roster", progress),
  });
  return shown(summary, showRoster, hasRosterProblems);
};
