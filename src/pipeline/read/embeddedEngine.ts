import { isCleverLakeError } from "../../basics/errors";
import { limitConcurrency, mapConcurrently } from "../../basics/mapConcurrently";
import { dateInName } from "../../clever/fileNames";
import type { DuckSession } from "../../duck/duck";
import type { Delivery, FileToRead, ReadDelivery } from "../delivery";
import { checkRows } from "./checks/checkRows";
import { markedFiles } from "./checks/markedRows";
import { loadBatch, removeFiles } from "./csv/loadCsv";
import type { KnownHeaders } from "./csv/openCsv";
import { columnsKey, headerKey } from "./csv/rawRows";
import { concurrentFiles, openLanded, withLandedFiles } from "./landedFiles";
import type { CleanReading, ReadEngine } from "./readEngine";
import { type ReadContext, stageFiles } from "./stageFiles";
import type { StagedRows } from "./stageRows";

/** Files of this size or larger are left to the judge, which reads them with all cores. */
const largeFile = 32 * 1024 * 1024;
/** Limit for the files of one statement, because their rows are held in the engine: a chunk of a run is one batch. */
const maximumBatchBytes = 128 * 1024 * 1024;

/** For all reports: the files of the one that is read first are also opened first. */
const opening = limitConcurrency(concurrentFiles);

/** DuckDB in this process. Files with the same columns are read by one statement and checked together. */
export class EmbeddedEngine implements ReadEngine {
  constructor(
    private readonly session: DuckSession,
    private readonly context: ReadContext,
    /** Awaited before the engine is used; files are opened in the meantime. */
    private readonly after?: Promise<unknown>,
  ) {}

  async readClean(deliveries: readonly Delivery[]): Promise<CleanReading> {
    const { people, signal } = this.context;
    const read: ReadDelivery[] = [];
    const staged: StagedRows[] = [];
    const small = deliveries.filter(
      ({ entry, readAs, refusedLines }) =>
        entry.size < largeFile && (readAs?.rowsRefused ?? 0) === 0 && (refusedLines?.size ?? 0) === 0,
    );
    await withLandedFiles(this.context, small, async (files) => {
      const known: KnownHeaders = new Map();
      const opened = await mapConcurrently(files, opening, async (file): Promise<FileToRead[]> => {
        signal?.throwIfAborted();
        const csv = await openLanded(file, people.report, { known, signal });
        if (csv === undefined || "reason" in csv || csv.fault !== undefined || csv.records < 2) return [];
        return [{ delivery: file.delivery, csv }];
      });
      await this.after;
      for (const batch of batchesOf(opened.flat())) {
        const clean = await this.readBatch(batch);
        read.push(...clean.read);
        staged.push(...clean.staged);
      }
    });
    await this.after;
    return { read, staged };
  }

  private async readBatch(files: readonly FileToRead[]): Promise<CleanReading> {
    try {
      return await this.readAsBatch(files);
    } catch (error) {
      // A single file, such as one with mixed line ends, can make the engine give up on all of them.
      if (!isCleverLakeError(error, "engine")) throw error;
      if (files.length === 1) return { read: [], staged: [] };
      const half = Math.ceil(files.length / 2);
      const first = await this.readBatch(files.slice(0, half));
      const second = await this.readBatch(files.slice(half));
      return { read: [...first.read, ...second.read], staged: [...first.staged, ...second.staged] };
    }
  }

  /** Reads files with the same columns and stages the rows of those without findings. */
  private async readAsBatch(files: readonly FileToRead[]): Promise<CleanReading> {
    const { session, context } = this;
    const { report } = context.people;
    const { loaded: all, suspects } = await loadBatch(
      session,
      files.map(({ csv }) => csv),
      report,
    );
    const entries = files.map(({ delivery }) => delivery.entry);
    const { marks, notes: idNotes } = await checkRows(session, all, entries, context.people);
    const marked = await markedFiles(session, marks);
    const excluded = new Set(marked.filter((file) => files[file]?.delivery.readAs === undefined));
    const loaded = await removeFiles(session, report, all, excluded);
    const { read, staged } = await stageFiles(session, files, loaded, idNotes, context);
    return { read: read.filter((_, file) => !suspects.has(file) && !excluded.has(file)), staged };
  }
}

/** Batches of files with the same columns, those with the same header next to each other. */
function batchesOf(files: readonly FileToRead[]): FileToRead[][] {
  const batches: FileToRead[][] = [];
  const open = new Map<string, { files: FileToRead[]; bytes: number }>();
  // Consecutive days are in the same month, and a batch writes one data file per month.
  for (const file of files.toSorted((a, b) => dayOf(a).localeCompare(dayOf(b)))) {
    const { size } = file.delivery.entry;
    const columns = columnsKey(file.csv.header);
    let batch = open.get(columns);
    if (batch === undefined || batch.bytes + size > maximumBatchBytes) {
      batch = { files: [], bytes: 0 };
      open.set(columns, batch);
      batches.push(batch.files);
    }
    batch.files.push(file);
    batch.bytes += size;
  }
  const headerOf = ({ csv }: FileToRead) => headerKey(csv.header);
  return batches.map((batch) => batch.toSorted((a, b) => headerOf(a).localeCompare(headerOf(b))));
}

function dayOf({ delivery: { entry } }: FileToRead): string {
  return dateInName(entry.path) ?? entry.modified.toISOString();
}
