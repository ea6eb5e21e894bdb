import type { DuckSession } from "../../../duck/duck";
import type { LogEntry } from "../../log/ingestLog";
import type { LoadedCsv } from "../csv/loadCsv";
import type { ReportPeople } from "../people/people";
import { addClashes } from "./identityHealth";
import { anyCapitalsSql, findChangedCase } from "./letterCase";
import { anyLostZerosSql, findLostZeros } from "./lostZeros";
import type { Mark } from "./markedRows";
import { anySharedIdsSql, findSharedIds } from "./sharedIds";
import { findShiftedRows, placesOfIdsSql } from "./shiftedRows";
import { findUnlikelyDates } from "./unlikelyDates";

/** What the checks of readable rows found. */
export interface CheckedRows {
  /** Rows that are readable but bad. */
  readonly marks: readonly Mark[];
  /** Notes on ids, by file number. */
  readonly notes: ReadonlyMap<number, readonly string[]>;
}

/**
 * Checks the session's `raw` for rows that cannot be correct: shifted cells, unlikely dates, ids that lost their leading
 * zeros or identify nobody. One statement shows whether there can be any, since almost no file has some.
 *
 * @param files the deliveries, by file number
 */
export async function checkRows(
  session: DuckSession,
  loaded: LoadedCsv,
  files: readonly Pick<LogEntry, "path" | "modified" | "version">[],
  people: ReportPeople,
): Promise<CheckedRows> {
  const { report } = people;
  const { zeros, shared, capitals, places } = await session.one(
    `SELECT ${anyLostZerosSql(people)} AS zeros, ${anySharedIdsSql} AS shared,
       ${anyCapitalsSql(people)} AS capitals, ${placesOfIdsSql(people)} AS places`,
  );
  const shiftedPlaces = Array.isArray(places) ? places.map(Number) : [];
  const shifted = await findShiftedRows(session, people, shiftedPlaces);
  const unlikely = findUnlikelyDates(loaded, report, files);
  const lost = zeros === true ? await findLostZeros(session, people) : [];
  const clashing = shared === true ? await findSharedIds(session, report) : undefined;
  const notes = new Map(clashing?.notes);
  if (notes.size > 0) await addClashes(session, people);
  if (capitals === true) {
    for (const [file, changed] of await findChangedCase(session, people))
      notes.set(file, [...(notes.get(file) ?? []), ...changed]);
  }
  return { marks: [...shifted, ...unlikely, ...lost, ...(clashing?.marks ?? [])], notes };
}
