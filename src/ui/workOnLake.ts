import type { EngineClient } from "../engine/client";
import type { Connected } from "../engine/messages";
import type { EngineCall } from "../engine/protocol";
import { continuable } from "./messages";
import { withWork } from "./withWork";

/** What a notification shows of work. */
interface Shown<Progress> {
  readonly title: string;
  /** The completed share, from 0 to 1; a lower one than before changes nothing. */
  readonly shareOf?: (progress: Progress) => number;
  readonly textOf?: (progress: Progress) => string;
}

/**
 * Requests work on the lake and shows its progress. Anything but a dry run may have changed the lake, whatever the
 * outcome.
 */
export async function workOnLake<
  Params extends Connected & { readonly dryRun?: boolean },
  Result,
  Progress = never,
>(
  { model, client }: { readonly model: { lakeMayHaveChanged(): void }; readonly client: EngineClient },
  call: EngineCall<Params, Result, Progress>,
  params: Params,
  { title, shareOf = () => 0, textOf }: Shown<Progress>,
): Promise<Result> {
  const work = withWork(title, (progress, signal) => {
    let shown = 0;
    const onProgress = (state: Progress) => {
      const percent = Math.max(shown, 100 * shareOf(state));
      progress.report({ ...(textOf && { message: textOf(state) }), increment: percent - shown });
      shown = percent;
    };
    return client.request(call, params, { signal, onProgress });
  });
  return params.dryRun ? work : continuable(model, work);
}
