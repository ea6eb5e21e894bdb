import type { PreviewInfo, PreviewSource } from "./previewSource";

const rowsAtOnce = 1_000;
/** Once in how many requests the page hears what was found: positions are few, requests can be many. */
const requestsPerReport = 10;

/**
 * Finds where a preview's refused rows are, one request at a time so that the rows on screen do not wait behind it.
 * Ends with the last refused row, and asks nothing where there is none.
 */
export async function* findRefusedRows(
  source: PreviewSource,
  info: PreviewInfo,
  signal: AbortSignal,
): AsyncGenerator<{ readonly indexes: readonly number[]; readonly complete: boolean }> {
  const indexes: number[] = [];
  let requests = 0;
  for (let from = 0; from < info.rowCount && indexes.length < info.refusedCount; from += rowsAtOnce) {
    const count = Math.min(rowsAtOnce, info.rowCount - from);
    const rows = await source.previewRows({ token: info.token, from, count, reveal: false });
    if (signal.aborted) return;
    rows.forEach(({ problem }, index) => {
      if (problem) indexes.push(from + index);
    });
    requests++;
    if (requests % requestsPerReport === 1) yield { indexes: [...indexes], complete: false };
  }
  yield { indexes, complete: true };
}
