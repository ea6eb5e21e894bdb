import { counted } from "../../basics/counted";
import { type Header, shownName } from "../../clever/header";
import type { UserType } from "../../clever/reports";
import type { DuckSession } from "../../duck/duck";
import type { Lake } from "../../lake/lake";
import { type FileToRead, type ReadDelivery, spanOf } from "../delivery";
import type { CheckedRows } from "./checks/checkRows";
import { noteRepeatedRows } from "./checks/repeatedRows";
import type { LoadedCsv } from "./csv/loadCsv";
import { knownIdsAmong } from "./people/maskedTexts";
import type { KnownPeople } from "./people/people";
import type { CleanReading } from "./readEngine";
import type { StageContext, stageRows } from "./stageRows";

export interface ReadContext extends StageContext {
  readonly lake: Lake;
  readonly signal: AbortSignal | undefined;
  /** All people whose ids may occur in texts. */
  readonly knownPeople: KnownPeople;
  /** What is done with the rows in `raw`, as `stageRows` does. */
  readonly stage: typeof stageRows;
}

/**
 * Stages the rows of files in the session's `raw`, by file number. Resolves to the deliveries, with notes on what is
 * unusual but not an error.
 *
 * @param idNotes from `checkRows`
 * @param refused bad rows that were left out
 */
export async function stageFiles(
  session: DuckSession,
  files: readonly FileToRead[],
  loaded: LoadedCsv,
  idNotes: CheckedRows["notes"],
  context: ReadContext,
  refused = 0,
): Promise<CleanReading> {
  const { people } = context;
  const { rowsOf, days, blankRows, placeholders } = loaded;
  const repeated = await noteRepeatedRows(session, people.report);
  const entries = files.map(({ delivery }) => delivery.entry);
  const staged = await context.stage(session, loaded, entries, context);
  const headers = files.map(({ csv }) => csv.header);
  const unknown = headers.flatMap(({ extra, names }) => extra.map((index) => names[index] ?? ""));
  const ids = await knownIdsAmong(session, [...new Set(unknown.map((name) => name.toLowerCase()))], people);
  const read = files.map(({ delivery, csv }, file): ReadDelivery => {
    const rows = rowsOf[file] ?? 0;
    const notes = [
      ...headerNotes(csv.header, delivery.entry.userType, ids),
      ...(rows + refused === 0 ? ["The file has no row."] : []),
      ...(rows > 0 && csv.isOpenEnded ? [openEndedNote] : []),
      ...(blankRows > 0
        ? [`${counted(blankRows, "row")} without a value in any of the report's columns; skipped.`]
        : []),
      ...(idNotes.get(file) ?? []),
      ...(repeated.get(file) ?? []),
      ...(placeholders > 0 ? [placeholdersNote(placeholders)] : []),
    ];
    return { ...delivery, rows, refused, notes, placeholders, days: spanOf(days.get(file)) };
  });
  return { read, staged };
}

/** @param ids those names of unknown columns that are people's ids, in lower case */
function headerNotes(header: Header, userType: UserType, ids: ReadonlySet<string>): string[] {
  const { extra, fallbacks, indexes, names } = header;
  const shown = extra.map((index) => shownName(header, index, ids));
  const notes = shown.length > 0 ? [`Unknown columns, not read: ${shown.join(", ")}.`] : [];
  for (const [column, fallback] of fallbacks) {
    const [first, second] = [names[indexes.get(column) ?? -1], names[fallback]];
    notes.push(
      `The file has ${first} and ${second}: the filled one is read; if both are, ${first} is, because the file is about ${userType}.`,
    );
  }
  return notes;
}

/** Without the line end, nothing shows that the last cell is complete; if any other one was cut, the row is bad. */
const openEndedNote =
  "There is no line end after the last row: if the file was cut off, the row's last number is too small.";

function placeholdersNote(cells: number): string {
  const what = cells === 1 ? "1 cell holds" : `${cells} cells hold`;
  return `${what} a placeholder instead of a person's id, such as NULL, and ${cells === 1 ? "counts" : "count"} as blank.`;
}
