import { createHash } from "node:crypto";

/** The SHA-256 of a stream's bytes, in lower-case hex. */
export async function sha256Of(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest("hex");
}
