import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import path from "node:path";
import { counted } from "../../basics/counted";
import { refusedRowsPath } from "../../clever/layout";
import type { DuckSession } from "../../duck/duck";
import type { Lake } from "../../lake/lake";
import { type Delivery, type FileToRead, isJudged, type QuarantinedDelivery, spanOf } from "../delivery";
import { checkRows } from "./checks/checkRows";
import { type MarkedRows, markedRows } from "./checks/markedRows";
import { findBadRows, type Refusal, splitBadRows } from "./checks/refuseRows";
import { noteRepeatedRows } from "./checks/repeatedRows";
import { type LoadedCsv, loadCsv, rowCount } from "./csv/loadCsv";
import { type OpenedCsv, openCsv } from "./csv/openCsv";
import { containsText } from "./csv/scanBytes";
import { countPlaceholders, headerNotes, idsInHeaders, placeholdersNote } from "./fileNotes";
import type { Reading } from "./readDeliveries";
import type { StageContext, stageRows } from "./stageRows";

export interface ReadContext extends StageContext {
  readonly lake: Lake;
  readonly signal: AbortSignal | undefined;
  /** What is done with the rows in `raw`, as `stageRows` does. */
  readonly stage: typeof stageRows;
}

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
  const held = (reason: string, bad?: Refusal): FileReading => ({
    quarantined: [quarantine(delivery, reason, bad)],
  });
  let refused = 0;
  const isPartial = refusedLines !== undefined && refusedLines.size > 0;
  const whole = isPartial ? undefined : await loadCsv(session, csv, report);
  let loaded: LoadedCsv;
  if (whole === undefined || "summary" in whole) {
    if (whole !== undefined && isJudged(delivery)) {
      const bad = await findBadRows(csv, report, signal);
      if (bad.rows > 0) return held(whole.summary, bad);
    }
    // If the engine failed on rows that are good one by one, it gets them in plain form.
    const good = await loadGoodRows(session, delivery, csv, context, refusedLines);
    if ("quarantined" in good) return good;
    ({ loaded, refused } = good);
  } else loaded = whole;
  // Even if the readers agree: a file that would count as read without a row must really have none.
  if (rowCount(loaded) + refused === 0 && (await containsText(localPath, header, signal))) {
    return held("There is text after the header, but no row of the report.");
  }
  const { marks, notes: idNotes } = await checkRows(session, loaded, [entry], people);
  // The rows that were taken before stay good.
  const isAsBefore =
    readAs !== undefined && (refusedLines !== undefined || refused === (readAs.rowsRefused ?? 0));
  const marked = isAsBefore ? undefined : await markedRows(session, marks);
  if (marked) {
    if (isJudged(delivery)) {
      return held(marked.reasonOf(0), await findBadRows(csv, report, signal, marked));
    }
    const good = await loadGoodRows(session, delivery, csv, context, marked);
    if ("quarantined" in good) return good;
    ({ loaded, refused } = good);
  }
  const repeated = await noteRepeatedRows(session, loaded, report);
  const placeholders = await countPlaceholders(session, loaded);
  const { staged, notes: textNotes } = await context.stage(session, loaded, [entry], context);
  const notes = [
    ...headerNotes(header, entry.userType, await idsInHeaders(session, [header], people)),
    ...(rowCount(loaded) + refused === 0 ? ["The file has no row."] : []),
    ...(loaded.blankRows > 0
      ? [`${counted(loaded.blankRows, "row")} without a value in any of the report's columns; skipped.`]
      : []),
    ...(idNotes.get(0) ?? []),
    ...(repeated.get(0) ?? []),
    ...(textNotes.get(0) ?? []),
    ...(placeholders > 0 ? [placeholdersNote(placeholders)] : []),
  ];
  const span = spanOf(loaded.days.get(0));
  const read = { ...delivery, rows: rowCount(loaded), refused, notes, placeholders, days: span };
  return { read: [read], staged };
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
    const loaded = await loadCsv(session, opened, report, refusal.order);
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
