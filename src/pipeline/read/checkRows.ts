import type { DuckSession } from "../../duck/duck";
import type { LogEntry } from "../log/ingestLog";
import type { IdentityWatch } from "./identityHealth";
import type { LoadedCsv } from "./loadCsv";
import { type MarkedRows, markedRows } from "./markedRows";
import type { Persons } from "./persons";
import { findShiftedRows } from "./shiftedRows";
import { daysOfFiles, type FileDays, findUnlikelyDates } from "./unlikelyDates";

export interface CheckContext {
  readonly persons: Persons;
  readonly identities: IdentityWatch;
  readonly signal?: AbortSignal | undefined;
}

/** What the checks of readable rows found. */
export interface CheckedRows {
  /** Rows that are readable but bad. */
  readonly marked: MarkedRows | undefined;
  /** Notes on ids, by file number. */
  readonly notes: ReadonlyMap<number, readonly string[]>;
  readonly days: FileDays;
}

/**
 * Checks the session's `raw`, whose people are in `found`, for rows that cannot be correct: shifted cells, unlikely
 * dates, ids that lost their leading zeros or identify nobody.
 *
 * @param files the deliveries, by file number
 */
export async function checkRows(
  session: DuckSession,
  loaded: LoadedCsv,
  files: readonly Pick<LogEntry, "path" | "modified" | "version">[],
  { persons, identities }: CheckContext,
): Promise<CheckedRows> {
  const { report } = persons;
  const ids = await identities.check(session, loaded);
  const days = await daysOfFiles(session, loaded, report);
  const marked = await markedRows(session, [
    ...(await findShiftedRows(session, loaded, persons, identities.known)),
    ...findUnlikelyDates(loaded, report, files, days),
    ...ids.marks,
  ]);
  return { marked, notes: ids.notes, days };
}
