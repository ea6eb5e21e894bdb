import { type Duck, sqlString, sqlStrings } from "../duck/duck";
import { CleverLakeError } from "../errors";
import type { Lake, LakeOptions } from "../lake/lake";
import { type Action, parseAction } from "./actions";
import { readColumns } from "./checkpointSchema";
import { withLocalFiles } from "./localFiles";
import type { CheckpointFiles } from "./logListing";
import { checkpointPaths } from "./paths";

/**
 * The actions of a checkpoint, in one file or several, whoever wrote it. Rejects with `notFound` or `engine` where a
 * file is missing or is no Parquet, with `corrupt` where it holds something else.
 */
export async function readCheckpoint(
  lake: Lake,
  duck: Duck,
  tablePath: string,
  checkpoint: CheckpointFiles,
  options: LakeOptions,
): Promise<Action[]> {
  const files = checkpointPaths(tablePath, checkpoint.version, checkpoint.parts);
  const [first = tablePath] = files;
  // Only known fields are read: others can hold what JSON has no text for, such as the NaN of a parsed statistic.
  const schema = [...readColumns].map(
    ([name, type]) =>
      `${sqlString(name)}: {name: ${sqlString(name)}, type: ${sqlString(type)}, default_value: NULL}`,
  );
  const rows = await withLocalFiles(lake, files, options, (local) =>
    duck.session((session) =>
      session.query(
        `SELECT CAST(to_json(row_) AS VARCHAR) AS action
         FROM read_parquet(${sqlStrings(local)}, hive_partitioning = false, schema = MAP {${schema.join(", ")}}) row_`,
        [],
        options.signal,
      ),
    ),
  );
  const actions: Action[] = [];
  for (const { action: text } of rows) {
    if (typeof text !== "string")
      throw new CleverLakeError("corrupt", "The checkpoint cannot be read.", { subject: first });
    const action = parseAction(JSON.parse(text), first);
    if (action !== undefined) actions.push(action);
  }
  return actions;
}
