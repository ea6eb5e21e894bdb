import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import path from "node:path";
import { counted } from "../../basics/counted";
import { CleverLakeError } from "../../basics/errors";
import { refusedRowsPath } from "../../clever/layout";
import type { DuckSession } from "../../duck/duck";
import { type Delivery, type FileToRead, isJudged, type QuarantinedDelivery } from "../delivery";
import { checkRows } from "./checks/checkRows";
import { type MarkedRows, markedRows } from "./checks/markedRows";
import { findBadRows, type Refusal, splitBadRows } from "./checks/refuseRows";
import { type LoadedCsv, loadCsv, rowCount } from "./csv/loadCsv";
import { type OpenedCsv, openCsv } from "./csv/openCsv";
import { containsText } from "./csv/scanBytes";
import type { Reading } from "./readDeliveries";
import { type ReadContext, stageFiles } from "./stageFiles";

/** Either its rows or the reason why there are none. */
export type FileReading = Partial<Omit<Reading, "failed">>;

/**
 * Reads one landed file and stages its rows. If the engine or a check finds anything, each row is judged: the file is
 * quarantined with line, column and reason or, if a person accepted it, read without its bad rows.
 */
export async function readOneFile(
  session: DuckSession,
  { delivery, csv }: FileToRead,
  context: ReadContext,
): Promise<FileReading> {
  const { people, signal } = context;
  const { report } = people;
  const { entry, readAs, refusedLines } = delivery;
  const { header, localPath } = csv;
  /** The good rows; if the file is still to be judged and has others, the reason why it is held back. */
  const withoutBadRows = async (summary?: string, marked?: MarkedRows | ReadonlySet<number>) => {
    if (summary !== undefined && isJudged(delivery)) {
      const bad = await findBadRows(csv, report, signal, marked);
      if (bad.rows > 0 || marked !== undefined) return { quarantined: [quarantine(delivery, summary, bad)] };
    }
    // If the engine failed on rows that are good one by one, it gets them in plain form.
    return loadGoodRows(session, delivery, csv, context, marked);
  };
  const isPartial = refusedLines !== undefined && refusedLines.size > 0;
  const whole = isPartial ? undefined : await loadCsv(session, csv, report);
  const isWhole = whole !== undefined && !("summary" in whole);
  let good = isWhole ? { loaded: whole, refused: 0 } : await withoutBadRows(whole?.summary, refusedLines);
  if ("quarantined" in good) return good;
  // Even if the readers agree: a file that would count as read without a row must really have none.
  if (rowCount(good.loaded) + good.refused === 0 && (await containsText(localPath, header, signal))) {
    const reason = "There is text after the header, but no row of the report.";
    return { quarantined: [quarantine(delivery, reason)] };
  }
  const { marks, notes: idNotes } = await checkRows(session, good.loaded, [entry], people);
  // The rows that were taken before stay good.
  const isAsBefore =
    readAs !== undefined && (refusedLines !== undefined || good.refused === (readAs.rowsRefused ?? 0));
  // Only the order of rows shows which ones have a mark; almost no file has any, and keeping the order takes longer.
  if (isWhole && !isAsBefore && marks.length > 0) {
    const ordered = await loadCsv(session, csv, report, { inOrder: true });
    // The rows are still in any order: their marks would be those of other lines.
    if ("summary" in ordered) throw ordered.cause ?? new CleverLakeError("engine", ordered.summary);
  }
  const marked = isAsBefore ? undefined : await markedRows(session, marks);
  if (marked) good = await withoutBadRows(marked.reasonOf(0), marked);
  if ("quarantined" in good) return good;
  return stageFiles(session, [{ delivery, csv }], good.loaded, idNotes, context, good.refused);
}

/** Loads a file without its bad rows, which are written next to it in the lake. */
async function loadGoodRows(
  session: DuckSession,
  delivery: Delivery,
  csv: OpenedCsv,
  { lake, people: { report }, scratch, signal }: ReadContext,
  marked?: MarkedRows | ReadonlySet<number>,
): Promise<
  | { readonly quarantined: readonly QuarantinedDelivery[] }
  | { readonly loaded: LoadedCsv; readonly refused: number }
> {
  const { entry, readAs } = delivery;
  const goodFile = path.join(scratch, `${randomUUID()}.csv`);
  try {
    const refusedPath = refusedRowsPath(entry.landedPath);
    // What was refused before is next to the landed file of that delivery.
    const kept = readAs?.landedPath === entry.landedPath ? undefined : lake;
    const refusal = await splitBadRows(csv, report, goodFile, kept, refusedPath, signal, marked);
    const opened = await openCsv(goodFile, report, entry.userType, { signal });
    if ("reason" in opened) return { quarantined: [{ ...delivery, ...opened, acceptable: false }] };
    const loaded = await loadCsv(session, opened, report, { order: refusal.order, inOrder: true });
    if (!("summary" in loaded)) return { loaded, refused: refusal.rows };
    if (loaded.cause) throw loaded.cause;
    return { quarantined: [quarantine(delivery, loaded.summary)] };
  } finally {
    for (const made of [goodFile, `${goodFile}.refused`]) await rm(made, { force: true });
  }
}

/** A quarantined delivery, with its first bad row if it has one. */
function quarantine(delivery: Delivery, summary: string, bad?: Refusal): QuarantinedDelivery {
  if (bad?.first === undefined) return { ...delivery, reason: summary, acceptable: false };
  const more = bad.rows > 1 ? ` (${counted(bad.rows, "row")} are bad; this is the first.)` : "";
  const { line, column, reason } = bad.first;
  return { ...delivery, line, column, reason: `${reason}${more}`, acceptable: bad.goodRows > 0 };
}
