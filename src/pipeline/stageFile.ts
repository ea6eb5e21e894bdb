import { randomUUID } from "node:crypto";
import path from "node:path";
import type { Header } from "../clever/header";
import { pseudoTable, refusedRowsPath } from "../clever/layout";
import { pseudoColumns, pseudonymName, type UserType, userTypeValue } from "../clever/reports";
import { counted } from "../counted";
import type { AddFile } from "../delta/actions";
import { writeDataFile } from "../delta/dataFile";
import { withLocalFiles } from "../delta/localFiles";
import { numRecords } from "../delta/statistics";
import { type DuckSession, sqlName, sqlString } from "../duck/duck";
import { CleverLakeError, isCleverLakeError } from "../errors";
import type { Lake } from "../lake/lake";
import { findDoubledRows } from "./doubledRows";
import { countWordsForNothing, headerNotes, wordsForNothingNote } from "./fileNotes";
import type { IdentityWatch } from "./identityHealth";
import { readKeptTexts } from "./keptTexts";
import type { LakeIds } from "./lakeIds";
import { type LoadedCsv, loadCsv, valueSql } from "./loadCsv";
import { type MaskedTexts, maskKeptTexts } from "./maskedTexts";
import type { Persons } from "./persons";
import { hasTime, toSeconds } from "./plan";
import { bothMarked, findBadRows, type MarkedRows, type Refusal, splitBadRows } from "./refuseRows";
import type { DateSpan, RepeatedRows, Repeats } from "./repeatedRows";
import { holdsText, isBlankFile } from "./scanBytes";
import { findShiftedRows } from "./shiftedRows";
import { sourceTag } from "./tables";
import { findUnlikelyDates } from "./unlikelyDates";
import { besideTwinNote, type UserTypeTwins } from "./userTypeTwins";

/** How a delivery's notes tell of rows that were left out; behind it stand the sources that have them. */
export const leftOutFor = "in the tables already, from";

/** How many rows a delivery's notes tell to be left out for that. */
export function leftOutIn(notes: string | undefined): number {
  return Number(new RegExp(`(\\d+) of its rows (?:is|are) ${leftOutFor} `).exec(notes ?? "")?.[1] ?? 0);
}

/** How a quarantined delivery's reason tells that nobody may let its rows be left out. */
export const mustStay = "They are not older, so they cannot be left out";

/** A file in `stage1np` whose rows are to enter the tables. */
export interface PendingFile {
  readonly path: string;
  readonly source: string;
  readonly userType: UserType;
  readonly landedPath: string;
  readonly version: number;
  /** Modification time on the server. */
  readonly modified: Date;
  /** How many of its bad rows may be left out, since a person has agreed: all of them, where that is in this run. */
  readonly acceptedBadRows: number;
  /** Whether rows that the tables have from other files may be left out, since a person has agreed. */
  readonly acceptRepeats: boolean;
  /** A file of another user type with the same rows beside which these count, since a person has agreed. */
  readonly besides: string | undefined;
}

/** Whether a person named this file as one to be taken without its bad rows. */
export function isAccepted(
  accept: ReadonlySet<string>,
  file: { readonly path: string; readonly source: string; readonly landedPath: string },
): boolean {
  return accept.has(file.path) || accept.has(file.source) || accept.has(file.landedPath);
}

/** A file whose rows stand in data files that wait for their commit. */
export interface StagedFile {
  readonly file: PendingFile;
  readonly adds: readonly AddFile[];
  readonly rowsRead: number;
  readonly rowsWritten: number;
  readonly rowsRefused: number;
  readonly notes: readonly string[];
  /** Cells with a word for nothing in place of an id, which count as blank. */
  readonly wordsForNothing: number;
  /** Files of other user types that have the same rows and are to be set aside for this one, with the reasons. */
  readonly outranked: readonly { readonly source: string; readonly reason: string }[];
  /** Sources whose old rows would be counted beside these, and so have to go in the same commit. */
  readonly reliesOn: readonly string[];
}

/** A file of which no row enters the tables. */
export interface QuarantinedFile {
  readonly file: PendingFile;
  /** Undefined where no line is to blame. */
  readonly line: number | undefined;
  readonly column: string | undefined;
  readonly reason: string;
  /** Whether rows of it come in where a person accepts it. */
  readonly acceptable: boolean;
}

/**
 * A file with rows that the table has from sources which this run delivers anew: whether they stay is known once
 * those are committed, so it is to be staged again then.
 */
export interface DeferredFile {
  readonly file: PendingFile;
  readonly waitsFor: readonly string[];
}

export type Staging = StagedFile | QuarantinedFile | DeferredFile;

