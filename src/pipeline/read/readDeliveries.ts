import type { DuckSession } from "../../duck/duck";
import type { Delivery, FailedDelivery, QuarantinedDelivery, ReadDelivery } from "../delivery";
import { withRefusedLines } from "./checks/refusedLines";
import { isBlankFile } from "./csv/scanBytes";
import { EmbeddedEngine } from "./embeddedEngine";
import { changedSinceIngested, openLanded, withLandedFiles } from "./landedFiles";
import { maskStaged } from "./people/maskedTexts";
import type { ReadEngine } from "./readEngine";
import { type FileReading, readOneFile } from "./readOneFile";
import type { ReadContext } from "./stageFiles";
import type { StagedRows } from "./stageRows";

/** The result of reading deliveries. */
export interface Reading {
  readonly read: readonly ReadDelivery[];
  readonly quarantined: readonly QuarantinedDelivery[];
  readonly failed: readonly FailedDelivery[];
  /** The rows of `read`, pseudonymized, in one file per month. */
  readonly staged: readonly StagedRows[];
}

export interface ReadOptions {
  /** Reads the files that were not read before and need no judging; default: the embedded engine. */
  readonly engine?: ReadEngine | undefined;
  /** To await before an engine is used; files are opened in the meantime. */
  readonly after?: Promise<unknown> | undefined;
}

/**
 * Reads landed files of one report and stages their rows. The engines read those that need no judging; the judge reads
 * the others individually. Texts are masked when the people of all of them are known. Any problem of a file puts it
 * among `quarantined`; a problem of the machine or the lake rejects.
 */
export async function readDeliveries(
  session: DuckSession,
  deliveries: readonly Delivery[],
  context: ReadContext,
  { engine, after }: ReadOptions = {},
): Promise<Reading> {
  const { people, signal } = context;
  const embedded = new EmbeddedEngine(session, context, after);
  const known = await withRefusedLines(context, deliveries);
  const parts: FileReading[] = [];
  // Those that were read before come first: their people count as known. Only the embedded engine can repeat the
  // earlier reading.
  const before = known.filter(({ readAs }) => readAs !== undefined);
  const others = known.filter(({ readAs }) => readAs === undefined);
  for (const [reader, files] of [
    [embedded, before],
    [engine ?? embedded, others],
  ] as const) {
    if (files.length === 0) continue;
    const clean = await reader.readClean(files);
    if (clean.people !== undefined) await people.addFile(session, clean.people);
    parts.push(clean);
  }
  const answered = new Set(parts.flatMap(({ read = [] }) => read.map(({ entry }) => entry.source)));
  const rest = known.filter(({ entry }) => !answered.has(entry.source));
  const changed: FailedDelivery[] = [];
  const gone = await withLandedFiles(context, rest, async (files) => {
    for (const file of files) {
      const { delivery, localPath } = file;
      const csv = await openLanded(file, people.report, { signal });
      if (csv === undefined) changed.push(changedSinceIngested(delivery));
      else if (!("reason" in csv)) parts.push(await readOneFile(session, { delivery, csv }, context));
      else if (await isBlankFile(localPath, signal)) parts.push({ read: [emptyFile(delivery)] });
      else parts.push({ quarantined: [{ ...delivery, ...csv, acceptable: false }] });
    }
  });
  // The people of another report are known only then.
  await after;
  const { staged, notes: textNotes } = await maskStaged(
    session,
    people.report,
    parts.flatMap((part) => part.staged ?? []),
    context,
  );
  const withTextNotes = (delivery: ReadDelivery): ReadDelivery => {
    const note = textNotes.get(delivery.entry.source);
    return note === undefined ? delivery : { ...delivery, notes: [...delivery.notes, note] };
  };
  return {
    read: parts.flatMap(({ read = [] }) => read).map(withTextNotes),
    quarantined: parts.flatMap(({ quarantined = [] }) => quarantined),
    failed: [...gone, ...changed],
    staged,
  };
}

function emptyFile(delivery: Delivery): ReadDelivery {
  const notes = ["The file is empty and has no header; it counts as a file without rows."];
  return { ...delivery, rows: 0, refused: 0, notes, placeholders: 0, days: undefined };
}
