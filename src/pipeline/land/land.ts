import { createHash } from "node:crypto";
import { CleverLakeError, isCleverLakeError } from "../../errors";
import type { Lake } from "../../lake/lake";
import type { ReadOptions, ReportSource, SourceFile } from "../../sftp/source";
import type { Landing } from "../plan/plan";

/** The result of a landing. */
export interface LandedFile extends Landing {
  /** SHA-256 of the bytes, lower-case hex. */
  readonly sha256: string;
  /** Whether the bytes equal the previous delivery's, so that nothing was written: only the time is new. */
  readonly unchanged: boolean;
}

/** How often a file that keeps changing is read before it is left for the next run. */
const readings = 3;

/**
 * Lands one file byte for byte and hashes it on the way; it appears in the lake complete or not at all. Rejects with
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
): Promise<LandedFile> {
  let current: Landing = landing;
  for (let reading = 1; ; reading++) {
    try {
      return await landOnce(source, lake, current, previous, options);
    } catch (error) {
      if (!isCleverLakeError(error, "changedWhileRead") || reading === readings) throw error;
      current = { ...current, ...(await source.stat(landing.path, options.signal)) };
    }
  }
}

async function landOnce(
  source: ReportSource,
  lake: Lake,
  landing: Landing,
  previous: { readonly sha256: string } | undefined,
  options: ReadOptions,
): Promise<LandedFile> {
  const hash = createHash("sha256");
  let found: { sha256: string; unchanged: boolean } | undefined;
  const file: SourceFile = { path: landing.path, size: landing.size, modified: landing.modified };
  const bytes = async function* () {
    for await (const chunk of source.read(file, options)) {
      hash.update(chunk);
      yield chunk;
    }
    const sha256 = hash.digest("hex");
    const unchanged = sha256 === previous?.sha256;
    found = { sha256, unchanged };
    // A stream that fails at its end leaves nothing in the lake: this way we read first and keep only what is new.
    if (unchanged) throw new AlreadyThere();
  };
  try {
    await lake.write(landing.landedPath, bytes(), { signal: options.signal });
  } catch (error) {
    if (!(error instanceof AlreadyThere)) throw error;
  }
  if (!found) {
    throw new CleverLakeError("io", "The file ended before it was read.", { subject: landing.path });
  }
  return { ...landing, ...found };
}

class AlreadyThere extends Error {}
