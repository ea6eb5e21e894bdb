import type { Header } from "../../clever/header";
import { withLocalFiles } from "../../delta/localFiles";
import type { DuckSession } from "../../duck/duck";
import { CleverLakeError, isCleverLakeError } from "../../errors";
import type { Lake } from "../../lake/lake";
import {
  type Delivery,
  type FailedDelivery,
  type FileToRead,
  type QuarantinedDelivery,
  type ReadDelivery,
  spanOf,
} from "../delivery";
import { checkRows } from "./checkRows";
import { headerNotes } from "./fileNotes";
import { leaveOut, loadTogether } from "./loadCsv";
import { type KnownHeaders, openCsv } from "./openCsv";
import { type ReadContext, readAlone } from "./readAlone";
import { repeatedInFile } from "./repeatedInFile";
import { isBlankFile } from "./scanBytes";
import type { StagedRows } from "./stageRows";

/** What became of the deliveries that were read. */
export interface Reading {
  readonly read: readonly ReadDelivery[];
  readonly quarantined: readonly QuarantinedDelivery[];
  readonly failed: readonly FailedDelivery[];
  /** The rows of `read`, pseudonymized, in files of a month each. */
  readonly staged: readonly StagedRows[];
}

class Outcome implements Reading {
  readonly read: ReadDelivery[] = [];
  readonly quarantined: QuarantinedDelivery[] = [];
  readonly failed: FailedDelivery[] = [];
  readonly staged: StagedRows[] = [];
}

/** A file from this size on is read by itself: all cores work on it anyway. */
const largeFile = 32 * 1024 * 1024;
/** Bytes of files that are read by one statement: their rows are held in the engine. */
const mostTogether = 40 * 1024 * 1024;

/**
 * Reads landed files of one report and stages their rows. Files of one header are read by one statement and checked
 * together; a file in which anything is found is read again by itself, where each row is judged. Whatever is wrong with a
 * file puts it among `quarantined`; what is wrong with the machine or the lake rejects.
 */
export async function readDeliveries(
  session: DuckSession,
  deliveries: readonly Delivery[],
  context: ReadContext,
): Promise<Reading> {
  const outcome = new Outcome();
  await withLanded(context.lake, deliveries, outcome, context.signal, async (local) => {
    const opened: FileToRead[] = [];
    const known: KnownHeaders = new Map();
    for (const [index, place] of local.places.entries()) {
      const delivery = local.deliveries[index];
      if (delivery === undefined) continue;
      const csv = await openCsv(place, context.persons.report, delivery.entry.userType, {
        known,
        signal: context.signal,
      });
      if (!("reason" in csv)) opened.push({ delivery, csv });
      else if (await isBlankFile(place, context.signal)) outcome.read.push(emptyFile(delivery));
      else outcome.quarantined.push({ ...delivery, ...csv, acceptable: false });
    }
    await context.after;
    for (const batch of batchesOf(opened)) await readBatch(session, batch, context, outcome);
  });
  return outcome;
}

function emptyFile(delivery: Delivery): ReadDelivery {
  const notes = ["The file is empty, without a header even: it counts as one without rows."];
  return { ...delivery, rows: 0, refused: 0, notes, wordsForNothing: 0, days: undefined };
}

/** Runs `work` with the landed files on this machine's disk; those that are gone are told as failed. */
async function withLanded(
  lake: Lake,
  deliveries: readonly Delivery[],
  outcome: Outcome,
  signal: AbortSignal | undefined,
  work: (local: { deliveries: readonly Delivery[]; places: readonly string[] }) => Promise<void>,
): Promise<void> {
  const options = signal ? { signal } : {};
  let there: Delivery[] = [];
  for (const delivery of deliveries) {
    const { landedPath } = delivery.entry;
    // Where copies are made, the copy tells; asking before it would be a request more for each file.
    const isGone = lake.localPath(landedPath) !== undefined && !(await lake.stat(landedPath, options));
    if (isGone) outcome.failed.push({ ...delivery, error: gone(landedPath) });
    else there.push(delivery);
  }
  for (;;) {
    let isCopied = false;
    try {
      const paths = there.map(({ entry }) => entry.landedPath);
      return await withLocalFiles(lake, paths, options, (places) => {
        isCopied = true;
        return work({ deliveries: there, places });
      });
    } catch (error) {
      if (isCopied || !isCleverLakeError(error, "notFound")) throw error;
      const missing = there.filter(({ entry }) => entry.landedPath === error.subject);
      if (missing.length === 0) throw error;
      for (const delivery of missing) outcome.failed.push({ ...delivery, error: gone(error.subject) });
      there = there.filter((delivery) => !missing.includes(delivery));
    }
  }
}

