import { createHash } from "node:crypto";
import { CleverLakeError, isCleverLakeError } from "../errors";
import type { Lake } from "../lake/lake";
import type { ReportSource, SourceFile } from "../sftp/source";
import { contentKey, heldContents, type LakeState, type Landing } from "./plan";

/** A landing that was carried out: the bytes are in the lake, or were there before. */
export interface LandedFile extends Landing {
  /** SHA-256 of the bytes, lower-case hex. */
  readonly sha256: string;
  /** Where the same bytes stand as a delivery of another source, when they do; then nothing was written. */
  readonly duplicateOf: string | undefined;
  /** True when the bytes are those of the delivery before: only the server's modification time is new. */
  readonly unchanged: boolean;
}

/** Knows which bytes the lake holds, so that the same rows under two names are not counted twice. */
export class LandedContents {
  private readonly holders = new Map<string, { source: string; landedPath: string }>();

  /**
   * @param landings what this run delivers anew: those sources hold nothing until they have landed
   * @param inTables sources with rows in the tables, which their next delivery replaces
   */
  constructor(
    state: LakeState,
    landings: readonly Landing[],
    private readonly inTables: ReadonlySet<string>,
  ) {
    const changing = new Set(landings.map(({ source }) => source));
    const held = heldContents(state, (source) => changing.has(source));
    for (const entry of state.log.values()) {
      if (entry.outcome !== "duplicate" && held.has(contentKey(entry)))
        this.holders.set(contentKey(entry), entry);
    }
  }

  /**
   * Claims the bytes for a source; answers where another source has them already. Not where the source has rows in the
   * tables: set aside, it would keep rows that it says no more, so its rows are to be compared one by one.
   */
  claim(
    sha256: string,
    delivery: Pick<Landing, "source" | "landedPath" | "report" | "userType">,
  ): string | undefined {
    const name = contentKey({ ...delivery, sha256 });
    const holder = this.holders.get(name);
    if (holder && holder.source !== delivery.source) {
      return this.inTables.has(delivery.source) ? undefined : holder.landedPath;
    }
    this.holders.set(name, delivery);
    return undefined;
  }
}

export interface LandOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onBytes?: ((bytes: number) => void) | undefined;
}

/** How often a file that does not hold still is read anew before it is left for the next run. */
const readings = 3;

/**
 * Brings one file over, byte for byte, hashing on the way; it appears in the lake whole or not at all.
 * Rejects with `changedWhileRead` when the file did not hold still for any of three readings.
 *
 * @param previous the source's delivery before, whose bytes are in the lake
 */
export async function landFile(
  source: ReportSource,
  lake: Lake,
  landing: Landing,
  previous: { readonly sha256: string; readonly landedPath: string } | undefined,
  contents: LandedContents,
  options: LandOptions = {},
): Promise<LandedFile> {
  let current: Landing = landing;
  for (let reading = 1; ; reading++) {
    try {
      return await landOnce(source, lake, current, previous, contents, options);
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
  previous: { readonly sha256: string; readonly landedPath: string } | undefined,
  contents: LandedContents,
  options: LandOptions,
): Promise<LandedFile> {
  const signal = options.signal ? { signal: options.signal } : {};
  const hash = createHash("sha256");
  let found: { sha256: string; duplicateOf: string | undefined; unchanged: boolean } | undefined;
  const file: SourceFile = { path: landing.path, size: landing.size, modified: landing.modified };
  const bytes = async function* () {
    const onBytes = options.onBytes ? { onBytes: options.onBytes } : {};
    for await (const chunk of source.read(file, { ...signal, ...onBytes })) {
      hash.update(chunk);
      yield chunk;
    }
    const sha256 = hash.digest("hex");
    const unchanged = sha256 === previous?.sha256;
    // Bytes that stayed the same are this source's as before, for others that come with them.
    const delivery = unchanged ? { ...landing, landedPath: previous.landedPath } : landing;
    const holder = landing.size === 0 ? undefined : contents.claim(sha256, delivery);
    const duplicateOf = unchanged ? undefined : holder;
    found = { sha256, duplicateOf, unchanged };
    // A stream that fails at its end leaves nothing in the lake: the way to read first and keep only what is new.
    if (unchanged || duplicateOf) throw new AlreadyThere();
  };
  try {
    await lake.write(landing.landedPath, bytes(), signal);
  } catch (error) {
    if (!(error instanceof AlreadyThere)) throw error;
  }
  if (!found) {
    throw new CleverLakeError("io", "The file ended before it was read.", { subject: landing.path });
  }
  return { ...landing, ...found };
}

class AlreadyThere extends Error {}
