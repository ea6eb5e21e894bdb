import { hashOfFile } from "../../delta/dataFile";
import { withLocalFiles } from "../../delta/localFiles";
import { CleverLakeError, isCleverLakeError } from "../../errors";
import type { Lake } from "../../lake/lake";
import { mapConcurrently } from "../../mapConcurrently";
import type { Delivery, FailedDelivery } from "../delivery";

/** Files of the lake opened concurrently: a small one mostly waits. */
export const concurrentFiles = 8;

/** A delivery and the local path of its landed file. */
export interface LocalDelivery {
  readonly delivery: Delivery;
  readonly place: string;
}

/**
 * Runs `work` with the landed files on the local disk; resolves to the deliveries whose files are gone, or do not have
 * the bytes that were ingested: rows are those of a delivery's bytes. Files that this run has landed are not checked.
 */
export async function withLandedFiles(
  lake: Lake,
  deliveries: readonly Delivery[],
  signal: AbortSignal | undefined,
  work: (files: readonly LocalDelivery[]) => Promise<void>,
): Promise<FailedDelivery[]> {
  const options = { signal };
  // If copies are made, copying detects this; a check first would cost one more request per file.
  const areGone = await mapConcurrently(deliveries, concurrentFiles, async ({ entry: { landedPath } }) => {
    signal?.throwIfAborted();
    return lake.localPath(landedPath) !== undefined && !(await lake.stat(landedPath, options));
  });
  const failed = deliveries.flatMap((delivery, index): FailedDelivery[] =>
    areGone[index] === true ? [{ ...delivery, error: gone(delivery.entry.landedPath) }] : [],
  );
  let present = deliveries.filter((_, index) => areGone[index] === false);
  for (;;) {
    let isCopied = false;
    try {
      const paths = present.map(({ entry }) => entry.landedPath);
      await withLocalFiles(lake, paths, options, async (places) => {
        isCopied = true;
        const files = places.flatMap((place, index) => localDelivery(present[index], place));
        const intact = await mapConcurrently(files, concurrentFiles, (file) => isIntact(file, signal));
        for (const [index, { delivery }] of files.entries()) {
          if (!intact[index]) failed.push({ ...delivery, error: changed(delivery.entry.landedPath) });
        }
        return work(files.filter((_, index) => intact[index]));
      });
      return failed;
    } catch (error) {
      if (isCopied || !isCleverLakeError(error, "notFound")) throw error;
      const missing = present.filter(({ entry }) => entry.landedPath === error.subject);
      if (missing.length === 0) throw error;
      for (const delivery of missing) failed.push({ ...delivery, error: gone(error.subject) });
      present = present.filter((delivery) => !missing.includes(delivery));
    }
  }
}

function localDelivery(delivery: Delivery | undefined, place: string): LocalDelivery[] {
  return delivery ? [{ delivery, place }] : [];
}

async function isIntact(
  { delivery: { entry, hasJustLanded }, place }: LocalDelivery,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  return hasJustLanded === true || (await hashOfFile(place, { signal })) === entry.sha256;
}

function changed(subject: string): CleverLakeError {
  return new CleverLakeError("corrupt", "The landed file's bytes are not those that were ingested.", {
    subject,
    hint: "Restore it from a backup of the lake. Or delete it: a run that needs its rows and finds the report on the server ingests it again.",
  });
}

function gone(subject: string | undefined): CleverLakeError {
  return new CleverLakeError("notFound", "The landed file is gone from the lake.", {
    ...(subject === undefined ? {} : { subject }),
    hint: "A run that finds it on the server ingests it again. Otherwise restore it from a backup of the lake.",
  });
}
