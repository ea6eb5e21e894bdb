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

/** Why an attempt cannot be committed on top of another writer's commit. */
export type Conflict = "metadata" | "protocol" | "transaction" | "files" | "rows";

/**
 * Whether an attempt that was made without knowledge of `winner`, the actions of one commit, would have had a different
 * result with it. Undefined if not: the attempt is then valid on top of the commit. The rules are those of Delta's
 * reference implementations.
 */
export function findConflict(attempt: Attempt, winner: readonly Action[]): Conflict | undefined {
  const appIds = new Set(attempt.actions.flatMap((action) => ("txn" in action ? [action.txn.appId] : [])));
  const removed = new Set(removedPaths(attempt.actions));
  for (const action of winner) {
    if ("metaData" in action) return "metadata";
    if ("protocol" in action) return "protocol";
    if ("txn" in action && appIds.has(action.txn.appId)) return "transaction";
    const file = "add" in action ? action.add : "remove" in action ? action.remove : undefined;
    if (file === undefined) continue;
    if (removed.has(decodePath(file.path))) return "files";
    // Without a data change, the rows are the same.
    if (attempt.readsTable && file.dataChange) return "rows";
  }
  return undefined;
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
