import { decodePath } from "../paths";
import type { Action } from "./actions";

/** The actions that a writer wants to commit, and the parts of the table that they depend on. */
export interface Attempt {
  readonly actions: readonly Action[];
  /**
   * Whether they depend on all rows of the table. Otherwise they are valid whatever the table contains, except that
   * files that they remove count as read.
   */
  readonly readsTable?: boolean;
}

/**
 * Whether an attempt that was made without knowledge of `winner`, the actions of one commit, would have had a different
 * result with it. If not, the attempt is valid on top of the commit. The rules are those of Delta's reference
 * implementations.
 */
export function conflicts(attempt: Attempt, winner: readonly Action[]): boolean {
  const appIds = new Set(attempt.actions.flatMap((action) => ("txn" in action ? [action.txn.appId] : [])));
  const removed = new Set(removedPaths(attempt.actions));
  return winner.some((action) => {
    if ("metaData" in action || "protocol" in action) return true;
    if ("txn" in action) return appIds.has(action.txn.appId);
    const file = "add" in action ? action.add : "remove" in action ? action.remove : undefined;
    if (file === undefined) return false;
    // Without a data change, the rows are the same.
    return removed.has(decodePath(file.path)) || (attempt.readsTable === true && file.dataChange);
  });
}

/** Whether the actions only add rows, whatever the table contains. */
export function isBlindAppend({ actions, readsTable }: Attempt): boolean {
  return (
    !readsTable &&
    actions.every((action) =>
      "add" in action ? action.add.dataChange : "txn" in action || "commitInfo" in action,
    )
  );
}

/** Decoded paths of the added files. */
export function addedPaths(actions: readonly Action[]): string[] {
  return actions.flatMap((action) => ("add" in action ? [decodePath(action.add.path)] : []));
}

function removedPaths(actions: readonly Action[]): string[] {
  return actions.flatMap((action) => ("remove" in action ? [decodePath(action.remove.path)] : []));
}
