import { createHash } from "node:crypto";
import { CleverLakeError, isCleverLakeError } from "../../basics/errors";
import { limitConcurrency, mapConcurrently } from "../../basics/mapConcurrently";
import type { Problem } from "../../clever/header";
import { reports } from "../../clever/reports";
import { withLocalFiles } from "../../delta/files/localFiles";
import type { LakeAccess } from "../../delta/openLake";
import { isMissing } from "../../lake/disk";
import type { Delivery, FailedDelivery } from "../delivery";
import type { LogEntry } from "../log/ingestLog";
import { type KnownHeaders, type OpenedCsv, openCsv } from "./csv/openCsv";

/** Files of the lake read concurrently: each mostly waits. */
export const concurrentFiles = 8;
/** For all reports: files are opened in the order of the requests. */
const opening = limitConcurrency(concurrentFiles);

/** A delivery and the local path of its landed file. */
export interface LocalDelivery {
  readonly delivery: Delivery;
  readonly localPath: string;
}

/** A landed file before its rows are read, or why it has none that can be read; an error says nothing about its rows. */
export type OpenedFile = OpenedCsv | Problem | CleverLakeError;

/**
 * Runs `work` with the landed files on the local disk; resolves to the deliveries whose files are gone. If the lake is a
 * folder, only opening them detects this: a check first would cost as much again.
 */
export async function withLandedFiles(
  access: LakeAccess,
  deliveries: readonly Delivery[],
  work: (files: readonly LocalDelivery[]) => Promise<void>,
): Promise<FailedDelivery[]> {
  const { lake } = access;
  const failed: FailedDelivery[] = [];
  let present = deliveries;
  for (;;) {
    let isCopied = false;
    try {
      const paths = present.map(({ entry }) => entry.landedPath);
      await withLocalFiles(lake, paths, access, (localPaths) => {
        isCopied = true;
        return work(present.map((delivery, index) => ({ delivery, localPath: localPaths[index] ?? "" })));
      });
      return failed;
    } catch (error) {
      if (isCopied || !isCleverLakeError(error, "notFound")) throw error;
      const missing = present.filter(({ entry }) => entry.landedPath === error.subject);
      if (missing.length === 0) throw error;
      for (const delivery of missing) failed.push({ ...delivery, error: goneError(error.subject) });
      present = present.filter((delivery) => !missing.includes(delivery));
    }
  }
}

/** The deliveries whose files are in the lake, if it is a folder; else all of them, because copying tells. */
export async function presentFiles(
  { lake, signal }: LakeAccess,
  deliveries: readonly Delivery[],
): Promise<readonly Delivery[]> {
  const present = await mapConcurrently(deliveries, concurrentFiles, async (delivery) => {
    const { landedPath } = delivery.entry;
    return lake.localPath(landedPath) === undefined || (await lake.stat(landedPath, { signal }))
      ? [delivery]
      : [];
  });
  return present.flat();
}

/**
 * Opens a landed file as `openCsv` does, unless it was opened ahead. The error says that it is gone, or that it does not
 * have the bytes that were ingested: rows are those of a delivery's bytes. A file that is known to have them is not
 * checked.
 */
export function openLanded(
  { delivery: { entry, isIntact, opened }, localPath }: LocalDelivery,
  options: OpenOptions,
): Promise<OpenedFile> {
  return opened ?? opening.execute(() => open(entry, localPath, isIntact === true, options));
}

interface OpenOptions {
  readonly known?: KnownHeaders;
  readonly signal: AbortSignal | undefined;
}

async function open(
  { landedPath, report, userType, sha256 }: LogEntry,
  localPath: string,
  isIntact: boolean,
  options: OpenOptions,
): Promise<OpenedFile> {
  options.signal?.throwIfAborted();
  const hash = isIntact ? undefined : createHash("sha256");
  try {
    const csv = await openCsv(localPath, reports[report], userType, { ...options, hash });
    return hash === undefined || hash.digest("hex") === sha256 ? csv : changedError(landedPath);
  } catch (error) {
    if (!isMissing(error)) throw error;
    return goneError(landedPath);
  }
}

function changedError(subject: string): CleverLakeError {
  return new CleverLakeError("corrupt", "The landed file's bytes are not those that were ingested.", {
    subject,
    hint: "Restore it from a backup of the lake. Or delete it: a run that needs its rows and finds the report on the server ingests it again.",
  });
}

function goneError(subject: string | undefined): CleverLakeError {
  return new CleverLakeError("notFound", "The landed file is gone from the lake.", {
    ...(subject === undefined ? {} : { subject }),
    hint: "A run that finds it on the server ingests it again. Otherwise restore it from a backup of the lake.",
  });
}
