import * as vscode from "vscode";
import { withProgress } from "./window";

interface Waiting {
  readonly title: string;
  /** Says what it waits for; undefined once it waits no longer. */
  readonly waitFor: (title: string | undefined) => void;
}

/** What a progress notification is shown for. */
export type WithProgress<T> = Parameters<typeof withProgress<T>>[1];

/** Work in the order in which the engine does it, one after the other; see `EngineServer.lanes`. */
const queue: Waiting[] = [];

/**
 * Shows progress for work on the lake, which waits for earlier work of this window to end.
 *
 * @param work sends its request at once, so that the engine has the same order
 * @param onWait called if it waits
 * @param location by default a notification
 */
export function withWork<T>(
  title: string,
  work: WithProgress<T>,
  onWait: () => void = () => undefined,
  location?: vscode.ProgressLocation,
): Thenable<T> {
  const queued: WithProgress<T> = async (progress, signal) => {
    const waitFor: Waiting["waitFor"] = (ahead) => {
      const message = ahead === undefined ? "" : vscode.l10n.t("waiting for “{0}” to end", ahead);
      progress.report({ message });
    };
    const entry = { title, waitFor };
    queue.push(entry);
    const [first] = queue;
    if (first !== undefined && first !== entry) {
      entry.waitFor(first.title);
      onWait();
    }
    try {
      return await work(progress, signal);
    } finally {
      const wasFirst = queue[0] === entry;
      queue.splice(queue.indexOf(entry), 1);
      const [next] = queue;
      if (wasFirst) for (const each of queue) each.waitFor(each === next ? undefined : next?.title);
    }
  };
  return withProgress(title, queued, location);
}
