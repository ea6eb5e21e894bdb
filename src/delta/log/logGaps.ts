import { CleverLakeError } from "../../basics/errors";
import { commitPath, lastCheckpointPath } from "../paths";

const hint =
  "Restore the missing files from a backup of the lake. If there is none, move the table's whole folder away (with a _lookup " +
  "table, its _pseudo table too) and run again: the table is rebuilt from the landed files, and no row is in it twice. " +
  "Then import the roster again.";

/** The error for a missing version without which the table's newest state is unknown. */
export function versionMissing(tablePath: string, version: number): CleverLakeError {
  return new CleverLakeError("corrupt", `The table's log lacks version ${version}.`, {
    subject: commitPath(tablePath, version),
    hint,
  });
}

/**
 * Rejects with `corrupt` if reading a log ended before a known version: the commits in between are missing, and a
 * commit would go into the gap.
 *
 * @param reached the last version that was read; undefined if there is no table
 * @param known the version in the name of a log file, or in the record of the last checkpoint
 */
export function requireReached(
  tablePath: string,
  reached = -1,
  known = -1,
  source: "file" | "record" = "file",
): void {
  if (reached >= known) return;
  if (source === "file") throw versionMissing(tablePath, reached + 1);
  const end = reached < 0 ? "is empty" : `ends at version ${reached}`;
  throw new CleverLakeError(
    "corrupt",
    `The table's log ${end}, but its record of the last checkpoint has version ${known}.`,
    {
      subject: lastCheckpointPath(tablePath),
      hint: `${hint} If nothing is missing and only this record is damaged, delete it.`,
    },
  );
}
