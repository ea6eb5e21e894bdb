import type { Delivery } from "../delivery";
import type { LogEntry } from "../log/ingestLog";
import type { LakeState, Landing } from "./plan";
import { isRejected } from "./quarantine";

/** Files that are processed together: those to be ingested, and landed ones whose rows are to enter the tables. */
export interface Chunk {
  readonly landings: readonly Landing[];
  readonly pending: readonly LogEntry[];
}

const filesPerChunk = 4096;
/** Must fit into this process's memory. */
const bytesPerChunk = 128 * 1024 * 1024;
/** An external engine has its own memory, and each job takes seconds however small it is. */
export const bytesPerJob = 4 * 1024 * 1024 * 1024;

/**
 * Splits a run's work into chunks, so that an interruption costs at most one chunk and the next one can land while one
 * is read.
 * @param maxBytes per chunk, unless it is a single file
 */
export function chunksOf(
  landings: readonly Landing[],
  pending: readonly LogEntry[],
  maxBytes = bytesPerChunk,
): Chunk[] {
  const chunks: { landings: Landing[]; pending: LogEntry[] }[] = [];
  let bytes = 0;
  const chunkFor = ({ size }: { readonly size: number }) => {
    const last = chunks.at(-1);
    const isFull =
      !last || last.landings.length + last.pending.length >= filesPerChunk || bytes + size > maxBytes;
    const chunk = isFull ? { landings: [], pending: [] } : last;
    if (isFull) {
      chunks.push(chunk);
      bytes = 0;
    }
    bytes += size;
    return chunk;
  };
  for (const entry of pending) chunkFor(entry).pending.push(entry);
  for (const landing of landings) chunkFor(landing).landings.push(landing);
  return chunks;
}

/** Whether a person named this file as accepted. */
export function acceptsFile(
  accept: ReadonlySet<string>,
  file: { readonly path: string; readonly source: string; readonly landedPath: string },
): boolean {
  return accept.has(file.path) || accept.has(file.source) || accept.has(file.landedPath);
}

/** Whether the tables have a delivery that is not in the log: a run was interrupted between the two. */
export function isUnrecorded(
  { source, outcome, version }: LogEntry,
  { applied }: Pick<LakeState, "applied">,
): boolean {
  return outcome !== "anonymized" && outcome !== "duplicate" && applied.get(source) === version;
}

/** Whether a delivery's rows are to enter the tables. */
export function isDue(
  entry: LogEntry,
  state: Pick<LakeState, "applied">,
  accept: ReadonlySet<string>,
): boolean {
  if (isUnrecorded(entry, state)) return true;
  if ((state.applied.get(entry.source) ?? 0) >= entry.version) return false;
  return !isRejected(entry) || acceptsFile(accept, entry);
}

/**
 * The deliveries to be read. Those of a source are judged one after the other, in the order in which they landed: each
 * is compared with the rows of the previous one and, if it is held back, those rows are in the tables.
 *
 * @param landing sources with a delivery that this run ingests
 * @returns `before`: in rounds, those before a newer one of their source that this run judges too; `last`: the newest ones
 *   of their sources, to be read together with what lands
 */
export function roundsOf(
  state: LakeState,
  landing: ReadonlySet<string>,
  accept: ReadonlySet<string>,
  isRequested: (entry: LogEntry) => boolean,
) {
  const before: LogEntry[][] = [];
  const last: LogEntry[] = [];
  for (const [source, newest] of state.log) {
    const isLanding = landing.has(source);
    const waiting = [...(state.open.get(source) ?? [])];
    if (!isLanding && !waiting.includes(newest) && isDue(newest, state, accept)) waiting.push(newest);
    if (!isLanding && !waiting.some(isRequested)) continue;
    const together = isLanding ? undefined : waiting.pop();
    if (together) last.push(together);
    for (const [round, entry] of waiting.entries()) {
      const entries = before[round] ?? [];
      entries.push(entry);
      before[round] = entries;
    }
  }
  return { before, last };
}

/**
 * Whether a person consented to this delivery: by the file's name if the lake does not know it yet, or if it was read
 * before with the same bytes; or by its path in the lake.
 *
 * @param before the source's entry at the start of the run
 */
function hasConsent(accept: ReadonlySet<string>, entry: LogEntry, before: LogEntry | undefined): boolean {
  if (!acceptsFile(accept, entry)) return false;
  if (before === undefined || accept.has(entry.landedPath)) return true;
  return before.outcome !== "landed" && before.sha256 === entry.sha256;
}

/**
 * A due delivery, with what a person accepted about it.
 *
 * @param current the entry of the delivery whose rows are in the tables
 */
export function deliveryOf(
  entry: LogEntry,
  current: LogEntry | undefined,
  state: LakeState,
  accept: ReadonlySet<string>,
): Delivery {
  const logged = state.open.get(entry.source)?.find(({ version }) => version === entry.version);
  const newest = state.log.get(entry.source);
  const before = logged ?? newest;
  // A file with the same bytes and a new time is not landed again.
  const isIntact = before?.landedPath !== entry.landedPath && newest?.landedPath !== entry.landedPath;
  const isInTable = isUnrecorded(entry, state);
  if (!isInTable && hasConsent(accept, entry, before)) {
    return {
      entry,
      isAccepted: true,
      isIntact,
      agreedTwin: before?.sha256 === entry.sha256 ? before.twinOf : undefined,
    };
  }
  const sameBytes = [current, before].find(
    (each) => each?.outcome === "anonymized" && each.sha256 === entry.sha256,
  );
  const readAs = isInTable ? entry : sameBytes;
  return { entry, readAs, isAccepted: wasAccepted(readAs), isIntact, agreedTwin: readAs?.twinOf };
}

/** Whether a person accepted a delivery whose rows entered the tables: it was in quarantine, or lacks bad rows. */
function wasAccepted(entry: LogEntry | undefined): boolean {
  return isRejected(entry) || (entry?.accepted ?? (entry?.rowsRefused ?? 0) > 0);
}
