import { CleverLakeError } from "../errors";
import { commitPath, lastCheckpointPath } from "./paths";

const hint =
  "Put the missing files back from a copy of the lake. Without one, move the table's whole folder away (with a _lookup " +
  "its _pseudo too) and run again: the table is made again from the landed files, and no row stands there twice. The " +
  "roster is to be imported again then.";

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
  source: "file" | "note" = "file",
): void {
  if (reached >= known) return;
  if (source === "file") throw versionMissing(tablePath, reached + 1);
  const end = reached < 0 ? "is empty" : `ends at version ${reached}`;
  throw new CleverLakeError(
    "corrupt",
    `The table's log ${end}, but its note of the last checkpoint speaks of version ${known}.`,
    {
      subject: lastCheckpointPath(tablePath),
      hint: `${hint} Where nothing is missing and only the note is damaged, delete it.`,
    },
  );
}
