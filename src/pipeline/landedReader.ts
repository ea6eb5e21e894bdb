import type { Report } from "../clever/reports";
import type { OpenLake } from "../delta/openLake";
import type { Snapshot } from "../delta/snapshot";
import type { DuckSession } from "../duck/duck";
import type { LogEntry } from "./log/ingestLog";
import { IdentityWatch } from "./read/identityHealth";
import { LakeIds } from "./read/lakeIds";
import { PeopleTable } from "./read/peopleTable";
import { type Reading, readDeliveries } from "./read/readDeliveries";
import type { ReadContext } from "./read/readOneFile";
import { stageRows } from "./read/stageRows";

export interface LandedContext extends OpenLake {
  /** A folder made by the lake's `scratch`. */
  readonly scratch: string;
}

/**
 * What reads landed files of a report again, as a run did when their rows entered the tables.
 *
 * @param lookups the lookup table; undefined if there is no readable one
 */
export async function landedReader(
  context: LandedContext,
  report: Report,
  salt: string,
  lookups: Snapshot | undefined,
): Promise<ReadContext> {
  const { lake, duck, scratch, signal } = context;
  const peopleTable = await PeopleTable.create(duck, report, salt);
  const identities = await IdentityWatch.start(context, peopleTable, lookups);
  const lakeIds = new LakeIds(context, report.name);
  return { lake, peopleTable, identities, lakeIds, scratch, signal, stage: stageRows };
}

/**
 * Reads landed files again. Writes nothing to the lake.
 *
 * @param isIntact whether their bytes were already compared with the log
 */
export function rereadLanded(
  session: DuckSession,
  reader: ReadContext,
  entries: readonly LogEntry[],
  isIntact = false,
): Promise<Reading> {
  const deliveries = entries.map((entry) => ({ entry, readAs: entry, isAccepted: true, isIntact }));
  return readDeliveries(session, deliveries, reader);
}
