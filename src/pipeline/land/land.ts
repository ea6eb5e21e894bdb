import { createHash } from "node:crypto";
import { CleverLakeError, isCleverLakeError } from "../../basics/errors";
import type { Lake, LakeOptions } from "../../lake/lake";
import type { ReadOptions, ReportSource } from "../../sftp/source";
import type { Landing } from "../plan/plan";

/** How often a file that keeps changing is read before it is left for the next run. */
const maxReadings = 3;

/**
 * Lands one file byte for byte and hashes it while copying; it appears in the lake complete or not at all. Rejects with
 * `changedWhileRead` if the file changed during each of three readings.
 *
 * @param previous the source's previous delivery, whose bytes are in the lake
 */
export async function landFile(
  source: ReportSource,
  lake: Lake,
  landing: Landing,
  previous: { readonly sha256: string } | undefined,
  options: ReadOptions = {},
) {
  let current: Landing = landing;
  for (let reading = 1; ; reading++) {
    try {
      const { path, size, modified, landedPath } = current;
      const read = () => source.read({ path, size, modified }, options);
      const written = await writeUnlessUnchanged(lake, landedPath, read, previous?.sha256, options);
      return { ...current, ...written };
    } catch (error) {
      if (!isCleverLakeError(error, "changedWhileRead") || reading === maxReadings) throw error;
      current = { ...current, ...(await source.stat(landing.path, options.signal)) };
    }
  }
}

/**
 * Writes a file and hashes it while writing, unless its bytes are known: then nothing is written.
 *
 * @param read opens the bytes
 * @param known the SHA-256 of the bytes that need not be written
 * @returns the SHA-256 of the bytes, in lower-case hex, and whether they are the known ones, so that only the time is new
 */
export async function writeUnlessUnchanged(
  lake: Lake,
  path: string,
  read: () => AsyncIterable<Uint8Array>,
  known: string | undefined,
  { signal }: LakeOptions,
): Promise<{ readonly sha256: string; readonly unchanged: boolean }> {
  const hash = createHash("sha256");
  let sha256: string | undefined;
  const bytes = async function* () {
    for await (const chunk of read()) {
      hash.update(chunk);
      yield chunk;
    }
    sha256 = hash.digest("hex");
    // A stream that fails at its end leaves nothing in the lake, so known bytes are not kept.
    if (sha256 === known) throw new AlreadyStored();
  };
  try {
    await lake.write(path, bytes(), { signal });
  } catch (error) {
    if (!(error instanceof AlreadyStored)) throw error;
  }
  if (sha256 === undefined) {
    throw new CleverLakeError("io", "The file ended before it was read.", { subject: path });
  }
  return { sha256, unchanged: sha256 === known };
}

class AlreadyStored extends Error {}
