import type { Report } from "../clever/reports";
import type { Snapshot } from "../delta/snapshot";
import type { DuckSession } from "../duck/duck";
import type { LogEntry } from "./log/ingestLog";
import { KnownPeople } from "./read/people/people";
import { type Reading, readDeliveries } from "./read/readDeliveries";
import type { ReadContext } from "./read/stageFiles";
import { stageRows } from "./read/stageRows";
import type { Workspace } from "./workspace";

/**
 * A context that reads landed files of a report again, as the run did that put their rows into the tables.
 *
 * @param lookups the lookup table; undefined if there is no readable one
 */
export async function landedReader(
  context: Workspace,
  report: Report,
  salt: string,
  lookups: Snapshot | undefined,
): Promise<ReadContext> {
  const { lake, scratch, signal } = context;
  const knownPeople = new KnownPeople(context, salt, new Map([[report.name, lookups]]));
  return { lake, people: await knownPeople.of(report), knownPeople, scratch, signal, stage: stageRows };
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
