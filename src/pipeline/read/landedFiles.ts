import { createHash } from "node:crypto";
import { CleverLakeError, isCleverLakeError } from "../../basics/errors";
import { mapConcurrently } from "../../basics/mapConcurrently";
import type { Problem } from "../../clever/header";
import type { Report } from "../../clever/reports";
import { withLocalFiles } from "../../delta/files/localFiles";
import type { LakeAccess } from "../../delta/openLake";
import type { Delivery, FailedDelivery } from "../delivery";
import { type KnownHeaders, type OpenedCsv, openCsv } from "./csv/openCsv";

/** Files of the lake read concurrently: each mostly waits. */
export const concurrentFiles = 8;

/** A delivery and the local path of its landed file. */
export interface LocalDelivery {
  readonly delivery: Delivery;
  readonly localPath: string;
}

/** Runs `work` with the landed files on the local disk; resolves to the deliveries whose files are gone. */
export async function withLandedFiles(
  access: LakeAccess,
  deliveries: readonly Delivery[],
  work: (files: readonly LocalDelivery[]) => Promise<void>,
): Promise<FailedDelivery[]> {
  const { lake, signal } = access;
  // If copies are made, copying detects this; a check first would cost one more request per file.
  const areGone = await mapConcurrently(deliveries, concurrentFiles, async ({ entry: { landedPath } }) => {
    signal?.throwIfAborted();
    return lake.localPath(landedPath) !== undefined && !(await lake.stat(landedPath, access));
  });
  const failed = deliveries.flatMap((delivery, index): FailedDelivery[] =>
    areGone[index] === true ? [{ ...delivery, error: goneError(delivery.entry.landedPath) }] : [],
  );
  let present = deliveries.filter((_, index) => areGone[index] === false);
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

/**
 * Opens a landed file as `openCsv` does. Undefined if it does not have the bytes that were ingested: rows are those of a
 * delivery's bytes. A file that is known to have them is not checked.
 */
export async function openLanded(
  { delivery: { entry, isIntact }, localPath }: LocalDelivery,
  report: Report,
  options: { readonly known?: KnownHeaders; readonly signal: AbortSignal | undefined },
): Promise<OpenedCsv | Problem | undefined> {
  const hash = isIntact === true ? undefined : createHash("sha256");
  const csv = await openCsv(localPath, report, entry.userType, { ...options, hash });
  return hash === undefined || hash.digest("hex") === entry.sha256 ? csv : undefined;
}

/** The failure of a delivery that `openLanded` does not open. */
export function changedSinceIngested(delivery: Delivery): FailedDelivery {
  const error = new CleverLakeError("corrupt", "The landed file's bytes are not those that were ingested.", {
    subject: delivery.entry.landedPath,
    hint: "Restore it from a backup of the lake. Or delete it: a run that needs its rows and finds the report on the server ingests it again.",
  });
  return { ...delivery, error };
}

function goneError(subject: string | undefined): CleverLakeError {
  return new CleverLakeError("notFound", "The landed file is gone from the lake.", {
    ...(subject === undefined ? {} : { subject }),
    hint: "A run that finds it on the server ingests it again. Otherwise restore it from a backup of the lake.",
  });
}
