import { groupBy } from "../../basics/groupBy";
import type { LogEntry } from "../log/ingestLog";
import { toSeconds } from "../plan/plan";
import type { InspectedLanding } from "./landings";

/** Consecutive copies of the same bytes that OEA landed for one source: one delivery. */
export interface OeaDelivery {
  /** The last copy, which represents all. */
  readonly last: InspectedLanding;
  /** For the ingest log, one per copy, in order. */
  readonly entries: readonly LogEntry[];
}

/** The deliveries of one source, oldest first. */
export interface SourceHistory {
  readonly source: string;
  readonly deliveries: readonly OeaDelivery[];
}

export interface HistoryContext {
  /** Existing ingest log entries of landed files, by their path in the lake. */
  readonly known: ReadonlyMap<string, LogEntry>;
  /** The lake's name for the source of one of Clever's reports. */
  readonly nameOfSource: (named: NonNullable<InspectedLanding["named"]>) => string;
  readonly runId: string;
  readonly now: Date;
}

/**
 * The deliveries among OEA's landed files. OEA landed each file again in each of its runs, so most are copies.
 * - A file with Clever's own name is a delivery of the report of that name; other bytes under the name are a later
 *   delivery.
 * - Under a name without a date (`Students.csv`), other bytes may be for other days. They are a separate source; if two
 *   of them have the same day, the newer one counts, as everywhere.
 *
 * The time when Clever wrote a file is lost; the first landing of its bytes is used instead.
 */
export function historiesOf(landings: readonly InspectedLanding[], context: HistoryContext): SourceHistory[] {
  const sources = groupBy([...landings].sort(oldestFirst), ({ named, report, name, sha256 }) =>
    named ? context.nameOfSource(named) : `${report.slug}\n${name}\n${sha256}`,
  );
  return [...sources].map(([key, own]) => {
    const [first] = own;
    const source = first?.named || !first ? key : undatedSource(first);
    return history(source, own, context);
  });
}

/**
 * Among one run's copies of a report (`… (1).csv`), the original is the last, as on a server that has both with the
 * same time.
 */
function oldestFirst(a: InspectedLanding, b: InspectedLanding): number {
  return (
    a.time.getTime() - b.time.getTime() ||
    (b.named?.copy ?? 0) - (a.named?.copy ?? 0) ||
    (a.landedPath < b.landedPath ? -1 : 1)
  );
}

function history(
  source: string,
  landings: readonly InspectedLanding[],
  context: HistoryContext,
): SourceHistory {
  const deliveries: OeaDelivery[] = [];
  const groups: InspectedLanding[][] = [];
  for (const landing of landings) {
    const group = groups.at(-1);
    if (group?.[0]?.sha256 === landing.sha256) group.push(landing);
    else groups.push([landing]);
  }
  let version = 0;
  for (const copies of groups) {
    const [first, last] = [copies[0], copies.at(-1)];
    if (first === undefined || last === undefined) continue;
    const entries = copies.map((landing): LogEntry => {
      const known = context.known.get(landing.landedPath);
      // One number is left free between two, for a copy in Clever's format.
      version = known?.version ?? Math.max(toSeconds(landing.time), version + 2);
      if (known) return known;
      const { named, report, name, userType, size, sha256, landedPath } = landing;
      return {
        path: named ? `${report.slug}/${name}` : source,
        source,
        report: report.name,
        userType,
        size,
        modified: first.time,
        sha256,
        landedPath,
        version,
        runId: context.runId,
        time: context.now,
        outcome: "landed",
      };
    });
    deliveries.push({ last, entries });
  }
  return { source: deliveries[0]?.entries[0]?.source ?? source, deliveries };
}

/** A source for a name without a date: by its first landing. */
function undatedSource({ report, folder, landedPath }: InspectedLanding): string {
  const rest = landedPath.slice(landedPath.indexOf(`/${folder}/`) + 1);
  return `${report.slug}/${rest}`;
}