function gone(subject: string | undefined): CleverLakeError {
  return new CleverLakeError("notFound", "The landed file is gone from the lake.", {
    ...(subject === undefined ? {} : { subject }),
    hint: "Put it back from a copy of the lake.",
  });
}

/** Files of one header each, in their order; large files and those that the engine must not see by themselves. */
function batchesOf(files: readonly FileToRead[]): FileToRead[][] {
  const batches: FileToRead[][] = [];
  const open = new Map<string, { files: FileToRead[]; bytes: number }>();
  for (const file of files) {
    const { size } = file.delivery.entry;
    const hasBadRows = (file.delivery.entry.rowsRefused ?? 0) > 0;
    if (file.csv.fault !== undefined || file.csv.records < 2 || size >= largeFile || hasBadRows) {
      batches.push([file]);
      continue;
    }
    const shape = shapeOf(file.csv.header);
    let batch = open.get(shape);
    if (batch === undefined || batch.bytes + size > mostTogether) {
      batch = { files: [], bytes: 0 };
      open.set(shape, batch);
      batches.push(batch.files);
    }
    batch.files.push(file);
    batch.bytes += size;
  }
  return batches;
}

/** Files of one shape can be read by one statement. */
function shapeOf({ delimiter, names, indexes, fallbacks }: Header): string {
  return JSON.stringify([delimiter, names, [...indexes.values()], [...fallbacks.values()]]);
}

async function readBatch(
  session: DuckSession,
  files: readonly FileToRead[],
  context: ReadContext,
  outcome: Outcome,
): Promise<void> {
  const [first] = files;
  if (first === undefined) return;
  if (files.length === 1) {
    const { read, quarantined, staged } = await readAlone(session, first, context);
    outcome.staged.push(...(staged ?? []));
    if (read) outcome.read.push(read);
    if (quarantined) outcome.quarantined.push(quarantined);
    return;
  }
  const half = Math.ceil(files.length / 2);
  let alone: readonly FileToRead[];
  try {
    alone = await readTogether(session, files, context, outcome);
  } catch (error) {
    // The engine gives up on all files for the sake of one: such as one that mixes line ends.
    if (!isCleverLakeError(error, "engine")) throw error;
    await readBatch(session, files.slice(0, half), context, outcome);
    return readBatch(session, files.slice(half), context, outcome);
  }
  for (const file of alone) await readBatch(session, [file], context, outcome);
}

/** Reads files of one header and stages the rows of those in which nothing is found; resolves to the others. */
async function readTogether(
  session: DuckSession,
  files: readonly FileToRead[],
  context: ReadContext,
  outcome: Outcome,
): Promise<FileToRead[]> {
  const { persons, signal } = context;
  const { report } = persons;
  const { loaded: all, suspects } = await loadTogether(
    session,
    files.map(({ csv }) => csv),
    report,
    signal,
  );
  const entries = files.map(({ delivery }) => delivery.entry);
  await persons.find(session, all, signal);
  const { marked, notes: idNotes, days: allDays } = await checkRows(session, all, entries, context);
  const isJudged = context.wereRead === true;
  const found = filesOfRows(isJudged ? [] : (marked?.rows ?? []), all.rowsOf);
  const loaded = { ...all, rowsOf: all.rowsOf.map((rows, file) => (found.has(file) ? 0 : rows)) };
  if (found.size > 0) {
    await leaveOut(session, report, found, signal);
    await persons.find(session, loaded, signal);
  }
  const days = new Map([...allDays].filter(([file]) => !found.has(file)));
  const isAlone = (file: number) => suspects.has(file) || found.has(file);
  const repeated = await repeatedInFile(session, loaded, report, signal);
  const { staged, notes: textNotes } = await context.stage(session, loaded, entries, days);
  outcome.staged.push(...staged);
  for (const [number, { delivery, csv }] of files.entries()) {
    if (isAlone(number)) continue;
    outcome.read.push({
      ...delivery,
      rows: loaded.rowsOf[number] ?? 0,
      refused: 0,
      notes: [
        ...headerNotes(csv.header, delivery.entry.userType),
        ...(idNotes.get(number) ?? []),
        ...(repeated.get(number) ?? []),
        ...(textNotes.get(number) ?? []),
      ],
      wordsForNothing: 0,
      days: spanOf(days.get(number)),
    });
  }
  return files.filter((_, number) => isAlone(number));
}

/** The numbers of the files that rows belong to, from the rows' places in `raw`. */
function filesOfRows(rows: ArrayLike<number> & Iterable<number>, rowsOf: readonly number[]): Set<number> {
  const files = new Set<number>();
  let file = 0;
  let end = rowsOf[0] ?? 0;
  for (const row of rows) {
    while (row >= end && file < rowsOf.length) end += rowsOf[++file] ?? 0;
    files.add(file);
  }
  return files;
}
