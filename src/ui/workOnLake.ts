import * as vscode from "vscode";
import type { Connected, WorkProgress } from "../engine/messages/messages";
import type { EngineCall } from "../engine/messages/protocol";
import { confirmed, isCancellation, notify } from "./messages";
import type { Parts } from "./parts";
import { showInformationMessage } from "./window";
import { withWork } from "./withWork";

/** How a notification shows work. */
interface Shown<Progress> {
  readonly title: string;
  /** Whether progress moves the bar; by default, all progress does. A bar cannot go back. */
  readonly isShown?: (progress: Progress, dryRun: boolean) => boolean;
  readonly textOf?: (progress: Progress) => string;
}

/**
 * Requests work on the lake and shows its progress. Anything but a dry run may have changed the lake, whatever the
 * outcome, and can be continued if the user cancels it.
 */
export async function workOnLake<
  Params extends Connected & { readonly dryRun?: boolean },
  Result,
  Progress extends WorkProgress = never,
>(
  { model, client }: Parts,
  call: EngineCall<Params, Result, Progress>,
  params: Params,
  { title, isShown = () => true, textOf }: Shown<Progress>,
): Promise<Result> {
  const work = withWork(title, (progress, signal) => {
    let shown = 0;
    const onProgress = (state: Progress) => {
      const share = isShown(state, params.dryRun === true) ? state.done / Math.max(1, state.all) : 0;
      const percent = Math.max(shown, 100 * share);
      progress.report({ ...(textOf && { message: textOf(state) }), increment: percent - shown });
      shown = percent;
    };
    return client.request(call, params, { signal, onProgress });
  });
  if (params.dryRun) return work;
  try {
    return await work;
  } catch (error) {
    if (isCancellation(error)) {
      const text = vscode.l10n.t("Stopped. Completed work is kept; run the command again to continue.");
      notify(showInformationMessage, text);
    }
    throw error;
  } finally {
    model.lakeMayHaveChanged();
  }
}

/** The steps of a command that first shows what it would do, then asks. */
interface Steps<Result, Progress> extends Shown<Progress> {
  /** The title while it finds out what it would do. */
  readonly previewTitle: string;
  /** The arguments of `confirmed`; undefined if there is nothing to do, which has been reported. */
  readonly ask: (planned: Result) => Parameters<typeof confirmed> | undefined;
  /** Called after the second step, whatever its outcome. */
  readonly afterwards?: () => void;
}

/**
 * Shows what work on the lake would do, asks, and does it with the same connection, because another window may have
 * changed the settings in the meantime. Resolves to undefined if nothing was done.
 */
export async function previewThenRun<Params extends Connected, Result, Progress extends WorkProgress>(
  parts: Parts,
  call: EngineCall<Params & { readonly dryRun: boolean }, Result, Progress>,
  params: Params,
  { previewTitle, ask, afterwards, ...shown }: Steps<Result, Progress>,
): Promise<Result | undefined> {
  const preview = { ...shown, title: previewTitle };
  const planned = await workOnLake(parts, call, { ...params, dryRun: true }, preview);
  const question = ask(planned);
  if (question === undefined || !(await confirmed(...question))) return undefined;
  const work = workOnLake(parts, call, { ...params, dryRun: false }, shown);
  return work.finally(afterwards);
}
