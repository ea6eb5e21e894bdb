import { type Header, shownName } from "../../clever/header";
import type { UserType } from "../../clever/reports";
import { type DuckSession, sqlName, sqlString } from "../../duck/duck";
import type { LoadedCsv } from "./csv/loadCsv";
import { knownIdsAmong } from "./people/maskedTexts";
import type { ReportPeople } from "./people/people";

/** Those names of unknown columns that are people's ids, in lower case. */
export function idsInHeaders(
  session: DuckSession,
  headers: readonly Header[],
  people: ReportPeople,
): Promise<ReadonlySet<string>> {
  const unknown = headers.flatMap(({ extra, names }) => extra.map((index) => names[index] ?? ""));
  return knownIdsAmong(session, [...new Set(unknown.map((name) => name.toLowerCase()))], people);
}

/**
 * Notes about a file's header that are not errors.
 * @param ids from `idsInHeaders`
 */
export function headerNotes(header: Header, userType: UserType, ids: ReadonlySet<string>): string[] {
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

/** Counts the cells of the session's `raw` with a placeholder such as NULL instead of a person's id. */
export async function countPlaceholders(session: DuckSession, { placeholders }: LoadedCsv): Promise<number> {
  if (placeholders.size === 0) return 0;
  const counts = [...placeholders].map(
    ([name, words]) => `count(*) FILTER (WHERE ${sqlName(name)} IN (${words.map(sqlString).join(", ")}))`,
  );
  const { cells } = await session.one(`SELECT (${counts.join(" + ")})::INTEGER AS cells FROM raw`);
  return Number(cells);
}

/** The note for that count. */
export function placeholdersNote(cells: number): string {
  const what = cells === 1 ? "1 cell holds" : `${cells} cells hold`;
  return `${what} a placeholder instead of a person's id, such as NULL, and ${cells === 1 ? "counts" : "count"} as blank.`;
}
