import { CleverLakeError } from "../../basics/errors";
import { withLocalFiles } from "../files/localFiles";
import type { OpenLake } from "../openLake";
import { checkpointPaths } from "../paths";
import { parquetRows } from "../readQuery";
import { type Action, parseAction } from "./actions";
import { readColumns } from "./checkpointSchema";
import type { CheckpointFiles } from "./logListing";

/** The error for a table whose state is only in v2 checkpoints. */
export function v2Checkpoints(tablePath: string): CleverLakeError {
  return new CleverLakeError(
    "unsupportedTable",
    "The table's only checkpoints are v2 checkpoints, which need Delta reader version 3; this program reads version 1.",
    {
      subject: tablePath,
      hint: "clever-lake repair rebuilds a table of reports from its landed files, without this feature. Drop the feature v2Checkpoint from any other table.",
    },
  );
}

/**
 * The actions of a checkpoint, in one file or several, from any writer. Rejects with `notFound` or `engine` if a file
 * is missing or not Parquet, with `corrupt` if it has other contents, and with `unsupportedTable` if the rest of it is
 * in sidecar files.
 */
export async function readCheckpoint(
  open: OpenLake,
  tablePath: string,
  checkpoint: CheckpointFiles,
): Promise<Action[]> {
  const files = checkpointPaths(tablePath, checkpoint.version, checkpoint.parts);
  const [first = tablePath] = files;
  // Only known fields are read: others can contain values that JSON cannot represent, such as the NaN of a parsed
  // statistic.
  const rows = await withLocalFiles(open.lake, files, open, (local) =>
    open.duck.session(
      (session) =>
        session.query(
          `SELECT CAST(to_json(row_) AS VARCHAR) AS action FROM ${parquetRows(local, readColumns)} row_`,
        ),
      open.signal,
    ),
  );
  const actions: Action[] = [];
  for (const { action: text } of rows) {
    if (typeof text !== "string")
      throw new CleverLakeError("corrupt", "The checkpoint cannot be read.", { subject: first });
    const value = JSON.parse(text) as Readonly<Record<string, unknown>>;
    if (value.sidecar) throw v2Checkpoints(tablePath);
    const action = parseAction(value, first);
    if (action !== undefined) actions.push(action);
  }
  return actions;
}
