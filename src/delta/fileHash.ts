import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import type { LakeOptions } from "../lake/lake";

/**
 * The tag of a data file with the SHA-256 of its bytes, in lower-case hex: Parquet has no checksums unless the writer
 * adds some, and a flipped byte may leave it readable.
 */
export const hashTag = "clever.sha256";

/** The SHA-256 of a local file, in lower-case hex. */
export async function hashOfFile(file: string, options: LakeOptions = {}): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash, options);
  return hash.digest("hex");
}
