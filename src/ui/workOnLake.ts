import type { EngineClient } from "../engine/client";
import type { Connected, WorkProgress } from "../engine/messages";
import type { EngineCall } from "../engine/protocol";
import { continuable } from "./messages";
import { withWork } from "./withWork";

/** What a notification shows of work. */
interface Shown<Progress> {
  readonly title: string;
  /** Whether progress moves the bar: all does by default. A bar cannot go back. */
  readonly isShown?: (progress: Progress) => boolean;
  readonly textOf?: (progress: Progress) => string;
}

/**
 * Requests work on the lake and shows its progress. Anything but a dry run may have changed the lake, whatever the
 * outcome.
 */
export async function workOnLake<
  Params extends Connected & { readonly dryRun?: boolean },
  Result,
  Progress extends WorkProgress = never,
>(
  { model, client }: { readonly model: { lakeMayHaveChanged(): void }; readonly client: EngineClient },
  call: EngineCall<Params, Result, Progress>,
  params: Params,
  { title, isShown = () => true, textOf }: Shown<Progress>,
): Promise<Result> {
  const work = withWork(title, (progress, signal) => {
    let shown = 0;
    const onProgress = (state: Progress) => {
      const share = isShown(state) ? state.done / Math.max(1, state.all) : 0;
      const percent = Math.max(shown, 100 * share);
      progress.report({ ...(textOf && { message: textOf(state) }), increment: percent - shown });
      shown = percent;
    };
    return client.request(call, params, { signal, onProgress });
  });
  return params.dryRun ? work : continuable(model, work);
}