export interface StagingContext {
  readonly lake: Lake;
  readonly persons: Persons;
  readonly identities: IdentityWatch;
  /** People of another report of the run. */
  readonly others: Persons | undefined;
  /** The ids of the people whom the lake knows. */
  readonly lakeIds: LakeIds;
  readonly repeated: RepeatedRows;
  readonly twins: UserTypeTwins;
  /** Sources whose rows in the table may go in this run. */
  readonly replaced: ReadonlySet<string>;
  /** The modification time of the delivery whose rows of a source are in the tables; undefined where that is not known. */
  readonly modifiedOf: (source: string) => Date | undefined;
  /** A folder made by the lake's `scratch`. */
  readonly scratch: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads a landed file, pseudonymizes it and writes its rows as data files that belong to no table yet. Whatever is
 * wrong with the file makes it `QuarantinedFile`; only faults of the machine reject, and the landed file's absence.
 */
export async function stageFile(
  session: DuckSession,
  file: PendingFile,
  context: StagingContext,
): Promise<Staging> {
  const { lake, signal } = context;
  const options = signal ? { signal } : {};
  // Where copies are made, the copy tells; asking before it would be a request more for each file.
  const isLocal = lake.localPath(file.landedPath) !== undefined;
  if (isLocal && (await lake.stat(file.landedPath, options)) === undefined) throw gone(file);
  let found = isLocal;
  try {
    return await withLocalFiles(lake, [file.landedPath], options, ([local]) => {
      found = true;
      return stageLocal(session, file, local ?? file.landedPath, context);
    });
  } catch (error) {
    throw !found && isCleverLakeError(error, "notFound") ? gone(file) : error;
  }
}

function gone({ landedPath: subject }: PendingFile): CleverLakeError {
  const hint = "Put it back from a copy of the lake.";
  return new CleverLakeError("notFound", "The landed file is gone from the lake.", { subject, hint });
}

export function isStaged(staging: Staging): staging is StagedFile {
  return "adds" in staging;
}

export function isDeferred(staging: Staging): staging is DeferredFile {
  return "waitsFor" in staging;
}

const emptyNote = "The file is empty, without a header even: it counts as one without rows.";
const emptyAgain =
  "The file is empty, without a header even, and its rows would go. A file with a header and no row lets them go.";

function emptyFile(file: PendingFile): StagedFile {
  return {
    file,
    adds: [],
    rowsRead: 0,
    rowsWritten: 0,
    rowsRefused: 0,
    notes: [emptyNote],
    wordsForNothing: 0,
    outranked: [],
    reliesOn: [],
  };
}

async function stageLocal(
  session: DuckSession,
  file: PendingFile,
  local: string,
  context: StagingContext,
): Promise<Staging> {
  const { persons, identities, signal } = context;
  const { report } = persons;
  let result = await loadCsv(session, local, report, signal, undefined, file.userType);
  if ("reason" in result) {
    const isBlank = await isBlankFile(local, signal);
    if (!isBlank) return { file, ...result, acceptable: false };
    // An empty file may be one that was cut off: it must not take rows away.
    if (context.repeated.hasRowsOf(file.source)) return quarantine(file, undefined, emptyAgain);
    return emptyFile(file);
  }

  const { header } = result;
  let refused = 0;
  const notes = headerNotes(header, file.userType);
  if ("summary" in result) {
    if (file.acceptedBadRows < Number.POSITIVE_INFINITY) {
      const bad = await findBadRows(local, report, header, signal);
      if (bad.rows > file.acceptedBadRows) return quarantine(file, bad, result.summary);
    }
    // Where the engine stumbled over what row by row reads well, it gets the rows in plain form.
    const apart = await loadGoodRows(session, file, local, header, context);
    if (!("loaded" in apart)) return apart;
    result = apart.loaded;
    refused = apart.refused;
  }
  // However the readers agree: a file that would count as read without a row must have none.
  if (result.rows + refused === 0 && (await holdsText(local, header, signal))) {
    return quarantine(file, undefined, "There is text behind the header, but no row of the report.");
  }
  if (result.rows + refused === 0) notes.push("The file has no row.");
  if (result.blankRows > 0)
    notes.push(
      `${counted(result.blankRows, "row")} without a value in any of the report's columns, passed over.`,
    );
  await persons.find(session, result, signal);
  const doubled = await findDoubledRows(session, result, report, signal);
  await readKeptTexts(session, report, signal);
  const ids = await identities.check(session, result, signal);
  notes.push(...ids.notes);
  const marked = [
    await findShiftedRows(session, result, persons, signal),
    await findUnlikelyDates(session, result, report, file, signal),
    ids.marked,
    doubled.repeats,
  ].reduce((first, second) => bothMarked(first, second));
  if (marked) {
    if (file.acceptedBadRows < Number.POSITIVE_INFINITY) {
      const bad = await findBadRows(local, report, header, signal, marked);
      if (Math.max(bad.rows, 1) > file.acceptedBadRows) return quarantine(file, bad, marked.reasonOf(0));
    }
    const apart = await loadGoodRows(session, file, local, header, context, marked);
    if (!("loaded" in apart)) return apart;
    result = apart.loaded;
    refused = apart.refused;
    await persons.find(session, result, signal);
    await readKeptTexts(session, report, signal);
  }
  if (doubled.differing > 0) {
    const what = report.name === "resource_usage" ? "day with one resource" : "day";
    notes.push(
      `${doubled.differing} rows tell different things of one person's ${what}; which is right cannot be told.`,
    );
  }
  const texts = await maskKeptTexts(session, result, context);
  if (texts.note !== undefined) notes.push(texts.note);
  await persons.add(session, signal);
  return writeRows(session, file, result, texts, refused, notes, context);
}

/** Loads a file without its bad rows, which are set apart beside it. */
async function loadGoodRows(
  session: DuckSession,
  file: PendingFile,
  local: string,
  header: Header,
  { lake, persons: { report }, repeated, scratch, signal }: StagingContext,
  marked?: MarkedRows,
): Promise<QuarantinedFile | { readonly loaded: LoadedCsv; readonly refused: number }> {
  const goodFile = path.join(scratch, `${randomUUID()}.csv`);
  const refusedPath = refusedRowsPath(file.landedPath);
  const refusal = await splitBadRows(local, report, header, goodFile, lake, refusedPath, signal, marked);
  const result = await loadCsv(session, goodFile, report, signal, refusal.order, file.userType);
  if ("reason" in result) return { file, ...result, acceptable: false };
  if ("summary" in result) {
    if (result.cause) throw result.cause;
    return quarantine(file, undefined, result.summary);
  }
  // Taken, it would only let the rows go that the tables have of the delivery before.
  if (result.rows === 0 && refusal.rows > 0 && repeated.hasRowsOf(file.source)) {
    const [first] = refusal.problems;
    return quarantine(file, undefined, `None of its rows can be taken. ${first?.reason ?? ""}`.trim());
  }
  return { loaded: result, refused: refusal.rows };
}

async function writeRows(
  session: DuckSession,
  file: PendingFile,
  loaded: LoadedCsv,
  texts: MaskedTexts,
  refusedBefore: number,
  notes: string[],
  context: StagingContext,
): Promise<Staging> {
  const { lake, persons, repeated, twins, replaced, modifiedOf, scratch, signal } = context;
  const { report } = persons;
  const rows = pseudonymizedRows(file, loaded, texts, persons);
  const partitions = await datePartitions(session, loaded, persons, signal);
  let rowsRefused = refusedBefore;
  const wordsForNothing = await countWordsForNothing(session, loaded, signal);
  if (wordsForNothing > 0) notes.push(wordsForNothingNote(wordsForNothing));

  using twinClaim = await twins.claim(session, file, spanOf(partitions), rows, signal);
  const found = (await twinClaim?.find()) ?? [];
  const waitsForTwins = found.map(({ source }) => source).filter((source) => replaced.has(source));
  if (waitsForTwins.length > 0) return { file, waitsFor: waitsForTwins };
  const instead = found.find(({ isOutranked }) => !isOutranked);
  if (instead) return quarantine(file, undefined, instead.reason, true);
  if (file.besides !== undefined) notes.push(besideTwinNote(file.besides));

  using claim = await repeated.claim(file, spanOf(partitions));
  const repeats = await claim.find(session, rows, signal);
  if (repeats && repeats.rows > 0) {
    const waitsFor = repeats.sources.filter((source) => replaced.has(source));
    if (waitsFor.length > 0) return { file, waitsFor };
    const reason = `${repeats.rows} of its rows ${repeats.rows === 1 ? "is" : "are"} ${leftOutFor} ${repeats.sources.join(", ")}.`;
    const kept = [...repeats.differing.keys()].filter((source) => !isOlder(file, modifiedOf(source)));
    if (kept.length > 0 || !file.acceptRepeats) {
      return quarantine(file, undefined, `${reason}${differenceIn(repeats, kept)}`, kept.length === 0);
    }
    await claim.drop(session, scratch, refusedRowsPath(file.landedPath), refusedBefore > 0, signal);
    notes.push(reason);
    rowsRefused += repeats.rows;
  }

  const adds: AddFile[] = [];
  let rowsWritten = 0;
  for (const { year, month } of partitions) {
    const where = partitions.length > 1 ? `WHERE year("date") = ${year} AND month("date") = ${month}` : "";
    const add = await writeDataFile({
      session,
      lake,
      scratch,
      tablePath: pseudoTable(report),
      columns: pseudoColumns(report),
      query: `SELECT * FROM (${rows}) ${where}`,
      partitionValues: { year, month },
      tags: { [sourceTag]: file.source },
      exactStatistics: ["source_file"],
      ...(signal ? { signal } : {}),
    });
    if (add === undefined) continue;
    adds.push(add);
    rowsWritten += numRecords([add]) ?? Number.NaN;
  }
  const rowsRead = loaded.rows + refusedBefore;
  if (rowsWritten + rowsRefused !== rowsRead) {
    throw new CleverLakeError(
      "corrupt",
      `${counted(rowsRead, "row")} read, but ${rowsWritten} written and ${rowsRefused} refused; nothing was committed.`,
      { subject: file.path, hint: "Please report this: it must not happen." },
    );
  }
  claim.keep(adds);
  twinClaim?.keep(adds);
  const reliesOn = repeats?.goingSources ?? [];
  return {
    file,
    adds,
    rowsRead,
    rowsWritten,
    rowsRefused,
    notes,
    wordsForNothing,
    outranked: found,
    reliesOn,
  };
}

/** Whether a file was written before the rows that it repeats: only then may what it says otherwise be left out. */
function isOlder(file: PendingFile, modified: Date | undefined): boolean {
  return hasTime(file) && modified !== undefined && toSeconds(file.modified) < toSeconds(modified);
}

/** @param kept the sources whose rows are older than the file's, or may be */
function differenceIn({ differing }: Repeats, kept: readonly string[]): string {
  const rows = [...differing.values()].reduce((sum, count) => sum + count, 0);
  if (rows === 0) return "";
  const told = ` ${rows} of them ${rows === 1 ? "tells" : "tell"} something else than the rows there.`;
  if (kept.length === 0) return told;
  return `${told} ${mustStay}; delivered under the name ${kept[0]}, the file replaces all rows of that one.`;
}

/** A SELECT of the session's `raw` with the columns of the `_pseudo` table that are stored in its files. */
function pseudonymizedRows(
  file: PendingFile,
  loaded: LoadedCsv,
  texts: MaskedTexts,
  persons: Persons,
): string {
  const { report } = persons;
  const values = report.columns.map((column) =>
    column.pseudonymization === "hash"
      ? `person.${sqlName(pseudonymName(column.name))}`
      : `${texts.valueOf(column)} AS ${sqlName(column.name)}`,
  );
  // Joined by the ids as they were hashed: blank ones are null on both sides.
  const ids = report.columns
    .filter(({ pseudonymization }) => pseudonymization === "hash")
    .map((column) => `${valueSql(column, loaded)} IS NOT DISTINCT FROM person.${sqlName(column.name)}`);
  return `SELECT raw.rowid AS row_id, ${values.join(", ")}, ${sqlString(userTypeValue[file.userType])} AS user_type,
    ${sqlString(file.source)} AS source_file
    FROM raw LEFT JOIN ${persons.table} person ON ${ids.join(" AND ")}`;
}

interface DatePartition extends DateSpan {
  readonly year: number;
  readonly month: number;
}

/** The months that the session's `raw` has rows of, with the first and last day in each. */
async function datePartitions(
  session: DuckSession,
  loaded: LoadedCsv,
  persons: Persons,
  signal: AbortSignal | undefined,
): Promise<DatePartition[]> {
  const date = persons.report.columns.find(({ type }) => type === "date");
  if (!date) return [];
  const rows = await session.query(
    `SELECT year(day)::INTEGER AS year, month(day)::INTEGER AS month, min(day)::VARCHAR AS first, max(day)::VARCHAR AS last
     FROM (SELECT ${valueSql(date, loaded)} AS day FROM (SELECT DISTINCT ${sqlName(date.name)} FROM raw) raw) GROUP BY 1, 2 ORDER BY 1, 2`,
    [],
    signal,
  );
  return rows.map(({ year, month, first, last }) => ({
    year: Number(year),
    month: Number(month),
    first: String(first),
    last: String(last),
  }));
}

function spanOf(partitions: readonly DatePartition[]): DateSpan | undefined {
  const [first] = partitions;
  const last = partitions.at(-1);
  return first && last ? { first: first.first, last: last.last } : undefined;
}

function quarantine(
  file: PendingFile,
  refusal: (Refusal & { readonly goodRows: number }) | undefined,
  summary: string,
  acceptable = false,
): QuarantinedFile {
  const [first] = refusal?.problems ?? [];
  if (!refusal || !first) return { file, line: undefined, column: undefined, reason: summary, acceptable };
  const more = refusal.rows > 1 ? ` (${refusal.rows} rows are bad; this is the first.)` : "";
  const { acceptedBadRows } = file;
  const agreed =
    acceptedBadRows > 0 ? ` A person agreed to leave out ${counted(acceptedBadRows, "row")}, no more.` : "";
  const reason = `${first.reason}${more}${agreed}`;
  return { file, line: first.line, column: first.column, reason, acceptable: refusal.goodRows > 0 };
}
