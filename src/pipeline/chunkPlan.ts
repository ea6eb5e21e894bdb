import type { LogEntry } from "./ingestLog";
import type { LakeState, Landing } from "./plan";
import { isAccepted, leftOutFor } from "./stageFile";

/** Files that are worked on side by side and committed together. */
export interface Chunk {
  readonly landings: readonly Landing[];
  readonly pending: readonly LogEntry[];
}

const filesPerChunk = 64;
const bytesPerChunk = 512 * 1024 * 1024;

/** Cuts a run's work so that an interruption costs no more than one chunk, and a commit stays small. */
export function chunksOf(landings: readonly Landing[], pending: readonly LogEntry[]): Chunk[] {
  const work = [
    ...pending.map((entry) => ({ entry, landing: undefined, size: entry.size })),
    ...landings.map((landing) => ({ entry: undefined, landing, size: landing.size })),
  ];
  const chunks: { landings: Landing[]; pending: LogEntry[] }[] = [];
  let bytes = 0;
  for (const { entry, landing, size } of work) {
    const last = chunks.at(-1);
    const full =
      !last || last.landings.length + last.pending.length >= filesPerChunk || bytes + size > bytesPerChunk;
    const chunk = full ? { landings: [], pending: [] } : last;
    if (full) {
      chunks.push(chunk);
      bytes = 0;
    }
    bytes += size;
    if (entry) chunk.pending.push(entry);
    if (landing) chunk.landings.push(landing);
  }
  return chunks;
}

/** Whether a delivery's rows are to enter the tables, and are not there yet. */
export function isDue(entry: LogEntry, state: LakeState, accept: ReadonlySet<string>): boolean {
  if (entry.outcome === "duplicate" || (state.applied.get(entry.source) ?? 0) >= entry.version) return false;
  return entry.outcome !== "quarantined" || isAccepted(accept, entry);
}

/**
 * Deliveries of which a person let rows be left out since other sources had them, and of these one has been delivered
 * anew: as new deliveries of the landed copies, since the rows may be nowhere else now. The person's consent holds.
 *
 * @param delivered the landings whose rows the tables hold; a copy that is read again frees no row
 * @param version that of the new deliveries
 */
export function outdatedEntries(
  log: ReadonlyMap<string, LogEntry>,
  delivered: ReadonlyMap<string, number>,
  version: number,
): LogEntry[] {
  return [...log.values()].flatMap((entry): LogEntry[] => {
    const { notes = "", outcome } = entry;
    if (outcome !== "anonymized" || !notes.includes(leftOutFor)) return [];
    const isOutdated = [...delivered].some(
      ([source, newest]) => newest > entry.version && source !== entry.source && notes.includes(source),
    );
    const { notes: _notes, ...facts } = entry;
    return isOutdated ? [{ ...facts, version, outcome: "landed" }] : [];
  });
}
