import type { LogEntry } from "../log/ingestLog";
import { toSeconds } from "../plan/plan";
import type { FoundLanding } from "./landings";

/** Copies of the same bytes that OEA landed one after the other for one source: one delivery. */
export interface OeaDelivery {
  /** By their time; the last one stands for all. */
  readonly copies: readonly FoundLanding[];
  readonly last: FoundLanding;
  /** For the ingest log, one for each copy, in their order. */
  readonly entries: readonly LogEntry[];
}

/** The deliveries of one source, the oldest first. */
export interface SourceHistory {
  readonly source: string;
  readonly deliveries: readonly OeaDelivery[];
}

export interface HistoryContext {
  /** What the ingest log says of landed files already, by their place in the lake. */
  readonly known: ReadonlyMap<string, LogEntry>;
  /** What the lake calls the source of a report of Clever's. */
  readonly nameOfSource: (named: NonNullable<FoundLanding["named"]>) => string;
  readonly runId: string;
  readonly now: Date;
}

/**
 * What OEA's landed files are deliveries of. OEA landed each file again in each of its runs, so that most are copies.
 * - A file by Clever's own name is a delivery of the report of that name; other bytes under the name are a later delivery.
 * - Under a name without a date (`Students.csv`) other bytes may be those of other days. They are a source of their own;
 *   what two of them tell of the same day, the newer one says, as everywhere.
 *
 * When Clever wrote a file is lost; the first landing of its bytes stands for it.
 */
export function historiesOf(landings: readonly FoundLanding[], context: HistoryContext): SourceHistory[] {
  const sources = new Map<string, FoundLanding[]>();
  for (const landing of [...landings].sort(oldestFirst)) {
    const { named, report, name, sha256 } = landing;
    const key = named ? context.nameOfSource(named) : `${report.slug}\n${name}\n${sha256}`;
    const own = sources.get(key);
    if (own === undefined) sources.set(key, [landing]);
    else own.push(landing);
  }
  return [...sources].map(([key, own]) => {
    const [first] = own;
    const source = first?.named || !first ? key : underTime(first);
    return history(source, own, context);
  });
}

/** Of one run's copies of a report (`… (1).csv`), the original is the last, as where a server has both with one time. */
function oldestFirst(a: FoundLanding, b: FoundLanding): number {
  return (
    a.time.getTime() - b.time.getTime() ||
    (b.named?.copy ?? 0) - (a.named?.copy ?? 0) ||
    (a.landedPath < b.landedPath ? -1 : 1)
  );
}

function history(source: string, landings: readonly FoundLanding[], context: HistoryContext): SourceHistory {
  const deliveries: OeaDelivery[] = [];
  const groups: FoundLanding[][] = [];
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
      // One number is left between two, for a copy in Clever's form.
      version = known?.version ?? Math.max(toSeconds(landing.time), version + 2);
      return known ?? entryOf(landing, source, first.time, version, context);
    });
    deliveries.push({ copies, last, entries });
  }
  return { source: deliveries[0]?.entries[0]?.source ?? source, deliveries };
}

function entryOf(
  landing: FoundLanding,
  source: string,
  modified: Date,
  version: number,
  { runId, now }: HistoryContext,
): LogEntry {
  const { named, report, name, userType, size, sha256, landedPath } = landing;
  return {
    path: named ? `${report.slug}/${name}` : source,
    source,
    report: report.name,
    userType,
    size,
    modified,
    sha256,
    landedPath,
    version,
    runId,
    time: now,
    outcome: "landed",
  };
}

/** A name without a date as a source: by its first landing. */
function underTime({ report, folder, landedPath }: FoundLanding): string {
  const rest = landedPath.slice(landedPath.indexOf(`/${folder}/`) + 1);
  return `${report.slug}/${rest}`;
}
