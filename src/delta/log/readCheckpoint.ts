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
          `WITH rows_ AS (SELECT *, txn.appId IS NOT NULL AND txn.version IS NOT NULL AS isTxn_
             FROM ${parquetRows(local, readColumns)})
           SELECT CAST(to_json(row_) AS VARCHAR) AS action FROM rows_ row_ WHERE NOT isTxn_
           UNION ALL SELECT CAST(to_json({ transactions: {
             appIds: list(txn.appId), versions: list(txn.version), times: list(txn.lastUpdated) } }) AS VARCHAR)
           FROM rows_ WHERE isTxn_ HAVING count(*) > 0`,
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
    if (value.transactions) {
      actions.push(...transactionsIn(value.transactions as Lists, first));
      continue;
    }
    const action = parseAction(value, first);
    if (action !== undefined) actions.push(action);
  }
  return actions;
}

/**
 * Transactions as lists of their fields, all of the same length. There is one transaction for each file that was ever
 * ingested; as a text each, they would take several times as long to read.
 */
interface Lists {
  readonly appIds: readonly string[];
  readonly versions: readonly number[];
  readonly times: readonly (number | null)[];
}

function transactionsIn({ appIds, versions, times }: Lists, checkpoint: string): Action[] {
  if (!versions.every(Number.isSafeInteger))
    throw new CleverLakeError("corrupt", "The checkpoint cannot be read.", { subject: checkpoint });
  return appIds.map((appId, index) => ({
    txn: { appId, version: versions[index] ?? 0, lastUpdated: times[index] ?? undefined },
  }));
}
