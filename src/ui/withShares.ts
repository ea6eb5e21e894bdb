import { withWork } from "./withWork";

/**
 * Shows a progress notification while the engine works.
 * @param shareOf the completed share of the work, from 0 to 1
 * @param request sends the request; its signal aborts if the user cancels
 */
export async function withShares<Progress, Result>(
  title: string,
  shareOf: (progress: Progress) => number,
  request: (signal: AbortSignal, onProgress: (progress: Progress) => void) => Promise<Result>,
): Promise<Result> {
  return withWork(title, (progress, signal) => {
    let shown = 0;
    return request(signal, (state) => {
      const percent = 100 * shareOf(state);
      progress.report({ increment: percent - shown });
      shown = percent;
    });
  });
}
