import { tableBeside } from "../../clever/layout";
import type { Action } from "../../delta/actions";
import { commit } from "../../delta/commit";
import type { Snapshot } from "../../delta/snapshot";
import { CleverLakeError } from "../../errors";
import { VerifiedVersions } from "./foreignCommits";
import type { RepairContext } from "./landedReader";

/** Where a table is rebuilt: in place, or next to the old one, of which nothing is used. */
export function pathOfRebuilt(table: string, snapshot: Snapshot | undefined): string {
  return snapshot ? table : tableBeside(table);
}

/**
 * Commits a rebuilt table, which is then known to be in order. Rejects with `conflict` if another program changed it
 * since the state that it was rebuilt from.
 *
 * @param snapshot that state; undefined for a new table next to the old one
 */
export async function commitRebuilt(
  { lake, duck, requireHeld, signal }: RepairContext,
  table: string,
  snapshot: Snapshot | undefined,
  rebuilt: readonly Action[],
  parameters: Readonly<Record<string, string>> = {},
): Promise<Snapshot | undefined> {
  const tablePath = pathOfRebuilt(table, snapshot);
  const verifiedVersions = new VerifiedVersions([[tablePath, snapshot?.version ?? -1]]);
  const actions = [...rebuilt, ...verifiedVersions.actions(tablePath, snapshot)];
  await requireHeld();
  const outcome = await commit({
    lake,
    duck,
    snapshot,
    tablePath,
    operation: { name: "WRITE", parameters: { mode: "Overwrite", ...parameters } },
    attempt: (now, number) => {
      if (number > 1 || now?.version !== snapshot?.version) throw changedMeanwhile(table);
      return Promise.resolve({ actions, reads: "table" });
    },
    signal,
  });
  return outcome.snapshot;
}

function changedMeanwhile(subject: string): CleverLakeError {
  return new CleverLakeError(
    "conflict",
    "Another program changed the table meanwhile; it was not repaired.",
    { subject, hint: "Repair it again." },
  );
}
