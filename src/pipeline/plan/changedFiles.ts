import { isCleverLakeError } from "../../basics/errors";
import { mapConcurrently } from "../../basics/mapConcurrently";
import { sha256Of } from "../../basics/sha256";
import type { Lake } from "../../lake/lake";
import type { ReportSource } from "../../sftp/source";
import type { LogEntry } from "../log/ingestLog";
import type { PlannedFile } from "./plan";
import { isUnchangedDelivery } from "./sourceNames";

/** How a redelivery is recognized: by size and time in the listing, or also by the bytes. */
export type Comparison = "time" | "hash";

/** Concurrent requests to the lake: each mostly waits. */
const concurrentRequests = 8;

/**
 * For servers with meaningless modification times: reads each report that seems unchanged and compares its SHA-256 with
 * the log's. A file that differs or cannot be read becomes `changed`, so that the run ingests it.
 *
 * @param connections files read concurrently
 */
export function compareContents(
  source: ReportSource,
  plan: readonly PlannedFile[],
  connections: number,
  signal?: AbortSignal,
): Promise<PlannedFile[]> {
  return withChanged(plan, connections, {
    mayBe: () => true,
    is: async (file, { sha256 }) => (await hashOf(source, file, signal)) !== sha256,
  });
}

/** A plan in which a report whose landed file is lost is `changed`: the run ingests it again. */
export function withLostLandedFiles(
  lake: Lake,
  plan: readonly PlannedFile[],
  isNeeded: (entry: LogEntry) => boolean,
  signal?: AbortSignal,
): Promise<PlannedFile[]> {
  return withChanged(plan, concurrentRequests, {
    mayBe: isNeeded,
    is: (_file, entry) => isGone(lake, entry, signal),
  });
}

/** Whether a delivery's landed file is gone, for example because of a retention policy. */
export async function isGone(lake: Lake, { landedPath }: LogEntry, signal?: AbortSignal): Promise<boolean> {
  return (await lake.stat(landedPath, { signal })) === undefined;
}

/** Each round's deliveries whose landed file is in the lake. */
export async function presentDeliveries(
  lake: Lake,
  rounds: readonly (readonly LogEntry[])[],
  signal?: AbortSignal,
): Promise<LogEntry[][]> {
  const present: LogEntry[][] = [];
  for (const round of rounds) {
    const found = await mapConcurrently(round, concurrentRequests, async (entry) =>
      (await isGone(lake, entry, signal)) ? [] : [entry],
    );
    present.push(found.flat());
  }
  return present;
}

/**
 * The plan, with each file that seems unchanged but is not as `changed`.
 *
 * @param changed whether a file is; and whether it may be, from its entry alone, as nearly all files of a server are old
 */
async function withChanged(
  plan: readonly PlannedFile[],
  limit: number,
  changed: {
    readonly mayBe: (entry: LogEntry) => boolean;
    readonly is: (file: PlannedFile, entry: LogEntry) => Promise<boolean>;
  },
): Promise<PlannedFile[]> {
  const candidates = plan.flatMap((file) => {
    const { entry } = file;
    return entry !== undefined && isUnchangedDelivery(file) && changed.mayBe(entry) ? [{ file, entry }] : [];
  });
  const found = await mapConcurrently(candidates, limit, async ({ file, entry }) =>
    (await changed.is(file, entry)) ? [file] : [],
  );
  const isChanged = new Set(found.flat());
  return plan.map((file) => (isChanged.has(file) ? { ...file, state: "changed", reason: undefined } : file));
}

/** Undefined if the file cannot be read as listed: its landing then reports why, or ingests it. */
async function hashOf(
  source: ReportSource,
  { path, size, modified }: PlannedFile,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  try {
    signal?.throwIfAborted();
    return await sha256Of(source.read({ path, size, modified }, { signal }));
  } catch (error) {
    signal?.throwIfAborted();
    if (!isCleverLakeError(error)) throw error;
    return undefined;
  }
}
